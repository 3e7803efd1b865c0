"""A rule of auto-invest tried on listings of the past, before it orders anything. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.loans.matching import Listing, Reason, Rule, gap, parts


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rule would have done with a listing of the past: so much, or nothing and why."""

    listing: Listing
    amount_minor: int
    reason: Reason | None


def rehearse(rule: Rule, past: Sequence[tuple[str, Listing]]) -> list[Rehearsed]:
    """Try a rule alone on listings of the past, in their order; each comes with its month.

    The wallet is taken to hold enough, and nothing to be lent before: caps count what the rule
    itself would have lent. Nobody else is in line.
    """
    used: Counter[object] = Counter()
    found = []
    for month, listing in past:
        amount, reason = _tried(rule, listing, month, used)
        used.update({month: amount, listing.borrower_id: amount, listing.grade: amount})
        found.append(Rehearsed(listing, amount, reason))
    return found


def _tried(
    rule: Rule, listing: Listing, month: str, used: Mapping[object, int]
) -> tuple[int, Reason | None]:
    if (reason := gap(rule, listing)) is not None:
        return 0, reason
    limits = (
        (rule.amount_minor, 0, Reason.TOO_LARGE),
        (rule.month_max_minor, used[month], Reason.MONTH),
        (rule.borrower_max_minor, used[listing.borrower_id], Reason.BORROWER),
        (rule.grade_max_minor, used[listing.grade], Reason.GRADE_CAP),
    )
    left = [(limit - taken, why) for limit, taken, why in limits if limit is not None]
    want, why = min(left, key=lambda one: one[0])
    if want < listing.fraction_min_minor:
        return 0, why
    room_minor = min(listing.room_minor, listing.left_minor)
    (amount,) = parts([want], room_minor, listing.left_minor, listing.fraction_min_minor)
    return amount, None if amount else Reason.QUEUE
