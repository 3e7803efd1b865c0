"""Lost answers, dead workers, several workers at once: never nothing, never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from marketplace.escrow import gateway
from marketplace.escrow.events import CheckoutPaid, TransferSettled
from marketplace.escrow.services import claiming, dispatching, inbox, ordering
from marketplace.infra.commands import command, rehearsal
from marketplace.infra.database import db, execute
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from tests.builders.escrow import (
    World,
    a_checkout,
    a_payee,
    a_top_up,
    a_transfer,
    known,
    provider_total,
)
from tests.builders.races import outcomes

AMOUNT = Money.of("50.00", "EUR")


def at_the_bank(world: World, table: str) -> int:
    with world.bank.work() as work:
        row = work.row(f"SELECT count(*) AS n FROM simulator.{table}")
    assert row is not None
    return int(row["n"])


@command
def let_leases_run_out() -> None:
    execute(
        "UPDATE escrow_instruction SET lease_until = lease_until - %(hour)s",
        {"hour": timedelta(hours=1)},
    )


@pytest.mark.parametrize("trouble", ["answer_lost", "broken", "garbled", "lost"])
def test_without_an_answer_it_is_unknown(world: World, trouble: str) -> None:
    planned = a_checkout(AMOUNT)
    world.wire.trouble = [trouble]

    assert dispatching.dispatch(planned).state == "unknown"


@pytest.mark.parametrize("trouble", ["answer_lost", "garbled"])
def test_what_happened_all_the_same_is_found_by_reading_back(world: World, trouble: str) -> None:
    planned = a_checkout(AMOUNT)
    world.wire.trouble = [trouble]
    dispatching.dispatch(planned)

    dispatching.recover()

    assert known(planned).state == "sent"
    assert known(planned).url
    assert at_the_bank(world, "checkout") == 1


@pytest.mark.parametrize("trouble", ["lost", "broken"])
def test_what_never_happened_is_planned_again_and_done_once(
    world: World, hand: clock.Hand, trouble: str
) -> None:
    planned = a_checkout(AMOUNT)
    world.wire.trouble = [trouble]
    dispatching.dispatch(planned)

    dispatching.recover()
    read_back = known(planned).state
    hand.advance(minutes=2)
    dispatching.dispatch_due()

    assert read_back == "planned"
    assert known(planned).state == "sent"
    assert at_the_bank(world, "checkout") == 1


def test_the_unknown_stays_unknown_while_it_cannot_be_read_back(world: World) -> None:
    planned = a_checkout(AMOUNT)
    world.wire.trouble = ["answer_lost", "broken"]
    dispatching.dispatch(planned)

    dispatching.recover()

    assert known(planned).state == "unknown"


def test_the_unknown_is_never_sent_again_blindly(world: World, hand: clock.Hand) -> None:
    planned = a_checkout(AMOUNT)
    world.wire.trouble = ["answer_lost"]
    dispatching.dispatch(planned)
    hand.advance(minutes=30)

    dispatching.dispatch(planned)
    dispatching.dispatch_due()

    assert known(planned).state == "unknown"
    assert len([call for call in world.wire.calls if call[0] == "POST"]) == 1


@pytest.mark.parametrize("trouble", ["refused", "busy"])
def test_a_provider_that_is_away_or_busy_is_asked_again_later(
    world: World, hand: clock.Hand, trouble: str
) -> None:
    planned = a_checkout(AMOUNT)
    world.wire.trouble = [trouble]

    first = dispatching.dispatch(planned)
    at_once = dispatching.dispatch(planned)
    hand.advance(minutes=2)
    later = dispatching.dispatch(planned)

    assert (first.state, at_once.state, later.state) == ("planned", "planned", "sent")


class TestAWorkerDies:
    def test_before_the_call_it_is_done_once(self, world: World, hand: clock.Hand) -> None:
        planned = a_checkout(AMOUNT)
        claiming.claim(planned)  # and then kill -9

        let_leases_run_out()
        dispatching.recover()
        hand.advance(minutes=2)
        dispatching.dispatch_due()

        assert known(planned).state == "sent"
        assert at_the_bank(world, "checkout") == 1

    def test_between_the_call_and_its_record_it_is_done_once(
        self, world: World, hand: clock.Hand
    ) -> None:
        payee = a_payee(world)
        paid = world.paid(AMOUNT)
        hand.advance(days=3)
        a_top_up(AMOUNT)
        planned = a_transfer(payee, AMOUNT, paid.account_id)
        errand = claiming.claim(planned)
        assert errand is not None
        ordering.place(gateway.current(), errand)  # and then kill -9

        let_leases_run_out()
        dispatching.recover()
        world.deliver()

        assert known(planned).state == "succeeded"
        assert at_the_bank(world, "transfer") == 1
        assert len(world.told_of(TransferSettled)) == 1

    def test_its_lease_is_respected_while_it_may_still_be_calling(self, world: World) -> None:
        planned = a_checkout(AMOUNT)
        claiming.claim(planned)

        dispatching.recover()

        assert known(planned).state == "sent"
        assert world.wire.calls == []


@pytest.mark.race
class TestSeveralAtOnce:
    def test_one_instruction_is_sent_by_one_of_them(self, world: World) -> None:
        planned = a_checkout(AMOUNT)
        urls: list[str | None] = []

        run_together(world, 8, lambda: urls.append(dispatching.dispatch(planned).url))

        assert len(set(urls)) == 1
        assert None not in urls
        assert world.wire.calls == [("POST", "/v1/checkouts")]

    def test_many_instructions_are_sent_once_each(self, world: World, hand: clock.Hand) -> None:
        for _ in range(30):
            a_checkout(AMOUNT)
        hand.advance(minutes=2)

        run_together(world, 4, dispatching.dispatch_due)

        assert len(world.wire.calls) == 30
        assert at_the_bank(world, "checkout") == 30

    def test_all_who_hear_of_a_payment_book_it_once(self, world: World) -> None:
        planned = a_checkout(AMOUNT)
        dispatching.dispatch(planned)
        world.pay(planned)
        world.teller.deliver_pending(world.receive)

        def hear() -> None:
            dispatching.refresh(planned)
            inbox.work_inbox()

        run_together(world, 8, hear)
        world.work()

        assert provider_total("pending") == 5_000
        assert len(world.told_of(CheckoutPaid)) == 1


def test_a_dry_run_calls_nobody(world: World) -> None:
    planned = a_checkout(AMOUNT)

    with rehearsal():
        dispatching.dispatch(planned)
        dispatching.dispatch_due()
        dispatching.recover()

    assert known(planned).state == "planned"
    assert world.wire.calls == []


def test_no_call_is_made_inside_a_transaction(world: World) -> None:
    planned = a_checkout(AMOUNT)
    open_during_call: list[bool] = []
    handle = world.wire.handle_request

    def watch(request):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        open_during_call.append(db.session().in_transaction())
        return handle(request)

    world.wire.handle_request = watch  # type: ignore[method-assign]
    dispatching.dispatch(planned)
    dispatching.refresh(planned)
    dispatching.withdraw(planned)

    assert open_during_call == [False, False, False]


def run_together(world: World, number: int, act: Callable[[], object]) -> None:
    assert outcomes(world, [act] * number) == {"done": number}
