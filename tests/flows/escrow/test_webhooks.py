"""What arrives at the door: the genuine is stored once, everything else is refused."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from marketplace.escrow import queries
from marketplace.escrow.events import CheckoutPaid
from marketplace.escrow.services import dispatching, inbox
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.simulator.signing import HEADER, signature
from tests.builders.escrow import World, a_checkout, known, provider_total
from tests.builders.simulator import SECRET

AMOUNT = Money.of("50.00", "EUR")


def a_notice(world: World, **changes: Any) -> tuple[bytes, str]:
    """The bank's notice of a payment and its signature, as they would arrive."""
    planned = a_checkout(AMOUNT)
    dispatching.dispatch(planned)
    world.pay(planned)
    caught: list[bytes] = []

    def catch(body: bytes, _headers: Mapping[str, str]) -> int:
        caught.append(body)
        return 200

    world.teller.deliver_pending(catch)
    body = json.loads(caught[0])
    body["object"] |= changes
    raw = json.dumps(body).encode()
    return raw, signature(SECRET, raw, clock.now())


def knock(world: World, body: bytes, signed: str, path: str = "/webhooks/simulator") -> int:
    answer = world.app.test_client().post(path, data=body, headers={HEADER: signed})
    return answer.status_code


def stored() -> list[str]:
    found = [row.state for row in queries.deliveries()]
    db.session.rollback()
    return found


def test_a_genuine_notice_is_stored_and_not_acted_on(world: World) -> None:
    body, signed = a_notice(world)

    assert knock(world, body, signed) == 200
    assert stored() == ["stored"]
    assert provider_total("pending") == 0


def test_the_worker_applies_it(world: World) -> None:
    body, signed = a_notice(world)
    knock(world, body, signed)

    world.work()

    assert stored() == ["applied"]
    assert provider_total("pending") == 5_000


@pytest.mark.parametrize(
    "forge",
    [
        lambda body, _signed, at: (body, signature("another secret", body, at)),
        lambda body, signed, _at: (body.replace(b"5000", b"9000"), signed),
        lambda body, _signed, _at: (body, ""),
        lambda body, signed, _at: (body, signed.replace("v1=", "v0=")),
        lambda body, _signed, _at: (body, "t=abc,v1=\N{SNOWMAN}"),
        lambda _body, signed, _at: (b"", signed),
    ],
    ids=["secret", "body", "missing", "scheme", "nonsense", "empty"],
)
def test_a_wrong_signature_is_refused(world: World, forge: Any) -> None:
    body, signed = a_notice(world)

    forged = forge(body, signed, clock.now())

    assert knock(world, *forged) == 400
    assert stored() == []


@pytest.mark.parametrize("age_s", [301, -301, 86_400])
def test_a_stale_or_early_one_is_refused(world: World, age_s: int) -> None:
    body, _ = a_notice(world)

    signed = signature(SECRET, body, clock.now() - timedelta(seconds=age_s))

    assert knock(world, body, signed) == 400
    assert stored() == []


@pytest.mark.parametrize("age_s", [300, -300])
def test_five_minutes_are_still_good(world: World, age_s: int) -> None:
    body, _ = a_notice(world)

    signed = signature(SECRET, body, clock.now() - timedelta(seconds=age_s))

    assert knock(world, body, signed) == 200


@pytest.mark.parametrize("body", [b"not json", b"[]", b'{"id": "ev_1"}', b"\xff\xfe"])
def test_a_signed_body_that_is_no_notice_is_refused(world: World, body: bytes) -> None:
    assert knock(world, body, signature(SECRET, body, clock.now())) == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"operation_id": "ins_01jd3kzzzzzzzzzzzzzzzzzzzz"},
        {"operation_id": "something else"},
        {"object": "comet"},
    ],
    ids=["unknown instruction", "not ours", "unknown kind"],
)
def test_one_about_an_unknown_object_is_stored_and_set_aside(
    world: World, changes: dict[str, str]
) -> None:
    body, signed = a_notice(world, **changes)

    status = knock(world, body, signed)
    world.work()

    assert status == 200
    assert stored() == ["ignored"]
    assert provider_total("pending") == 0


