"""Any provider of signatures behind HTTP. The wire format is in docs/contracts.md."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, Final

import httpx

from marketplace.contracts.consents import record
from marketplace.contracts.gateway import Order, Signature, Signed
from marketplace.kernel.errors import ProviderTrouble
from marketplace.kernel.ids import parse_public_id

_TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)
_AT_WORK: Final = "pending"


class RemoteSigner:
    """Speaks JSON over HTTP; an order carries its own id, so asking twice is asking once."""

    name = "http"

    def __init__(self, url: str, key: str, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {key}"},
            timeout=_TIMEOUT,
            transport=transport,
        )
        self._roots: tuple[str, ...] | None = None

    def sign(self, order: Order) -> Signed | None:
        """Place an order; None while the provider is at work on it."""
        headers = {"Idempotency-Key": order.operation_id}
        return _signed(self._call("POST", "/v1/signings", json=_asked(order), headers=headers))

    def find(self, order: Order) -> Signed | None:
        """Read an order back; `LookupError` if the provider never got it."""
        return _signed(self._call("GET", f"/v1/signings/{order.operation_id}"))

    def roots(self) -> tuple[str, ...]:
        """Return the provider's root certificates; asked for once."""
        if self._roots is None:
            answer = self._call("GET", "/v1/roots")
            self._roots = tuple(str(each) for each in answer["certificates"])
        return self._roots

    def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's
        try:
            answer = self._client.request(method, path, **more)
        except httpx.ConnectError as error:
            raise ProviderTrouble(f"signer not reached: {error}") from error
        except httpx.HTTPError as error:
            raise ProviderTrouble(f"signer gave no answer: {error}", unknown=True) from error
        if answer.status_code == httpx.codes.NOT_FOUND and method == "GET":
            raise LookupError(path)
        if answer.is_error:
            # Refused outright is known not to have happened; a fault of theirs may have.
            raise ProviderTrouble(
                f"signer answered {answer.status_code}", unknown=answer.is_server_error
            )
        return _json(answer)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as error:
        raise ProviderTrouble("signer answered no JSON", unknown=True) from error
    if not isinstance(found, dict):
        raise ProviderTrouble("signer answered no object", unknown=True)
    return found


def _asked(order: Order) -> dict[str, Any]:
    return {
        "id": order.operation_id,
        "contract": order.number,
        "title": order.title,
        "platform": order.platform,
        "document": base64.b64encode(order.document).decode(),
        "document_sha256": order.document_hash,
        "signed_at": order.at.isoformat(),
        "parties": [
            {
                "id": party.ref,
                "role": party.role,
                "name": party.name,
                "consent": dict(record(party.consent)),
            }
            for party in order.parties
        ],
    }


def _signed(found: dict[str, Any]) -> Signed | None:
    if found.get("state") == _AT_WORK:
        return None
    try:
        return Signed(
            ref=str(found["id"]),
            document=base64.b64decode(found["document"], validate=True),
            signatures=tuple(_signature(each) for each in found["signatures"]),
            at=datetime.fromisoformat(found["signed_at"]),
        )
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise ProviderTrouble(f"signer’s answer is incomplete: {error}", unknown=True) from error


def _signature(found: dict[str, Any]) -> Signature:
    return Signature(
        party_id=parse_public_id("cpt", found["party"]),
        certificate=str(found["certificate"]),
        serial=str(found["serial"]),
        at=datetime.fromisoformat(found["signed_at"]),
        value=str(found.get("value", "")),
    )
