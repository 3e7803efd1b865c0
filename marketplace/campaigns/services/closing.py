"""The end of a campaign, in parts that the settlement puts together.

All of it is set-based: a campaign with ten thousand pledges closes in a few statements.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.campaigns.events import (
    CampaignCollecting,
    CampaignFunded,
    CampaignPaidOut,
    CampaignPayoutFailed,
    CampaignUnfunded,
    CampaignWentOn,
)
from marketplace.campaigns.fees import Payout, payout
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.rules import deadlines
from marketplace.campaigns.services.moving import (
    give_back_all_stock,
    lock_campaign,
    move_campaign,
    trace_pledges,
)
from marketplace.campaigns.states import CampaignState, PledgeState
from marketplace.escrow import queries as escrow
from marketplace.escrow.states import State
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, execute, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import CLOCK, PROVIDER, SETTLEMENT
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId
from marketplace.kernel.money import Money


@step
def close(campaign: Campaign, now: datetime) -> None:
    """Take no more pledges: the deadline has come."""
    move_campaign(campaign, "close", by={"settlement"}, actor=SETTLEMENT, at=now)
    campaign.closed_at = now


@step
def go_on(campaign: Campaign, now: datetime) -> None:
    """Begin the second round: the minimum is pledged, so it cannot be missed any more."""
    if campaign.deadline is None or campaign.round_two_days is None:
        raise Broken(f"campaign {campaign.id} has no second round")
    first, days = campaign.deadline, campaign.round_two_days
    later = deadlines.days_later(first, days, campaign.deadline_zone)
    if campaign.late_until is not None:
        campaign.late_until += later - first
    campaign.round, campaign.first_deadline, campaign.deadline = 2, first, later
    campaign.closed_at = None
    move_campaign(campaign, "go_on", by={"settlement"}, actor=SETTLEMENT, at=now)
    total = pledged(campaign)
    announce(CampaignWentOn(campaign.id, campaign.sponsor_id, total.minor, total.currency))


@step
def give_up_unpaid(campaign: Campaign, now: datetime) -> int:
    """Expire what still waits for a payment, its reward back on the shelf; returns how many.

    Should one turn out to be paid after all, it is refunded when the news arrives.
    """
    sql = """
        UPDATE pledge SET state = 'expired', ended_at = %s
        WHERE campaign_id = %s AND state = 'awaiting_payment' RETURNING id
    """
    ids = column(sql, (now, campaign.id))
    former, expired = PledgeState.AWAITING_PAYMENT, PledgeState.EXPIRED
    trace_pledges(ids, "expire", former, expired, at=now, actor=CLOCK)
    give_back_all_stock(ids)
    return len(ids)


@step
def held(campaign: Campaign) -> Money:
    """Return what the campaign's paid pledges sum up to."""
    sql = "SELECT held_minor FROM campaign_total WHERE campaign_id = %s"
    return Money(int(scalar(sql, (campaign.id,))), _currency(campaign))


@step
def pledged(campaign: Campaign) -> Money:
    """Return what is pledged: paid, or promised on saved cards."""
    sql = "SELECT held_minor + promised_minor FROM campaign_total WHERE campaign_id = %s"
    return Money(int(scalar(sql, (campaign.id,))), _currency(campaign))


@step
def collect(campaign: Campaign, promised: Money, *, until: datetime, now: datetime) -> None:
    """Begin to charge the saved cards: enough is promised. Declines can be mended `until` then."""
    campaign.collect_until = until
    move_campaign(campaign, "collect", by={"settlement"}, actor=SETTLEMENT, at=now)
    announce(
        CampaignCollecting(campaign.id, campaign.sponsor_id, promised.minor, promised.currency)
    )


@step
def fund(campaign: Campaign, now: datetime) -> Payout:
    """Decide for the sponsor: pledges are released, the division is frozen; returns it."""
    division = payout(held(campaign), campaign.fee_bps or 0)
    _freeze_totals(campaign)
    ids = column(
        """
        UPDATE pledge SET state = 'released', ended_at = %s
        WHERE campaign_id = %s AND state = 'held' RETURNING id
        """,
        (now, campaign.id),
    )
    trace_pledges(ids, "release", PledgeState.HELD, PledgeState.RELEASED, at=now)
    campaign.decided_at = now
    campaign.fee_minor, campaign.net_minor = division.fee.minor, division.net.minor
    move_campaign(campaign, "fund", by={"settlement"}, actor=SETTLEMENT, at=now)
    announce(
        CampaignFunded(
            campaign.id,
            campaign.sponsor_id,
            division.gross.minor,
            division.fee.minor,
            division.net.minor,
            division.gross.currency,
        )
    )
    return division


