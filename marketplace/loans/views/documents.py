"""The papers of an application: the borrower's checklist, and what reviewers open."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.forms import application_words as said
from marketplace.loans.forms.documents import MarkForm, PaperForm
from marketplace.loans.forms.lending import ActForm
from marketplace.loans.queries import applications
from marketplace.loans.queries import documents as queries
from marketplace.loans.queries.applications import Application
from marketplace.loans.queries.documents import Document
from marketplace.loans.services import documents
from marketplace.loans.states import ANSWERABLE, PAPERS_OPEN, LoanState
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.private_files import private_file
from marketplace.web.forms import Form
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/borrow/apply/<string:ref>/documents")
@requires("loan.apply")
def application_documents(ref: str) -> Response:
    """Show which papers are asked for, and which are there."""
    told = _told(ref)
    return _papers_page(told, _form(told), 200)


@bp.post("/borrow/apply/<string:ref>/documents")
@requires("loan.apply")
def give_document(ref: str) -> Response:
    """Take a file in: checked, redrawn where it is a picture, kept where nobody else looks."""
    told = _told(ref)
    form = _form(told)
    if form.ready() and form.succeeds(lambda: _give(told, form)):
        return done(
            url_for("loans.application_documents", ref=ref), _("The paper is in your file.")
        )
    return _papers_page(told, form, 422)


def _give(told: Application, form: PaperForm) -> None:
    kept = documents.prepare(form.data_sent)
    replaces = request.form.get("replaces", "")
    documents.give(
        me(),
        told.id,
        kept,
        kind=str(form.kind.data or ""),
        name=form.name,
        replaces=parse_public_id("doc", replaces) if replaces else None,
        now=clock.now(),
    )


@bp.post("/borrow/apply/<string:ref>/documents/<string:doc_ref>/remove")
@requires("loan.apply")
def remove_document(ref: str, doc_ref: str) -> Response:
    """Take a paper out of the file."""
    told, form, document_id = _told(ref), ActForm(), parse_public_id("doc", doc_ref)
    if form.ready() and form.succeeds(
        lambda: documents.remove(me(), told.id, document_id, now=clock.now())
    ):
        return done(url_for("loans.application_documents", ref=ref), _("The paper is removed."))
    return _papers_page(told, _form(told), 422, errors=form)


@bp.get("/my/loans/<string:ref>/documents/<string:doc_ref>")
@requires("loan.apply")
def own_document(ref: str, doc_ref: str) -> Response:
    """Hand my paper back to me."""
    told = _told(ref)
    found = queries.own_document(parse_public_id("doc", doc_ref), told.borrower_id)
    return _file(found)


@bp.get("/staff/documents/<string:doc_ref>")
@requires("document.read")
def staff_document(doc_ref: str) -> Response:
    """Hand a paper to a reviewer or a finance officer; who read it is written down."""
    found = _others(doc_ref)
    documents.note_read(me(), found.id, now=clock.now())
    return _file(found)


@bp.route("/staff/documents/<string:doc_ref>/mark", methods=["GET", "POST"])
@requires("application.talk")
def mark_document(doc_ref: str) -> Response:
    """Say that a paper cannot be used, and why."""
    found, form = _others(doc_ref), MarkForm()
    if form.ready() and form.succeeds(
        lambda: documents.mark(me(), found.id, reason=form.reason.data or "", now=clock.now())
    ):
        return done(
            url_for("loans.case_messages", ref=found.loan_ref),
            _("Marked. The borrower is told and can replace it."),
        )
    status = 422 if form.is_submitted() else 200
    return page("loans/document_mark.html", status, paper=found, kind=_kind(found), form=form)


def paper_rows(found: list[Document]) -> list[dict[str, Any]]:
    """Return papers as a case lists them for reviewers."""
    return [
        {
            "kind": _kind(one),
            "name": one.name or _("Without a name"),
            "name_href": url_for("loans.staff_document", doc_ref=one.ref),
            "size": size_words(one.bytes),
            "uploaded_at": one.uploaded_at,
            "state": _state(one),
            "sha256": one.sha256,
            "mark": _("Mark as unreadable") if one.marked_at is None else "",
            "mark_href": url_for("loans.mark_document", doc_ref=one.ref)
            if one.marked_at is None
            else None,
        }
        for one in found
    ]


def size_words(size: int) -> str:
    """Return a size in words."""
    if size >= 1_000_000:
        return _("%(size)s MB", size=f"{size / 1_000_000:.1f}")
    return _("%(size)s kB", size=max(1, round(size / 1_000)))


def _state(one: Document) -> dict[str, str]:
    if one.marked_at is None:
        return {"label": _("In the file"), "tone": "good"}
    return {"label": _("Cannot be used"), "tone": "bad"}


def _kind(one: Document) -> str:
    return str(said.DOCUMENTS.get(one.kind, one.kind))


def _papers_page(
    told: Application, form: PaperForm, status: int, *, errors: Form | None = None
) -> Response:
    state = LoanState(told.state)
    found = queries.documents(told.id)
    return page(
        "loans/documents.html",
        status,
        told=told,
        form=form,
        errors=errors or form,
        open=state in PAPERS_OPEN,
        removable=state in ANSWERABLE,
        checklist=[_check(told, kind, found) for kind in told.documents],
        papers=[{"paper": one, "kind": _kind(one), "size": size_words(one.bytes)} for one in found],
        number=len(told.groups) + 1,
        steps=len(told.groups) + 2,
    )


def _check(told: Application, kind: str, found: list[Document]) -> dict[str, Any]:
    mine = [one for one in found if one.kind == kind]
    if kind in told.given:
        status = {"status": _("There"), "tone": "good"}
    elif mine:
        status = {"status": _("Cannot be used"), "tone": "bad"}
    else:
        status = {"status": _("Missing"), "tone": "warn"}
    label, hint = said.DOCUMENTS.get(kind, kind), said.DOCUMENT_HINTS.get(kind, "")
    return {"label": label, "hint": hint, **status}


def _file(found: Document) -> Response:
    return private_file(found.key, found.content_type, f"{found.kind}-{found.ref}")


def _others(doc_ref: str) -> Document:
    """Return a paper to somebody of the staff; never one's own."""
    found = queries.document(parse_public_id("doc", doc_ref))
    if found.loan_state == LoanState.DRAFT or found.borrower_id == me().known():
        raise NotAllowed("document.read")
    return found


def _form(told: Application) -> PaperForm:
    return PaperForm(required=told.documents, missing=told.missing_documents)


def _told(ref: str) -> Application:
    return applications.own_application(parse_public_id("ln", ref), me().known())
