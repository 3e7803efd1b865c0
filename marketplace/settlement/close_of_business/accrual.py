"""One chunk of loans closed up to a day: late fees, penalty interest, days past due, in sets.

Nothing happens to a loan between its last closed day and this one that is not written down: who
writes a payment closes its loan up to that day (`loans.services.charging`). So what was open
then was open on every day since, and all days that were missed are made up for at once, by the
formula of `loans.late_charges`: the rounded sum to a day less the rounded sum to the day before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.commands import command
from marketplace.infra.database import execute, lay_out, row
from marketplace.loans.late_charges import UNITS_A_MINOR

CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one transaction closed: so many loans, the last of which was `last_id`."""

    loans: int
    last_id: UUID | None
    late: int
    charges: int


@command
def close_chunk(on: date, now: datetime, *, after: UUID | None, wait: bool, limit: int) -> Chunk:
    """Close the next loans beyond `after` up to `on`; loans that others work on only on `wait`."""
    lay_out(_TABLES)
    facts = {"on": on, "now": now, "after": after, "limit": limit, "whole": UNITS_A_MINOR}
    loans = execute(_PICK_WAITING if wait else _PICK, facts)
    if not loans:
        return Chunk(0, None, 0, 0)
    late = execute(_LATE, facts)
    charges = execute(_CHARGE, facts) if late else 0
    if late:
        execute(_INSTALMENTS, facts)
        execute(_BILLS)
    execute(_LOANS, facts)
    last = row("SELECT max(loan_id::text)::uuid AS id FROM closing", into=_Last)
    return Chunk(loans, last.id if last else None, late, charges)


@dataclass(frozen=True, slots=True)
class _Last:
    id: UUID


_TABLES: Final = {
    "closing": """
        loan_id uuid NOT NULL PRIMARY KEY, since date NOT NULL, bps bigint NOT NULL,
        fee bigint NOT NULL, grace int NOT NULL
    """,
    "closing_late": """
        loan_id uuid NOT NULL, n int NOT NULL, due_on date NOT NULL, since date NOT NULL,
        open bigint NOT NULL, units bigint NOT NULL, units_a_day bigint NOT NULL,
        fee bigint NOT NULL, fee_on date NOT NULL, PRIMARY KEY (loan_id, n)
    """,
}

_PICKED: Final = """
    INSERT INTO closing (loan_id, since, bps, fee, grace)
    SELECT id, coalesce(last_closed_on, disbursed_on), penalty_bps_per_year, late_fee_minor,
        late_grace_days
    FROM loan
    WHERE state = 'active' AND coalesce(last_closed_on, disbursed_on) < %(on)s
      AND (%(after)s::uuid IS NULL OR id > %(after)s)
    ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE
"""
_PICK: Final = _PICKED + " SKIP LOCKED"
_PICK_WAITING: Final = _PICKED

# Days count from the day after the due day, or after the day up to which charges are made.
_LATE: Final = """
    INSERT INTO closing_late (loan_id, n, due_on, since, open, units, units_a_day, fee, fee_on)
    SELECT i.loan_id, i.n, i.due_on, greatest(c.since, i.due_on), open.minor, i.penalty_units,
        open.minor * c.bps, c.fee, i.due_on + c.grace + 1
    FROM closing c JOIN instalment i ON i.loan_id = c.loan_id
    CROSS JOIN LATERAL (
        SELECT i.principal_minor + i.interest_minor - i.paid_minor AS minor) AS open
    WHERE i.due_on < %(on)s AND open.minor > 0
"""

# The sum to a day, rounded half up, is (2 units + whole) / (2 whole) in whole numbers.
_CHARGE: Final = """
    INSERT INTO loan_charge (loan_id, kind, n, on_date, revision, amount_minor, made_at)
    SELECT l.loan_id, 'penalty', l.n, l.since + day, 1, to_day.minor - before.minor, %(now)s
    FROM closing_late l
    CROSS JOIN LATERAL generate_series(1, %(on)s::date - l.since) AS day
    CROSS JOIN LATERAL (SELECT
        (2 * (l.units + l.units_a_day * day) + %(whole)s) / (2 * %(whole)s) AS minor) AS to_day
    CROSS JOIN LATERAL (SELECT
        (2 * (l.units + l.units_a_day * (day - 1)) + %(whole)s) / (2 * %(whole)s) AS minor
    ) AS before
    WHERE l.units_a_day > 0 AND to_day.minor > before.minor
    UNION ALL
    SELECT l.loan_id, 'late_fee', l.n, l.fee_on, 1, l.fee, %(now)s
    FROM closing_late l JOIN closing c ON c.loan_id = l.loan_id
    WHERE l.fee > 0 AND l.fee_on > c.since AND l.fee_on <= %(on)s
"""

_INSTALMENTS: Final = """
    UPDATE instalment i SET penalty_units = sum_of.units,
        penalty_minor = i.penalty_minor
            + (2 * sum_of.units + %(whole)s) / (2 * %(whole)s)
            - (2 * l.units + %(whole)s) / (2 * %(whole)s),
        fee_minor = i.fee_minor
            + CASE WHEN l.fee_on > c.since AND l.fee_on <= %(on)s THEN l.fee ELSE 0 END
    FROM closing_late l JOIN closing c ON c.loan_id = l.loan_id
    CROSS JOIN LATERAL (
        SELECT l.units + l.units_a_day * (%(on)s::date - l.since) AS units) AS sum_of
    WHERE i.loan_id = l.loan_id AND i.n = l.n
      AND (l.units_a_day > 0 OR (l.fee > 0 AND l.fee_on > c.since AND l.fee_on <= %(on)s))
"""

_BILLS: Final = """
    UPDATE bill b SET penalty_minor = i.penalty_minor, fee_minor = i.fee_minor
    FROM closing_late l JOIN instalment i ON i.loan_id = l.loan_id AND i.n = l.n
    WHERE b.loan_id = l.loan_id AND b.n = l.n
      AND (b.penalty_minor, b.fee_minor) <> (i.penalty_minor, i.fee_minor)
"""

_LOANS: Final = """
    UPDATE loan SET last_closed_on = %(on)s, days_past_due = late.days, bucket = CASE
        WHEN late.days = 0 THEN 'current' WHEN late.days <= 30 THEN '1-30'
        WHEN late.days <= 60 THEN '31-60' WHEN late.days <= 90 THEN '61-90' ELSE '90+' END
    FROM (
        SELECT c.loan_id, coalesce(%(on)s::date - min(l.due_on), 0) AS days
        FROM closing c LEFT JOIN closing_late l ON l.loan_id = c.loan_id GROUP BY c.loan_id
    ) AS late
    WHERE loan.id = late.loan_id
"""
