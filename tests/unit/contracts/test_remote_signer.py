"""An outside provider of signatures, behind a loopback: the wire format of docs/contracts.md."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from marketplace.contracts.adapters.remote import RemoteSigner
from marketplace.kernel.errors import ProviderTrouble
from tests.builders.signing import NOW, an_order

Answer = Callable[[httpx.Request], httpx.Response]


def a_signer(answer: Answer) -> RemoteSigner:
    return RemoteSigner("https://sign.example/", "k-1", httpx.MockTransport(answer))


def an_answer(order_id: str) -> dict[str, Any]:
    order = an_order()
    return {
        "id": order_id,
        "state": "done",
        "document": base64.b64encode(order.document + b"sealed").decode(),
        "signed_at": NOW.isoformat(),
        "signatures": [
            {
                "party": party.ref,
                "certificate": "-----BEGIN CERTIFICATE-----",
                "serial": "1f",
                "signed_at": NOW.isoformat(),
            }
            for party in order.parties
        ],
    }


def test_an_order_says_everything_and_carries_its_own_id() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=an_answer(an_order().operation_id))

    found = a_signer(answer).sign(an_order())

    asked = json.loads(seen[0].content)
    assert seen[0].headers["Authorization"] == "Bearer k-1"
    assert seen[0].headers["Idempotency-Key"] == an_order().operation_id
    assert str(seen[0].url) == "https://sign.example/v1/signings"
    assert base64.b64decode(asked["document"]) == an_order().document
    assert asked["document_sha256"] == an_order().document_hash
    assert [party["role"] for party in asked["parties"]] == [
        "lender",
        "lender",
        "borrower",
        "platform",
    ]
    assert (
        asked["parties"][0]["consent"]["shown_sha256"] == an_order().parties[0].consent.shown_hash
    )
    assert found is not None
    assert found.document.endswith(b"sealed")
    assert [one.party_id for one in found.signatures] == [one.id for one in an_order().parties]


def test_one_that_is_still_at_work_has_no_answer_yet() -> None:
    signer = a_signer(lambda _request: httpx.Response(202, json={"state": "pending"}))

    assert signer.sign(an_order()) is None
    assert signer.find(an_order()) is None


def test_one_it_never_got_is_not_found() -> None:
    signer = a_signer(lambda _request: httpx.Response(404, json={}))

    with pytest.raises(LookupError):
        signer.find(an_order())


def _breaks(error: Exception) -> Answer:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "unknown"),
    [
        (_breaks(httpx.ConnectError("refused")), False),
        (_breaks(httpx.ReadTimeout("silent")), True),
        (lambda _r: httpx.Response(503), True),
        (lambda _r: httpx.Response(422), False),
        (lambda _r: httpx.Response(200, text="<html>"), True),
        (lambda _r: httpx.Response(200, json={"id": "x", "state": "done"}), True),
        (lambda _r: httpx.Response(200, json=[1]), True),
    ],
)
def test_trouble_says_whether_the_order_may_have_arrived(answer: Answer, *, unknown: bool) -> None:
    with pytest.raises(ProviderTrouble) as trouble:
        a_signer(answer).sign(an_order())

    assert trouble.value.unknown is unknown


def test_roots_are_asked_for_once() -> None:
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        return httpx.Response(200, json={"certificates": ["PEM"]})

    signer = a_signer(answer)

    assert signer.roots() == signer.roots() == ("PEM",)
    assert calls == ["/v1/roots"]
