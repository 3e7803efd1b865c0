"""The reviewers' desks: two queues, and a case with the decision beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Response, request, url_for

from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, Refusal
from marketplace.kernel.ids import parse_public_id
from marketplace.kernel.money import Money
from marketplace.loans.forms import review_words, words
from marketplace.loans.forms.lending import ActForm
from marketplace.loans.forms.reviewing import AskForm, DeclineForm, FirstReviewForm, OfferForm
from marketplace.loans.forms.term_words import length
from marketplace.loans.forms.valuing import ValuationForm
from marketplace.loans.four_eyes import PROMISED, checks_needed, claim_refusals
from marketplace.loans.queries import documents, exposures, messages, products, review_facts
from marketplace.loans.queries import reviews as queries
from marketplace.loans.queries.reviews import Case, Review
from marketplace.loans.rules import reviewer_refusals
from marketplace.loans.services import assessing, claiming, returning, reviewing, valuing
from marketplace.loans.views import review_case, review_collateral
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.documents import paper_rows
from marketplace.risk import queries as risk
from marketplace.risk.queries import Standing
from marketplace.risk.services import reading
from marketplace.web.forms import Form
from marketplace.web.guards import may, me, requires, signed_in
from marketplace.web.locale import _, ngettext
from marketplace.web.refusals import sentence
from marketplace.web.rendering import done, page

_PAGE: Final = 50


@bp.get("/staff/reviews")
@signed_in
def reviews() -> Response:
    """Go to the queue of one's own stage."""
    for stage in queries.STATES:
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
    after = request.args.get("after")
    behind = parse_public_id("ln", after) if after else None
    cases = queries.queue(stage, after=behind, limit=_PAGE + 1)
    shown = cases[:_PAGE]
    reports = risk.standings([one.id for one in shown])
    more = len(cases) > _PAGE
    return page(
        "loans/queue.html",
        heading=review_words.STAGES[stage],
        tabs=_tabs(stage),
        cases=[_queue_row(stage, one, reports.get(one.id)) for one in shown],
        more_href=url_for(f"loans.{stage}_queue", after=shown[-1].ref) if more else None,
        first_href=url_for(f"loans.{stage}_queue") if after else None,
        promised=ngettext("%(num)s day", "%(num)s days", PROMISED.days),
    )


def _tabs(stage: str) -> list[dict[str, Any]]:
    stages = [
        {
            "label": review_words.STAGES[one],
            "href": url_for(f"loans.{one}_queue"),
            "current": one == stage,
            "count": queries.waiting(one),
        }
        for one in queries.STATES
        if may(f"review.{one}")
    ]
    letters = {
        "label": _("Messages"),
        "href": url_for("loans.waiting_messages"),
        "count": messages.waiting_count(),
    }
    lines = {"label": _("Credit lines"), "href": url_for("loans.line_desk")}
    return [*stages, letters, *([lines] if may("line.see") else [])]


def _queue_row(stage: str, one: queries.QueueRow, report: Standing | None) -> dict[str, Any]:
    now, mine = clock.now(), me().known()
    age = now - one.waits_since
    held = one.claim if one.claim and one.claim.holds(now) else None
    return {
        "title": one.title,
        "title_href": url_for(f"loans.{stage}_case", ref=one.ref),
        "purpose": words.PURPOSES[one.purpose],
        "amount": one.amount,
        "term": length(one.instalments, one.period),
        "submitted_at": one.submitted_at,
        "waited": {
            "label": ngettext("%(num)s day", "%(num)s days", age.days),
            "tone": "warn" if age > PROMISED else "neutral",
        },
        "report": review_case.report_tag(report, now),
        "owner": held.name if held else None,
        "state": {"label": _("A colleague's"), "tone": "neutral"}
        if mine == one.borrower_id or mine in one.others or (held and held.person_id != mine)
        else {"label": _("Yours to decide"), "tone": "info"},
    }


@bp.get("/staff/reviews/first/<string:ref>")
@requires("review.first")
def first_case(ref: str) -> Response:
    """Show a case to the first reviewer."""
    return _case_page("first", _case(ref), 200)


@bp.get("/staff/reviews/second/<string:ref>")
@requires("review.second")
def second_case(ref: str) -> Response:
    """Show a case, with the first review, to the second reviewer."""
    return _case_page("second", _case(ref), 200)


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
    return _case_page("first", found, 422, form=form)


@bp.post("/staff/reviews/first/<string:ref>/valuation")
@requires("review.first")
def record_valuation(ref: str) -> Response:
    """Write down what an appraiser's paper says the collateral is worth."""
    found, form = _case(ref), ValuationForm()
    form.value.currency = found.currency
    if form.ready() and form.succeeds(
        lambda: valuing.record(
            me(), found.id, form.told, form.paper_id, form_key=form.key, now=clock.now()
        )
    ):
        return done(
            url_for("loans.first_case", ref=ref) + "#collateral",
            _("The valuation is written down."),
        )
    return _case_page("first", found, 422, valuation_form=form)


@bp.post("/staff/reviews/second/<string:ref>/offer")
@requires("review.second")
def offer_case(ref: str) -> Response:
    """Make the borrower an offer: what was asked for, or something else."""
    found, form = _case(ref), OfferForm()
    form.amount.currency = found.currency
    if form.ready() and form.succeeds(
        lambda: reviewing.offer(
            me(),
            found.id,
            grade=form.grade.data or "",
            annual_rate=form.rate.rate,
            reasons=form.reasons.data or [],
            notes=form.notes.data or "",
            amount=form.amount.required_money,
            instalments=form.instalments.count,
            deviation=form.deviation.data or "",
            counter_code=form.counter_code.data or None,
            now=clock.now(),
        )
    ):
        return done(url_for("loans.second_queue"), _("The offer is with the borrower."))
    return _case_page("second", found, 422, form=form)


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
    return _case_page(stage, found, 422, decline_form=form)


