"""The moderators' desk: one queue of everything that waits, each case, and what was decided."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.backoffice import moderated
from marketplace.campaigns.forms.suspending import REASON_LABELS
from marketplace.identity import queries as people
from marketplace.infra import transitions
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.moderation import forms, queries, rules
from marketplace.moderation.forms import CaseForm
from marketplace.moderation.queries import CaseRow, DecisionRow
from marketplace.moderation.services import deciding
from marketplace.moderation.states import CaseKind
from marketplace.web.forms import Form
from marketplace.web.guards import me, requires
from marketplace.web.locale import _, _l
from marketplace.web.rendering import done, page

bp = Blueprint("moderation", __name__, url_prefix="/staff/moderation")

_MOVES: Final[dict[str, Any]] = {
    "decide": _l("Decided"),
    "undo": _l("Undone"),
    "settle": _l("Took effect"),
    "drop": _l("Needed no decision any more"),
}


@bp.get("")
@requires("campaign.moderate")
def queue() -> Response:
    """List what waits, the most urgent first, and what was decided lately."""
    kind = request.args.get("kind", "")
    kind = kind if kind in forms.KIND_LABELS else ""
    found, decided = queries.queue(kind), queries.recent_decisions()
    people_of = [row.owner_id for row in found] + [row.moderator_id for row in decided]
    return page(
        "backoffice/moderation_queue.html",
        queue=found,
        decided=decided,
        names=people.names(people_of),
        kind=kind,
        f=forms,
        where=_where,
        can_undo=lambda row: row.can_be_undone(me().person_id, clock.now()),
        own=me().person_id,
        undo=Form(),
    )


@bp.get("/cases/<ref>")
@requires("campaign.moderate")
def case(ref: str) -> Response:
    """Show one case: what it is about, what was said, and what can be decided."""
    return _show(_case(ref), CaseForm())


@bp.post("/cases/<ref>")
@requires("campaign.moderate")
def case_decided(ref: str) -> Response:
    """Decide on a case."""
    found, form = _case(ref), CaseForm()
    outcome = request.form.get("decision", "")
    if form.ready() and form.succeeds(
        lambda: deciding.decide(
            me(),
            found.id,
            outcome=outcome,
            code=form.code.data or "",
            words=form.words.data or "",
            now=clock.now(),
        )
    ):
        said = _("Decided. It takes effect in ten seconds; until then you can undo it.")
        return done(url_for("moderation.queue"), said)
    return _show(found, form)


@bp.post("/decisions/<ref>/undo")
@requires("campaign.moderate")
def decision_undone(ref: str) -> Response:
    """Take a decision back before it has its effect."""
    decision_id, form = parse_public_id("dec", ref), Form()
    if form.ready() and form.succeeds(lambda: deciding.undo(me(), decision_id, clock.now())):
        return done(url_for("moderation.queue"), _("Undone. The case waits again."))
    return done(url_for("moderation.queue"), " ".join(form.form_errors))


def _show(found: CaseRow, form: CaseForm) -> Response:
    form.code.choices = [
        SelectChoice("", _("Choose one")),
        *(SelectChoice(code, label) for code, label in _codes(found).items()),
    ]
    offered = rules.outcomes(found.kind, found.subject_type)
    reports, decisions = queries.reports_of(found.id), queries.decisions_of(found.id)
    named = [found.owner_id, *(row.moderator_id for row in decisions)]
    named += [row.reporter_id for row in reports if row.reporter_id]
    return page(
        "backoffice/moderation_case.html",
        422 if form.errors else 200,
        c=found,
        ref=public_id("case", found.id),
        form=form,
        f=forms,
        shown=moderated.shown(found.subject_type, found.subject_id),
        acts=[(outcome, *forms.OUTCOME_ACTS[outcome]) for outcome in offered],
        needs_code="suspend" in offered or "hide" in offered,
        reports=reports,
        decisions=decisions,
        appeal=queries.appeal_in(found.id) if found.kind == CaseKind.APPEAL else None,
        names=people.names(named),
        is_own=found.owner_id == me().person_id,
        moves=_MOVES,
        history=transitions.history("case", found.id),
    )


def _codes(found: CaseRow) -> dict[str, Any]:
    return REASON_LABELS if found.subject_type == "campaign" else forms.REPORT_LABELS


def _where(found: CaseRow | DecisionRow) -> str:
    """Return the page on which a case is decided: the campaign's own where it waits for review."""
    if found.kind == CaseKind.SUBMISSION:
        return url_for("campaigns.moderation_case", ref=public_id("cmp", found.subject_id))
    case_id: UUID = found.id if isinstance(found, CaseRow) else found.case_id
    return url_for("moderation.case", ref=public_id("case", case_id))


def _case(ref: str) -> CaseRow:
    found = queries.case(parse_public_id("case", ref))
    if found is None:
        raise NotFound(ref)
    return found
