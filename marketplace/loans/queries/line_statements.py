"""Statements of credit lines as they were written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Figures:
    """What was owed, drawn, paid and is due, of one draw or of all of them."""

    opening: Money
    drawn: Money
    repaid: Money
    interest: Money
    charges: Money
    closing: Money
    due: Money


PARTS: Final = tuple(one.name for one in fields(Figures))


@dataclass(frozen=True, slots=True)
class _Sums:
    """The columns of figures; `closing_minor` is principal still owed on the closing day."""

    currency: str
    opening_minor: int
    drawn_minor: int
    repaid_minor: int
    interest_minor: int
    charges_minor: int
    closing_minor: int
    due_minor: int

    @property
    def figures(self) -> Figures:
        """The figures as money."""
        return Figures(*(Money(getattr(self, f"{part}_minor"), self.currency) for part in PARTS))


@dataclass(frozen=True, slots=True)
class Statement(_Sums):
    """A statement with its totals. Everything before `closes_on` is in it."""

    id: UUID
    line_id: UUID
    n: int
    from_on: date
    closes_on: date
    pay_by: date
    limit_minor: int
    written_at: datetime

    @property
    def limit(self) -> Money:
        """The limit when it was written."""
        return Money(self.limit_minor, self.currency)


@dataclass(frozen=True, slots=True)
class StatementDraw(_Sums):
    """What a statement says of one draw."""

    loan_id: UUID
    title: str

    @property
    def ref(self) -> str:
        """The public id of the draw."""
        return public_id("ln", self.loan_id)


_TOTALS: Final = ", ".join(
    f"coalesce(sum(d.{part}_minor), 0)::bigint AS {part}_minor" for part in PARTS
)
_STATEMENT: Final = f"""
    SELECT s.id, s.line_id, s.n, s.from_on, s.closes_on, s.pay_by, s.limit_minor, s.currency,
        s.written_at, {_TOTALS}
    FROM credit_line_statement s
    LEFT JOIN credit_line_statement_draw d ON d.statement_id = s.id
"""  # noqa: S608 - constants


def statements(line_id: UUID, *, limit: int = 120) -> list[Statement]:
    """Return the statements of a line, the newest first."""
    sql = _STATEMENT + "WHERE s.line_id = %s GROUP BY s.id ORDER BY s.n DESC LIMIT %s"
    return rows(sql, (line_id, limit), into=Statement)


def statement(line_id: UUID, n: int) -> Statement:
    """Return one statement of a line by its number."""
    sql = _STATEMENT + "WHERE s.line_id = %s AND s.n = %s GROUP BY s.id"
    found = row(sql, (line_id, n), into=Statement)
    if found is None:
        raise NotFound(f"{line_id}/{n}")
    return found


def by_id(statement_id: UUID) -> Statement:
    """Return a statement that was just written."""
    found = row(_STATEMENT + "WHERE s.id = %s GROUP BY s.id", (statement_id,), into=Statement)
    if found is None:
        raise NotFound(str(statement_id))
    return found


def lines_of(statement_id: UUID) -> Sequence[StatementDraw]:
    """Return what a statement says of each draw, the oldest draw first."""
    columns = ", ".join(f"d.{part}_minor" for part in PARTS)
    return rows(
        f"""
        SELECT d.loan_id, l.title, l.currency, {columns}
        FROM credit_line_statement_draw d JOIN loan l ON l.id = d.loan_id
        WHERE d.statement_id = %s ORDER BY d.loan_id
        """,  # noqa: S608 - constants
        (statement_id,),
        into=StatementDraw,
    )
