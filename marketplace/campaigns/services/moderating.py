"""A moderator's decision on somebody else's campaign."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from marketplace.campaigns import rules
from marketplace.campaigns.events import CampaignApproved, CampaignReturned
from marketplace.campaigns.events.launching import CampaignScheduled
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries import moderation
from marketplace.campaigns.services import launching
from marketplace.campaigns.services.drafting import longest_first_round
from marketplace.campaigns.services.moving import lock_campaign, move_campaign
from marketplace.campaigns.states import CAMPAIGN, CampaignState
from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Broken, NotAllowed, refuse_if
from marketplace.moderation.services.deciding import decide_on
from marketplace.moderation.services.opening import drop_case, standing
from marketplace.moderation.states import Outcome


@command
def approve(actor: Actor, campaign_id: UUID, now: datetime) -> None:
    """Let the campaign go live at once, or at the hour its sponsor has chosen."""
    campaign = _lock_for_decision(actor, campaign_id, approve=True, now=now)
    drop_case("submission", "campaign", campaign.id, now)
    if rules.starts_at(campaign.launch_at, now) > now:
        move_campaign(campaign, "schedule", by={"moderator"}, actor=actor, at=now)
        campaign.changed_at = now
        announce(CampaignScheduled(campaign.id, campaign.sponsor_id))
        return
    move_campaign(campaign, "approve", by={"moderator"}, actor=actor, at=now)
    launching.open_to_pledges(campaign, now)
    announce(CampaignApproved(campaign.id, campaign.sponsor_id))


@command
def give_back(
    actor: Actor, campaign_id: UUID, *, reason: str, now: datetime, code: str = "other"
) -> None:
    """Return the campaign to its sponsor; the reason is required and is mailed.

    What the moderator saw is kept, so that the next one sees what changed since.
    """
    campaign = _lock_for_decision(actor, campaign_id, approve=False, now=now)
    words = reason.strip()
    refuse_if(rules.return_refusals(code, words))
    _remember(campaign, actor, code, words, now)
    move_campaign(campaign, "return", by={"moderator"}, actor=actor, at=now, reason=words)
    drop_case("submission", "campaign", campaign.id, now)
    campaign.return_reason = words
    campaign.changed_at = now
    announce(CampaignReturned(campaign.id, campaign.sponsor_id, words))


@command
def decide(
    actor: Actor,
    campaign_id: UUID,
    *,
    outcome: str,
    code: str = "",
    reason: str = "",
    now: datetime,
) -> UUID:
    """Decide on what waits in the queue; returns the decision, which can be undone for a while.

    Everything that would keep `approve` or `give_back` from going through is refused here.
    """
    approve = outcome == Outcome.APPROVE
    campaign = _lock_for_decision(actor, campaign_id, approve=approve, now=now)
    move = "approve" if approve else "return"
    CAMPAIGN.go(CampaignState(campaign.state), move, by={"moderator"})
    if not approve:
        refuse_if(rules.return_refusals(code, reason))
    case = standing("submission", "campaign", campaign.id)
    if case is None:
        raise Broken(f"campaign {campaign.id} waits for a review without a case")
    return decide_on(actor, case, outcome=outcome, code=code, words=reason, now=now)


def _lock_for_decision(
    actor: Actor, campaign_id: UUID, *, approve: bool, now: datetime
) -> Campaign:
    if not actor.has("moderator"):
        raise NotAllowed("campaign.moderate")
    campaign = lock_campaign(campaign_id)
    if campaign.deadline is not None:
        refuse_if(
            rules.decision_refusals(
                sponsor_id=campaign.sponsor_id,
                moderator_id=actor.known(),
                deadline=campaign.deadline,
                approve=approve,
                now=rules.starts_at(campaign.launch_at, now),
                most=longest_first_round(campaign),
            )
        )
    return campaign


def _remember(campaign: Campaign, actor: Actor, code: str, reason: str, now: datetime) -> None:
    execute(
        """
        INSERT INTO campaign_return (campaign_id, moderator_id, returned_at, code, reason, seen)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        (campaign.id, actor.known(), now, code, reason, Jsonb(moderation.seen(campaign.id))),
    )
