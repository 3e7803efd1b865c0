"""Loans lived through on paper: terms with rules for lateness and early repayment, and events."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from marketplace.kernel.days import DayCount
from marketplace.kernel.money import Money
from marketplace.loans.replay import (
    ChargeKey,
    ChargeKind,
    Intent,
    LoanEvent,
    Payment,
    Position,
    Reversal,
    Waiver,
    replay,
)
from marketplace.loans.schedule import Terms, build
from marketplace.loans.terms import FeeCap, LateRule, PrepaymentRule, ServicingTerms
from marketplace.loans.waterfall import USUAL_ORDER, Order
from tests.builders.calculators import terms


def eur(text: str) -> Money:
    """So much in euros."""
    return Money.of(text, "EUR")


def day(text: str) -> date:
    """A day, written as such."""
    return date.fromisoformat(text)


def served(
    schedule: Terms | None = None,
    *,
    late_fee: str = "10",
    grace_days: int = 3,
    penalty_bps: int = 1825,
    fee_bps: int = 50,
    cap: FeeCap = FeeCap.INTEREST_SAVED,
    interest_to_date: DayCount | None = DayCount.ACT_365F,
    order: Order = USUAL_ORDER,
) -> ServicingTerms:
    """The loan of policies 5.9, with 0.05 % a day when late and half a percent for prepaying."""
    schedule = schedule or terms()
    return ServicingTerms(
        schedule=schedule,
        late=LateRule(Money.of(late_fee, schedule.principal.currency), grace_days, penalty_bps),
        prepayment=PrepaymentRule(fee_bps, cap, interest_to_date),
        order=order,
    )


def paid(n: int, on: str, amount: str, intent: Intent = Intent.REGULAR) -> Payment:
    """Payment number `n` of a history."""
    return Payment(UUID(int=n), day(on), eur(amount), intent)


def reversed_(n: int, of: int) -> Reversal:
    """Event number `n` takes event number `of` back."""
    return Reversal(UUID(int=n), UUID(int=of))


def waived(n: int, on: str, charge: tuple[ChargeKind, int, str], amount: str) -> Waiver:
    """Event number `n` lets a charge off: its kind, its instalment and its day."""
    kind, row, charged_on = charge
    return Waiver(UUID(int=n), day(on), ChargeKey(kind, row, day(charged_on)), eur(amount))


def on_time(loan: ServicingTerms, count: int) -> list[LoanEvent]:
    """The first `count` instalments, each paid on its day; they are events 1 to `count`."""
    rows = build(loan.schedule)[:count]
    return [Payment(UUID(int=row.n), row.due, row.total) for row in rows]


def stands(loan: ServicingTerms, events: list[LoanEvent], on: str) -> Position:
    """Where the loan is on that day."""
    return replay(loan, events, day(on))
