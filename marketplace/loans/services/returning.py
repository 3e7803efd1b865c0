"""Sends a request back to its borrower: what is missing is said, and the case waits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import refuse_if
from marketplace.kernel.ids import new_id
from marketplace.loans.answers import body_refusals
from marketplace.loans.events import LoanReturned
from marketplace.loans.models import LoanMessage
from marketplace.loans.services import assessing
from marketplace.loans.services.moving import locked_loan, move_loan
from marketplace.loans.services.reviewing import Said, case, write
from marketplace.loans.states import LoanState


@command
def ask_for_more(actor: Actor, loan_id: UUID, body: str, *, form_key: str, now: datetime) -> None:
    """Ask the borrower for more, at either stage; it comes back to a first review.

    The decision stays on the record, so that the next round sees what was missing.
    """
    first = locked_loan(loan_id).state == LoanState.SUBMITTED
    role = "first_reviewer" if first else "second_reviewer"
    loan = case(actor, loan_id, role, now)
    refuse_if(body_refusals(body))
    move_loan(loan, "ask", by=(role,), actor=actor, at=now, reason=body.strip())
    message = LoanMessage(
        id=new_id(),
        loan_id=loan.id,
        form_key=form_key,
        author_id=actor.known(),
        side="reviewer",
        kind="question",
        body=body.strip(),
        at=now,
    )
    db.session.add(message)
    write(loan, actor, role, Said("returned", body), assessing.desk(loan, now=now), now=now)
    announce(LoanReturned(loan.id, loan.borrower_id, message.id))
