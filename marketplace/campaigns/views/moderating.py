"""One campaign that waits for a moderator, beside its decision."""

from __future__ import annotations

from flask import Response, request, url_for

from marketplace.campaigns.changes import compare
from marketplace.campaigns.fees import payout
from marketplace.campaigns.forms import RETURN_REASONS, DecisionForm
from marketplace.campaigns.forms.drafting import PART_LABELS
from marketplace.campaigns.queries import moderation, one
from marketplace.campaigns.services import moderating
from marketplace.campaigns.views import funding_words, showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import as_public
from marketplace.infra import transitions
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.route("/staff/moderation/<ref>", methods=["GET", "POST"])
@requires("campaign.moderate")
def moderation_case(ref: str) -> Response:
    """Show one case beside its decision, and take the decision."""
    c, form = _case(ref), DecisionForm()
    if form.ready() and form.succeeds(lambda: _decide(c, form)):
        return _next(c)
    return _show(c, form)


def _decide(c: one.CampaignRow, form: DecisionForm) -> None:
    moderating.decide(
        me(),
        c.id,
        outcome="approve" if _approved() else "return",
        code=form.code.data or "",
        reason=form.reason.data or "",
        now=clock.now(),
    )


def _approved() -> bool:
    return request.form.get("decision") == "approve"


def _next(c: one.CampaignRow) -> Response:
    words = (
        _("“%(title)s” goes live in ten seconds. Until then you can undo it.", title=c.title)
        if _approved()
        else _(
            "“%(title)s” goes back to its sponsor in ten seconds. Until then you can undo it.",
            title=c.title,
        )
    )
    return done(url_for("moderation.queue"), words)


def _show(c: one.CampaignRow, form: DecisionForm) -> Response:
    waiting = moderation.review_queue()
    queue = [found.id for found in waiting]
    at = queue.index(c.id) + 1 if c.id in queue else 0
    following = queue[at] if at and at < len(queue) else None
    returned, now = moderation.since_return(c.id)
    return page(
        "campaigns/moderation_case.html",
        422 if form.errors else 200,
        form=form,
        position=at,
        waiting=len(queue),
        following=public_id("cmp", following) if following else None,
        is_own=c.sponsor_id == me().person_id,
        returned=returned,
        changed=compare(returned.seen, now) if returned else {},
        parts=PART_LABELS,
        reasons=RETURN_REASONS,
        is_decided=any(found.id == c.id and found.is_decided for found in waiting),
        history=transitions.history("campaign", c.id),
        example=payout(c.goal, c.fee_bps or 0),
        tag=showing.campaign_tag(c.state, later=c.is_later),
        category=showing.category_words(c.category),
        rule=funding_words.NAMES[c.model],
        sponsor_record=one.record_of(c.sponsor_id),
        **as_public(c, "campaigns.moderated_film"),
    )


def _case(ref: str) -> one.CampaignRow:
    found = one.campaign(parse_public_id("cmp", ref))
    if found.submitted_at is None or found.goal_minor is None:
        raise NotFound(ref)
    return found
