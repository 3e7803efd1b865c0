"""Credit lines: what of each is taken, its draws, and what the desk sees of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.credit_lines import Standing, Use

PREFIX: Final = "cl"


@dataclass(frozen=True, slots=True)
class Line:
    """A credit line with what is taken of it, read in one statement."""

    id: UUID
    borrower_id: UUID
    borrower_name: str
    application_id: UUID
    product_code: str
    currency: str
    state: str
    limit_minor: int
    grade: str
    annual_rate: Decimal
    instalments_min: int
    instalments_max: int
    draw_min_minor: int
    statement_day: int
    bill_lead_days: int
    draw_until: date
    granted_at: datetime
    closed_at: datetime | None
    used_minor: int
    under_way_minor: int
    draws: int
    is_late: bool
    reported_at: datetime | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id(PREFIX, self.id)

    @property
    def application_ref(self) -> str:
        """The public id of the request it was granted for."""
        return public_id("ln", self.application_id)

    @property
    def use(self) -> Use:
        """What of the limit is taken."""
        return Use(
            limit=self.limit,
            used=self._money(self.used_minor),
            under_way=self._money(self.under_way_minor),
        )

    @property
    def limit(self) -> Money:
        """The most that may be owed and under way."""
        return self._money(self.limit_minor)

    @property
    def draw_min(self) -> Money:
        """The smallest draw."""
        return self._money(self.draw_min_minor)

    @property
    def standing(self) -> Standing:
        """What decides on a draw."""
        return Standing(
            state=self.state,
            use=self.use,
            draw_min=self.draw_min,
            instalments_min=self.instalments_min,
            instalments_max=self.instalments_max,
            draw_until=self.draw_until,
            reported_at=self.reported_at,
            is_late=self.is_late,
        )

    def _money(self, minor: int) -> Money:
        return Money(minor, self.currency)


# What is owed is what the memo book of the ledger holds: principal that settlement has shared.
USE: Final = """
    SELECT
        coalesce(sum(d.amount_minor - d.principal_repaid_minor)
            FILTER (WHERE d.state = 'active'), 0)::bigint AS used_minor,
        coalesce(sum(d.amount_minor)
            FILTER (WHERE d.state IN ('listed', 'funded', 'disbursing')), 0)::bigint
            AS under_way_minor,
        count(*)::int AS draws
    FROM loan d WHERE d.line_id = c.id
"""
_LINE: Final = f"""
    SELECT c.id, c.borrower_id, p.name AS borrower_name, c.application_id,
        t.code AS product_code, c.currency,
        c.state, c.limit_minor, c.grade, c.annual_rate, c.instalments_min, c.instalments_max,
        c.draw_min_minor, c.statement_day, c.bill_lead_days, c.draw_until, c.granted_at,
        c.closed_at, use.used_minor, use.under_way_minor, use.draws,
        EXISTS (SELECT FROM loan d JOIN instalment i ON i.loan_id = d.id
            WHERE d.line_id = c.id AND d.state = 'active' AND i.due_on < %(today)s
              AND i.paid_minor < i.principal_minor + i.interest_minor) AS is_late,
        (SELECT r.at FROM loan_review v JOIN risk_report r ON r.id = v.risk_report_id
            WHERE v.loan_id = c.application_id AND v.decision = 'offered'
            ORDER BY v.round DESC LIMIT 1) AS reported_at
    FROM credit_line c JOIN person p ON p.id = c.borrower_id
    JOIN loan a ON a.id = c.application_id JOIN loan_product t ON t.id = a.product_id
    CROSS JOIN LATERAL ({USE}) use
"""  # noqa: S608 - constants


def line(line_id: UUID, today: date) -> Line:
    """Return a line, whoever's it is; whose it is asks `own_line`."""
    found = row(_LINE + "WHERE c.id = %(id)s", {"id": line_id, "today": today}, into=Line)
    if found is None:
        raise NotFound(str(line_id))
    return found


def own_line(line_id: UUID, borrower_id: UUID, today: date) -> Line:
    """Return my line; anybody else's is `NotFound`."""
    found = line(line_id, today)
    if found.borrower_id != borrower_id:
        raise NotFound(str(line_id))
    return found


