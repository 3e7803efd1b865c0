"""Where a loan stands on a day: everything pages, bills, lenders and the close of business need.

All of it follows from the terms, the events and the day; nothing here is ever edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from marketplace.kernel.money import Money
from marketplace.loans.replay.events import ChargeKey, ChargeKind, Intent
from marketplace.loans.schedule import Row
from marketplace.loans.states import Bucket
from marketplace.loans.waterfall import Portion


@dataclass(frozen=True, slots=True)
class Version:
    """A schedule, valid from a day on: the first from the disbursement, others by a prepayment."""

    from_on: date
    cause: UUID | None  # the payment that made it; None for the schedule that was signed
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class RowStanding:
    """One instalment of the present schedule, and what is paid of it.

    What was prepaid during a period belongs to the instalment of that period. `penalty_units` is
    the exact penalty interest to date (`late_charges`), from which the next day goes on.
    """

    n: int
    due: date
    principal: Money
    interest: Money
    outstanding: Money  # the principal left after this row, by the schedule
    principal_paid: Money
    interest_paid: Money
    settled_on: date | None
    penalty_units: int

    @property
    def total(self) -> Money:
        """Return what the row asks for."""
        return self.principal + self.interest

    @property
    def open(self) -> Money:
        """Return what is not paid yet."""
        return self.principal + self.interest - self.principal_paid - self.interest_paid


@dataclass(frozen=True, slots=True)
class ChargeStanding:
    """One charge, and what became of it."""

    key: ChargeKey
    amount: Money
    waived: Money
    paid: Money

    @property
    def open(self) -> Money:
        """Return what is still asked for."""
        return self.amount - self.waived - self.paid

    @property
    def portion(self) -> Portion:
        """Return what it counts as in the waterfall: penalty interest, or a fee."""
        return Portion.PENALTY if self.key.kind is ChargeKind.PENALTY else Portion.FEE


@dataclass(frozen=True, slots=True)
class AppliedLine:
    """So much of a payment settled that portion of instalment `n`, or its charges of a kind."""

    portion: Portion
    n: int
    kind: ChargeKind | None
    amount: Money


@dataclass(frozen=True, slots=True)
class Applied:
    """Where one payment went, to the cent.

    `intent` is how it counted: a payoff that no longer covers everything shortens the term.
    """

    payment_id: UUID
    on: date
    intent: Intent
    amount: Money
    principal: Money
    interest: Money
    penalty: Money
    fee: Money
    overpaid: Money
    lines: tuple[AppliedLine, ...]


@dataclass(frozen=True, slots=True)
class Arrears:
    """What is past due at the opening of a day; being late is counted from the oldest of it.

    `amount` is principal and interest; late fees and penalties come on top and make nobody late.
    """

    amount: Money
    charges: Money
    since: date | None
    days_past_due: int
    bucket: Bucket


@dataclass(frozen=True, slots=True)
class PayoffQuote:
    """What settles the whole loan on the position's day.

    `interest` is what is due and unpaid and what has run up to the day; `charges` are late fees
    and penalties; `fee` is for prepaying, already capped; `interest_saved` is the interest of the
    schedule that is not asked for any more.
    """

    principal: Money
    interest: Money
    charges: Money
    fee: Money
    interest_saved: Money

    @property
    def amount(self) -> Money:
        """Return what is to be paid."""
        return self.principal + self.interest + self.charges + self.fee


@dataclass(frozen=True, slots=True)
class Position:
    """A loan on `as_of`, after everything that counts on that day.

    `principal`, `interest`, `penalty`, `fee` and `overpaid` are the sums of what was paid, in
    the payments' portions: together they are all that ever came in.
    """

    as_of: date
    versions: tuple[Version, ...]
    rows: tuple[RowStanding, ...]
    charges: tuple[ChargeStanding, ...]
    applied: tuple[Applied, ...]
    arrears: Arrears
    payoff: PayoffQuote
    outstanding: Money  # principal not repaid
    principal: Money
    interest: Money
    penalty: Money
    fee: Money
    overpaid: Money

    @property
    def is_settled(self) -> bool:
        """Whether nothing is asked for any more."""
        return not any(row.open.is_positive for row in self.rows) and not any(
            charge.open.is_positive for charge in self.charges
        )

    def due(self) -> Money:
        """Return what can be asked for on the day: instalments and charges due by then."""
        rows = (row.open for row in self.rows if row.due <= self.as_of)
        charges = (charge.open for charge in self.charges)
        return Money.total([*rows, *charges], self.outstanding.currency)
