"""Granting credit lines, and lowering, freezing and closing them; each with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.infra import audit, transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute, flush
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.days import add_months
from marketplace.kernel.errors import Broken, NotAllowed, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.loans.credit_lines import lower_refusals, reason_refusals
from marketplace.loans.events import LineChanged, LineGranted
from marketplace.loans.models import CreditLine, Loan, LoanProduct
from marketplace.loans.states import CREDIT_LINE, LineState

_OFFICERS: Final = frozenset({"second_reviewer", "finance_officer"})


@step
def grant(loan: Loan, product: LoanProduct, actor: Actor, *, now: datetime) -> None:
    """Open the line that was offered, or renew the one its borrower has, by these two reviews.

    What was drawn before stays as it was signed; its principal counts for the new limit.
    """
    loan.closed_at = now
    line = _held(loan)
    if line is None:
        line = CreditLine(
            id=new_id(),
            borrower_id=loan.borrower_id,
            currency=loan.currency,
            state=LineState.OPEN.value,
            granted_at=now,
        )
        db.session.add(line)
    else:
        _move(line, "renew", by=("borrower",), actor=actor, now=now)
    _fix(line, loan, product, now)
    _note_limit(line, now)
    announce(LineGranted(line.id, line.borrower_id, loan.id))


@command
def lower(actor: Actor, line_id: UUID, *, to: Money, reason: str, now: datetime) -> None:
    """Set a lower limit; below what is owed nothing is available until enough is repaid."""
    line = _decided(actor, line_id, reason)
    refuse_if(lower_refusals(to, line.limit))
    was, line.limit_minor = line.limit_minor, to.minor
    _move(line, "lower", by=actor.roles & _OFFICERS, actor=actor, now=now, reason=reason)
    _note_limit(line, now)
    facts = {"limit_minor": to.minor, "was_minor": was, "currency": line.currency}
    audit.record(actor, "credit_line.lower", "credit_line", line.id, at=now, **facts)
    _tell(line, "lower", reason, now)


@command
def decide(actor: Actor, line_id: UUID, move: str, *, reason: str, now: datetime) -> None:
    """Freeze a line, open it again, or close it for good; its borrower reads the reason."""
    line = _decided(actor, line_id, reason)
    _move(line, move, by=actor.roles & _OFFICERS, actor=actor, now=now, reason=reason)
    audit.record(actor, f"credit_line.{move}", "credit_line", line.id, at=now)
    _tell(line, move, reason, now)


@command
def close_own(actor: Actor, line_id: UUID, *, now: datetime) -> None:
    """Close one's own line: nothing more can be drawn, what was drawn is repaid as agreed."""
    line = locked_line(line_id, borrower_id=actor.known())
    _move(line, "close", by=("borrower",), actor=actor, now=now)
    _tell(line, "close", "", now)


@step
def locked_line(line_id: UUID, *, borrower_id: UUID | None = None) -> CreditLine:
    """Return the line, locked: whoever draws on it or changes it waits for each other.

    One that is not `borrower_id`'s is `NotFound`.
    """
    query = select(CreditLine).where(CreditLine.id == line_id).with_for_update()
    line = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if line is None or (borrower_id is not None and line.borrower_id != borrower_id):
        raise NotFound(str(line_id))
    return line


@step
def _held(loan: Loan) -> CreditLine | None:
    query = (
        select(CreditLine)
        .where(
            CreditLine.borrower_id == loan.borrower_id,
            CreditLine.currency == loan.currency,
            CreditLine.state != LineState.CLOSED.value,
        )
        .with_for_update()
    )
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _fix(line: CreditLine, loan: Loan, product: LoanProduct, now: datetime) -> None:
    """Write on the line what two reviewers fixed. The longest term asked for is a draw's."""
    months, draw_min = product.draw_months, product.draw_min_minor
    day = product.statement_day
    if months is None or draw_min is None or day is None:
        raise Broken(f"product {product.id} is no credit line")
    if loan.grade is None or loan.annual_rate is None:
        raise Broken(f"loan {loan.id} was granted without a price")
    line.application_id, line.limit_minor = loan.id, loan.amount_minor
    line.grade, line.annual_rate = loan.grade, loan.annual_rate
    line.instalments_min = min(product.instalments_min, loan.instalments)
    line.instalments_max = loan.instalments
    line.draw_min_minor, line.statement_day = min(draw_min, loan.amount_minor), day
    line.bill_lead_days, line.changed_at = loan.bill_lead_days, now
    line.draw_until = add_months(now.date(), months)


@step
def _note_limit(line: CreditLine, now: datetime) -> None:
    flush()
    sql = """
        INSERT INTO credit_line_limit (line_id, n, at, limit_minor)
        SELECT %(line)s, count(*) + 1, %(now)s, %(limit)s FROM credit_line_limit
        WHERE line_id = %(line)s
    """
    execute(sql, {"line": line.id, "now": now, "limit": line.limit_minor})


@step
def _decided(actor: Actor, line_id: UUID, reason: str) -> CreditLine:
    """Return the locked line if this officer may decide on it, with a reason given."""
    if not actor.has(*_OFFICERS):
        raise NotAllowed("line.decide")
    line = locked_line(line_id)
    if line.borrower_id == actor.known():
        raise Refusal("review_own_case")
    refuse_if(reason_refusals(reason))
    return line


@step
def _move(
    line: CreditLine,
    move: str,
    *,
    by: Iterable[str],
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> None:
    told = reason.strip() if reason else None
    after = transitions.go(
        CREDIT_LINE, line.id, line.state, move, by=by, actor=actor, at=now, reason=told
    )
    line.state, line.changed_at = after.value, now
    if after is LineState.CLOSED:
        line.closed_at = now


@step
def _tell(line: CreditLine, move: str, reason: str, now: datetime) -> None:
    announce(LineChanged(line.id, line.borrower_id, move, reason.strip(), now))
