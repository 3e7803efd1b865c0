"""Monthly statements of credit lines: written once, in sets, from what settlement has shared.

Each figure is everything before the closing day less what earlier statements say of it. So what
becomes known late stands in the next statement, and all statements together are the ledger's
balance: what a statement leaves owed is the sum of its draws' debts in the memo book.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.commands import command
from marketplace.infra.database import execute, rows
from marketplace.infra.events import announce_all
from marketplace.kernel.ids import new_id
from marketplace.loans.events import LineStatementWritten

_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Written:
    """A statement that was written."""

    id: UUID
    line_id: UUID
    borrower_id: UUID


@dataclass(frozen=True, slots=True)
class _Due:
    line_id: UUID
    borrower_id: UUID


def write_due(now: datetime) -> list[Written]:
    """Write the statements whose day has come; where nothing was ever owed there is none.

    A second time on the same day nothing is written. Days on which nobody wrote are in the next
    one, from the last closing day on.
    """
    written: list[Written] = []
    while batch := _write(now):
        written += batch
    return written


@command
def _write(now: datetime) -> list[Written]:
    """Write some of what is due. Lines are locked, so that two runs do not write the same."""
    facts = {"today": now.date(), "limit": _BATCH}
    made = [Written(new_id(), one.line_id, one.borrower_id) for one in rows(_DUE, facts, into=_Due)]
    if not made:
        return []
    ids = {"ids": [one.id for one in made], "lines": [one.line_id for one in made]}
    execute(_STATEMENTS, {**ids, "today": now.date(), "now": now})
    execute(_DRAWS, ids)
    announce_all([LineStatementWritten(one.id, one.line_id, one.borrower_id) for one in made])
    return made


# The last statement day that is not after today, as the rule of the same name reckons it.
_CLOSES: Final = """
    (make_date(extract(year FROM %(today)s::date)::int, extract(month FROM %(today)s::date)::int,
        c.statement_day) - CASE WHEN c.statement_day > extract(day FROM %(today)s::date)
        THEN interval '1 month' ELSE interval '0' END)::date
"""
# A day counts up to its midnight in UTC, as the days of the whole house do.
_DUE: Final = f"""
    SELECT c.id AS line_id, c.borrower_id FROM credit_line c
    WHERE c.granted_at::date < {_CLOSES}
      AND NOT EXISTS (SELECT FROM credit_line_statement s
          WHERE s.line_id = c.id AND s.closes_on >= {_CLOSES})
      AND EXISTS (SELECT FROM loan d WHERE d.line_id = c.id AND d.disbursed_on < {_CLOSES}
          AND (d.state = 'active' OR d.closed_at >= coalesce((SELECT max(s.closes_on)
              FROM credit_line_statement s WHERE s.line_id = c.id), c.granted_at::date)))
    ORDER BY c.id LIMIT %(limit)s FOR UPDATE OF c SKIP LOCKED
"""  # noqa: S608 - constants
_STATEMENTS: Final = f"""
    INSERT INTO credit_line_statement (id, line_id, n, from_on, closes_on, pay_by, limit_minor,
        currency, written_at)
    SELECT made.id, c.id, coalesce(last.n, 0) + 1,
        coalesce(last.closes_on, c.granted_at::date), {_CLOSES}, {_CLOSES} + c.bill_lead_days,
        c.limit_minor, c.currency, %(now)s
    FROM unnest(%(ids)s::uuid[], %(lines)s::uuid[]) AS made (id, line_id)
    JOIN credit_line c ON c.id = made.line_id
    LEFT JOIN LATERAL (SELECT s.n, s.closes_on FROM credit_line_statement s
        WHERE s.line_id = c.id ORDER BY s.n DESC LIMIT 1) last ON true
"""  # noqa: S608 - constants
_DRAWS: Final = """
    WITH figures AS (
        SELECT s.id AS statement_id, d.id AS loan_id, before.opening, before.drawn AS had_drawn,
            before.repaid AS had_repaid, before.interest AS had_interest,
            before.charges AS had_charges,
            CASE WHEN d.state IN ('active', 'paid_off') THEN d.amount_minor ELSE 0 END AS drawn,
            got.repaid, got.interest, got.charges, due.minor AS due_minor
        FROM credit_line_statement s JOIN loan d ON d.line_id = s.line_id
            AND d.disbursed_on < s.closes_on
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(e.drawn_minor - e.repaid_minor), 0)::bigint AS opening,
                coalesce(sum(e.drawn_minor), 0)::bigint AS drawn,
                coalesce(sum(e.repaid_minor), 0)::bigint AS repaid,
                coalesce(sum(e.interest_minor), 0)::bigint AS interest,
                coalesce(sum(e.charges_minor), 0)::bigint AS charges
            FROM credit_line_statement_draw e WHERE e.loan_id = d.id) before
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(r.principal_minor), 0)::bigint AS repaid,
                coalesce(sum(r.interest_minor), 0)::bigint AS interest,
                coalesce(sum(r.penalty_minor + r.fee_minor), 0)::bigint AS charges
            FROM receipt r WHERE r.loan_id = d.id
              AND r.distributed_at < s.closes_on::timestamp AT TIME ZONE 'UTC') got
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(i.principal_minor + i.interest_minor + i.penalty_minor
                + i.fee_minor - i.paid_minor - i.charges_paid_minor), 0)::bigint AS minor
            FROM instalment i WHERE i.loan_id = d.id AND d.state = 'active'
              AND i.due_on <= s.pay_by) due
        WHERE s.id = ANY(%(ids)s)
    )
    INSERT INTO credit_line_statement_draw (statement_id, loan_id, opening_minor, drawn_minor,
        repaid_minor, interest_minor, charges_minor, closing_minor, due_minor)
    SELECT statement_id, loan_id, opening, drawn - had_drawn, repaid - had_repaid,
        interest - had_interest, charges - had_charges, drawn - repaid, due_minor
    FROM figures
    WHERE opening <> 0 OR (drawn, repaid, interest, charges)
        <> (had_drawn, had_repaid, had_interest, had_charges)
"""
