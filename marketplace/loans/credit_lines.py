"""What may be drawn on a credit line, and when its statements are written. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from marketplace.kernel.days import add_months
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans.rules import PURPOSES
from marketplace.loans.states import LineState
from marketplace.risk.rules import is_fresh

REASON_LENGTH_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Use:
    """What of a limit is taken: `used` is owed, `under_way` is in funding or being paid out."""

    limit: Money
    used: Money
    under_way: Money

    @property
    def taken(self) -> Money:
        """What cannot be drawn a second time."""
        return self.used + self.under_way

    @property
    def available(self) -> Money:
        """What may be drawn now; never less than nothing, however low the limit was set."""
        return max(self.limit - self.taken, Money.zero(self.limit.currency))

    @property
    def over(self) -> Money:
        """What is taken beyond the limit: it was lowered, or a repayment was taken back."""
        return max(self.taken - self.limit, Money.zero(self.limit.currency))


@dataclass(frozen=True, slots=True)
class Standing:
    """A line as it stands when somebody wants to draw on it.

    `reported_at` is the age of the risk report that its reviewers had before them.
    """

    state: str
    use: Use
    draw_min: Money
    instalments_min: int
    instalments_max: int
    draw_until: date
    reported_at: datetime | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class DrawWish:
    """What somebody wants to draw, over how many instalments, and what lenders read it is for."""

    amount: Money
    instalments: int
    purpose: str
    title: str


def stops(line: Standing, now: datetime) -> list[Refusal]:
    """Return why nothing may be drawn just now, whatever the amount."""
    found = []
    if line.state == LineState.CLOSED:
        return [Refusal("line_closed")]
    if line.state == LineState.FROZEN:
        found.append(Refusal("line_frozen"))
    if now.date() > line.draw_until:
        found.append(Refusal("line_over"))
    if line.reported_at is None or not is_fresh(line.reported_at, now):
        found.append(Refusal("line_report_stale"))
    if line.is_late:
        found.append(Refusal("line_late"))
    return found


def draw_refusals(wish: DrawWish, line: Standing, now: datetime) -> list[Refusal]:
    """Return why this draw cannot be made: what stops every draw, or what is wrong with this."""
    return stops(line, now) or [*_size_refusals(wish, line), *_word_refusals(wish)]


def _size_refusals(wish: DrawWish, line: Standing) -> Iterator[Refusal]:
    if wish.amount.currency != line.draw_min.currency:
        yield Refusal("loan_currency", "amount", currency=line.draw_min.currency)
    elif wish.amount < line.draw_min:
        yield Refusal("line_draw_small", "amount", at_least=line.draw_min)
    elif wish.amount > line.use.available:
        yield Refusal("line_draw_large", "amount", available=line.use.available)
    if not line.instalments_min <= wish.instalments <= line.instalments_max:
        yield Refusal(
            "loan_term_outside",
            "instalments",
            at_least=line.instalments_min,
            at_most=line.instalments_max,
        )


def _word_refusals(wish: DrawWish) -> Iterator[Refusal]:
    if wish.purpose not in PURPOSES:
        yield Refusal("loan_purpose_missing", "purpose")
    if not wish.title.strip():
        yield Refusal("loan_title_missing", "title")


def reason_refusals(reason: str) -> list[Refusal]:
    """Return what is wrong with the reason that a borrower will read."""
    if not reason.strip():
        return [Refusal("line_reason_missing", "reason")]
    if len(reason.strip()) > REASON_LENGTH_MAX:
        return [Refusal("note_too_long", "reason", most=REASON_LENGTH_MAX)]
    return []


def lower_refusals(to: Money, limit: Money) -> list[Refusal]:
    """Return why a limit cannot be set so: it is only ever lowered, and closed rather than zero.

    It may be set below what is owed; then nothing is available until enough is repaid.
    """
    if to.currency != limit.currency or not to.is_positive or to >= limit:
        return [Refusal("line_limit_outside", "limit", limit=limit)]
    return []


def statement_day(day_of_month: int, on: date) -> date:
    """Return the last statement day that is not after `on`."""
    this = on.replace(day=day_of_month)
    return this if this <= on else add_months(this, -1)


def next_statement_day(day_of_month: int, on: date) -> date:
    """Return the first statement day after `on`."""
    return add_months(statement_day(day_of_month, on), 1)
