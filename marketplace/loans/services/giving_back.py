"""Parts of loans that must go back: they were held for as long as they may be.

Rows only, in sets; settlement moves the money.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from marketplace.infra import transitions
from marketplace.infra.commands import step
from marketplace.infra.database import db, execute, rows
from marketplace.infra.events import announce
from marketplace.kernel.actors import SETTLEMENT, Actor
from marketplace.kernel.errors import Broken
from marketplace.loans.events import LoanUnwound
from marketplace.loans.models import Loan
from marketplace.loans.services import contracting
from marketplace.loans.services.moving import move_loan
from marketplace.loans.services.servicing import Part
from marketplace.loans.states import COMMITMENT, PAID_IN, CommitmentState

_PART: Final = """
    c.id AS commitment_id, c.lender_id, c.amount_minor, c.source, c.instruction_id, c.state
"""
_OLD: Final = f"""
    SELECT {_PART} FROM commitment c LEFT JOIN escrow_instruction i ON i.id = c.instruction_id
    WHERE c.loan_id = %s AND c.state IN ('in_reflection', 'reserved')
      AND coalesce(c.leave_by, i.leave_by) <= %s
    ORDER BY c.id
"""  # noqa: S608 - our own constant
_LENT: Final = f"""
    SELECT {_PART} FROM commitment c WHERE c.loan_id = %s AND c.state = 'converted' ORDER BY c.id
"""  # noqa: S608 - our own constant
_COUNT: Final = """
    UPDATE loan SET committed_minor = committed_minor - %(minor)s,
        reserved_minor = reserved_minor - %(minor)s,
        lenders = (SELECT count(DISTINCT lender_id) FROM commitment
            WHERE loan_id = %(loan)s AND reserved_at IS NOT NULL)
    WHERE id = %(loan)s
"""


@step
def free_parts(loan: Loan, until: date, now: datetime, *, actor: Actor = SETTLEMENT) -> list[Part]:
    """Take the paid parts out of a listed loan that must have left by `until`; others may lend."""
    parts = rows(_OLD, (loan.id, until), into=Part)
    for state in PAID_IN:
        _refund([part for part in parts if part.state == state], state, actor, now, counted=False)
    execute(_COUNT, {"minor": sum(part.amount_minor for part in parts), "loan": loan.id})
    db.session.refresh(loan)
    return parts


@step
def unwind(
    loan: Loan, now: datetime, *, reason: str = "borrower_unpaid", actor: Actor = SETTLEMENT
) -> list[Part]:
    """Undo the lending of a loan whose borrower could not be paid; returns what goes back.

    The notes go: nobody owes anything for them, and the contract is void. What they were stays
    with the commitments.
    """
    parts = rows(_LENT, (loan.id,), into=Part)
    if not parts or loan.disbursed_on is not None:
        raise Broken(f"loan {loan.id} was paid out, or lent by nobody")
    move_loan(loan, "unwind", by=("clock",), actor=actor, at=now, reason=reason)
    contracting.undo(loan, reason=reason, actor=actor, now=now)
    db.session.flush()
    execute("DELETE FROM note WHERE loan_id = %s", (loan.id,))
    _refund(parts, CommitmentState.CONVERTED, actor, now, counted=True)
    announce(LoanUnwound(loan.id, loan.borrower_id, reason))
    return parts


@step
def _refund(
    parts: list[Part], source: CommitmentState, actor: Actor, now: datetime, *, counted: bool
) -> None:
    """Move parts towards their lenders; `counted`: they still tell how far the funding came."""
    target = COMMITMENT.go(source, "refund", by=("clock",))
    ids = [part.commitment_id for part in parts]
    transitions.record_all(
        "commitment",
        ids,
        move="refund",
        from_state=source.value,
        to_state=target.value,
        actor=actor,
        at=now,
    )
    execute(
        "UPDATE commitment SET state = %s, reserved_at = CASE WHEN %s THEN reserved_at END"
        " WHERE id = ANY(%s)",
        (target.value, counted, ids),
    )
