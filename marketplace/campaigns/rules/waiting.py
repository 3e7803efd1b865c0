"""Who may stand in the line before a reward, and how long a place is kept for them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.rules.rewards import OfferFacts, offer_refusals
from marketplace.kernel.errors import Refusal

OFFER_HOLDS: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What decides whether somebody may stand in a line. `left` is None where there is no limit."""

    person_id: UUID
    sponsor_id: UUID
    is_live: bool
    deadline: datetime
    offer: OfferFacts
    left: int | None


def join_refusals(facts: LineFacts, now: datetime) -> list[Refusal]:
    """Return what keeps somebody from waiting for a reward at `now`."""
    if facts.person_id == facts.sponsor_id:
        return [Refusal("own_campaign")]
    if not facts.is_live or now >= facts.deadline:
        return [Refusal("campaign_closed")]
    if found := offer_refusals(facts.offer, now):
        return found
    return [Refusal("line_needless")] if facts.left is None or facts.left > 0 else []


def offer_until(now: datetime, deadline: datetime, closes_at: datetime | None) -> datetime:
    """Return until when a place is kept: a day, never past the last instant it can be taken."""
    return min(now + OFFER_HOLDS, deadline, closes_at or deadline)
