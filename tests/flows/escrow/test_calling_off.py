"""A payout that shall not be made after all: possible until somebody was called."""

from __future__ import annotations

from uuid import UUID

from marketplace.escrow.services import dispatching
from marketplace.escrow.services.calling_off import call_off
from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from tests.builders.escrow import World, a_payee, a_top_up, a_transfer, known
from tests.builders.identity import a_person

TEN = Money.of("10", "EUR")


@command
def called_off(instruction_id: UUID) -> bool:
    return call_off(instruction_id, reason="held_too_long", now=clock.now())


def available(account: int) -> int:
    found = ledger.balance(account).available_minor
    db.session.rollback()
    return found


def test_what_waits_to_be_sent_is_called_off_and_its_money_is_free(world: World) -> None:
    paid = world.paid(TEN)
    planned = a_transfer(a_person().id, TEN, paid.account_id)
    assert available(paid.account_id) == 0

    assert called_off(planned)

    assert known(planned).state == "expired"
    assert available(paid.account_id) == 1000
    assert called_off(planned)  # twice is once
    assert available(paid.account_id) == 1000
    assert dispatching.dispatch(planned).state == "expired"


def test_what_the_provider_may_have_heard_of_is_left_alone(world: World, hand: clock.Hand) -> None:
    a_top_up(TEN)  # the provider keeps its fee of what was paid
    paid, payee = world.paid(TEN), a_payee(world)
    hand.advance(days=3)  # the payment clears
    planned = a_transfer(payee, TEN, paid.account_id)
    world.wire.trouble = ["", "answer_lost"]  # the payee is read first
    lost = dispatching.dispatch(planned)
    assert lost.state == "unknown"

    assert not called_off(planned)

    assert known(planned).state == "unknown"
    assert available(paid.account_id) == 0
