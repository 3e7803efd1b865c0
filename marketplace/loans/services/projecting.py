"""Writes down what replaying a loan gives: its instalments, bills, and whether it is settled.

Rows follow the replay, never the other way round. Only what changed is written: a payment of one
bill touches one instalment, one bill and the loan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.commands import step
from marketplace.infra.database import db, execute, flush, rows, scalar
from marketplace.loans.models import Loan
from marketplace.loans.replay.position import Position, RowStanding
from marketplace.loans.services.charging import write_charges
from marketplace.loans.services.servicing import plan_shares


@dataclass(frozen=True, slots=True)
class Changes:
    """Which bills were paid by what was projected, and which are due again."""

    paid: tuple[UUID, ...]
    reopened: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """An instalment as it is written, and as it should be."""

    n: int
    due_on: date
    principal_minor: int
    interest_minor: int
    outstanding_minor: int
    paid_minor: int

    @property
    def plan(self) -> tuple[object, ...]:
        """What was agreed; the rest is what happened."""
        return (self.n, self.due_on, self.principal_minor, self.interest_minor)


@step
def project(loan: Loan, position: Position, *, now: datetime, cause: UUID | None) -> Changes:
    """Bring instalments, bills and the loan in line with `position`; `cause` is the receipt."""
    flush()
    written = rows(_INSTALMENTS, (loan.id,), into=_Row)
    wanted = [_wanted(row) for row in position.rows]
    is_new_plan = _plans(written) != _plans(wanted)
    if is_new_plan:
        _keep_version(loan, written, wanted, now, cause)
    _write_rows(loan.id, written, wanted)
    if is_new_plan:
        plan_shares(loan.id)
    write_charges(loan, position, now=now)
    changes = _write_bills(loan.id, now)
    loan.repayments = _leading(position.rows, position.as_of)
    loan.settled_on = (loan.settled_on or position.as_of) if position.is_settled else None
    db.session.flush()
    return changes


_INSTALMENTS: Final = """
    SELECT n, due_on, principal_minor, interest_minor, outstanding_minor, paid_minor
    FROM instalment WHERE loan_id = %s ORDER BY n
