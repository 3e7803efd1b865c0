"""A provider of risk reports over HTTP, in the wire format of `docs/risk.md`."""

from __future__ import annotations

from typing import Final

import httpx

from marketplace.kernel.errors import ProviderTrouble
from marketplace.risk import answers
from marketplace.risk.gateway import Gateway, Inquiry, Report, Unreadable

TIMEOUT_S: Final = 10.0
CONNECT_TIMEOUT_S: Final = 3.0
RAW_BYTES_MAX: Final = 256 * 1024


class HttpGateway(Gateway):
    """Asks `url` with the key `key`; `timeout_s` bounds the wait for one whole answer's parts."""

    name = "http"

    def __init__(self, url: str, key: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}", "Accept": "application/json"},
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s)),
        )

    def fetch(self, inquiry: Inquiry) -> Report:
        """Post one question and read the answer, whatever its size, up to a bound."""
        raw = self._posted(inquiry)
        try:
            return Report(raw, answers.read(raw, inquiry.source, inquiry.request_id))
        except answers.Garbled as trouble:
            raise Unreadable(str(trouble), raw) from trouble

    def _posted(self, inquiry: Inquiry) -> bytes:
        body = {
            "request_id": str(inquiry.request_id),
            "source": inquiry.source.value,
            "purpose": inquiry.purpose,
            "subject": dict(inquiry.told),
        }
        # The provider charges a question once: asked again, it carries the same key.
        headers = {"Idempotency-Key": f"{inquiry.request_id}.{inquiry.source}"}
        try:
            with self._client.stream("POST", "/reports", json=body, headers=headers) as answer:
                raw = _bounded(answer)
        except httpx.HTTPError as trouble:
            raise ProviderTrouble(f"no answer: {trouble!r}", code="no_answer") from trouble
        if answer.status_code != httpx.codes.OK:
            raise ProviderTrouble(
                f"the source answered {answer.status_code}", code=f"http_{answer.status_code}"
            )
        return raw


def _bounded(answer: httpx.Response) -> bytes:
    raw = b""
    for part in answer.iter_bytes():
        raw += part
        if len(raw) > RAW_BYTES_MAX:
            raise Unreadable("the answer is too long", raw[:RAW_BYTES_MAX])
    return raw
