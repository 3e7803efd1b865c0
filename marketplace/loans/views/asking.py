"""Questions about a loan, as its page shows them."""

from __future__ import annotations

from typing import Any

from flask import url_for

from marketplace.loans.forms.questions import HIDE_WORDS, QuestionForm
from marketplace.loans.queries import questions
from marketplace.loans.queries.public_loan import PublicLoan
from marketplace.loans.queries.questions import Question
from marketplace.loans.states import LoanState
from marketplace.web.guards import may, me
from marketplace.web.locale import _


def context(found: PublicLoan, *, asked: QuestionForm | None = None) -> dict[str, Any]:
    """Return the questions, and what the person who is here may do; `asked` is to be mended."""
    is_mine = me().person_id == found.borrower_id
    asks = may("loan.lend") and not is_mine and found.state == LoanState.LISTED
    return {
        "questions": [shown(one, found) for one in questions.about(found.id)],
        "question_form": asked or (QuestionForm(formdata=None) if asks else None),
        "form": asked,
    }


def shown(one: Question, found: PublicLoan) -> dict[str, Any]:
    """Return a question as pages show it; what was hidden shows the reason alone."""
    hidden = HIDE_WORDS.get(one.hidden_reason or "")
    return {
        "ref": one.ref,
        "at": one.asked_at,
        "question": None if hidden else one.question,
        "answer": None if hidden else one.answer,
        "answered_at": one.answered_at,
        "hidden": hidden,
        "act": None if hidden else _act(one, found),
    }


def _act(one: Question, found: PublicLoan) -> dict[str, str] | None:
    """Return the way to what the person who is here may do about a question."""
    href = url_for("loans.question", ref=found.ref, question_ref=one.ref)
    if me().person_id == found.borrower_id and one.answer is None:
        return {"href": href, "label": _("Answer this question")}
    if may("question.hide"):
        return {"href": href, "label": _("Take this question off the page")}
    return None
