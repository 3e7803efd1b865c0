"""A site that banks with Stripe, as a real server: what knocks at its door."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from stripe import WebhookSignature

from bench.servers import free_port
from marketplace.escrow import queries
from marketplace.escrow.services import dispatching, payees
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from tests.builders.escrow import a_checkout, known
from tests.builders.identity import a_person
from tests.builders.processes import Part, a_part, a_worker, ask, wait_until
from tests.builders.stripe import KEY, SECRET, THIN_SECRET, Stripe, a_stripe, banking_with
from tests.standin import courier

AMOUNT = Money.of("50.00", "EUR")
OLD_SECRET = "whsec_of_last_month"


@dataclass
class Door:
    """The address of the running site's webhook."""

    url: str
    part: Part

    def knock(
        self, body: bytes, header: str | None, path: str = "/webhooks/stripe"
    ) -> tuple[int, str]:
        headers = [] if header is None else [(b"Stripe-Signature", header.encode("latin-1"))]
        answer = httpx.post(self.url + path, content=body, headers=headers, timeout=20)
        return answer.status_code, answer.text.strip()


@pytest.fixture(scope="module")
def account() -> Iterator[Stripe]:
    with a_stripe(sign_at=clock.wall) as account:
        yield account


@pytest.fixture(scope="module")
def environ(
    account: Stripe, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path_factory.mktemp("stripe-site")),
        "ESCROW_PROVIDER": "stripe",
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": f"{OLD_SECRET}, {SECRET}",
        "STRIPE_THIN_WEBHOOK_SECRET": THIN_SECRET,
        "STRIPE_API_BASE": account.url,
    }


@pytest.fixture(scope="module")
def door(environ: dict[str, str]) -> Iterator[Door]:
    """The site under its real server, two workers."""
    port = free_port()
    command = ["granian", "--interface", "wsgi", "wsgi:app", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "1"]
    log = Path(environ["DATA_DIR"]) / "web.log"
    with a_part(command, environ, log) as part:
        door = Door(f"http://127.0.0.1:{port}", part)
        wait_until(lambda: _answers(door), lambda: part.said)
        yield door
        part.stop()


def _answers(door: Door) -> bool:
    try:
        return httpx.get(f"{door.url}/healthz").is_success
    except httpx.HTTPError:
        return False


def a_notice(ref: str = "evt_1", kind: str = "customer.created", **thing: Any) -> bytes:
    return Stripe().event(kind, {"id": "cus_1", "object": "customer", **thing}, ref=ref)


def header(body: bytes, secret: str = SECRET, age_s: int = 0) -> str:
    at = int(clock.wall().timestamp()) - age_s
    return str(WebhookSignature.generate_signature_header(body.decode(), secret, at))


def stored(url: str) -> list[tuple[str, str]]:
    return ask(url, "SELECT provider_event_id, state FROM escrow_delivery ORDER BY id")


