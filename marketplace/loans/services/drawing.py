"""Drawing on a credit line: each draw is a loan of its own, without another review.

The line is locked while it is counted, so of two draws that want the last of it one is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute, flush
from marketplace.kernel.actors import Actor
from marketplace.kernel.days import months_of
from marketplace.kernel.errors import refuse_if
from marketplace.kernel.ids import LoanId, new_id
from marketplace.loans.credit_lines import DrawWish, draw_refusals
from marketplace.loans.models import CreditLine, Loan, LoanProduct
from marketplace.loans.models.terms import TERMS
from marketplace.loans.queries import credit_lines
from marketplace.loans.services import offering
from marketplace.loans.services.granting import locked_line
from marketplace.loans.services.moving import move_loan, once
from marketplace.loans.states import LoanState

# What a draw has of the request its line was granted for, besides the terms.
_TAKEN_OVER: Final = (
    *("product_id", "currency", "story", "employment", "employed_years", "housing"),
    *("income_minor", "obligations_minor", "grade", "annual_rate", "loss_rate"),
    *("first_reviewer_id", "second_reviewer_id"),
)


@command
def draw(
    actor: Actor,
    line_id: UUID,
    wish: DrawWish,
    *,
    form_key: str,
    now: datetime,
) -> LoanId:
    """Draw on one's line: the draw is listed for lenders at once, by the line's grade and rate.

    The same form again is the same draw. All reasons against it are refused at once.
    """
    borrower_id = actor.known()
    once(borrower_id, form_key)
    same = select(Loan.id).where(Loan.borrower_id == borrower_id, Loan.form_key == form_key)
    if (found := db.session.scalars(same).one_or_none()) is not None:
        return LoanId(found)
    line = locked_line(line_id, borrower_id=borrower_id)
    standing = credit_lines.line(line.id, now.date()).standing
    refuse_if(draw_refusals(wish, standing, now))
    loan = _made(line, wish, form_key, now)
    db.session.add(loan)
    flush()
    execute(_SAME_PERSON, {"loan": loan.id, "application": line.application_id})
    move_loan(loan, "draw", by=("borrower",), actor=actor, at=now)
    product = db.session.get_one(LoanProduct, loan.product_id)
    offering.list_for_lenders(loan, product, now=now)
    return LoanId(loan.id)


_SAME_PERSON: Final = """
    INSERT INTO loan_applicant SELECT (jsonb_populate_record(a,
        jsonb_build_object('loan_id', %(loan)s::uuid))).*
    FROM loan_applicant a WHERE a.loan_id = %(application)s
"""


@step
def _made(line: CreditLine, wish: DrawWish, form_key: str, now: datetime) -> Loan:
    """Return a draw as it is before anybody sees it, on the terms the line was granted with."""
    reviewed = db.session.get_one(Loan, line.application_id)
    taken = {name: getattr(reviewed, name) for name in (*TERMS, *_TAKEN_OVER)}
    return Loan(
        id=new_id(),
        borrower_id=line.borrower_id,
        line_id=line.id,
        application_id=reviewed.id,
        state=LoanState.DRAFT.value,
        form_key=form_key,
        amount_minor=wish.amount.minor,
        instalments=wish.instalments,
        term_months=months_of(wish.instalments, reviewed.period),
        purpose=wish.purpose,
        title=wish.title.strip(),
        created_at=now,
        changed_at=now,
        offered_at=now,
        **taken,
    )
