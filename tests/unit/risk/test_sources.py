"""The two adapters, under one contract; and the wire format, read strictly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest

from marketplace.kernel.errors import ProviderTrouble
from marketplace.risk import answers
from marketplace.risk.adapters.http import RAW_BYTES_MAX, HttpGateway
from marketplace.risk.adapters.simulated import CASES, SimulatedGateway
from marketplace.risk.facts import KINDS, TOLD, Source, kinds_told, told
from marketplace.risk.gateway import Gateway, Inquiry, Unreadable
from tests.unit.risk.test_scorecard import FACTS

REQUEST_ID = UUID(int=9)


def inquiry(source: Source = Source.BUREAU, *, attempt: int = 1, **changes: Any) -> Inquiry:
    facts = told(FACTS, source) | changes
    return Inquiry(REQUEST_ID, source, "credit_decision", facts, attempt)


@dataclass
class Bureau:
    """A provider on this machine: what it was asked, and what it answers next."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], tuple[int, bytes]] = lambda body: (200, whole(body))
    pause_s: float = 0.0


def whole(body: dict[str, Any]) -> bytes:
    source = Source(body["source"])
    return json.dumps(
        {
            "request_id": body["request_id"],
            "source": source.value,
            "as_of": "2026-03-01",
            "found": True,
            "values": dict.fromkeys(answers.KNOWN[source], 50),
        }
    ).encode()


@pytest.fixture
def bureau() -> Iterator[tuple[Bureau, str]]:
    book = Bureau()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            book.asked.append({"path": self.path, **body})
            book.headers.append(dict(self.headers.items()))
            time.sleep(book.pause_s)
            status, raw = book.answer(body)
            try:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(raw)
            except OSError:
                pass  # who asked has given up waiting

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield book, f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=["simulated", "http"])
def sources(request: pytest.FixtureRequest, bureau: tuple[Bureau, str]) -> Gateway:
    return SimulatedGateway() if request.param == "simulated" else HttpGateway(bureau[1], "key")


class TestAnySources:
    @pytest.mark.parametrize("source", list(Source))
    def test_answer_with_everything_they_know_and_the_same_again(
        self, sources: Gateway, source: Source
    ) -> None:
        first = sources.fetch(inquiry(source))

        assert first.findings.source == source
        assert first.findings.found
        assert set(first.findings.values) == set(answers.KNOWN[source])
        assert first.findings == answers.read(first.raw, source, REQUEST_ID)
        assert sources.fetch(inquiry(source, attempt=2)).raw == first.raw


class TestOverHttp:
    def test_a_question_says_who_asks_what_for_and_no_more_than_the_source_needs(
        self, bureau: tuple[Bureau, str]
    ) -> None:
        book, url = bureau

        HttpGateway(url, "secret").fetch(inquiry(Source.BUREAU))

        assert book.asked == [
            {
                "path": "/v1/reports",
                "request_id": str(REQUEST_ID),
                "source": "bureau",
                "purpose": "credit_decision",
                "subject": {
                    "person_id": str(FACTS.person_id),
                    "name": "Bea Borrower",
                    "currency": "EUR",
                    "amount_minor": 100_000,
                    "months": 12,
                    "obligations_minor": 80_000,
                },
            }
        ]
        assert book.headers[0]["Authorization"] == "Bearer secret"
        assert book.headers[0]["Idempotency-Key"] == f"{REQUEST_ID}.bureau"

    @pytest.mark.parametrize("status", [400, 401, 429, 500, 503, 302])
    def test_another_status_is_no_answer(self, bureau: tuple[Bureau, str], status: int) -> None:
        book, url = bureau
        book.answer = lambda body: (status, whole(body))

        with pytest.raises(ProviderTrouble) as trouble:
            HttpGateway(url, "k").fetch(inquiry())

        assert trouble.value.code == f"http_{status}"
        assert not isinstance(trouble.value, Unreadable)

    def test_who_is_too_slow_has_not_answered(self, bureau: tuple[Bureau, str]) -> None:
        book, url = bureau
        book.pause_s = 0.5

        with pytest.raises(ProviderTrouble) as trouble:
            HttpGateway(url, "k", timeout_s=0.1).fetch(inquiry())

        assert trouble.value.code == "no_answer"

    def test_nobody_there_is_no_answer(self) -> None:
        with pytest.raises(ProviderTrouble) as trouble:
            HttpGateway("http://127.0.0.1:1", "k").fetch(inquiry())

        assert trouble.value.code == "no_answer"

    @pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b'{"found": true}', b"\xff\xfe"])
    def test_nonsense_comes_back_as_it_came(self, bureau: tuple[Bureau, str], raw: bytes) -> None:
        book, url = bureau
        book.answer = lambda _body: (200, raw)

        with pytest.raises(Unreadable) as trouble:
            HttpGateway(url, "k").fetch(inquiry())

        assert trouble.value.raw == raw

    def test_an_endless_answer_is_cut_off(self, bureau: tuple[Bureau, str]) -> None:
        book, url = bureau
        book.answer = lambda _body: (200, b" " * (RAW_BYTES_MAX + 70_000))

        with pytest.raises(Unreadable) as trouble:
            HttpGateway(url, "k").fetch(inquiry())

        assert len(trouble.value.raw) == RAW_BYTES_MAX


