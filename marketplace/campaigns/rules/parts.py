"""In which parts a sponsor is paid, and what becomes of what is held back. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import Final

from marketplace.campaigns.states.fulfilments import UNDECIDED, FulfilmentState
from marketplace.campaigns.states.parts import MilestoneState, PartKind
from marketplace.kernel.days import add_months
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.kernel.rates import BPS_WHOLE, quotient

FIRST_BPS: Final = 7_000
FIRST_LEAST_BPS: Final = 5_000
MILESTONES_MAX: Final = 5
MILESTONE_TITLE_MAX: Final = 80
EVIDENCE_MAX: Final = 20_000
WORDS_MAX: Final = 2_000
PICTURES_MAX: Final = 3
# How long backers may look at a milestone that its sponsor says is reached.
MILESTONE_TIME: Final = timedelta(days=7)

# What is wrong with what came. About what never came there is one word only.
OBJECTION_CODES: Final = (
    *("not_received", "damaged", "not_as_described", "incomplete", "wrong_item", "other"),
)


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a plan: after what it is released, and how much of everything it is."""

    kind: PartKind
    share_bps: int
    title: str = ""
    due: date | None = None


def plan(first_bps: int, milestones: Sequence[Share] = ()) -> list[Share]:
    """Return a whole plan in its order.

    What neither the first part nor a milestone takes is held until it was inspected.
    """
    rest = BPS_WHOLE - first_bps - sum(each.share_bps for each in milestones)
    last = [Share(PartKind.INSPECTION, rest)] if rest > 0 else []
    return [Share(PartKind.FIRST, first_bps), *milestones, *last]


def plan_refusals(first_bps: int, milestones: Sequence[Share], *, today: date) -> list[Refusal]:
    """Return what is wrong with a plan a sponsor proposes."""
    found: list[Refusal] = []
    if not FIRST_LEAST_BPS <= first_bps <= BPS_WHOLE:
        found.append(Refusal("first_part_outside", "first", least=FIRST_LEAST_BPS // 100))
    elif first_bps + sum(each.share_bps for each in milestones) > BPS_WHOLE:
        found.append(Refusal("parts_above_whole", "first"))
    if len(milestones) > MILESTONES_MAX:
        found.append(Refusal("milestones_full", "first", most=MILESTONES_MAX))
    for each in milestones:
        if not each.title or len(each.title) > MILESTONE_TITLE_MAX or each.share_bps < 1:
            found.append(Refusal("milestone_incomplete", "first", most=MILESTONE_TITLE_MAX))
            break
    if any(each.due is not None and each.due <= today for each in milestones):
        found.append(Refusal("milestone_past", "first"))
    return found


def divided(amount: Money, shares_bps: Sequence[int]) -> list[Money]:
    """Return a pledge in the parts of a plan, each rounded up to its end: together they are it."""
    ends = [quotient(amount.minor * upto, BPS_WHOLE) for upto in accumulate(shares_bps)]
    starts = [0, *ends[:-1]]
    return [Money(end - start, amount.currency) for start, end in zip(starts, ends, strict=True)]


def pieces(amount: Money, fee: Money, back: Money) -> tuple[tuple[Money, Money], ...]:
    """Return what is decided in two as (amount, fee) of the sponsor's piece and the backer's.

    Of what goes back no fee is taken; it is only known how much that would have been.
    """
    rest = amount - back
    fee_of_rest, fee_of_back = fee.split([rest.minor, back.minor])
    return (rest, fee_of_rest), (back, fee_of_back)


class Fate(StrEnum):
    """Whose a part is on the last day it can be held."""

    RELEASE = "release"
    RETURN = "return"


def last_day(
    *,
    fulfilment: FulfilmentState | None,
    milestone: MilestoneState | None,
    promised_for: date | None,
    on: date,
) -> Fate:
    """Return whose a part is that nobody has decided about, as it was said before pledging.

    Accepted, or decided: the sponsor's. Objected to: the backer's. Shipped, or said to be reached:
    the sponsor's. Neither, and its month is over: the backer's; not over yet: the sponsor's, who
    has that long to keep the word.
    """
    if fulfilment is not None and fulfilment not in UNDECIDED:
        return Fate.RELEASE
    if fulfilment == FulfilmentState.OBJECTED or milestone == MilestoneState.OBJECTED:
        return Fate.RETURN
    if fulfilment == FulfilmentState.SHIPPED or milestone == MilestoneState.CLAIMED:
        return Fate.RELEASE
    if promised_for is None:
        return Fate.RETURN
    return Fate.RETURN if is_month_over(promised_for, on) else Fate.RELEASE


def is_month_over(promised_for: date, on: date) -> bool:
    """Whether the month for which something was promised lies before `on`."""
    return on >= add_months(promised_for.replace(day=1), 1)


def object_refusals(*, code: str, words: str, words_max: int = WORDS_MAX) -> list[Refusal]:
    """Return what an objection lacks: a reason from the list and words that tell it."""
    found: list[Refusal] = []
    if code not in OBJECTION_CODES:
        found.append(Refusal("objection_code_missing", "code"))
    if not words:
        found.append(Refusal("objection_words_missing", "words"))
    elif len(words) > words_max:
        found.append(Refusal("text_too_long", "words", most=words_max))
    return found