def test_the_door_of_a_provider_not_in_use_is_shut(world: World) -> None:
    body, signed = a_notice(world)

    assert knock(world, body, signed, "/webhooks/stripe") == 404


@pytest.mark.race
def test_the_same_one_fifty_times_in_parallel_is_one_row_and_one_effect(world: World) -> None:
    body, signed = a_notice(world)
    answers: list[int] = []
    start = threading.Barrier(10)

    def knock_and_work() -> None:
        start.wait()
        for _ in range(5):
            answers.append(knock(world, body, signed))
            with world.app.app_context():
                inbox.work_inbox()

    threads = [threading.Thread(target=knock_and_work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.work()

    assert answers == [200] * 50
    assert stored() == ["applied"]
    assert len(world.told_of(CheckoutPaid)) == 1
    assert provider_total("pending") == 5_000


def test_a_notice_that_cannot_be_applied_is_tried_again_and_then_left_for_a_person(
    world: World, hand: clock.Hand
) -> None:
    planned = a_checkout(AMOUNT)
    dispatching.dispatch(planned)
    with world.bank.work() as work:
        work.run("UPDATE simulator.checkout SET amount_minor = 1")
    world.pay(planned)
    world.teller.deliver_pending(world.receive)

    for _ in range(12):
        inbox.work_inbox()
        hand.advance(hours=2)

    row = queries.deliveries()[0]
    db.session.rollback()
    assert (row.state, row.attempts) == ("failed", 10)
    assert "another thing" in str(row.last_error)
    assert known(planned).state == "sent"


def test_one_that_cannot_be_applied_holds_up_none_of_those_beside_it(world: World) -> None:
    before, spoilt, after = (a_checkout(AMOUNT) for _ in range(3))
    for planned in (before, spoilt, after):
        dispatching.dispatch(planned)
        world.pay(planned)
    with world.bank.work() as work:
        work.run(
            "UPDATE simulator.event SET body = replace(body, %(is)s, %(wrong)s)"
            " WHERE body LIKE %(spoilt)s",
            **{"is": "5000,", "wrong": "9000,"},
            spoilt=f"%{known(spoilt).operation_id}%",
        )
    world.teller.deliver_pending(world.receive)

    assert inbox.work_inbox() == 3

    assert sorted(stored()) == ["applied", "applied", "stored"]
    assert [known(each).state for each in (before, spoilt, after)] == [
        "succeeded",
        "sent",
        "succeeded",
    ]
    assert provider_total("pending") == 10_000


def test_those_that_came_together_are_worked_in_one_transaction(world: World) -> None:
    for _ in range(3):
        planned = a_checkout(AMOUNT)
        dispatching.dispatch(planned)
        world.pay(planned)
    world.teller.deliver_pending(world.receive)

    inbox.work_inbox()

    assert scalar("SELECT count(DISTINCT xmin::text) FROM escrow_delivery") == 1
    assert stored() == ["applied"] * 3


def test_whoever_works_waits_for_what_is_being_stored_just_then(
    world: World, database_url: str
) -> None:
    knock(world, *a_notice(world))

    def work() -> None:
        with world.app.app_context():
            inbox.work_inbox()

    worker = threading.Thread(target=work)
    with psycopg.connect(database_url) as at_the_door:
        at_the_door.execute("SELECT pg_advisory_xact_lock_shared(%s)", (inbox.DOOR,))
        worker.start()
        worker.join(0.2)
        assert stored() == ["stored"]
    worker.join()

    assert stored() == ["applied"]


def test_notices_in_any_order_end_in_the_same_state(world: World, hand: clock.Hand) -> None:
    paid = world.paid(AMOUNT)
    body = {
        "id": "ev_late",
        "type": "checkout.expired",
        "object": {
            "object": "checkout",
            "id": paid.provider_ref,
            "state": "expired",
            "operation_id": paid.operation_id,
            "amount_minor": 5_000,
            "currency": "EUR",
            "finished_at": clock.now().isoformat(),
        },
    }
    raw = json.dumps(body).encode()

    knock(world, raw, signature(SECRET, raw, clock.now()))
    world.work()

    assert known(paid.id).state == "succeeded"
    assert stored() == ["applied", "applied"]