@bp.post("/staff/reviews/first/<string:ref>/ask")
@requires("review.first")
def ask_first(ref: str) -> Response:
    """Send a case back for more at the first stage."""
    return _ask("first", ref)


@bp.post("/staff/reviews/second/<string:ref>/ask")
@requires("review.second")
def ask_second(ref: str) -> Response:
    """Send a case back for more at the second stage."""
    return _ask("second", ref)


def _ask(stage: str, ref: str) -> Response:
    found, form = _case(ref), AskForm()
    if form.ready() and form.succeeds(
        lambda: returning.ask_for_more(
            me(), found.id, form.missing.data or "", form_key=form.key, now=clock.now()
        )
    ):
        return done(
            url_for(f"loans.{stage}_queue"), _("Sent back. The borrower reads what is missing.")
        )
    return _case_page(stage, found, 422, ask_form=form)


@bp.post("/staff/reviews/<any(first, second):stage>/<string:ref>/claim")
@signed_in
def claim_case(stage: str, ref: str) -> Response:
    """Take a case, so that no colleague works on it at the same time."""
    return _act(stage, ref, claiming.claim, _("The case is yours for four hours."))


@bp.post("/staff/reviews/<any(first, second):stage>/<string:ref>/release")
@signed_in
def release_case(stage: str, ref: str) -> Response:
    """Give a case back."""
    return _act(stage, ref, claiming.release, _("The case is free for a colleague."))


@bp.post("/staff/reviews/<any(first, second):stage>/<string:ref>/report")
@signed_in
def ask_report(stage: str, ref: str) -> Response:
    """Ask the sources of risk reports once more."""
    said = _("The sources are asked. Their answers appear here.")
    return _act(stage, ref, assessing.ask_anew, said)


def _act(stage: str, ref: str, act: Callable[..., None], said: str) -> Response:
    if not may(f"review.{stage}"):
        raise NotAllowed(f"review.{stage}")
    found, form = _case(ref), ActForm()
    if form.ready() and form.succeeds(lambda: act(me(), found.id, now=clock.now())):
        return done(url_for(f"loans.{stage}_case", ref=ref), said)
    return _case_page(stage, _case(ref), 422, act_form=form)


def _case_page(stage: str, found: Case, status: int, **sent: Form) -> Response:
    """Show a case; of its forms, the one that was `sent` keeps what was typed."""
    now, made = clock.now(), queries.reviews(found.id)
    standing = reading.read(me(), found.id, purpose=f"{stage}_review", now=now)
    desk = assessing.desk_of(standing, now)
    grades = products.grades(found.product_id)
    blocked = _blocked(stage, found, made)
    papers = documents.documents(found.id)
    mine = found.claim is not None and found.claim.person_id == me().known()
    form = sent.get("form") or _empty(stage, found, standing, grades)
    if isinstance(form, FirstReviewForm):
        form.ask_for(checks_needed(desk.outcome))
    own = stage == "first" and not blocked
    pledged = review_collateral.context(found, papers, now.date(), own=own, sent=sent)
    return page(
        "loans/case.html",
        status,
        stage=stage,
        case=found,
        report=review_case.report(standing, grades, now),
        papers=paper_rows(papers),
        grades=[review_case.grade_row(found, one, now.date(), desk.grade) for one in grades],
        blocked=sentence(blocked) if blocked else None,
        decidable=found.state == queries.STATES[stage] and not blocked,
        reported=desk.is_ready,
        passable=desk.is_ready and not pledged["unvalued"],
        claim=found.claim if found.claim and found.claim.holds(now) else None,
        mine=mine,
        form=form,
        decline_form=sent.get("decline_form") or DeclineForm(formdata=None),
        ask_form=sent.get("ask_form") or AskForm(formdata=None),
        errors=next(iter(sent.values()), form),
        **_told(stage, found, made),
        **pledged,
    )


def _told(stage: str, found: Case, made: list[Review]) -> dict[str, Any]:
    """Return what is known of the request, whoever reads it."""
    now_is = review_facts.snapshot(found.id)
    cap = Money(found.exposure_max_minor, found.currency)
    owed = exposures.exposure(found.borrower_id, cap, besides=found.id)
    return {
        "heading": review_words.STAGES[stage],
        "queue_href": url_for(f"loans.{stage}_queue"),
        "term": length(found.instalments, found.period),
        "decisions": [review_case.decided(found, one, now_is) for one in made],
        "told": review_case.told(now_is, found.currency),
        "exposure": review_case.exposed(owed, found.amount),
    }


def _blocked(stage: str, found: Case, made: list[Review]) -> Refusal | None:
    """Return why this person may not decide on this case, if so."""
    mine = me().known()
    others = {one.reviewer_id for one in made if one.stage != stage}
    other = mine if mine in others else None
    refused = [
        *reviewer_refusals(mine, found.borrower_id, other),
        *claim_refusals(found.claim, mine, clock.now()),
    ]
    return refused[0] if refused else None


def _empty(
    stage: str, found: Case, standing: Standing | None, grades: list[products.Grade]
) -> Form:
    """Return the decision's form; an offer begins as the score and the request say."""
    if stage == "first":
        return FirstReviewForm(formdata=None)
    rate = review_case.rate_of(standing, grades)
    form = OfferForm(
        formdata=None,
        grade=standing.grade if standing else "",
        rate=f"{rate * 100:.1f}" if rate is not None else "",
        amount=found.amount,
        instalments=str(found.instalments),
    )
    form.amount.currency = found.currency
    return form


def _case(ref: str) -> Case:
    return queries.case(parse_public_id("ln", ref))
