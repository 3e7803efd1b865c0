"""How a loan is funded: when a part is binding, how a funding ends, how much one may lend. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

CONSENT_VERSION: Final = 1
"""Which words about the risk a lender has agreed to; new words ask everybody again."""

_WHOLE_BPS: Final = 10_000


def reflection_end(paid_at: datetime, days: int) -> datetime:
    """Return the moment from which a part paid at `paid_at` is binding.

    Days of 24 hours, counted in UTC: a change of the clocks makes nobody's reflection shorter.
    """
    return paid_at.astimezone(UTC) + timedelta(days=days)


def is_reflecting(until: datetime | None, now: datetime) -> bool:
    """Whether a lender may still think better of it; at `until` itself no longer."""
    return until is not None and now < until


def held_until(until: datetime, reflection_days: int, sign_days: int) -> date:
    """Return the last day (UTC) on which a part may still be held for a loan funded by `until`.

    Who lends in the last minute has the whole reflection, the borrower then all days to sign.
    """
    return reflection_end(until, reflection_days + sign_days).date()


def may_stay(leave_by: date, needed_until: date) -> bool:
    """Whether money that must leave by a day can be lent to a loan that may need it so long."""
    return leave_by > needed_until


def age_refusal(first: Money, leave_by: date, needed_until: date) -> Refusal:
    """Return why a wallet cannot pay for a part: so much of it must leave before, by that day.

    It would be taken out of the loan again on that day, funded or not.
    """
    facts = {"first": first, "leave_by": leave_by, "needed_until": needed_until}
    return Refusal("wallet_leaves", "source", **facts)


class Ending(StrEnum):
    """What is to become of a funding now."""

    WAIT = "wait"
    FUND = "fund"
    FUND_SMALLER = "fund_smaller"  # with what there is: the borrower said so beforehand
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a funding stands. `reflecting` is the part of `paid` that is not binding yet."""

    amount_minor: int
    paid_minor: int
    reflecting_minor: int
    least_minor: int
    until: datetime


def ending(found: Standing, now: datetime) -> Ending:
    """Return what is to become of a funding at `now`, once no payment is on its way any more.

    While a part that is needed may still be withdrawn, nothing is decided, whatever the time.
    """
    over = now >= found.until
    if over and found.paid_minor < found.least_minor:
        return Ending.EXPIRE
    if found.reflecting_minor or (not over and found.paid_minor < found.amount_minor):
        return Ending.WAIT
    return Ending.FUND if found.paid_minor == found.amount_minor else Ending.FUND_SMALLER


def least_allowed(amount: Money, funding_min_bps: int, product_min: Money) -> Money:
    """Return the least a borrower may agree to take instead of `amount`, to the cent upwards."""
    share = Money(-(-amount.minor * funding_min_bps // _WHOLE_BPS), amount.currency)
    return min(amount, max(share, product_min))


def least_refusals(least: Money, amount: Money, allowed: Money) -> list[Refusal]:
    """Return why a borrower cannot say that `least` is enough."""
    if least.currency != amount.currency:
        return [Refusal("loan_currency", "take_least", currency=amount.currency)]
    if not allowed <= least <= amount:
        return [Refusal("take_least_outside", "take_least", at_least=allowed, at_most=amount)]
    return []


@dataclass(frozen=True, slots=True)
class LendingLimits:
    """The most one lender may have at work, in all and with one borrower; None is no limit."""

    in_all: Money | None
    with_borrower: Money | None


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a lender has at work or on its way to it, in all and with one borrower."""

    in_all: Money
    with_borrower: Money

    def share_bps(self, more: Money) -> int:
        """Return the borrower's share of all, were `more` lent to them; ten-thousandths."""
        total = (self.in_all + more).minor
        return (self.with_borrower + more).minor * _WHOLE_BPS // total if total else 0


def limit_refusals(amount: Money, has: Exposure, limits: LendingLimits) -> list[Refusal]:
    """Return which limits `amount` would break, with how much is used and left of each."""
    asked = (
        ("lend_over_limit", has.in_all, limits.in_all),
        ("lend_over_borrower_limit", has.with_borrower, limits.with_borrower),
    )
    return [
        Refusal(code, "amount", limit=limit, used=used, left=_left(used, limit))
        for code, used, limit in asked
        if limit is not None and used + amount > limit
    ]


def _left(used: Money, limit: Money) -> Money:
    return max(limit - used, Money.zero(limit.currency))
