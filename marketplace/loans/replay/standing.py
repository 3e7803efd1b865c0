"""Reading a replay's books: what everybody else is shown, in money and for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketplace.kernel.money import Money
from marketplace.loans.replay.position import (
    Arrears,
    ChargeStanding,
    PayoffQuote,
    Position,
    RowStanding,
)
from marketplace.loans.replay.prepaying import early
from marketplace.loans.states import bucket, days_late

if TYPE_CHECKING:
    from marketplace.loans.replay.books import Books


def position_of(books: Books) -> Position:
    """Return where the loan stands on the day its books have reached."""
    applied, currency = books.applied, books.terms.currency
    return Position(
        as_of=books.day,
        versions=tuple(books.versions),
        rows=_rows(books),
        charges=_charges(books),
        applied=tuple(applied),
        arrears=_arrears(books),
        payoff=_payoff(books),
        outstanding=books.money(sum(row.open_principal for row in books.rows)),
        principal=Money.total((one.principal for one in applied), currency),
        interest=Money.total((one.interest for one in applied), currency),
        penalty=Money.total((one.penalty for one in applied), currency),
        fee=Money.total((one.fee for one in applied), currency),
        overpaid=Money.total((one.overpaid for one in applied), currency),
    )


def _rows(books: Books) -> tuple[RowStanding, ...]:
    money = books.money
    return tuple(
        RowStanding(
            *(row.n, row.due, money(row.principal), money(row.interest), planned.outstanding),
            *(money(row.principal_paid), money(row.interest_paid), row.settled_on),
            row.penalty_units,
        )
        for row, planned in zip(books.rows, books.schedule(), strict=True)
    )


def _charges(books: Books) -> tuple[ChargeStanding, ...]:
    money = books.money
    found = sorted(books.charges, key=lambda one: (one.key.on, one.key.n, one.key.kind))
    return tuple(
        ChargeStanding(one.key, money(one.amount), money(one.waived), money(one.paid))
        for one in found
    )


def _arrears(books: Books) -> Arrears:
    late = books.late(books.day)
    since = late[0].due if late else None
    days = days_late(since, books.day) if since else 0
    return Arrears(
        amount=books.money(sum(row.open for row in late)),
        charges=books.money(_open_charges(books)),
        since=since,
        days_past_due=days,
        bucket=bucket(days),
    )


def _payoff(books: Books) -> PayoffQuote:
    cost = early(books, books.day)
    due = [row for row in books.rows if row.due <= books.day]
    principal = sum(row.open_principal for row in due) + (cost.principal if cost else 0)
    interest = sum(row.open_interest for row in due) + (cost.interest if cost else 0)
    return PayoffQuote(
        principal=books.money(principal),
        interest=books.money(interest),
        charges=books.money(_open_charges(books)),
        fee=books.money(cost.fee if cost else 0),
        interest_saved=books.money(cost.interest_saved if cost else 0),
    )


def _open_charges(books: Books) -> int:
    return sum(charge.open for charge in books.charges)
