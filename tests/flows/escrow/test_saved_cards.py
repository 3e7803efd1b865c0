"""A card is saved now and charged later, without its owner: it is taken, or declined, or asks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace.escrow import events
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import dispatching
from marketplace.escrow.states import Kind, State
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.simulator.refusals import Denied
from marketplace.simulator.teller import GOOD_CARD
from tests.builders.escrow import (
    World,
    a_charge,
    a_checkout,
    a_refund,
    a_setup,
    known,
    provider_total,
)

FIFTY = Money.of("50.00", "EUR")


def charged(world: World, card: str = GOOD_CARD) -> Instruction:
    planned = a_charge(world.saved(FIFTY, card))
    world.work()
    world.deliver()
    return known(planned)


def test_saving_a_card_moves_no_money(world: World) -> None:
    saved = world.saved(FIFTY)

    assert (saved.kind, saved.state, saved.method) == (Kind.SETUP, State.SUCCEEDED, "card")
    assert [event.instruction_id for event in world.told_of(events.MeansSaved)] == [saved.id]
    assert world.told_of(events.CheckoutPaid) == []
    assert provider_total("pending") == 0


def test_a_saved_card_is_charged_without_its_owner(world: World) -> None:
    charge = charged(world)

    assert (charge.state, charge.method) == (State.SUCCEEDED, "card")
    assert world.told_of(events.CheckoutPaid)[0].instruction_id == charge.id
    assert provider_total("pending") == 5_000


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ("4000000000000341", "insufficient_funds"),
        ("4000000000001067", "expired_card"),
        ("4000002760003184", "authentication_required"),
    ],
)
def test_a_saved_card_may_be_declined_later(world: World, card: str, reason: str) -> None:
    charge = charged(world, card)

    assert (charge.state, charge.last_error) == (State.FAILED, reason)
    assert [event.reason for event in world.told_of(events.ChargeFailed)] == [reason]
    assert provider_total("pending") == 0


def test_who_was_declined_pays_on_an_ordinary_page(world: World) -> None:
    declined = charged(world, "4000002760003184")

    repair = a_checkout(FIFTY, subject_id=declined.subject_id, person_id=declined.person_id)
    dispatching.dispatch(repair)
    world.pay(repair, "wallet")
    world.deliver()

    assert (known(repair).state, known(repair).method) == (State.SUCCEEDED, "wallet")


def test_a_charge_without_answer_is_found_and_not_repeated(world: World) -> None:
    saved = world.saved(FIFTY)
    world.wire.trouble = ["answer_lost"]
    planned = a_charge(saved)
    world.work()

    dispatching.recover()

    assert known(planned).state == State.SUCCEEDED
    assert sum(path == "/v1/charges" for _, path in world.wire.calls) == 1


def test_what_was_charged_later_can_be_refunded(world: World, hand: clock.Hand) -> None:
    charge = charged(world)
    for _ in range(2):
        charged(world)  # their money pays the fee
    hand.advance(days=2)

    refund = a_refund(charge)
    world.work()
    world.deliver()

    assert known(refund).state == State.SUCCEEDED


@pytest.mark.parametrize("way", ["wallet", "bank"])
def test_only_cards_can_be_saved(world: World, way: str) -> None:
    planned = a_setup(FIFTY)
    dispatching.dispatch(planned)

    with pytest.raises(Denied) as denied:
        world.save_card(planned, way)

    assert denied.value.code == "cannot_be_saved"
    assert known(planned).state == State.SENT


def test_a_page_on_which_nothing_was_saved_runs_out(world: World, hand: clock.Hand) -> None:
    planned = a_setup(FIFTY, life=timedelta(hours=1))
    dispatching.dispatch(planned)
    hand.advance(hours=2)

    world.deliver()

    assert known(planned).state == State.EXPIRED
    assert len(world.told_of(events.SetupExpired)) == 1


def test_a_page_used_a_moment_ago_stays_used_when_it_is_withdrawn(world: World) -> None:
    planned = a_setup(FIFTY)
    dispatching.dispatch(planned)
    world.save_card(planned)

    assert dispatching.withdraw(planned).state == State.SUCCEEDED
