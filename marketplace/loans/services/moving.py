"""Steps every use case shares: load for change, move the machine, open the loan's accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from marketplace.infra import transitions
from marketplace.infra.commands import step
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Broken, NotFound
from marketplace.loans.models import Commitment, Loan
from marketplace.loans.states import COMMITMENT, LOAN

M = TypeVar("M", Loan, Commitment)


@step
def locked_loan(loan_id: UUID, *, borrower_id: UUID | None = None) -> Loan:
    """Return the loan, locked for this command; one that is not `borrower_id`'s is `NotFound`."""
    loan: Loan | None = db.session.scalars(_locking(Loan), {"id": loan_id}).one_or_none()
    if loan is None or (borrower_id is not None and loan.borrower_id != borrower_id):
        raise NotFound(str(loan_id))
    return loan


@step
def locked_pair(commitment_id: UUID) -> tuple[Commitment, Loan]:
    """Return a commitment and its loan, both locked: the loan first, as everyone does."""
    loan_id = scalar("SELECT loan_id FROM commitment WHERE id = %s", (commitment_id,))
    if loan_id is None:
        raise NotFound(str(commitment_id))
    loan = locked_loan(loan_id)
    return db.session.scalars(_locking(Commitment), {"id": commitment_id}).one(), loan


@cache
def _locking(kind: type[M]) -> Select[M]:
    """Return the question; to make it costs as much as to ask it."""
    query = select(kind).where(kind.id == bindparam("id")).with_for_update()
    return query.execution_options(populate_existing=True)


@step
def move_loan(
    loan: Loan,
    move: str,
    *,
    by: Iterable[str],
    actor: Actor,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Make one move of the loan's machine and write it down; `by` is what the actor is to it."""
    after = transitions.go(
        LOAN, loan.id, loan.state, move, by=by, actor=actor, at=at, reason=reason
    )
    loan.state, loan.changed_at = after.value, at


@step
def move_commitment(
    commitment: Commitment,
    move: str,
    *,
    by: Iterable[str],
    actor: Actor,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Make one move of the commitment's machine and write it down."""
    commitment.state = transitions.go(
        COMMITMENT, commitment.id, commitment.state, move,
        by=by, actor=actor, at=at, reason=reason,
    ).value  # fmt: skip


def escrow_of(loan: Loan) -> int:
    """Return the account in which the provider's money for a loan is; `Broken` without any."""
    if loan.escrow_account is None:
        raise Broken(f"loan {loan.id} was listed without an account")
    return loan.escrow_account


@step
def once(person_id: UUID, form_key: str) -> None:
    """Make requests that carry the same form wait: the second sees what the first did."""
    execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{person_id}:{form_key}",))
