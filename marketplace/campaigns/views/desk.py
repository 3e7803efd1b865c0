"""A sponsor's desk: all campaigns, one campaign's progress, posting updates."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from flask import Response

from marketplace.campaigns.forms.suspending import REASON_LABELS
from marketplace.campaigns.queries import (
    collecting,
    disputed,
    launching,
    one,
    rewards,
    suspensions,
    updates,
)
from marketplace.campaigns.queries.money import payout_leave_by
from marketplace.campaigns.views import showing, teams
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.comparing import comparison
from marketplace.campaigns.views.funding_curve import curve
from marketplace.campaigns.views.tasks import tasks_page
from marketplace.campaigns.views.whereabouts import of_release
from marketplace.escrow import queries as escrow
from marketplace.identity import queries as people
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.web.declines import decline_words
from marketplace.web.disputes import reason_words
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import page


@bp.get("/my/campaigns")
@requires("campaign.draft")
def my_campaigns() -> Response:
    """List the sponsor's campaigns."""
    found = one.own_campaigns(me().known())
    return page(
        "campaigns/my_campaigns.html",
        campaigns=found,
        works_on=teams.works_on(me().known()),
        payee=escrow.payee(me().known()),
        tag=showing.campaign_tag,
    )


@bp.get("/my/campaigns/<ref>")
@requires("campaign.draft")
def desk(ref: str) -> Response:
    """Show a draft's tasks, or how a campaign is doing."""
    c = one.campaign(parse_public_id("cmp", ref))
    if c.sponsor_id != me().known():
        return teams.desk_of_member(c, ref)
    if c.state in {"draft", "in_review", "scheduled", "cancelled"}:
        return tasks_page(c, ref)
    release = escrow.instruction(c.release_id) if c.release_id else None
    backers = one.backers(c.id, limit=20)
    names = people.names([row.backer_id for row in backers if row.backer_id])
    days = one.days(c.id)
    today = clock.now().astimezone(UTC).date()
    suspension = suspensions.latest(c.id) if c.suspended_at else None
    return page(
        "campaigns/desk.html",
        c=c,
        ref=ref,
        wishes=launching.count(c.id) if c.announced_at else None,
        tag=showing.campaign_tag(c.state, later=c.is_later),
        words=showing.bar_words(c, clock.now()),
        suspension=suspension,
        suspension_reason=REASON_LABELS[suspension.code] if suspension else "",
        progress=collecting.progress(c.id, clock.now()) if c.state == "collecting" else None,
        reasons=_reason_bars(c),
        curve=curve(c, days, clock.now()),
        beside=comparison(c, days, clock.now()),
        today=sum(found.amount_minor for found in days if found.day == today),
        rewards=rewards.of_campaign(c.id),
        stock_words=showing.stock_words,
        backers=[(names.get(row.backer_id) if row.backer_id else None, row) for row in backers],
        updates=updates.told(c.id, clock.now(), updates.Reader(makes=True), limit=3),
        division=c.payout,
        payee=escrow.payee(me().known()),
        release=release,
        where=of_release(c, release, payout_leave_by(c.id), escrow.terms()),
        disputes=[_dispute_row(each) for each in disputed.of_campaign(c.id)],
    )


def _dispute_row(each: disputed.DisputedPledge) -> dict[str, Any]:
    label, tone = showing.dispute_tag(each.state)
    return {
        "on": each.opened_at,
        "amount": each.amount,
        "reason": reason_words(each.reason),
        "reward": each.reward_title or _("No reward"),
        "state": {"label": label, "tone": tone},
        "charged": each.charged,
    }


def _reason_bars(c: one.CampaignRow) -> list[dict[str, Any]]:
    """Return why cards still fail, as bars."""
    found = collecting.reasons(c.id) if c.state == "collecting" else []
    return [
        {"label": decline_words(each.code), "value": each.count, "text": str(each.count)}
        for each in found
    ]
