"""Campaigns at their deadline: closed, decided, released to the sponsor or refunded.

    live ──deadline──▶ closing ──no payment open any more──▶ funded   (escrow → payable + fee)
                                                         ├─▶ unfunded (every pledge goes back)
                                                         ├─▶ collecting (cards were only saved)
                                                         └─▶ live (the first of two rounds)

One transaction closes a campaign, another decides it. Between the two, checkouts that are still
open are shut at the provider; a payment made before the deadline whose news comes late still
counts, for at most 45 minutes. The first of two rounds waits for none of that once its minimum
is there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries import pledges
from marketplace.campaigns.rules.models import Verdict, at_deadline, rule_of
from marketplace.campaigns.services import closing
from marketplace.campaigns.services.moving import lock_campaign
from marketplace.campaigns.states import CampaignState, Collection
from marketplace.escrow.services import dispatching
from marketplace.infra.commands import command, rehearsing, step
from marketplace.infra.database import column
from marketplace.infra.logs import log
from marketplace.settlement import collecting, deciding
from marketplace.settlement.deciding import line
from marketplace.settlement.lines import Line

PATIENCE: Final = timedelta(minutes=45)
# Everything else has happened by then, payments still on their way included.
OVERDUE: Final = timedelta(hours=1)
BATCH: Final = 500
_OVERDUE: Final = """
    SELECT id FROM campaign WHERE suspended_at IS NULL
        AND ((state IN ('live', 'closing') AND deadline <= %(before)s)
            OR (state = 'collecting' AND collect_until <= %(before)s))
    ORDER BY id
"""


def due(now: datetime, limit: int = BATCH) -> list[UUID]:
    """Return the campaigns to close or to decide, oldest first; none that is suspended."""
    sql = """
        SELECT id FROM campaign
        WHERE state IN ('live', 'closing') AND suspended_at IS NULL AND deadline <= %s
        ORDER BY deadline, id LIMIT %s
    """
    return column(sql, (now, limit))


def close_due_campaigns(now: datetime) -> list[Line]:
    """Close and, where nothing is open any more, decide every campaign that is due.

    A campaign whose books do not add up is left as it is and named; the others go on.
    """
    return deciding.take_each(due(now), lambda found: close_campaign(found, now))


def alarm_overdue(now: datetime) -> list[Line]:
    """Raise an alarm about what has been due for an hour and more and nothing could decide.

    To be asked when everything that can be decided was; a suspended campaign is meant to wait.
    """
    return [_alarm(found) for found in column(_OVERDUE, {"before": now - OVERDUE})]


def _alarm(campaign_id: UUID) -> Line:
    log("settlement").error("campaign overdue", campaign=str(campaign_id))
    return line("campaign.overdue", campaign_id, note="due for over an hour and not decided")


def close_campaign(campaign_id: UUID, now: datetime) -> list[Line]:
    """Take one campaign as far as it can be taken at `now`."""
    lines = _close(campaign_id, now)
    if not rehearsing():
        for checkout_id in _open_checkouts(campaign_id):
            dispatching.withdraw(checkout_id)
    return lines + _decide(campaign_id, now)


def finish_refunded_campaigns(now: datetime) -> list[Line]:
    """End the campaigns that missed their goal and owe nobody anything any more."""
    sql = """
        SELECT c.id FROM campaign c WHERE c.state = 'unfunded' AND NOT EXISTS (
            SELECT 1 FROM pledge p
            WHERE p.campaign_id = c.id AND p.state IN ('held', 'refunding'))
        ORDER BY c.id
    """
    ended = [found for found in column(sql) if closing.finish_refunds(found, now)]
    return [line("campaign.refunded", found, note="every backer has the money") for found in ended]


@command
def _close(campaign_id: UUID, now: datetime) -> list[Line]:
    campaign = lock_campaign(campaign_id)
    if campaign.suspended_at is not None or campaign.state != CampaignState.LIVE:
        return []
    if campaign.deadline is None or campaign.deadline > now:
        return []
    closing.close(campaign, now)
    closed = line("campaign.closed", campaign_id, note="the deadline has come")
    return [closed, *(_go_on(campaign, now) if _verdict(campaign) is Verdict.NEXT_ROUND else [])]


@command
def _decide(campaign_id: UUID, now: datetime) -> list[Line]:
    campaign = lock_campaign(campaign_id)
    if campaign.suspended_at is not None or campaign.state != CampaignState.CLOSING:
        return []
    if campaign.deadline is None:
        return []
    waiting = pledges.open_checkouts(campaign_id)
    if waiting and now < campaign.deadline + PATIENCE:
        return [line("campaign.waits", campaign_id, note=f"{waiting} payments are still open")]
    if waiting:
        closing.give_up_unpaid(campaign, now)
    if _verdict(campaign) is Verdict.NEXT_ROUND:
        return _go_on(campaign, now)
    if campaign.collection == Collection.DEADLINE:
        return collecting.start(campaign, now)
    return deciding.decide(campaign, now)


@step
def _go_on(campaign: Campaign, now: datetime) -> list[Line]:
    closing.go_on(campaign, now)
    note = f"the minimum is reached; the second round ends {campaign.deadline:%Y-%m-%d %H:%M}"
    return [line("campaign.goes_on", campaign.id, amount=closing.pledged(campaign), note=note)]


@step
def _verdict(campaign: Campaign) -> Verdict:
    return at_deadline(closing.pledged(campaign), rule_of(campaign))


def _open_checkouts(campaign_id: UUID) -> list[UUID]:
    sql = """
        SELECT coalesce(p.setup_id, p.checkout_id) FROM pledge p
        JOIN campaign c ON c.id = p.campaign_id AND c.state = 'closing'
        WHERE p.campaign_id = %s AND p.state = 'awaiting_payment'
          AND coalesce(p.setup_id, p.checkout_id) IS NOT NULL
        ORDER BY p.id
    """
    return column(sql, (campaign_id,))
