"""The moderators' page of one suspension: freeze, let go on, or end the campaign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Response, request, url_for

from marketplace.campaigns.forms.suspending import REASON_LABELS, DecideForm, SuspendForm
from marketplace.campaigns.queries import one, parts, suspensions
from marketplace.campaigns.services import suspending
from marketplace.campaigns.states.suspensions import SUSPENDABLE
from marketplace.campaigns.views import showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.identity import queries as people
from marketplace.infra import transitions
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.guards import me, requires
from marketplace.web.locale import _, _l
from marketplace.web.rendering import done, page

_DONE: Final = {
    "lift": _l("Lifted. The campaign goes on where it stood."),
    "propose": _l("Asked for. A second person has to agree before anything goes back."),
    "agree": _l("Ended. Everything that was paid is on its way back to the backers."),
}


@bp.get("/staff/suspensions")
@requires("campaign.suspend")
def suspensions_list() -> Response:
    """List what is suspended now, what waits for a second person first."""
    found = suspensions.standing()
    return page(
        "campaigns/suspensions.html",
        found=found,
        names=people.names([row.suspended_by for row in found]),
        reasons=REASON_LABELS,
    )


@bp.get("/staff/suspensions/<ref>")
@requires("campaign.suspend")
def suspension(ref: str) -> Response:
    """Show what stands against a campaign, what is frozen by it, and who may do what next."""
    return _show(_campaign(ref), SuspendForm(), DecideForm())


@bp.post("/staff/suspensions/<ref>")
@requires("campaign.moderate")
def suspend(ref: str) -> Response:
    """Suspend the campaign."""
    c, form = _campaign(ref), SuspendForm()
    code, words = form.code.data or "", form.words.data or ""
    if form.ready() and form.succeeds(
        lambda: suspending.suspend(me(), c.id, code=code, words=words, now=clock.now())
    ):
        return done(_address(c), _("Suspended. Nothing of its money moves any more."))
    return _show(c, form, DecideForm(formdata=None))


@bp.post("/staff/suspensions/<ref>/decision")
@requires("campaign.suspend")
def suspension_decided(ref: str) -> Response:
    """Lift the suspension, ask for the campaign's end, or agree to it."""
    c, form, decision = _campaign(ref), DecideForm(), request.form.get("decision", "")
    words, now = form.words.data or "", clock.now()
    acts: dict[str, Callable[[], None]] = {
        "lift": lambda: suspending.lift(me(), c.id, words=words, now=now),
        "propose": lambda: suspending.propose_end(me(), c.id, words=words, now=now),
        "agree": lambda: suspending.agree_to_end(me(), c.id, now),
    }
    if decision not in acts:
        raise NotFound(decision)
    if form.ready() and form.succeeds(acts[decision]):
        return done(_address(c), str(_DONE[decision]))
    return _show(c, SuspendForm(formdata=None), form)


def _show(c: one.CampaignRow, form: SuspendForm, decide: DecideForm) -> Response:
    found = suspensions.latest(c.id)
    known = [found.suspended_by, found.proposed_by, found.decided_by] if found else []
    return page(
        "campaigns/suspension.html",
        422 if form.errors or decide.errors else 200,
        c=c,
        ref=public_id("cmp", c.id),
        form=form,
        decide=decide,
        found=found,
        names=people.names([person for person in known if person]),
        reasons=REASON_LABELS,
        tag=showing.campaign_tag(c.state, later=c.is_later),
        may_suspend=c.suspended_at is None and (c.state in SUSPENDABLE or parts.is_held_back(c.id)),
        is_own=c.sponsor_id == me().person_id,
        is_proposer=found is not None and found.proposed_by == me().person_id,
        is_moderator=me().has("moderator"),
        history=transitions.history("suspension", found.id) if found else [],
    )


def _campaign(ref: str) -> one.CampaignRow:
    found = one.campaign(parse_public_id("cmp", ref))
    if not found.is_public:
        raise NotFound(ref)
    return found


def _address(c: one.CampaignRow) -> str:
    return url_for("campaigns.suspension", ref=public_id("cmp", c.id))
