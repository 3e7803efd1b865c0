"""The desk of objections: a moderator proposes, a finance officer agrees or turns it down."""

from __future__ import annotations

from flask import Response, request, url_for

from marketplace.campaigns.forms import ActForm
from marketplace.campaigns.forms.fulfilling import (
    OBJECTION_LABELS,
    MilestoneProposalForm,
    ProposalForm,
)
from marketplace.campaigns.queries import fulfilments, library, parts, trouble
from marketplace.campaigns.queries.fulfilments import ObjectionRow
from marketplace.campaigns.services import objecting
from marketplace.campaigns.views import delivery_words, showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.identity import queries as people
from marketplace.infra import transitions
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.attachments import shown_picture
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/staff/objections")
@requires("objection.see")
def objections() -> Response:
    """List what waits for somebody, longest first, and what was decided lately."""
    waiting, decided = fulfilments.open_objections(), fulfilments.decided_objections()
    return page(
        "campaigns/objections.html",
        waiting=[_row(found) for found in waiting],
        decided=[_row(found) for found in decided],
    )


@bp.get("/staff/objections/<ref>")
@requires("objection.see")
def objection(ref: str) -> Response:
    """Show one case: what was promised, what was said, what is held, and what was proposed."""
    found = _found(ref)
    return _show(found, _proposal(found))


@bp.post("/staff/objections/<ref>/propose")
@requires("objection.propose")
def objection_propose(ref: str) -> Response:
    """Propose what should be done."""
    found = _found(ref)
    form = _proposal(found)
    if form.ready() and form.succeeds(lambda: _propose(found, form)):
        return done(
            url_for("campaigns.objection", ref=ref),
            _("Proposed. A finance officer has to agree before anything moves."),
        )
    return _show(found, form)


@bp.post("/staff/objections/<ref>/decide")
@requires("objection.decide")
def objection_decide(ref: str) -> Response:
    """Agree with a proposal, or turn it down."""
    found, form = _found(ref), ActForm()
    agrees = request.form.get("decision") == "agree"
    act = objecting.agree if agrees else objecting.refuse
    if form.ready() and form.succeeds(lambda: act(me(), found.id, clock.now())):
        words = (
            _("Decided. The money moves within a minute.")
            if agrees
            else _("Turned down. A moderator looks at it again.")
        )
        return done(url_for("campaigns.objections"), words)
    return _show(found, form)


def _propose(found: ObjectionRow, form: ProposalForm | MilestoneProposalForm) -> None:
    reason, now = form.reason.data or "", clock.now()
    if isinstance(form, ProposalForm):
        back = form.back.required_money.minor
        objecting.propose(me(), found.id, reason=reason, back_minor=back, now=now)
    else:
        upheld = {"yes": True, "no": False}.get(form.upheld.data or "")
        objecting.propose(me(), found.id, reason=reason, upheld=upheld, now=now)


def _proposal(found: ObjectionRow) -> ProposalForm | MilestoneProposalForm:
    if found.part_id is not None:
        return MilestoneProposalForm()
    form = ProposalForm(data={"back": found.held})
    form.back.currency = found.currency
    return form


def _show(found: ObjectionRow, form: ProposalForm | MilestoneProposalForm | ActForm) -> Response:
    names = people.names(
        [
            found.sponsor_id,
            found.backer_id,
            *(who for who in (found.proposed_by, found.decided_by) if who),
        ]
    )
    return page(
        "campaigns/objection.html",
        422 if form.errors else 200,
        o=found,
        ref=public_id("obj", found.id),
        pledge_ref=public_id("pl", found.pledge_id),
        campaign_ref=public_id("cmp", found.campaign_id),
        form=form if not isinstance(form, ActForm) else _proposal(found),
        trouble=form,
        tag=delivery_words.objection_tag(found.state),
        code=OBJECTION_LABELS.get(found.code, found.code),
        names=names,
        delivery=fulfilments.of_pledge(found.pledge_id),
        pictures=trouble.pictures([found.id]).get(found.id, 0),
        used=[] if found.part_id else [_use_row(use) for use in library.used(found.pledge_id)],
        milestone=parts.milestone(found.part_id, found.campaign_id) if found.part_id else None,
        month=showing.month,
        history=transitions.history("objection", found.id),
        can_propose=me().has("moderator") and found.state == "open",
        can_decide=me().has("finance_officer") and found.state == "proposed",
    )


@bp.get("/staff/objections/<ref>/<int:number>.jpg")
@requires("objection.see")
def objection_picture(ref: str, number: int) -> Response:
    """Show who judges it a picture of an objection."""
    return shown_picture(trouble.picture(_found(ref).id, number), "image/jpeg")


def _use_row(use: library.Evidence) -> dict[str, object]:
    how = _("Saved") if use.kind == "save" else _("Played")
    return {"on": use.at, "file": use.title, "how": how}


def _row(found: ObjectionRow) -> dict[str, object]:
    return {
        "what": found.campaign_title,
        "what_href": url_for("campaigns.objection", ref=public_id("obj", found.id)),
        "about": found.milestone or found.reward_title or "",
        "why": OBJECTION_LABELS.get(found.code, found.code),
        "held": found.held,
        "since": found.opened_at,
        "leave_by": found.leave_by,
        "state": delivery_words.objection_tag(found.state),
        "back": found.back,
        "on": found.decided_at,
    }


def _found(ref: str) -> ObjectionRow:
    return fulfilments.objection(parse_public_id("obj", ref))
