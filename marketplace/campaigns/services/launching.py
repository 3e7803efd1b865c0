"""The beginning of a campaign: at its approval, or at an hour its sponsor has chosen.

An approved campaign that waits can show itself before, to whoever wants to be told.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.campaigns.events.launching import CampaignLaunched
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.rules import DURATION_MIN
from marketplace.campaigns.rules import launching as rules
from marketplace.campaigns.services import finding
from marketplace.campaigns.services.drafting import longest_first_round
from marketplace.campaigns.services.moving import lock_campaign, lock_own_campaign, move_campaign
from marketplace.campaigns.states import CampaignState
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, execute
from marketplace.infra.events import announce
from marketplace.kernel.actors import CLOCK, Actor
from marketplace.kernel.errors import Broken, NotFound, Refusal, refuse_if


@command
def plan_launch(
    actor: Actor, campaign_id: UUID, *, launch_at: datetime | None, announced: bool, now: datetime
) -> None:
    """Choose when the actor's own campaign begins once approved; None: at once.

    `announced`: while it waits everybody may see that it comes. Refuses an hour that leaves too
    little time, or too much, before the deadline.
    """
    campaign = lock_own_campaign(campaign_id, actor)
    refuse_if(
        rules.plan_refusals(
            launch_at,
            campaign.deadline,
            now,
            state=CampaignState(campaign.state),
            most=longest_first_round(campaign),
        )
    )
    was_coming = rules.is_coming(campaign.state, campaign.announced_at)
    campaign.launch_at, campaign.changed_at = launch_at, now
    is_shown = announced and launch_at is not None
    campaign.announced_at = (campaign.announced_at or now) if is_shown else None
    if was_coming and not is_shown:
        campaign.gone_at = now


@command
def launch(actor: Actor, campaign_id: UUID, now: datetime) -> None:
    """Let the actor's own approved campaign begin before its hour; live already is no trouble."""
    campaign = lock_own_campaign(campaign_id, actor)
    if campaign.launched_at is None:
        refuse_if(_unfit(campaign, now))
        _begin(campaign, "owner", actor, now)


def launch_due(now: datetime) -> int:
    """Let every campaign begin whose hour has come; returns how many.

    One that has too little time left before its deadline waits for its sponsor.
    """
    sql = """
        SELECT id FROM campaign WHERE state = 'scheduled' AND launch_at <= %s AND deadline >= %s
        ORDER BY launch_at, id
    """
    return sum(_launch_due(found, now) for found in column(sql, (now, now + DURATION_MIN)))


@command
def _launch_due(campaign_id: UUID, now: datetime) -> bool:
    campaign = lock_campaign(campaign_id)
    is_due = campaign.launch_at is not None and campaign.launch_at <= now
    if not is_due or _unfit(campaign, now):
        return False
    _begin(campaign, "clock", CLOCK, now)
    return True


@command
def wish_to_be_told(actor: Actor, campaign_id: UUID, now: datetime) -> None:
    """Tell the actor, once, when the campaign begins; asking again changes nothing.

    A campaign that does not show itself yet is `NotFound`.
    """
    if lock_shown(campaign_id).launched_at is not None:
        return
    execute(
        """
        INSERT INTO launch_wish (campaign_id, person_id, asked_at) VALUES (%s, %s, %s)
        ON CONFLICT (campaign_id, person_id) DO NOTHING
        """,
        (campaign_id, actor.known(), now),
    )


@command
def forget_wish(actor: Actor, campaign_id: UUID) -> None:
    """Do not tell the actor after all."""
    execute(
        """
        DELETE FROM launch_wish WHERE campaign_id = %s AND person_id = %s AND told_at IS NULL
        """,
        (campaign_id, actor.known()),
    )


@command
def note_told(campaign_id: UUID, person_ids: list[UUID], now: datetime) -> None:
    """Note that these people were told that the campaign has begun."""
    execute(
        """
        UPDATE launch_wish SET told_at = %s
        WHERE campaign_id = %s AND person_id = ANY(%s) AND told_at IS NULL
        """,
        (now, campaign_id, person_ids),
    )


@step
def open_to_pledges(campaign: Campaign, now: datetime) -> None:
    """Begin to count pledges, and let the campaign be found."""
    if campaign.goal is None:
        raise Broken(f"campaign {campaign.id} was submitted without a goal")
    campaign.launched_at = campaign.changed_at = now
    execute(
        "INSERT INTO campaign_total (campaign_id, currency, goal_minor) VALUES (%s, %s, %s)",
        (campaign.id, campaign.goal.currency, campaign.goal.minor),
    )
    finding.make_findable(campaign)


@step
def lock_shown(campaign_id: UUID) -> Campaign:
    """Return a campaign that everybody may see or see coming, locked; others are `NotFound`."""
    campaign = lock_campaign(campaign_id, shared=True)
    is_coming = rules.is_coming(campaign.state, campaign.announced_at)
    if not is_coming and campaign.launched_at is None:
        raise NotFound(str(campaign_id))
    return campaign


def _unfit(campaign: Campaign, now: datetime) -> list[Refusal]:
    return rules.launch_refusals(
        campaign.deadline or now,
        now,
        state=CampaignState(campaign.state),
        most=longest_first_round(campaign),
    )


def _begin(campaign: Campaign, by: str, actor: Actor, now: datetime) -> None:
    move_campaign(campaign, "launch", by={by}, actor=actor, at=now)
    open_to_pledges(campaign, now)
    announce(CampaignLaunched(campaign.id, campaign.sponsor_id))
