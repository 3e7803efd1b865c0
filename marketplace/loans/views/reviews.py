"""The reviewers' desks: two queues, and a case with the decision beside it."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, url_for

from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.forms import words
from marketplace.loans.forms.reviewing import DeclineForm, FirstReviewForm, OfferForm
from marketplace.loans.pricing import LoanTerms, quote
from marketplace.loans.queries import products
from marketplace.loans.queries import reviews as queries
from marketplace.loans.queries.reviews import Case
from marketplace.loans.rules import burden_pct, reviewer_refusals
from marketplace.loans.services import reviewing
from marketplace.loans.states import LoanState
from marketplace.loans.views.blueprint import bp
from marketplace.web.forms import Form
from marketplace.web.guards import may, me, requires, signed_in
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.refusals import sentence
from marketplace.web.rendering import done, page, percent

_STAGES: Final = {"first": LoanState.SUBMITTED, "second": LoanState.FIRST_PASSED}
_HEADINGS: Final = {"first": _l("First review"), "second": _l("Second review")}


@bp.get("/staff/reviews")
@signed_in
def reviews() -> Response:
    """Go to the queue of one's own stage."""
    for stage in _STAGES:
        if may(f"review.{stage}"):
            return done(url_for(f"loans.{stage}_queue"))
    raise NotAllowed("review.first")


@bp.get("/staff/reviews/first")
@requires("review.first")
def first_queue() -> Response:
    """List what waits for a first review."""
    return _queue("first")


@bp.get("/staff/reviews/second")
@requires("review.second")
def second_queue() -> Response:
    """List what waits for a second review."""
    return _queue("second")


def _queue(stage: str) -> Response:
    cases = queries.queue(_STAGES[stage].value)
    return page(
        "loans/queue.html",
        heading=_HEADINGS[stage],
        tabs=_tabs(stage, len(cases)),
        cases=[_queue_row(stage, one) for one in cases],
    )


def _tabs(stage: str, waiting: int) -> list[dict[str, Any]]:
    return [
        {
            "label": _HEADINGS[one],
            "href": url_for(f"loans.{one}_queue"),
            "current": one == stage,
            "count": waiting if one == stage else None,
        }
        for one in _STAGES
        if may(f"review.{one}")
    ]


def _queue_row(stage: str, one: queries.QueueRow) -> dict[str, Any]:
    mine = reviewer_refusals(
        me().known(), one.borrower_id, one.first_reviewer_id if stage == "second" else None
    )
    return {
        "title": one.title,
        "title_href": url_for(f"loans.{stage}_case", ref=one.ref),
        "purpose": words.PURPOSES[one.purpose],
        "amount": one.amount,
        "term": ngettext("%(num)s month", "%(num)s months", one.term_months),
        "submitted_at": one.submitted_at,
        "waited": ngettext("%(num)s day", "%(num)s days", (clock.now() - one.submitted_at).days),
        "state": {"label": _("A colleague's"), "tone": "neutral"}
        if mine
        else {"label": _("Yours to decide"), "tone": "info"},
    }


@bp.get("/staff/reviews/first/<string:ref>")
@requires("review.first")
def first_case(ref: str) -> Response:
    """Show a case to the first reviewer."""
    return _case_page("first", _case(ref), FirstReviewForm(), DeclineForm(), 200)


@bp.get("/staff/reviews/second/<string:ref>")
@requires("review.second")
def second_case(ref: str) -> Response:
    """Show a case, with the first review, to the second reviewer."""
    return _case_page("second", _case(ref), OfferForm(), DeclineForm(), 200)


@bp.post("/staff/reviews/first/<string:ref>/pass")
@requires("review.first")
def pass_case(ref: str) -> Response:
    """Hand a case over to a second reviewer."""
    found, form = _case(ref), FirstReviewForm()
    if form.ready() and form.succeeds(
        lambda: reviewing.pass_on(
            me(),
            found.id,
            checked=form.checked.data or [],
            notes=form.notes.data or "",
            now=clock.now(),
        )
    ):
        return done(url_for("loans.first_queue"), _("Passed on to the second reviewer."))
    return _case_page("first", found, form, DeclineForm(formdata=None), 422)


@bp.post("/staff/reviews/second/<string:ref>/offer")
@requires("review.second")
def offer_case(ref: str) -> Response:
    """Make the borrower an offer."""
    found, form = _case(ref), OfferForm()
    if form.ready() and form.succeeds(
        lambda: reviewing.offer(
            me(),
            found.id,
            grade=form.grade.data or "",
            annual_rate=form.rate.rate,
            reasons=form.reasons.data or [],
            notes=form.notes.data or "",
            now=clock.now(),
        )
    ):
        return done(url_for("loans.second_queue"), _("The offer is with the borrower."))
    return _case_page("second", found, form, DeclineForm(formdata=None), 422)


@bp.post("/staff/reviews/first/<string:ref>/decline")
@requires("review.first")
def decline_first(ref: str) -> Response:
    """Decline at the first stage."""
    return _decline("first", ref)


@bp.post("/staff/reviews/second/<string:ref>/decline")
@requires("review.second")
def decline_second(ref: str) -> Response:
    """Decline at the second stage."""
    return _decline("second", ref)


def _decline(stage: str, ref: str) -> Response:
    found, form = _case(ref), DeclineForm()
    if form.ready() and form.succeeds(
        lambda: reviewing.decline(
            me(),
            found.id,
            reason_code=form.reason_code.data or "",
            notes=form.decline_notes.data or "",
            now=clock.now(),
        )
    ):
        return done(url_for(f"loans.{stage}_queue"), _("Declined. The borrower reads the reason."))
    other = FirstReviewForm(formdata=None) if stage == "first" else OfferForm(formdata=None)
    return _case_page(stage, found, other, form, 422)


def _case_page(
    stage: str, found: Case, form: Form, decline_form: DeclineForm, status: int
) -> Response:
    blocked = reviewer_refusals(
        me().known(), found.borrower_id, found.first_reviewer_id if stage == "second" else None
    )
    waiting = found.state == _STAGES[stage]
    grades = products.grades(found.product_id)
    return page(
        "loans/case.html",
        status,
        stage=stage,
        case=found,
        queue_href=url_for(f"loans.{stage}_queue"),
        reviews=queries.reviews(found.id),
        form=form,
        decline_form=decline_form,
        blocked=sentence(blocked[0]) if blocked else None,
        decidable=waiting and not blocked,
        grades=[_grade_row(found, grade) for grade in grades],
        errors=form if form.errors else decline_form,
    )


def _grade_row(found: Case, grade: products.Grade) -> dict[str, Any]:
    """Return what a grade would mean for this borrower: instalment and burden at its middle."""
    terms = LoanTerms(found.amount, grade.rate_middle, found.term_months, found.origination_fee_bps)
    cost = quote(terms, clock.today().replace(day=1))
    burden = burden_pct(found.income, found.obligations, cost.instalment)
    return {
        "grade": grade.grade,
        "band": f"{percent(grade.rate_from * 100, 1)} – {percent(grade.rate_to * 100, 1)}",
        "instalment": cost.instalment,
        "burden": percent(burden, 0),
        "loss": percent(grade.loss_rate * 100, 1),
    }


def _case(ref: str) -> Case:
    return queries.case(parse_public_id("ln", ref))