"""


def _wanted(row: RowStanding) -> _Row:
    paid = row.principal_paid + row.interest_paid
    return _Row(
        *(row.n, row.due, row.principal.minor, row.interest.minor, row.outstanding.minor),
        paid.minor,
    )


def _plans(found: Sequence[_Row]) -> list[tuple[object, ...]]:
    """Return what is agreed; rows that ask for nothing at the end are no part of it."""
    plans = [row.plan for row in found]
    asked = [n for n, row in enumerate(found, 1) if row.principal_minor or row.interest_minor]
    return plans[: asked[-1] if asked else 0]


def _leading(found: Sequence[RowStanding], on: date) -> int:
    """Return how many instalments are paid, from the first on; nothing is paid before it is due."""
    count = 0
    for row in found:
        if row.open.is_positive or (row.total.is_zero and row.due > on):
            break
        count += 1
    return count


@step
def _keep_version(
    loan: Loan, written: Sequence[_Row], wanted: Sequence[_Row], now: datetime, cause: UUID | None
) -> None:
    """Keep the schedule as it was, should it be the first that changes, and as it is from now."""
    latest = scalar(
        "SELECT max(version) FROM schedule_version WHERE loan_id = %(id)s", {"id": loan.id}
    )
    if latest is None:
        _insert_version(loan, 1, written, now, None)
    _insert_version(loan, (latest or 1) + 1, wanted, now, cause)


@step
def _insert_version(
    loan: Loan, version: int, found: Sequence[_Row], now: datetime, cause: UUID | None
) -> None:
    since = loan.disbursed_on if cause is None else now.date()
    execute(
        "INSERT INTO schedule_version (loan_id, version, receipt_id, effective_on, made_at)"
        " VALUES (%s, %s, %s, %s, %s)",
        (loan.id, version, cause, since, now),
    )
    execute(
        """
        INSERT INTO schedule_version_row (loan_id, version, n, due_on, principal_minor,
            interest_minor, outstanding_minor)
        SELECT %s, %s, * FROM unnest(%s::int[], %s::date[], %s::bigint[], %s::bigint[],
            %s::bigint[])
        """,
        (
            *(loan.id, version, [row.n for row in found], [row.due_on for row in found]),
            *([row.principal_minor for row in found], [row.interest_minor for row in found]),
            [row.outstanding_minor for row in found],
        ),
    )


@step
def _write_rows(loan_id: UUID, written: Sequence[_Row], wanted: Sequence[_Row]) -> None:
    """Write the instalments that are not as they should be; those no longer asked for go.

    One that was billed stays and asks for nothing: its bill was a promise in writing.
    """
    known = {row.n: row for row in written}
    changed = [row for row in wanted if known.get(row.n) != row]
    if changed:
        execute(
            _UPSERT,
            (
                *(loan_id, [row.n for row in changed], [row.due_on for row in changed]),
                [row.principal_minor for row in changed],
                [row.interest_minor for row in changed],
                [row.outstanding_minor for row in changed],
                [row.paid_minor for row in changed],
            ),
        )
    last = max((row.n for row in wanted), default=0)
    if any(n > last for n in known):
        execute(_EMPTY, (loan_id, last))
        execute("DELETE FROM instalment WHERE loan_id = %s AND n > %s AND NOT billed",
                (loan_id, last))  # fmt: skip


_UPSERT: Final = """
    INSERT INTO instalment (loan_id, n, due_on, principal_minor, interest_minor,
        outstanding_minor, paid_minor)
    SELECT %s, * FROM unnest(%s::int[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[],
        %s::bigint[])
    ON CONFLICT (loan_id, n) DO UPDATE SET due_on = excluded.due_on,
        principal_minor = excluded.principal_minor, interest_minor = excluded.interest_minor,
        outstanding_minor = excluded.outstanding_minor, paid_minor = excluded.paid_minor
"""
_EMPTY: Final = """
    UPDATE instalment SET principal_minor = 0, interest_minor = 0, outstanding_minor = 0,
        paid_minor = 0
    WHERE loan_id = %s AND n > %s AND billed
"""
_BILLS: Final = """
    WITH wanted AS (
        SELECT n, due_on, principal_minor, interest_minor, paid_minor, penalty_minor, fee_minor,
            charges_paid_minor, paid_minor + charges_paid_minor
                >= principal_minor + interest_minor + penalty_minor + fee_minor AS is_paid
        FROM instalment WHERE loan_id = %(loan)s
    )
    UPDATE bill b SET due_on = i.due_on, principal_minor = i.principal_minor,
        interest_minor = i.interest_minor, paid_minor = i.paid_minor,
        penalty_minor = i.penalty_minor, fee_minor = i.fee_minor,
        charges_paid_minor = i.charges_paid_minor,
        paid_at = CASE WHEN i.is_paid THEN coalesce(b.paid_at, %(now)s) END,
        late_told_at = CASE WHEN i.is_paid OR b.paid_at IS NULL THEN b.late_told_at END
    FROM wanted i, bill was
    WHERE b.loan_id = %(loan)s AND i.n = b.n AND was.id = b.id
      AND ((b.due_on, b.principal_minor, b.interest_minor, b.paid_minor, b.penalty_minor,
                b.fee_minor, b.charges_paid_minor)
            <> (i.due_on, i.principal_minor, i.interest_minor, i.paid_minor, i.penalty_minor,
                i.fee_minor, i.charges_paid_minor)
        OR (b.paid_at IS NULL) = i.is_paid)
    RETURNING b.id, b.n, b.paid_at IS NOT NULL AS is_paid, was.paid_at IS NOT NULL AS was_paid
"""


@dataclass(frozen=True, slots=True)
class _Bill:
    id: UUID
    n: int
    is_paid: bool
    was_paid: bool


@step
def _write_bills(loan_id: UUID, now: datetime) -> Changes:
    """Let the bills say what their instalments say."""
    found = rows(_BILLS, {"loan": loan_id, "now": now}, into=_Bill)
    found.sort(key=lambda bill: bill.n)
    return Changes(
        paid=tuple(bill.id for bill in found if bill.is_paid and not bill.was_paid),
        reopened=tuple(bill.id for bill in found if bill.was_paid and not bill.is_paid),
    )
