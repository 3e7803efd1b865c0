"""What a request would look like, before anyone is asked: no source, nothing stored.

The scorecard that will decide is asked twice: with the file of somebody whose record is good, and
with a modest one. The grade of a real request falls between the two for most people. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans.rules import Limits, burden_pct, product_refusals
from marketplace.risk.scorecard import CARDS, CURRENT, Outcome, Values, score

# What only the sources know: of a good record, and of a modest one.
GOOD: Final[Values] = {
    "bureau_score": 830,
    "history_months": 96,
    "arrears_now": 0,
    "arrears_24m": 0,
    "behaviour_score": 830,
    "income_regularity_pct": 95,
    "overdrafts_12m": 0,
}
MODEST: Final[Values] = {
    "bureau_score": 560,
    "history_months": 24,
    "arrears_now": 0,
    "arrears_24m": 0,
    "behaviour_score": 560,
    "income_regularity_pct": 70,
    "overdrafts_12m": 2,
}
_FIRST_LOAN: Final[Values] = {"loans_repaid": 0, "bills_late": 0}


@dataclass(frozen=True, slots=True)
class Situation:
    """What somebody who thinks of borrowing tells, and forgets again."""

    amount: Money
    instalments: int
    income: Money
    obligations: Money
    employed_years: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the scorecard makes of it: the better and the worse of two likely grades."""

    burden: int
    best: str
    worst: str
    refusals: tuple[Refusal, ...]


def outlook(told: Situation, instalment: Money, limits: Limits) -> Outlook:
    """Return the likely grades, and everything that would keep the request from passing.

    `instalment` is what the loan would cost a month, at a middle rate.
    """
    burden = int(burden_pct(told.income, told.obligations, instalment))
    known = {"burden_pct": burden, "employed_years": told.employed_years, **_FIRST_LOAN}
    good, modest = (score(CARDS[CURRENT], {**known, **file}) for file in (GOOD, MODEST))
    found = product_refusals(told.amount, told.instalments, limits)
    if not told.income.is_positive:
        found.append(Refusal("loan_income_missing", "income"))
    elif good.outcome is Outcome.DECLINE:
        found.append(_too_heavy(told, burden))
    return Outlook(burden, good.grade, modest.grade, tuple(found))


def burden_max() -> int:
    """Return the highest burden, in percent of income, the scorecard does not decline."""
    card = CARDS[CURRENT]
    file = {**GOOD, **_FIRST_LOAN, "employed_years": 5}
    fits = (
        burden
        for burden in range(100, 0, -1)
        if score(card, {**file, "burden_pct": burden}).outcome is not Outcome.DECLINE
    )
    return next(fits, 0)


def _too_heavy(told: Situation, burden: int) -> Refusal:
    most = burden_max()
    room = Money(told.income.minor * most // 100, told.income.currency) - told.obligations
    if not room.is_positive:
        return Refusal("check_no_room", "obligations", burden=burden, at_most=most)
    return Refusal("check_burden", "amount", burden=burden, at_most=most, room=room)
