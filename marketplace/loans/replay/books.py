"""The working state of a replay, in minor units: what is open on the day that has been reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from marketplace.kernel.money import Money
from marketplace.loans.replay.events import ChargeKey, ChargeKind
from marketplace.loans.replay.position import Applied, Version
from marketplace.loans.schedule import Method, Row, build, dues_of, fractions

if TYPE_CHECKING:
    from uuid import UUID

    from marketplace.loans.terms import ServicingTerms


@dataclass(slots=True)
class OpenRow:
    """An instalment: what it asks for, what is paid, and what its lateness has cost.

    A prepayment during its period is paid on it, beside the instalment itself: `prepaid`
    principal and `prepaid_interest`. `accrued` is the interest that had run by `accrued_to`.
    """

    n: int
    due: date
    principal: int
    interest: int
    principal_paid: int = 0
    interest_paid: int = 0
    settled_on: date | None = None
    prepaid: int = 0
    prepaid_interest: int = 0
    accrued_to: date | None = None
    accrued: int = 0
    penalty_units: int = 0
    penalty_charged: int = 0

    @property
    def total(self) -> int:
        """Return what it asks for."""
        return self.principal + self.interest

    @property
    def open(self) -> int:
        """Return what is not paid."""
        return self.principal + self.interest - self.principal_paid - self.interest_paid

    @property
    def open_principal(self) -> int:
        """Return the principal that is not paid."""
        return self.principal - self.principal_paid

    @property
    def open_interest(self) -> int:
        """Return the interest that is not paid."""
        return self.interest - self.interest_paid

    @property
    def principal_ahead(self) -> int:
        """Return the principal paid of the instalment itself."""
        return self.principal_paid - self.prepaid

    @property
    def paid_ahead(self) -> int:
        """Return all that is paid of the instalment itself."""
        return self.principal_ahead + self.interest_paid - self.prepaid_interest


@dataclass(slots=True)
class OpenCharge:
    """A charge: what it asks for and what became of it."""

    key: ChargeKey
    amount: int
    waived: int = 0
    paid: int = 0

    @property
    def open(self) -> int:
        """Return what is still asked for."""
        return self.amount - self.waived - self.paid


@dataclass(slots=True)
class Books:
    """One loan while it is lived through; `day` is reached, its charges are made.

    `starts[at]` and `ends[at]` bound the period of `rows[at]`, `shares[at]` is its part of a
    year. `even` is what an instalment of the present version comes to (its principal part, where
    the method repays principal evenly); None while that is what was signed.
    """

    terms: ServicingTerms
    day: date
    rows: list[OpenRow]
    starts: list[date]
    ends: list[date]
    shares: list[Fraction]
    even: int | None = None
    prepaid: int = 0
    charges: list[OpenCharge] = field(default_factory=list)
    last_charge_on: date = date.min
    versions: list[Version] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)
    _unpaid: list[OpenCharge] = field(default_factory=list)
    _coins: dict[int, Money] = field(default_factory=dict)

    def money(self, minor: int) -> Money:
        """Return so many minor units of the loan's currency; days' charges are much alike."""
        found = self._coins.get(minor)
        if found is None:
            found = self._coins[minor] = Money(minor, self.terms.currency)
        return found

    def running(self, on: date) -> int | None:
        """Return which row's period runs: the first that is not due by `on`."""
        return next((at for at, row in enumerate(self.rows) if row.due > on), None)

    def late(self, on: date) -> list[OpenRow]:
        """Return the open rows that were due before `on`."""
        return [row for row in self.rows if row.due < on and row.open > 0]

    def charge(self, key: ChargeKey, amount: int) -> OpenCharge:
        """Ask for a charge of a key that is new; a second prepayment of a day adds to the first."""
        known = self.find(key) if key.kind is ChargeKind.PREPAYMENT_FEE else None
        if known is not None:
            known.amount += amount
            return known
        made = OpenCharge(key, amount)
        self.charges.append(made)
        self._unpaid.append(made)
        self.last_charge_on = max(self.last_charge_on, key.on)
        return made

    def find(self, key: ChargeKey) -> OpenCharge | None:
        """Return a charge by its key."""
        return next((charge for charge in self.charges if charge.key == key), None)

    def run_of(self, key: ChargeKey, last: date) -> list[OpenCharge]:
        """Return the charges like `key` from its day to `last`, the oldest first."""
        alike = (c for c in self.charges if (c.key.kind, c.key.n) == (key.kind, key.n))
        return sorted((c for c in alike if key.on <= c.key.on <= last), key=lambda c: c.key.on)

    def open_charges(self) -> list[OpenCharge]:
        """Return what is still asked for, the oldest first, those of one day by instalment."""
        self._unpaid = [charge for charge in self._unpaid if charge.open > 0]
        return sorted(self._unpaid, key=lambda one: (one.key.on, one.key.n, one.key.kind))

    def add_version(self, from_on: date, cause: UUID | None) -> None:
        """Write down the schedule as it is from now on."""
        self.versions.append(Version(from_on, cause, self.schedule()))

    def schedule(self) -> tuple[Row, ...]:
        """Return the present schedule."""
        left, rows = self.terms.schedule.principal.minor, []
        for row in self.rows:
            left -= row.principal
            amounts = (row.principal, row.interest, left)
            rows.append(Row(row.n, row.due, *(self.money(minor) for minor in amounts)))
        return tuple(rows)


def opened(terms: ServicingTerms) -> Books:
    """Return the books of a loan on the day it was paid out."""
    schedule = terms.schedule
    ends = list(dues_of(schedule))
    shares = fractions(schedule, ends)
    starts = [schedule.disbursed_on, *ends[:-1]]
    if schedule.method is Method.BULLET:
        starts, ends, shares = starts[:1], ends[-1:], [sum(shares, Fraction(0))]
    rows = [
        OpenRow(row.n, row.due, row.principal.minor, row.interest.minor) for row in build(schedule)
    ]
    books = Books(terms, schedule.disbursed_on, rows, starts, ends, shares)
    books.add_version(schedule.disbursed_on, None)
    return books