def own_lines(borrower_id: UUID, today: date, *, limit: int = 50) -> list[Line]:
    """Return my lines, the newest first."""
    return rows(
        _LINE + "WHERE c.borrower_id = %(borrower)s ORDER BY c.id DESC LIMIT %(limit)s",
        {"borrower": borrower_id, "today": today, "limit": limit},
        into=Line,
    )


def lines(today: date, *, state: str = "", limit: int = 200) -> list[Line]:
    """Return the lines of everybody, or those in a state, the newest first."""
    return rows(
        _LINE + "WHERE %(state)s IN ('', c.state) ORDER BY c.id DESC LIMIT %(limit)s",
        {"today": today, "state": state, "limit": limit},
        into=Line,
    )


def of_application(loan_id: UUID) -> UUID | None:
    """Return the line that a request was granted."""
    found: UUID | None = scalar("SELECT id FROM credit_line WHERE application_id = %s", (loan_id,))
    return found


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of a line: a loan of its own."""

    id: UUID
    title: str
    state: str
    amount_minor: int
    currency: str
    owed_minor: int
    interest_repaid_minor: int
    instalments: int
    created_at: datetime
    disbursed_on: date | None
    next_due_on: date | None
    next_due_minor: int | None

    @property
    def ref(self) -> str:
        """The public id of the loan."""
        return public_id("ln", self.id)

    @property
    def amount(self) -> Money:
        """What was drawn."""
        return Money(self.amount_minor, self.currency)

    @property
    def owed(self) -> Money:
        """The principal of it still owed."""
        return Money(self.owed_minor, self.currency)

    @property
    def interest(self) -> Money:
        """The interest paid on it."""
        return Money(self.interest_repaid_minor, self.currency)

    @property
    def next_due(self) -> Money | None:
        """What is open of the next instalment."""
        return None if self.next_due_minor is None else Money(self.next_due_minor, self.currency)


def draws(line_id: UUID, *, limit: int = 200) -> list[Draw]:
    """Return the draws of a line, the newest first."""
    return rows(
        """
        SELECT l.id, l.title, l.state, l.amount_minor, l.currency,
            CASE l.state WHEN 'active' THEN l.amount_minor - l.principal_repaid_minor
                ELSE 0 END AS owed_minor,
            l.interest_repaid_minor, l.instalments, l.created_at, l.disbursed_on,
            next.due_on AS next_due_on, next.open_minor AS next_due_minor
        FROM loan l LEFT JOIN LATERAL (
            SELECT i.due_on, i.principal_minor + i.interest_minor + i.penalty_minor
                + i.fee_minor - i.paid_minor - i.charges_paid_minor AS open_minor
            FROM instalment i
            WHERE i.loan_id = l.id AND i.paid_minor < i.principal_minor + i.interest_minor
            ORDER BY i.n LIMIT 1) next ON l.state = 'active'
        WHERE l.line_id = %s ORDER BY l.id DESC LIMIT %s
        """,
        (line_id, limit),
        into=Draw,
    )


@dataclass(frozen=True, slots=True)
class Limit:
    """What the limit of a line was, from when on."""

    at: datetime
    limit_minor: int


def limits(line_id: UUID) -> list[Limit]:
    """Return what the limit was, the first one first."""
    sql = "SELECT at, limit_minor FROM credit_line_limit WHERE line_id = %s ORDER BY n"
    return rows(sql, (line_id,), into=Limit)


@dataclass(frozen=True, slots=True)
class LineOffer:
    """What is granted beside a limit where a request asks for a line."""

    draw_months: int
    draw_min_minor: int
    statement_day: int
    bill_lead_days: int


def offered_line(loan_id: UUID) -> LineOffer | None:
    """Return what a request would open; None where it asks for a loan."""
    return row(
        """
        SELECT p.draw_months, p.draw_min_minor, p.statement_day, l.bill_lead_days
        FROM loan l JOIN loan_product p ON p.id = l.product_id
        WHERE l.id = %s AND p.draw_months IS NOT NULL
        """,
        (loan_id,),
        into=LineOffer,
    )
