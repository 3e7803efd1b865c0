"""Late pledges: made and paid after the success, released to the sponsor in sets, once a day.

Rows only; settlement moves the money.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.events import LatePledgesReleased
from marketplace.campaigns.fees import Payout, payout
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.services.moving import trace_pledges
from marketplace.campaigns.states import PledgeState
from marketplace.infra.commands import step
from marketplace.infra.database import rows
from marketplace.infra.events import announce
from marketplace.kernel.actors import SETTLEMENT, Actor
from marketplace.kernel.money import Money

_RELEASE: Final = """
    UPDATE pledge SET state = 'released', ended_at = %(now)s
    WHERE campaign_id = %(campaign)s AND is_late AND state = 'held' AND held_at < %(before)s
    RETURNING id, amount_minor, currency
"""
_GIVE_BACK: Final = """
    UPDATE pledge SET state = 'refunding', refund_reason = %(reason)s
    WHERE campaign_id = %(campaign)s AND is_late AND state = 'held'
    RETURNING id, amount_minor, currency
"""


@dataclass(frozen=True, slots=True)
class _Late:
    id: UUID
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class LateSet:
    """Late pledges that are released together, in order; `whole`: divided if nothing is held."""

    ids: list[UUID]
    whole: Payout


@step
def release(campaign: Campaign, now: datetime, *, before: datetime) -> LateSet | None:
    """Decide for the sponsor about what was paid `before` then; None where that is nothing."""
    facts = {"campaign": campaign.id, "now": now, "before": before}
    found = rows(_RELEASE, facts, into=_Late)
    if not found:
        return None
    ids, currency = sorted(late.id for late in found), found[0].currency
    trace_pledges(ids, "release", PledgeState.HELD, PledgeState.RELEASED, at=now)
    total = Money(sum(late.amount_minor for late in found), currency)
    announce(
        LatePledgesReleased(
            campaign.id, campaign.sponsor_id, ids[0], len(ids), total.minor, currency
        )
    )
    return LateSet(ids, payout(total, campaign.fee_bps or 0))


@step
def give_back(
    campaign: Campaign, now: datetime, *, reason: str, actor: Actor = SETTLEMENT
) -> list[UUID]:
    """Send back what was not released yet of a campaign that is undone; returns which, in order."""
    found = rows(_GIVE_BACK, {"campaign": campaign.id, "reason": reason}, into=_Late)
    ids = sorted(late.id for late in found)
    trace_pledges(ids, "return", PledgeState.HELD, PledgeState.REFUNDING, at=now, actor=actor)
    return ids
