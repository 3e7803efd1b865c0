"""Lenders ask in public, borrowers answer in public, members of staff take off what harms."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.infra.commands import command, step
from marketplace.infra.database import execute, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.loans.events import LoanQuestionAnswered, LoanQuestionAsked, LoanQuestionHidden
from marketplace.loans.queries import questions
from marketplace.loans.queries.questions import Question
from marketplace.loans.questions import (
    ANSWER_LENGTH_MAX,
    HIDE_REASONS,
    HIDERS,
    plain,
    question_refusals,
    text_refusals,
)
from marketplace.loans.services.moving import locked_loan, once
from marketplace.loans.states import PUBLIC, LoanState

_SAME = "SELECT id FROM loan_question WHERE asker_id = %s AND form_key = %s"
_UNANSWERED = """
    SELECT count(*) FROM loan_question
    WHERE loan_id = %s AND asker_id = %s AND answer IS NULL AND hidden_at IS NULL
"""
_ASK = """
    INSERT INTO loan_question (id, loan_id, asker_id, form_key, question, asked_at)
    VALUES (%s, %s, %s, %s, %s, %s)
"""
_ANSWER = "UPDATE loan_question SET answer = %s, answered_at = %s WHERE id = %s"
_HIDE = """
    UPDATE loan_question SET hidden_at = %s, hidden_by = %s, hidden_reason = %s WHERE id = %s
"""


@command
def ask(actor: Actor, loan_id: UUID, text: str, *, form_key: str, now: datetime) -> UUID:
    """Ask a borrower something everybody may read; the same form twice asks once."""
    asker_id = actor.known()
    once(asker_id, "questions")
    if (same := scalar(_SAME, (asker_id, form_key))) is not None:
        return UUID(str(same))
    loan = locked_loan(loan_id)
    if LoanState(loan.state) not in PUBLIC:
        raise NotFound(str(loan_id))
    said = plain(text)
    refuse_if(
        question_refusals(
            said,
            state=LoanState(loan.state),
            asker_id=asker_id,
            borrower_id=loan.borrower_id,
            unanswered=int(scalar(_UNANSWERED, (loan_id, asker_id))),
        )
    )
    question_id = new_id()
    execute(_ASK, (question_id, loan_id, asker_id, form_key, said, now))
    announce(LoanQuestionAsked(question_id, loan_id, loan.borrower_id))
    return question_id


@command
def answer(actor: Actor, question_id: UUID, text: str, *, now: datetime) -> None:
    """Answer a question about one's own loan, once: what lenders read does not change."""
    found = _locked(question_id)
    if found.borrower_id != actor.known() or found.hidden_at is not None:
        raise NotFound(str(question_id))
    if found.answer is not None:
        raise Refusal("question_answered", "answer")
    said = plain(text)
    refuse_if(text_refusals(said, "answer", ANSWER_LENGTH_MAX))
    execute(_ANSWER, (said, now, question_id))
    announce(LoanQuestionAnswered(question_id, found.loan_id, found.asker_id))


@command
def hide(actor: Actor, question_id: UUID, reason: str, *, now: datetime) -> None:
    """Take a question and its answer off the page; a second time changes nothing."""
    if not actor.has(*HIDERS):
        raise NotAllowed(actor.label)
    found = _locked(question_id)
    if found.hidden_at is not None:
        return
    if reason not in HIDE_REASONS:
        raise Refusal("hide_reason_missing", "reason")
    execute(_HIDE, (now, actor.known(), reason, question_id))
    announce(LoanQuestionHidden(question_id, found.loan_id, found.asker_id))


@step
def _locked(question_id: UUID) -> Question:
    execute("SELECT FROM loan_question WHERE id = %s FOR UPDATE", (question_id,))
    return questions.question(question_id)
