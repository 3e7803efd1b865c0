"""Asking for a loan: four groups of questions, one page each, and a look at everything before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Response, request, url_for

from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.loans.answers import CREDIT, LOAN, of_group
from marketplace.loans.exposure import Exposure
from marketplace.loans.forms import application_words as said
from marketplace.loans.forms.applying import FORMS, StartForm
from marketplace.loans.forms.groups import GroupForm
from marketplace.loans.forms.lending import ActForm
from marketplace.loans.pricing import Quote, indicative
from marketplace.loans.queries import applications, exposures, products
from marketplace.loans.queries import documents as papers
from marketplace.loans.queries.applications import Application
from marketplace.loans.services import answering, applying
from marketplace.loans.states import ANSWERABLE, LoanState
from marketplace.loans.states import LOAN as MACHINE
from marketplace.loans.views import telling
from marketplace.loans.views.blueprint import bp
from marketplace.web.guards import me, requires
from marketplace.web.locale import _, ngettext
from marketplace.web.refusals import sentence
from marketplace.web.rendering import done, page, percent

# Which grades stand for the best, the usual and the worst price on the check page.
_SHOWN_GRADES: Final = "ADG"


@bp.route("/borrow/apply", methods=["GET", "POST"])
@requires("loan.apply")
def apply() -> Response:
    """Begin a request; it is kept as a draft from the first save."""
    offered = products.products()
    form = StartForm(products=offered, data={"offer": request.args.get("offer", "")})
    if form.ready():
        asked = applications.begun(me().known(), *form.chosen)
        key = form.key
        loan_id = form.attempt(lambda: applying.draft(me(), asked, form_key=key, now=clock.now()))
        if loan_id is not None:
            ref = public_id("ln", loan_id)
            return done(url_for("loans.application_group", ref=ref, group="person"))
    return page(
        "loans/apply_start.html",
        422 if form.is_submitted() else 200,
        form=form,
        offers=[telling.offer_row(one) for one in offered],
    )


@bp.get("/borrow/apply/<string:ref>")
@requires("loan.apply")
def application(ref: str) -> Response:
    """Show how far a request has come: its groups, its papers, what is missing."""
    told = _told(ref)
    return page(
        "loans/apply.html",
        told=told,
        open=LoanState(told.state) in ANSWERABLE,
        tasks=[_task(told, group) for group in told.groups],
        papers_task=_papers_task(told),
        ready=not told.refusals(clock.today()),
        question=telling.open_question(told),
    )


def _task(told: Application, group: str) -> dict[str, Any]:
    missing = len(of_group(told.answer_refusals(clock.today()), group))
    status = (
        {"status": _("Complete"), "tone": "good"}
        if not missing
        else {
            "status": ngettext("%(num)s answer open", "%(num)s answers open", missing),
            "tone": "warn",
        }
    )
    href = url_for("loans.application_group", ref=told.ref, group=group)
    return {"label": said.GROUPS[group], "href": href, **status}


def _papers_task(told: Application) -> dict[str, Any]:
    href, missing = url_for("loans.application_documents", ref=told.ref), told.missing_documents
    status = (
        {
            "status": ngettext("%(num)s paper missing", "%(num)s papers missing", len(missing)),
            "tone": "warn",
        }
        if missing
        else {"status": _("Complete") if told.documents else _("None needed"), "tone": "good"}
    )
    return {"label": _("Papers"), "href": href, **status}


@bp.route("/borrow/apply/<string:ref>/<any(person, credit, collateral, loan):group>")
@requires("loan.apply")
def application_group(ref: str, group: str) -> Response:
    """Ask the questions of one group, with what was answered before."""
    told = _told(ref)
    return _group_page(told, group, _form(told, group), 200)


@bp.post("/borrow/apply/<string:ref>/<any(person, credit, collateral, loan):group>")
@requires("loan.apply")
def save_group(ref: str, group: str) -> Response:
    """Save what was answered, as incomplete as it is; then say what is missing, or go on."""
    told = _told(ref)
    form = _form(told, group)
    if not form.saves():
        return _group_page(told, group, form, 422)
    answers, unread = form.answers, form.unread
    kept = form.succeeds(
        lambda: answering.answer(me(), told.id, answers, unread=unread, now=clock.now())
    )
    if kept and not form.errors and _goes_on(told, group, form):
        return done(_after(told, group), _("Your answers are saved."))
    return _group_page(told, group, form, 422, kept=kept)


def _goes_on(told: Application, group: str, form: GroupForm) -> bool:
    """Whether to leave the page: always to finish later, else once nothing is missing."""
    if request.form.get("act") == "later":
        return True
    fresh = applications.own_application(told.id, told.borrower_id)
    missing = of_group(fresh.answer_refusals(clock.today()), group)
    for refusal in missing:
        form.refuse(refusal)
    return not missing


def _after(told: Application, group: str) -> str:
    if request.form.get("act") == "later":
        return url_for("loans.application", ref=told.ref)
    following = told.groups[told.groups.index(group) + 1 :]
    if following:
        return url_for("loans.application_group", ref=told.ref, group=following[0])
    return url_for("loans.application_documents", ref=told.ref)


def _form(told: Application, group: str) -> GroupForm:
    if group not in told.groups:
        raise NotFound(group)
    return FORMS[group].of(told, products.products())


def _group_page(
    told: Application, group: str, form: GroupForm, status: int, *, kept: bool = False
) -> Response:
    number = told.groups.index(group) + 1
    return page(
        f"loans/apply_{group}.html",
        status,
        told=told,
        group=group,
        form=form,
        kept=kept,
        number=number,
        steps=len(told.groups) + 2,
        heading=said.GROUPS[group],
        why=said.WHY[group],
        room=_room(told) if group == LOAN else None,
        open=LoanState(told.state) in ANSWERABLE,
        obligations=told.credit.obligations if group == CREDIT else None,
    )


@bp.get("/borrow/apply/<string:ref>/check")
@requires("loan.apply")
def check_request(ref: str) -> Response:
    """Show all answers once more before they are sent."""
    return _check_page(_told(ref), ActForm(), 200)


@bp.post("/borrow/apply/<string:ref>/check")
@requires("loan.apply")
def send_request(ref: str) -> Response:
    """Send the request to the reviewers."""
    told, form = _told(ref), ActForm()
    if form.ready() and form.succeeds(lambda: applying.submit(me(), told.id, now=clock.now())):
        return done(
            url_for("loans.my_loan", ref=ref),
            _("Your request is with the first reviewer. You will hear from us by mail."),
        )
    return _check_page(told, form, 422)


def _check_page(told: Application, form: ActForm, status: int) -> Response:
    missing = told.refusals(clock.today())
    return page(
        "loans/check.html",
        status,
        told=told,
        form=form,
        groups=[(group, telling.answer_rows(told, group)) for group in told.groups],
        missing=_missing_rows(told, missing),
        documents=papers.documents(told.id),
        room=_room(told),
        guesses=_guesses(told),
        sendable=MACHINE.can(LoanState(told.state), "submit", by=("borrower",)),
    )


def _missing_rows(told: Application, missing: Sequence[Refusal]) -> list[dict[str, str]]:
    rows = []
    for group in told.groups:
        href = url_for("loans.application_group", ref=told.ref, group=group)
        rows += [
            {"text": sentence(one), "href": f"{href}#{one.field}"}
            for one in of_group(missing, group)
            if one.field
        ]
    href = url_for("loans.application_documents", ref=told.ref)
    return rows + [
        {"text": _("Missing: %(paper)s", paper=said.DOCUMENTS.get(kind, kind)), "href": href}
        for kind in told.missing_documents
    ]


def _guesses(told: Application) -> list[dict[str, Any]]:
    grades = [one for one in products.grades(told.product_id) if one.grade in _SHOWN_GRADES]
    terms = [(grade, told.terms(grade.rate_middle)) for grade in grades]
    today = clock.today()
    return [
        _guess_row(grade, indicative(asked, today)) for grade, asked in terms if asked is not None
    ]


def _guess_row(grade: products.Grade, cost: Quote) -> dict[str, Any]:
    return {
        "grade": _(
            "%(grade)s, at %(rate)s", grade=grade.grade, rate=percent(grade.rate_middle * 100)
        ),
        "instalment": cost.instalment,
        "total": cost.total,
        "cost": cost.cost,
    }


def _room(told: Application) -> Exposure:
    """Return what may still be asked for, beside what is owed here already."""
    return exposures.exposure(told.borrower_id, told.exposure_max, besides=told.id)


def _told(ref: str) -> Application:
    return applications.own_application(parse_public_id("ln", ref), me().known())