@step
def miss(campaign: Campaign, now: datetime) -> list[UUID]:
    """Decide for the backers: every paid pledge is to go back; returns which, in order."""
    raised = held(campaign)
    _freeze_totals(campaign)
    ids = column(
        """
        UPDATE pledge SET state = 'refunding', refund_reason = 'goal_missed'
        WHERE campaign_id = %s AND state = 'held' RETURNING id
        """,
        (campaign.id,),
    )
    ids.sort()
    trace_pledges(ids, "return", PledgeState.HELD, PledgeState.REFUNDING, at=now)
    campaign.decided_at = now
    move_campaign(campaign, "miss", by={"settlement"}, actor=SETTLEMENT, at=now)
    if not ids:
        _complete(campaign, now)
    announce(CampaignUnfunded(campaign.id, campaign.sponsor_id, raised.minor, raised.currency))
    return ids


@command
def finish_refunds(campaign_id: UUID, now: datetime) -> bool:
    """End a campaign that missed its goal once every backer has the money back.

    Returns whether it ended now; safe to repeat and to call too early.
    """
    campaign = lock_campaign(campaign_id)
    if campaign.state != CampaignState.UNFUNDED or _still_owed(campaign.id):
        return False
    _complete(campaign, now)
    return True


@command
def mark_paid_out(
    campaign_id: UUID, *, instruction_id: InstructionId, at: datetime, now: datetime
) -> None:
    """Note that the sponsor has the money; safe to repeat."""
    campaign = lock_campaign(campaign_id)
    if campaign.state == CampaignState.PAID_OUT:
        return
    known = [one.id for one in escrow.instructions_for(campaign_id) if one.purpose == "release"]
    if instruction_id not in known:
        raise Broken(f"campaign {campaign_id} was paid out by an instruction it never gave")
    if _came_back(instruction_id):
        return
    move_campaign(campaign, "pay_out", by={"provider"}, actor=PROVIDER, at=now)
    campaign.ended_at = at
    announce(
        CampaignPaidOut(
            campaign.id,
            campaign.sponsor_id,
            escrow.instruction(instruction_id).amount_minor,
            _currency(campaign),
        )
    )


@command
def take_returned_payout(
    campaign_id: UUID, *, instruction_id: InstructionId, amount: Money, now: datetime
) -> None:
    """The sponsor had the money and it came back: it waits to be sent again. Safe to repeat."""
    campaign = lock_campaign(campaign_id)
    if campaign.release_id != instruction_id:
        return
    if campaign.state == CampaignState.PAID_OUT:
        move_campaign(campaign, "come_back", by={"provider"}, actor=PROVIDER, at=now)
        campaign.ended_at = None
    announce(
        CampaignPayoutFailed(
            campaign.id, campaign.sponsor_id, instruction_id, amount.minor, amount.currency
        )
    )


def _came_back(instruction_id: InstructionId) -> bool:
    """Whether a payout came back before its arrival was told here."""
    return escrow.instruction(instruction_id).state == State.RETURNED


@command
def tell_failed_payout(campaign_id: UUID, *, instruction_id: InstructionId, amount: Money) -> None:
    """Announce that the sponsor could not be paid, unless the next try is under way already."""
    campaign = lock_campaign(campaign_id)
    if campaign.state == CampaignState.FUNDED and campaign.release_id == instruction_id:
        announce(
            CampaignPayoutFailed(
                campaign.id, campaign.sponsor_id, instruction_id, amount.minor, amount.currency
            )
        )


def _complete(campaign: Campaign, now: datetime) -> None:
    move_campaign(campaign, "complete", by={"settlement"}, actor=SETTLEMENT, at=now)
    campaign.ended_at = now


def _still_owed(campaign_id: UUID) -> bool:
    sql = """
        SELECT EXISTS (SELECT 1 FROM pledge
            WHERE campaign_id = %s AND state IN ('held', 'refunding'))
    """
    return bool(scalar(sql, (campaign_id,)))


def _freeze_totals(campaign: Campaign) -> None:
    execute("UPDATE campaign_total SET decided = true WHERE campaign_id = %s", (campaign.id,))


def _currency(campaign: Campaign) -> str:
    if campaign.currency is None:
        raise Broken(f"campaign {campaign.id} has no currency")
    return campaign.currency
