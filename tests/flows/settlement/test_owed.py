"""A reward whose share could be held no longer is owed as before: late, sent, received."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest

from marketplace.campaigns.jobs.lateness import tell_late
from marketplace.campaigns.queries import fulfilments
from marketplace.campaigns.rules import tracking
from marketplace.campaigns.services import addressing, fulfilling, inspecting
from marketplace.campaigns.services.addressing import Address
from marketplace.campaigns.services.fulfilling import Consignment
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.books import prove
from tests.builders.disputes import balance, decided, disputed
from tests.builders.escrow import World
from tests.builders.holdback import Success, fulfilment_of, on_the_last_day, parts_of
from tests.builders.settling import settle_whole

pytestmark = pytest.mark.usefixtures("reserve")

TITLE: Final = "A lamp for every window"


def money(found: Success) -> tuple[int, int, int]:
    """What is held back, payable, and what the house has earned."""
    return (
        balance("holdback:campaign", found.campaign_id),
        balance("sponsor:payable", found.campaign_id),
        balance("fees:platform"),
    )


def take_in(found: Success, sheet: str) -> list[str]:
    """Take a sheet of numbers in, as its page does; the fates of its lines."""
    states = ("to_ship", "owed", "shipped", "sent", "accepted")
    known = {
        row.pledge_id: tracking.Known(row.state, row.carrier, row.tracking)
        for row in fulfilments.board(found.campaign_id, states)
    }
    db.session.rollback()
    lines = tracking.read(sheet, known)
    sent = [
        Consignment(line.pledge_id, line.carrier, line.tracking)
        for line in lines
        if line.is_done and line.pledge_id is not None
    ]
    fulfilling.mark_shipped(found.sponsor, found.campaign_id, sent, clock.now())
    return [line.fate.value for line in lines]


def test_what_is_owed_is_told_late_sent_by_a_sheet_and_received_and_no_money_moves(
    world: World, hand: clock.Hand
) -> None:
    found = holdback.a_success(world, hand)
    on_the_last_day(found, world, hand)
    assert [fulfilment_of(each) for each in found.pledges[:2]] == ["owed", "owed"]
    assert parts_of(found.first)[1] == ("inspection", 3_000, "released")
    was = money(found)
    assert was == (0, 0, 1_500)
    assert build.campaign(found.campaign_id).fulfilled_at is None
    world.work()
    told = build.last_letter(build.address(found.backer))
    assert "One lamp is still owed to you." in told
    with pytest.raises(Refusal, match="nothing_held_back"):
        holdback.objected(found)
    where = Address("Bo Backer", "Lane 1", "", "Graz", "AT")
    addressing.give_address(found.backer, found.first, where, clock.now())

    hand.set(datetime(2027, 4, 1, 9, tzinfo=UTC))
    tell_late()
    world.work()
    late = build.last_letter(build.address(found.backer))
    assert "Nothing of your pledge is held any more; it is owed to you all the same." in late
    assert build.subjects(build.address(found.sponsor)).count(f"“{TITLE}” is late") == 1
    told = build.last_letter(build.address(found.sponsor))
    assert "Nothing is held for them any more" in told

    line = f"{public_id('pl', found.first)};Post;7\n"
    assert take_in(found, line) == ["ship"]
    assert take_in(found, line) == ["same"]
    assert fulfilment_of(found.first) == "sent"
    with pytest.raises(Refusal, match="nothing_held_back"):
        holdback.objected(found)
    for backer, pledge in zip(found.backers[:2], found.pledges[:2], strict=True):
        inspecting.accept(backer, pledge, clock.now())
    settle_whole(world, hand, days=15)

    assert [fulfilment_of(each) for each in found.pledges[:2]] == ["accepted", "accepted"]
    assert build.campaign(found.campaign_id).fulfilled_at is not None
    assert money(found) == was
    prove(world)


def test_sent_to_everybody_nobody_waits_any_more_and_silence_decides_nothing(
    world: World, hand: clock.Hand
) -> None:
    found = holdback.a_success(world, hand)
    on_the_last_day(found, world, hand)

    holdback.ship(found)
    assert build.campaign(found.campaign_id).fulfilled_at is not None
    settle_whole(world, hand, days=30)

    assert [fulfilment_of(each) for each in found.pledges[:2]] == ["sent", "sent"]
    prove(world)


@pytest.mark.parametrize("state", ["owed", "sent"])
def test_a_bank_that_gives_the_payment_back_lets_it_be_as_it_was_with_nothing_held(
    world: World, hand: clock.Hand, state: str
) -> None:
    found = holdback.a_success(world, hand)
    on_the_last_day(found, world, hand)
    if state == "sent":
        holdback.ship(found, found.first)

    dispute = disputed(world, found.first)
    assert fulfilment_of(found.first) == "void"
    decided(world, hand, dispute.id, won=True)

    assert fulfilment_of(found.first) == state
    assert {each for _kind, _minor, each in parts_of(found.first)} == {"released"}
    assert money(found)[0] == 0
    prove(world)
