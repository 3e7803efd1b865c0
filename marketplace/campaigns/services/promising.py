"""Pledges whose card is saved first and charged when the goal is reached.

    awaiting_payment ──card saved──▶ promised ──goal reached──▶ charging ──▶ held
                                         │                         ▲│
                                    goal missed               again││declined
                                         ▼                         │▼
                                      lapsed ◀──────never──────  declined ──paid by hand──▶ held

A charge is one instruction with its own number; a backer who mends a decline pays on an ordinary
page, which works for another card and for a bank that wants to see its customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.events import PledgeDeclined, PledgePromised, PledgeReminded
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.rules.suspending import standing_refusals
from marketplace.campaigns.services import changing_pledge
from marketplace.campaigns.services.accounts import escrow_account
from marketplace.campaigns.services.moving import (
    give_back_all_stock,
    give_back_stock,
    lock_own_pledge,
    lock_pledge,
    move_pledge,
    trace_pledges,
)
from marketplace.campaigns.states import COUNTING, PledgeState
from marketplace.escrow.services import planning
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, execute
from marketplace.infra.events import announce, announce_all
from marketplace.kernel.actors import PROVIDER, Actor
from marketplace.kernel.errors import Refusal, refuse_if
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money

MEND_PAGE: Final = timedelta(minutes=30)


@command
def mark_promised(pledge_id: UUID, *, saved_at: datetime, now: datetime) -> None:
    """Note that the card is saved; safe to repeat. Saved after the deadline, it counts nothing."""
    campaign, pledge = lock_pledge(pledge_id)
    if pledge.state != PledgeState.AWAITING_PAYMENT:
        return
    if not _in_time(campaign, saved_at):
        move_pledge(pledge, "expire", by={"provider"}, actor=PROVIDER, at=now, reason="too_late")
        pledge.ended_at = now
        give_back_stock(pledge)
        return
    pledge.promised_at = saved_at
    move_pledge(pledge, "save", by={"provider"}, actor=PROVIDER, at=now)
    announce(PledgePromised(pledge.id, campaign.id, pledge.backer_id))
    changing_pledge.finish(pledge, actor=PROVIDER, now=now)


@command
def mark_declined(pledge_id: UUID, charge_id: UUID, *, reason: str, now: datetime) -> None:
    """Note that the saved card was not charged, and tell its owner; safe to repeat.

    When the window is over there is nothing left to mend, so nothing is told.
    """
    campaign, pledge = lock_pledge(pledge_id)
    if pledge.state != PledgeState.CHARGING or pledge.charge_id != charge_id:
        return
    pledge.decline_reason, pledge.reminded_at = reason or "declined", now
    move_pledge(pledge, "decline", by={"provider"}, actor=PROVIDER, at=now, reason=reason or None)
    if campaign.collect_until is not None and now < campaign.collect_until:
        announce(PledgeDeclined(pledge.id, campaign.id, pledge.backer_id, pledge.charges))


@command
def open_repair(actor: Actor, pledge_id: UUID, now: datetime) -> InstructionId:
    """Plan the page on which a backer pays what the saved card did not, and return it.

    While an unfinished page is open it is the answer. Somebody else's pledge is `NotFound`; one
    that is not, or no longer, to be mended is refused.
    """
    campaign, pledge = lock_own_pledge(pledge_id, actor)
    refuse_if(standing_refusals(campaign.suspended_at))
    until = campaign.collect_until
    if pledge.state != PledgeState.DECLINED or until is None or now >= until:
        raise Refusal("nothing_to_mend")
    place = f"/pledges/{public_id('pl', pledge.id)}"
    return planning.plan_checkout(
        purpose="pledge",
        subject_id=pledge.id,
        person_id=pledge.backer_id,
        amount=pledge.amount,
        credit_account=escrow_account(campaign.id, pledge.currency),
        description=campaign.title,
        return_path=f"{place}/return",
        cancel_path=place,
        expires_at=min(now + MEND_PAGE, until),
        cause=f"pledge:{pledge.id}",
    )


@step
def mark_charging(
    pledge_ids: Sequence[UUID], charge_ids: Sequence[UUID], former: PledgeState, now: datetime
) -> None:
    """Note that the saved cards of these pledges, all in the state `former`, are being charged."""
    execute(
        """
        UPDATE pledge SET state = 'charging', charges = charges + 1, charge_id = plan.charge_id
        FROM unnest(%s::uuid[], %s::uuid[]) AS plan (pledge_id, charge_id)
        WHERE pledge.id = plan.pledge_id
        """,
        (list(pledge_ids), list(charge_ids)),
    )
    trace_pledges(pledge_ids, "charge", former, PledgeState.CHARGING, at=now)


@step
def remind(campaign: Campaign, *, before: datetime, now: datetime) -> list[UUID]:
    """Remind whoever has not mended a decline and heard of it last at `before` or earlier."""
    sql = """
        UPDATE pledge SET reminded_at = %s
        WHERE campaign_id = %s AND state = 'declined' AND reminded_at <= %s RETURNING id
    """
    ids = sorted(column(sql, (now, campaign.id, before)))
    announce_all([PledgeReminded(pledge_id, campaign.id, now) for pledge_id in ids])
    return ids


@step
def lapse_promised(campaign: Campaign, now: datetime, *, reason: str = "goal_missed") -> list[UUID]:
    """End what was promised: nobody is charged. Returns which."""
    sql = """
        UPDATE pledge SET state = 'lapsed', ended_at = %s
        WHERE campaign_id = %s AND state = 'promised' RETURNING id
    """
    ids = sorted(column(sql, (now, campaign.id)))
    trace_pledges(ids, "lapse", PledgeState.PROMISED, PledgeState.LAPSED, at=now, reason=reason)
    return ids


@step
def lapse_unpaid(campaign: Campaign, now: datetime) -> list[UUID]:
    """Give up what could not be charged in time; its rewards go back on the shelf.

    Should one of them turn out to be paid after all, it is refunded when the news arrives.
    """
    lost: list[UUID] = []
    for former in (PledgeState.DECLINED, PledgeState.CHARGING):
        sql = """
            UPDATE pledge SET state = 'lapsed', ended_at = %s,
                decline_reason = coalesce(decline_reason, 'no_answer')
            WHERE campaign_id = %s AND state = %s RETURNING id
        """
        ids = sorted(column(sql, (now, campaign.id, former)))
        trace_pledges(ids, "lapse", former, PledgeState.LAPSED, at=now, reason="not_collected")
        lost += ids
    give_back_all_stock(lost)
    return lost


@step
def outstanding(campaign: Campaign) -> Money:
    """Return what is promised and not collected."""
    sql = "SELECT promised_minor FROM campaign_total WHERE campaign_id = %s"
    found = column(sql, (campaign.id,))
    return Money(int(found[0]), campaign.currency or "")


def _in_time(campaign: Campaign, saved_at: datetime) -> bool:
    in_time = campaign.deadline is not None and saved_at < campaign.deadline
    return in_time and campaign.state in COUNTING
