"""One payment being counted out: over what is open, in the agreed order, to the last cent."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from marketplace.loans.replay.books import Books, OpenCharge, OpenRow
from marketplace.loans.replay.events import ChargeKind
from marketplace.loans.replay.position import AppliedLine
from marketplace.loans.waterfall import Part, Portion, allocate

_Debt = tuple[OpenRow | OpenCharge, Part]


@dataclass(slots=True)
class Till:
    """A payment made `on` a day: what is `left` of it, and the lines it was counted out in."""

    books: Books
    on: date
    left: int
    lines: list[AppliedLine] = field(default_factory=list)

    def settle_due(self) -> None:
        """Settle what is due by the day."""
        self._settle(_due(self.books, self.on))

    def settle_ahead(self) -> None:
        """Settle instalments in advance, as scheduled."""
        self._settle(_ahead(self.books, self.on))

    def pay_row(self, row: OpenRow, portion: Portion, amount: int) -> None:
        """Count so much on an instalment's principal or interest."""
        if portion is Portion.PRINCIPAL:
            row.principal_paid += amount
        else:
            row.interest_paid += amount
        if row.open == 0:
            row.settled_on = self.on
        self._count(AppliedLine(portion, row.n, None, self.books.money(amount)))

    def pay_charge(self, charge: OpenCharge, amount: int) -> None:
        """Count so much on a charge."""
        charge.paid += amount
        key = charge.key
        self._count(AppliedLine(portion_of(key.kind), key.n, key, self.books.money(amount)))

    def paid(self, portion: Portion) -> int:
        """Return what went to a portion."""
        return sum(line.amount.minor for line in self.lines if line.portion is portion)

    def _settle(self, debts: Iterable[_Debt]) -> None:
        if not self.left:
            return
        owed = {part.key: (debt, part) for debt, part in debts}
        payment, order = self.books.money(self.left), self.books.terms.order
        allocation = allocate((part for _, part in owed.values()), payment, self.on, order)
        for line in allocation.lines:
            debt = owed[line.part.key][0]
            if isinstance(debt, OpenRow):
                self.pay_row(debt, line.part.portion, line.amount.minor)
            else:
                self.pay_charge(debt, line.amount.minor)

    def _count(self, line: AppliedLine) -> None:
        self.left -= line.amount.minor
        if line.amount.is_positive:
            self.lines.append(line)


def portion_of(kind: ChargeKind) -> Portion:
    """Return what a charge counts as in the waterfall."""
    return Portion.PENALTY if kind is ChargeKind.PENALTY else Portion.FEE


def _due(books: Books, on: date) -> Iterator[_Debt]:
    """Instalments due by the day, and every charge: none is made before its day."""
    rows = [row for row in books.rows if row.due <= on and row.open > 0]
    yield from _parts_of_rows(books, rows)
    dues, last = [row.due for row in books.rows], books.last_charge_on
    open_charges = [charge for charge in books.charges.values() if charge.open > 0]
    for at, charge in enumerate(open_charges):
        group = bisect_left(dues, charge.key.on)
        group_due = dues[group] if group < len(dues) else last
        key, portion = 2 * len(dues) + at, portion_of(charge.key.kind)
        amount = books.money(charge.open)
        yield charge, Part(key, group + 1, group_due, portion, charge.key.on, amount)


def _ahead(books: Books, on: date) -> Iterator[_Debt]:
    return _parts_of_rows(books, [row for row in books.rows if row.due > on and row.open > 0])


def _parts_of_rows(books: Books, rows: Iterable[OpenRow]) -> Iterator[_Debt]:
    """`n` counts rows from 1 without a gap, so that keys are the rows' own."""
    for row in rows:
        opens = ((Portion.PRINCIPAL, row.open_principal), (Portion.INTEREST, row.open_interest))
        for at, (portion, minor) in enumerate(opens):
            if minor:
                key = 2 * (row.n - 1) + at
                yield row, Part(key, row.n, row.due, portion, row.due, books.money(minor))
