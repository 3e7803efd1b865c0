"""Writes down the charges that replaying a loan gives, and how late the loan is by it.

Charges are never changed: what a backdated payment makes different is a further row of the same
key, and the sum of a key's rows is the charge. The close of business writes the same rows for
all loans at once; whoever is first, the other finds nothing left to write.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.commands import step
from marketplace.infra.database import execute, rows
from marketplace.loans.models import Loan
from marketplace.loans.replay import ChargeKey, ChargeKind, Position


@dataclass(frozen=True, slots=True)
class _Known:
    """A charge as it is written: how many rows it has, and what they come to."""

    kind: str
    n: int
    on_date: date
    revisions: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A row to be written: a charge, or the difference to what is written of it."""

    key: ChargeKey
    revision: int
    amount_minor: int


@dataclass(slots=True)
class _OfInstalment:
    """What being late with one instalment comes to: asked, what is waived taken off, and paid."""

    units: int = 0
    penalty: int = 0
    fee: int = 0
    paid: int = 0


@step
def write_charges(loan: Loan, position: Position, *, now: datetime) -> None:
    """Bring charges, the charges of instalments and bills, and the loan's lateness in line."""
    known = rows(_KNOWN, (loan.id,), into=_Known)
    if known or position.charges:
        _insert(loan.id, _differences(known, position), now)
        _project(loan.id, position)
    loan.last_closed_on = max(position.as_of, loan.last_closed_on or position.as_of)
    loan.days_past_due = position.arrears.days_past_due
    loan.bucket = position.arrears.bucket.value


_KNOWN: Final = """
    SELECT kind, n, on_date, count(*)::int AS revisions, sum(amount_minor)::bigint AS amount_minor
    FROM loan_charge WHERE loan_id = %s GROUP BY kind, n, on_date
"""


def _differences(known: list[_Known], position: Position) -> list[_Row]:
    written = {ChargeKey(ChargeKind(one.kind), one.n, one.on_date): one for one in known}
    wanted = {one.key: one.amount.minor for one in position.charges}
    found = []
    for key in {**written, **wanted}:
        was = written.get(key)
        difference = wanted.get(key, 0) - (was.amount_minor if was else 0)
        if difference:
            found.append(_Row(key, 1 + (was.revisions if was else 0), difference))
    return found


@step
def _insert(loan_id: UUID, differences: list[_Row], now: datetime) -> None:
    if differences:
        execute(
            """
            INSERT INTO loan_charge (loan_id, kind, n, on_date, revision, amount_minor, made_at)
            SELECT %s, made.*, %s
            FROM unnest(%s::text[], %s::int[], %s::date[], %s::int[], %s::bigint[]) AS made
            """,
            (
                *(loan_id, now),
                *([one.key.kind.value for one in differences], [one.key.n for one in differences]),
                [one.key.on for one in differences],
                [one.revision for one in differences],
                [one.amount_minor for one in differences],
            ),
        )


@step
def _project(loan_id: UUID, position: Position) -> None:
    """Write what each instalment's lateness comes to; its bill follows (`projecting`)."""
    found = _of_instalments(position)
    facts = (
        *(list(found), [one.units for one in found.values()]),
        *([one.penalty for one in found.values()], [one.fee for one in found.values()]),
        *([one.paid for one in found.values()], loan_id),
    )
    execute(_INSTALMENTS, facts)


_INSTALMENTS: Final = """
    UPDATE instalment i SET penalty_units = wanted.units, penalty_minor = wanted.penalty,
        fee_minor = wanted.fee, charges_paid_minor = wanted.paid
    FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS wanted (n, units, penalty, fee, paid)
    WHERE i.loan_id = %s AND i.n = wanted.n
      AND (i.penalty_units, i.penalty_minor, i.fee_minor, i.charges_paid_minor)
        <> (wanted.units, wanted.penalty, wanted.fee, wanted.paid)
"""


def _of_instalments(position: Position) -> dict[int, _OfInstalment]:
    found: defaultdict[int, _OfInstalment] = defaultdict(_OfInstalment)
    for row in position.rows:
        found[row.n].units = row.penalty_units
    for charge in position.charges:
        one, asked = found[charge.key.n], (charge.amount - charge.waived).minor
        if charge.key.kind is ChargeKind.PREPAYMENT_FEE:
            continue  # paid with the prepayment itself, and asked for on no bill
        if charge.key.kind is ChargeKind.PENALTY:
            one.penalty += asked
        else:
            one.fee += asked
        one.paid += charge.paid.minor
    return dict(found)
