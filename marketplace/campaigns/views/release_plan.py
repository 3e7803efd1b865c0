"""In which parts a sponsor will be paid: the plan while drafting, milestones after the success."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from marketplace.campaigns.forms.fulfilling import EvidenceForm, PlanForm
from marketplace.campaigns.queries import one, parts
from marketplace.campaigns.queries.parts import PlanPart
from marketplace.campaigns.rules.parts import FIRST_BPS, Share
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import milestones
from marketplace.campaigns.services.release_plan import write_plan
from marketplace.campaigns.states.parts import PartKind
from marketplace.campaigns.views import delivery_words, payout_list
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_campaign, saved
from marketplace.escrow import queries as escrow
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done


@bp.route("/my/campaigns/<ref>/release", methods=["GET", "POST"])
@requires("campaign.draft")
def release(ref: str) -> Response:
    """How much is paid at the success, how much after which milestone; the rest is held."""
    c = own_campaign(ref)
    plan = parts.plan(c.id)
    form = PlanForm(data=_plan_data(plan))
    if form.ready() and form.succeeds(
        lambda: write_plan(
            me(),
            c.id,
            first_bps=(form.first.data or 0) * 100,
            milestones=_shares(form),
            now=clock.now(),
        )
    ):
        return saved(ref, _("The plan is saved."))
    return edit(
        "campaigns/edit_release.html",
        c,
        form,
        plan=delivery_words.plan_rows(plan, None),
        limit_days=escrow.terms().holding_limit_days,
    )


@bp.get("/my/campaigns/<ref>/parts")
@requires("campaign.draft")
def release_parts(ref: str) -> Response:
    """Show how each part of a funded campaign stands, and what was paid."""
    c = own_campaign(ref, Right.SEE_MONEY)
    plan = parts.plan(c.id)
    return edit(
        "campaigns/release_parts.html",
        c,
        EvidenceForm(),
        rows=[
            row | _claim_link(ref, part)
            for row, part in zip(delivery_words.plan_rows(plan, c.raised), plan, strict=True)
        ],
        payouts=payout_list.of_campaign(c),
    )


@bp.route("/my/campaigns/<ref>/milestones/<part>", methods=["GET", "POST"])
@requires("campaign.draft")
def milestone(ref: str, part: str) -> Response:
    """Show backers by what a milestone is reached."""
    c = own_campaign(ref)
    found = _milestone(c, part)
    form = EvidenceForm()
    if form.ready() and form.succeeds(
        lambda: milestones.claim(
            me(), c.id, found.id, evidence=form.evidence.data or "", now=clock.now()
        )
    ):
        words = _("Shown. If no backer objects within a week, its share is yours.")
        return done(url_for("campaigns.release_parts", ref=ref), words)
    return edit("campaigns/milestone.html", c, form, milestone=found, part=part)


def _shares(form: PlanForm) -> list[Share]:
    """Return the milestones that were filled in at all."""
    found = [entry.form for entry in form.milestones.entries]
    return [
        Share(
            PartKind.MILESTONE,
            (each.share.data or 0) * 100,
            " ".join((each.title.data or "").split()),
            each.due.data,
        )
        for each in found
        if (each.title.data or "").strip() or each.share.data
    ]


def _plan_data(plan: list[PlanPart]) -> dict[str, Any]:
    first = plan[0].share_bps if plan else FIRST_BPS
    return {
        "first": first // 100,
        "milestones": [
            {"title": each.title, "share": each.share_bps // 100, "due": each.due}
            for each in plan
            if each.kind == PartKind.MILESTONE
        ],
    }


def _claim_link(ref: str, part: PlanPart) -> dict[str, str]:
    if part.state != "planned":
        return {}
    href = url_for("campaigns.milestone", ref=ref, part=public_id("part", part.id))
    return {"what_href": href}


def _milestone(c: one.CampaignRow, part: str) -> PlanPart:
    return parts.milestone(parse_public_id("part", part), c.id)
