"""Loans that are being repaid, by the dozen and of any terms: copies of a listed one."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from uuid import UUID

from marketplace.infra.commands import command
from marketplace.infra.database import column, db, execute, rows, scalar
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.loans.models import Loan
from marketplace.loans.queries import history
from marketplace.loans.replay import Intent, Position, replay
from marketplace.loans.schedule import Terms, build
from marketplace.loans.services import receipts
from marketplace.loans.services.receipts import Origin
from marketplace.loans.terms import ServicingTerms

_COPY = """
    INSERT INTO loan SELECT (jsonb_populate_record(l, %(facts)s::jsonb)).* FROM loan l
    WHERE l.id = %(model)s
"""
_INSTALMENTS = """
    INSERT INTO instalment (loan_id, n, due_on, principal_minor, interest_minor, outstanding_minor)
    SELECT %s, * FROM unnest(%s::int[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[])
"""


@command
def a_copy(model: UUID, terms: ServicingTerms) -> UUID:
    """Another running loan of the same people, of these terms, paid out on their day."""
    loan_id, schedule = new_id(), terms.schedule
    execute(_COPY, {"model": model, "facts": json.dumps(_facts(loan_id, terms))})
    rows_of = build(schedule)
    execute(
        _INSTALMENTS,
        (
            *(loan_id, [row.n for row in rows_of], [row.due for row in rows_of]),
            [row.principal.minor for row in rows_of],
            [row.interest.minor for row in rows_of],
            [row.outstanding.minor for row in rows_of],
        ),
    )
    return loan_id


def _facts(loan_id: UUID, terms: ServicingTerms) -> dict[str, object]:
    schedule: Terms = terms.schedule
    amount, order = schedule.principal.minor, terms.order
    return {
        "id": str(loan_id),
        "form_key": str(loan_id),
        "state": "active",
        "amount_minor": amount,
        "committed_minor": amount,
        "reserved_minor": amount,
        "annual_rate": str(schedule.annual_rate_pct / 100),
        "instalments": schedule.instalments,
        "period_every": schedule.period.every,
        "period_unit": schedule.period.unit.value,
        "method": schedule.method.value,
        "day_count": schedule.day_count.value,
        "rounding_mode": schedule.rounding.value,
        "disbursed_on": schedule.disbursed_on.isoformat(),
        "last_closed_on": schedule.disbursed_on.isoformat(),
        "late_fee_minor": terms.late.fee.minor,
        "late_grace_days": terms.late.grace_days,
        "penalty_bps_per_year": terms.late.penalty_bps_per_year,
        "prepayment_fee_bps": terms.prepayment.fee_bps,
        "prepayment_fee_cap": terms.prepayment.cap.value,
        "interest_to_date": terms.prepayment.interest_to_date or "",
        "allocation_due": [portion.value for portion in order.due],
        "allocation_in_advance": [portion.value for portion in order.in_advance],
        "allocation_mode": order.mode.value,
    }


@command
def pays(
    loan_id: UUID, on: date, minor: int, *, from_: date, intent: Intent = Intent.REGULAR
) -> UUID:
    """A payment told at noon of `on` that counts from another day; returns its receipt."""
    receipt = receipts.record(
        loan_id,
        Origin("wallet", new_id(), leave_by=on),
        amount=Money(minor, "EUR"),
        effective_on=from_,
        received_at=noon(on),
        intent=intent,
    )
    return receipt.id


@command
def bounces(receipt_id: UUID, on: date) -> None:
    """A payment is taken back at noon of that day."""
    receipts.reverse(receipt_id, at=noon(on))


def lateness_written(loan_id: UUID) -> dict[str, object]:
    """What the database says of a loan's charges and lateness."""
    charges = rows(
        """
        SELECT kind, n, on_date::text AS day, sum(amount_minor)::bigint AS minor
        FROM loan_charge WHERE loan_id = %s GROUP BY kind, n, on_date HAVING sum(amount_minor) <> 0
        ORDER BY on_date, n, kind
        """,
        (loan_id,),
        into=dict,
    )
    instalments = rows(
        """
        SELECT n, penalty_units, penalty_minor, fee_minor, charges_paid_minor
        FROM instalment WHERE loan_id = %s AND principal_minor + interest_minor > 0 ORDER BY n
        """,
        (loan_id,),
        into=dict,
    )
    loan = rows(
        "SELECT last_closed_on, days_past_due, bucket FROM loan WHERE id = %s",
        (loan_id,),
        into=dict,
    )
    db.session.rollback()
    return {"charges": charges, "instalments": instalments, **loan[0]}


def lateness_replayed(loan_id: UUID, on: date) -> dict[str, object]:
    """What replaying the loan's events says of them."""
    position = position_of(loan_id, on)
    charges = [
        {"kind": one.key.kind.value, "n": one.key.n, "day": one.key.on.isoformat()}
        | {"minor": one.amount.minor}
        for one in position.charges
    ]
    return {
        "charges": charges,
        "instalments": [_instalment(position, row.n) for row in position.rows if row.total.minor],
        "last_closed_on": on,
        "days_past_due": position.arrears.days_past_due,
        "bucket": position.arrears.bucket.value,
    }


def _instalment(position: Position, n: int) -> dict[str, int]:
    late = [one for one in position.charges if one.key.n == n and one.key.kind != "prepayment_fee"]
    asked = dict.fromkeys(("penalty", "late_fee"), 0)
    for one in late:
        asked[one.key.kind] += (one.amount - one.waived).minor
    units = next(row.penalty_units for row in position.rows if row.n == n)
    return {
        "n": n,
        "penalty_units": units,
        "penalty_minor": asked["penalty"],
        "fee_minor": asked["late_fee"],
        "charges_paid_minor": sum(one.paid.minor for one in late),
    }


def position_of(loan_id: UUID, on: date) -> Position:
    """Where a loan stands on that day, by its events."""
    loan = db.session.get(Loan, loan_id, populate_existing=True)
    assert loan is not None
    assert loan.disbursed_on is not None
    found = replay(loan.servicing_terms(loan.disbursed_on), history.events_of(loan_id), on)
    db.session.rollback()
    return found


def charge_rows() -> list[tuple[object, ...]]:
    """Every row of a charge, to see that there is none twice."""
    sql = """
        SELECT loan_id || ' ' || kind || ' ' || n || ' ' || on_date || ' ' || revision || ' '
            || amount_minor FROM loan_charge ORDER BY 1
    """
    found = column(sql)
    db.session.rollback()
    return list(found)


def noon(day: date) -> datetime:
    """The middle of a day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def closed_days() -> int:
    """How many days are closed."""
    found = int(scalar("SELECT count(*) FROM closing_day"))
    db.session.rollback()
    return found
