"""The waterfall: which parts of a loan a payment settles, and in which order.

Two axes, as in the advanced payment allocation of Apache Fineract: which instalment first
(past due before due before in advance, oldest first) and which portion first (penalty, fee,
interest, principal in an agreed order). `INSTALMENT_FIRST` finishes one instalment before the
next; `PORTION_FIRST` takes one portion across the instalments of a class before the next portion.

A charge belongs to the instalment in whose period it falls, and one after the last instalment to
a group of its own. It may fall due before its instalment does: from its own date on it is due,
and asked for in the order of what is due. Money that finds nothing open is overpaid.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

from marketplace.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date


class Portion(StrEnum):
    """What a part of a debt is for."""

    PENALTY = "penalty"
    FEE = "fee"
    INTEREST = "interest"
    PRINCIPAL = "principal"


class Mode(StrEnum):
    """Which axis leads."""

    INSTALMENT_FIRST = "instalment_first"
    PORTION_FIRST = "portion_first"


class _Class(IntEnum):
    PAST_DUE = 0
    DUE = 1
    IN_ADVANCE = 2


@dataclass(frozen=True, slots=True)
class Order:
    """The agreed order: four portions for what is due, four for what is paid in advance."""

    due: tuple[Portion, ...]
    in_advance: tuple[Portion, ...]
    mode: Mode = Mode.INSTALMENT_FIRST

    def __post_init__(self) -> None:
        for order in (self.due, self.in_advance):
            if sorted(order) != sorted(Portion):
                raise ValueError("an order names penalty, fee, interest and principal, each once")


USUAL_ORDER: Final = Order(
    (Portion.PENALTY, Portion.FEE, Portion.INTEREST, Portion.PRINCIPAL),
    (Portion.PENALTY, Portion.FEE, Portion.INTEREST, Portion.PRINCIPAL),
)


@dataclass(frozen=True, slots=True)
class Instalment:
    """What the schedule asks for on `due`."""

    due: date
    principal: Money
    interest: Money


@dataclass(frozen=True, slots=True)
class Charge:
    """A penalty or a fee, asked for on its own `due` date."""

    portion: Portion
    due: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Part:
    """One open part of the debt: `amount` is what is left of it.

    `instalment` counts from 1 and `instalment_due` is when that instalment falls due; `key`
    tells the part apart from every other one of the loan.
    """

    key: int
    instalment: int
    instalment_due: date
    portion: Portion
    due: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Line:
    """So much of a payment settles that part."""

    part: Part
    amount: Money


@dataclass(frozen=True, slots=True)
class Allocation:
    """Where a payment went: the lines in the order they were settled, and what was too much."""

    lines: tuple[Line, ...]
    overpaid: Money

    def of(self, portion: Portion) -> Money:
        """Return what went to `portion`."""
        amounts = (line.amount for line in self.lines if line.part.portion is portion)
        return Money.total(amounts, self.overpaid.currency)


def parts_of(instalments: Sequence[Instalment], charges: Iterable[Charge] = ()) -> list[Part]:
    """Return every part of a debt that nobody has paid yet; instalments in order of due date."""
    dues = [instalment.due for instalment in instalments]
    if dues != sorted(dues):
        raise ValueError("instalments come in the order of their due dates")
    found: list[tuple[int, Portion, date, Money]] = []
    for n, row in enumerate(instalments, 1):
        found.append((n, Portion.PRINCIPAL, row.due, row.principal))
        found.append((n, Portion.INTEREST, row.due, row.interest))
    for charge in sorted(charges, key=lambda charge: charge.due):
        n = 1 + sum(due < charge.due for due in dues)
        found.append((n, charge.portion, charge.due, charge.amount))
    group_due: dict[int, date] = {}
    for n, _, due, _ in found:
        group_due[n] = max(due, group_due.get(n, due))
    return [
        Part(key, n, group_due[n], portion, due, amount)
        for key, (n, portion, due, amount) in enumerate(found)
    ]


def allocate(parts: Iterable[Part], payment: Money, on: date, order: Order) -> Allocation:
    """Settle `parts` with `payment` made `on` that day, in the agreed order.

    Parts in another currency than the payment: ValueError. Nothing is rounded.
    """
    left, lines = payment, []
    for part in sorted(parts, key=lambda part: _place(part, on, order)):
        taken = min(part.amount, left)
        if taken.is_positive:
            lines.append(Line(part, taken))
            left -= taken
    return Allocation(tuple(lines), left)


def after(parts: Iterable[Part], allocation: Allocation) -> list[Part]:
    """Return `parts` with what `allocation` settled taken off; settled parts are gone."""
    taken: Mapping[int, Money] = {line.part.key: line.amount for line in allocation.lines}
    rest = []
    for part in parts:
        amount = part.amount - taken.get(part.key, Money.zero(part.amount.currency))
        if amount.is_positive:
            rest.append(
                Part(part.key, part.instalment, part.instalment_due, part.portion, part.due, amount)
            )
    return rest


def principal_of(parts: Iterable[Part], currency: str) -> Money:
    """Return the principal still open."""
    amounts = (part.amount for part in parts if part.portion is Portion.PRINCIPAL)
    return Money.total(amounts, currency)


def _place(part: Part, on: date, order: Order) -> tuple[int, int, int, date]:
    when = _class_of(part, on)
    wanted = order.in_advance if when is _Class.IN_ADVANCE else order.due
    portion = wanted.index(part.portion)
    if order.mode is Mode.PORTION_FIRST:
        return (when, portion, part.instalment, part.due)
    return (when is _Class.IN_ADVANCE, part.instalment, portion, part.due)


def _class_of(part: Part, on: date) -> _Class:
    if part.instalment_due < on:
        return _Class.PAST_DUE
    return _Class.DUE if part.due <= on else _Class.IN_ADVANCE