GOOD = {
    "request_id": str(REQUEST_ID),
    "source": "bureau",
    "as_of": "2026-03-01",
    "found": True,
    "values": {"score": 700, "history_months": 0, "arrears_now": None},
}


class TestReading:
    def read(self, **changes: Any) -> answers.Findings:
        raw = json.dumps(GOOD | changes).encode()
        return answers.read(raw, Source.BUREAU, REQUEST_ID)

    def test_what_is_missing_or_null_was_not_collected_and_zero_is_zero(self) -> None:
        found = self.read()

        assert found.as_of == date(2026, 3, 1)
        assert found.values == {
            "score": 700,
            "history_months": 0,
            "arrears_now": None,
            "arrears_24m": None,
            "enquiries_6m": None,
            "obligations_minor": None,
        }

    def test_without_a_file_nothing_was_collected_whatever_stands_there(self) -> None:
        assert set(self.read(found=False).values.values()) == {None}

    @pytest.mark.parametrize(
        "change",
        [
            {"request_id": str(UUID(int=8))},
            {"source": "big_data"},
            {"as_of": "yesterday"},
            {"as_of": None},
            {"found": "yes"},
            {"values": [1]},
            {"values": {"score": 1001}},
            {"values": {"score": -1}},
            {"values": {"score": "700"}},
            {"values": {"score": 700.5}},
            {"values": {"score": True}},
            {"values": {"obligations_minor": 10**13}},
        ],
    )
    def test_what_cannot_be_true_is_no_answer(self, change: dict[str, Any]) -> None:
        with pytest.raises(answers.Garbled):
            self.read(**change)


class TestTheSimulated:
    @pytest.mark.parametrize("case", ["down", "slow"])
    def test_sources_can_be_away(self, case: str) -> None:
        for asked in (
            inquiry(name=f"Bea {case.title()}"),
            inquiry(amount_minor=100_000 + CASES[case]),
        ):
            with pytest.raises(ProviderTrouble) as trouble:
                SimulatedGateway().fetch(asked)
            assert trouble.value.code == case

    def test_slow_ones_answer_at_the_third_try(self) -> None:
        found = SimulatedGateway().fetch(inquiry(name="Bea Slow", attempt=3))

        assert found.findings.found

    def test_nonsense_is_unreadable(self) -> None:
        with pytest.raises(Unreadable) as trouble:
            SimulatedGateway().fetch(inquiry(name="Bea Nonsense"))

        assert trouble.value.raw == b"<html>502</html>"

    def test_a_fault_holds_whoever_is_asked_about(self) -> None:
        fault = "down"
        sources = SimulatedGateway(lambda: fault)

        with pytest.raises(ProviderTrouble):
            sources.fetch(inquiry())
        fault = ""
        assert sources.fetch(inquiry()).findings.found

    def test_a_thin_file_has_no_values(self) -> None:
        for source in Source:
            found = SimulatedGateway().fetch(inquiry(source, name="Theo Thin")).findings
            assert not found.found


def test_each_source_is_told_less_than_the_house_knows() -> None:
    for source in Source:
        assert set(told(FACTS, source)) < set(FACTS.stored())
        assert not {"loans_repaid", "bills_late"} & set(told(FACTS, source))
    assert "income_minor" not in told(FACTS, Source.BUREAU)
    assert "obligations_minor" not in told(FACTS, Source.BIG_DATA)
    assert set(kinds_told()) == {kind for kinds in TOLD.values() for kind in kinds} == set(KINDS)
