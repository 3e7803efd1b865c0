"""Lenders ask about a loan, its borrower answers, members of staff take off what harms."""

from __future__ import annotations

from flask import Response, url_for

from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.forms.questions import AnswerForm, HideForm, QuestionForm
from marketplace.loans.queries import public_loan, questions
from marketplace.loans.queries.public_loan import PublicLoan
from marketplace.loans.queries.questions import Question
from marketplace.loans.services import questions as commands
from marketplace.loans.views import asking
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.public import show_loan
from marketplace.web.guards import may, me, requires, signed_in
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.post("/loans/<string:ref>/questions")
@requires("loan.lend")
def ask_question(ref: str) -> Response:
    """Ask the borrower something, in public."""
    found, form = _loan(ref), QuestionForm()
    if form.ready() and form.succeeds(
        lambda: commands.ask(
            me(), found.id, form.question.data or "", form_key=form.key, now=clock.now()
        )
    ):
        return done(_there(found), _("Your question is on the page. The borrower has a letter."))
    return show_loan(found, 422, asked=form)


@bp.get("/loans/<string:ref>/questions/<string:question_ref>")
@signed_in
def question(ref: str, question_ref: str) -> Response:
    """Show one question to its borrower, who may answer, or to staff, who may take it off."""
    found, one = _both(ref, question_ref)
    return _question_page(found, one, AnswerForm(), HideForm(), 200)


@bp.post("/loans/<string:ref>/questions/<string:question_ref>/answer")
@requires("loan.apply")
def answer_question(ref: str, question_ref: str) -> Response:
    """Answer a question about one's own loan."""
    (found, one), form = _both(ref, question_ref), AnswerForm()
    if form.ready() and form.succeeds(
        lambda: commands.answer(me(), one.id, form.answer.data or "", now=clock.now())
    ):
        return done(_there(found), _("Your answer is on the page."))
    return _question_page(found, one, form, HideForm(formdata=None), 422)


@bp.post("/loans/<string:ref>/questions/<string:question_ref>/hide")
@requires("question.hide")
def hide_question(ref: str, question_ref: str) -> Response:
    """Take a question off the page; its writer reads why."""
    (found, one), form = _both(ref, question_ref), HideForm()
    if form.ready() and form.succeeds(
        lambda: commands.hide(me(), one.id, form.reason.data or "", now=clock.now())
    ):
        return done(_there(found), _("The question is off the page. Its writer has a letter."))
    return _question_page(found, one, AnswerForm(formdata=None), form, 422)


def _question_page(
    found: PublicLoan, one: Question, answer: AnswerForm, hide: HideForm, status: int
) -> Response:
    answers = me().person_id == found.borrower_id and one.answer is None
    hides = may("question.hide")
    if one.hidden_at is not None or not (answers or hides):
        raise NotFound(one.ref)
    return page(
        "loans/question.html",
        status,
        loan=found,
        one=asking.shown(one, found),
        form=answer if answers else hide,
        answers=answers,
    )


def _both(ref: str, question_ref: str) -> tuple[PublicLoan, Question]:
    found, one = _loan(ref), questions.question(parse_public_id("qst", question_ref))
    if one.loan_id != found.id:
        raise NotFound(question_ref)
    return found, one


def _loan(ref: str) -> PublicLoan:
    return public_loan.public_loan(parse_public_id("ln", ref))


def _there(found: PublicLoan) -> str:
    return url_for("loans.loan", ref=found.ref, _anchor="questions")
