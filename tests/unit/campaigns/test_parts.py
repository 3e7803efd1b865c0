"""In which parts a sponsor is paid, whose a part is on its last day, and a sheet of numbers."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.campaigns.rules import parts, tracking
from marketplace.campaigns.rules.parts import Fate, Share
from marketplace.campaigns.rules.tracking import Known
from marketplace.campaigns.states.fulfilments import FulfilmentState
from marketplace.campaigns.states.parts import MilestoneState, PartKind
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.kernel.rates import bps_of

TODAY = date(2026, 6, 10)
amounts = st.integers(1, 10**9)


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


@given(amounts, st.integers(5_000, 10_000), st.integers(0, 2_500), st.integers(0, 2_500))
def test_the_parts_of_a_pledge_are_it_and_each_is_within_a_cent_of_its_share(
    minor: int, first: int, second: int, third: int
) -> None:
    plan = parts.plan(
        first,
        [Share(PartKind.MILESTONE, each, "M") for each in (second, third) if each]
        if first + second + third <= 10_000
        else [],
    )

    cut = parts.divided(euros(minor), [share.share_bps for share in plan])

    assert sum(share.share_bps for share in plan) == 10_000
    assert sum(part.minor for part in cut) == minor
    for part, share in zip(cut, plan, strict=True):
        assert abs(part.minor * 10_000 - minor * share.share_bps) <= 10_000


@given(amounts, st.integers(0, 2_000), st.data())
def test_what_is_decided_in_two_is_the_whole_and_no_fee_is_above_its_piece(
    minor: int, fee_bps: int, data: st.DataObject
) -> None:
    back = euros(data.draw(st.integers(1, minor)))
    fee = bps_of(euros(minor), fee_bps)

    (rest, fee_of_rest), (gone, fee_of_gone) = parts.pieces(euros(minor), fee, back)

    assert (rest + gone, gone) == (euros(minor), back)
    assert fee_of_rest + fee_of_gone == fee
    assert fee_of_rest <= rest
    assert fee_of_gone <= gone


OVER, AHEAD = date(2026, 5, 1), date(2026, 6, 1)


@pytest.mark.parametrize(
    ("fulfilment", "promised", "fate"),
    [
        ("objected", AHEAD, Fate.RETURN),
        ("shipped", OVER, Fate.RELEASE),
        ("to_ship", OVER, Fate.RETURN),
        ("to_ship", AHEAD, Fate.RELEASE),
        ("to_ship", None, Fate.RETURN),
        ("accepted", OVER, Fate.RELEASE),
        ("owed", OVER, Fate.RELEASE),
    ],
)
def test_on_its_last_day_a_share_is_whose_it_was_said_to_be(
    fulfilment: str, promised: date | None, fate: Fate
) -> None:
    state = FulfilmentState(fulfilment)

    assert fate == parts.last_day(fulfilment=state, milestone=None, promised_for=promised, on=TODAY)


@pytest.mark.parametrize(
    ("milestone", "due", "fate"),
    [
        ("objected", AHEAD, Fate.RETURN),
        ("claimed", OVER, Fate.RELEASE),
        ("planned", OVER, Fate.RETURN),
        ("planned", AHEAD, Fate.RELEASE),
    ],
)
def test_and_so_is_that_of_a_milestone(milestone: str, due: date, fate: Fate) -> None:
    state = MilestoneState(milestone)

    assert fate == parts.last_day(fulfilment=None, milestone=state, promised_for=due, on=TODAY)


@pytest.mark.parametrize(
    ("first", "milestones", "codes"),
    [
        (7_000, [], []),
        (4_900, [], ["first_part_outside"]),
        (9_000, [Share(PartKind.MILESTONE, 2_000, "M")], ["parts_above_whole"]),
        (5_000, [Share(PartKind.MILESTONE, 100, "M")] * 6, ["milestones_full"]),
        (5_000, [Share(PartKind.MILESTONE, 100, "")], ["milestone_incomplete"]),
        (5_000, [Share(PartKind.MILESTONE, 100, "M", TODAY)], ["milestone_past"]),
    ],
)
def test_a_plan_says_what_is_wrong_with_it(
    first: int, milestones: list[Share], codes: list[str]
) -> None:
    found = parts.plan_refusals(first, milestones, today=TODAY)

    assert [refusal.code for refusal in found] == codes


def test_each_line_of_a_sheet_has_a_fate_before_anything_is_changed() -> None:
    ids = [UUID(int=number) for number in range(1, 8)]
    new, sent, same, over, owed, unheld, foreign = (public_id("pl", each) for each in ids)
    known = {
        ids[0]: Known("to_ship", "", ""),
        ids[1]: Known("shipped", "", ""),
        ids[2]: Known("shipped", "Post", "7"),
        ids[3]: Known("accepted", "", ""),
        ids[4]: Known("owed", "", ""),
        ids[5]: Known("sent", "Post", "8"),
    }
    sheet = (
        "pledge,carrier,number\r\n"
        f"{new},Post,1\r\n{sent},Post,2\r\n\r\n{same},Post,7\r\n{over},Post,3\r\n"
        f"{foreign},Post,4\r\nnonsense,,\r\n{new},Post,5\r\n"
        f"{owed},Post,6\r\n{unheld},Post,9\r\n"
    )

    fates = [line.fate.value for line in tracking.read(sheet, known)]

    assert fates == [
        *("ship", "number", "same", "over", "unknown", "unknown", "twice"),
        *("ship", "number"),
    ]
    assert tracking.read(f"{sent};{'C' * 61};1", known)[0].fate == tracking.Fate.TOO_LONG
