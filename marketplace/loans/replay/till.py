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

_Debt = tuple[OpenRow | list[OpenCharge], Part]


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

    def pay_charges(self, charges: Iterable[OpenCharge], amount: int) -> None:
        """Settle charges in the order given; those of one kind and instalment are one line."""
        sums: dict[tuple[ChargeKind, int], int] = {}
        for charge in charges:
            taken = min(charge.open, amount)
            if not taken:
                break
            charge.paid += taken
            amount -= taken
            place = (charge.key.kind, charge.key.n)
            sums[place] = sums.get(place, 0) + taken
        for (kind, n), taken in sums.items():
            self._count(AppliedLine(portion_of(kind), n, kind, self.books.money(taken)))

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
                self.pay_charges(debt, line.amount.minor)

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
    dues = [row.due for row in books.rows]
    for at, ((group, portion), charges) in enumerate(_side_by_side(books, dues).items()):
        group_due = dues[group] if group < len(dues) else books.last_charge_on
        amount = books.money(sum(charge.open for charge in charges))
        key, first_on = 2 * len(dues) + at, charges[0].key.on
        yield charges, Part(key, group + 1, group_due, portion, first_on, amount)


def _side_by_side(books: Books, dues: list[date]) -> dict[tuple[int, Portion], list[OpenCharge]]:
    """Return the open charges of each period and portion: nothing can come between them."""
    found: dict[tuple[int, Portion], list[OpenCharge]] = {}
    for charge in books.open_charges():
        place = (bisect_left(dues, charge.key.on), portion_of(charge.key.kind))
        found.setdefault(place, []).append(charge)
    return found


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