class TestDoor:
    def test_the_genuine_is_stored_and_waits_for_the_worker(
        self, app: Flask, door: Door, database_url: str
    ) -> None:
        body = a_notice()

        assert door.knock(body, header(body)) == (200, "stored")
        assert door.knock(body, header(body)) == (200, "known")
        assert stored(database_url) == [("evt_1", "stored")]
        waiting = ask(
            database_url, "SELECT task_name FROM procrastinate_jobs WHERE status = 'todo'"
        )
        assert waiting == [("escrow.inbox",)]

    def test_both_secrets_are_good_while_they_are_changed(
        self, app: Flask, door: Door, database_url: str
    ) -> None:
        for ref, secret in (("evt_old", OLD_SECRET), ("evt_new", SECRET)):
            body = a_notice(ref)
            assert door.knock(body, header(body, secret)) == (200, "stored")

    @pytest.mark.parametrize(
        ("body", "signature", "answer"),
        [
            (a_notice(), "wrong", "signature_wrong"),
            (a_notice(), None, "signature_wrong"),
            (a_notice(), "t=1,v1=\xe9", "signature_wrong"),
            (a_notice(), "stale", "signature_stale"),
            (b"not json", "good", "body_unreadable"),
            (b"", "good", "body_unreadable"),
            (b'{"a":' * 5_000, "good", "body_unreadable"),
            (b"x" * 1_000_000, "wrong", "signature_wrong"),
            (b"x" * 1_000_000, "good", "body_unreadable"),
        ],
        ids=["secret", "unsigned", "accent", "stale", "text", "empty", "deep", "1MB", "signed-1MB"],
    )
    def test_everything_else_is_refused_and_not_kept(
        self, app: Flask, door: Door, body: bytes, signature: str | None, answer: str
    ) -> None:
        sent = {
            "good": header(body),
            "wrong": header(body, "whsec_of_nobody"),
            "stale": header(body, age_s=400),
        }.get(str(signature), signature)

        assert door.knock(body, sent) == (400, answer)
        assert queries.deliveries() == []

    def test_one_of_live_mode_is_refused_by_a_test_key(
        self, app: Flask, door: Door, database_url: str
    ) -> None:
        body = json.dumps(json.loads(a_notice()) | {"livemode": True}).encode()

        assert door.knock(body, header(body)) == (400, "wrong_mode")
        assert stored(database_url) == []

    def test_the_doors_of_other_providers_are_shut(
        self, app: Flask, door: Door, database_url: str
    ) -> None:
        body = a_notice()

        assert door.knock(body, header(body), "/webhooks/simulator")[0] == 404
        assert door.knock(body, header(body), "/webhooks/nobody")[0] == 404


@pytest.mark.slow
@pytest.mark.race
@pytest.mark.timeout(240)
def test_a_payment_told_fifty_times_at_once_is_booked_once(
    app: Flask, door: Door, environ: dict[str, str], account: Stripe, tmp_path: Path
) -> None:
    url = environ["DATABASE_URL"]
    with banking_with(account):
        planned = a_checkout(AMOUNT)
        ref = dispatching.dispatch(planned).provider_ref
    assert ref is not None
    body = account.event("checkout.session.completed", account.pay(ref), ref="evt_paid")
    comet = a_notice("evt_comet", "checkout.session.completed", object="comet")
    sign = header(body)
    start = threading.Barrier(10)

    def knock(_number: int) -> list[tuple[int, str]]:
        start.wait()
        return [door.knock(body, sign) for _ in range(5)]

    with a_worker(environ, tmp_path / "worker.log") as worker, ThreadPoolExecutor(10) as people:
        answers = [answer for five in people.map(knock, range(10)) for answer in five]
        assert door.knock(comet, header(comet))[0] == 200
        wait_until(lambda: "stored" not in {state for _, state in stored(url)}, lambda: worker.said)

    assert sorted(answers) == [(200, "known")] * 49 + [(200, "stored")]
    assert sorted(stored(url)) == [("evt_comet", "ignored"), ("evt_paid", "applied")]
    assert known(planned).state == "succeeded"
    journals = "SELECT count(*) FROM ledger_transfer WHERE amount = 5000"
    assert ask(url, journals) == [(1,)]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_payment_and_a_payee_become_known_over_the_network_alone(
    app: Flask, door: Door, environ: dict[str, str], account: Stripe, tmp_path: Path
) -> None:
    account.ready = None
    with banking_with(account):
        planned = a_checkout(AMOUNT)
        ref = dispatching.dispatch(planned).provider_ref
        person = a_person("Paula Payee").id
        payees.start_onboarding(person, "/account/payouts")
        payee_ref = payees.payee(person).provider_ref
        db.session.rollback()
    assert ref is not None
    assert payee_ref is not None
    account.pay(ref)
    account.onboard(payee_ref)

    with a_worker(environ, tmp_path / "worker.log") as worker:
        courier.deliver(account, courier.poster(door.url))
        wait_until(lambda: known(planned).is_finished, lambda: worker.said)
        ready = "SELECT count(*) FROM escrow_payee WHERE state = 'ready'"
        wait_until(lambda: ask(environ["DATABASE_URL"], ready) == [(1,)], lambda: worker.said)

    assert known(planned).state == "succeeded"
    assert account.mistakes == []
