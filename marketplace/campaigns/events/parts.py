"""What is told of deliveries, objections, milestones and the parts that hang on them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class FulfilmentShipped(Event):
    """What was promised to a backer is on its way; the inspection runs."""

    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID


@dataclass(frozen=True)
class FulfilmentAccepted(Event):
    """A backer has what was promised; `by_silence`: nobody said otherwise in time."""

    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    by_silence: bool


@dataclass(frozen=True)
class ObjectionRaised(Event):
    """A backer objects; `part_id` is the milestone, None where it is about the reward."""

    objection_id: UUID
    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    sponsor_id: UUID
    part_id: UUID | None


@dataclass(frozen=True)
class ObjectionDecided(Event):
    """Two people have decided about an objection; what they decided is carried out now."""

    objection_id: UUID
    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    sponsor_id: UUID


@dataclass(frozen=True)
class FulfilmentDecided(Event):
    """What was held for a delivery is divided: so much goes back, the rest is the sponsor's.

    Once for each part, by two people or on the last day it could be held (`by_clock`).
    """

    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    sponsor_id: UUID
    back_minor: int
    released_minor: int
    currency: str
    by_clock: bool


@dataclass(frozen=True)
class PartReturned(Event):
    """A part of a pledge went back: the way it came, or to the wallet."""

    part_id: UUID
    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    amount_minor: int
    currency: str
    to_wallet: bool


@dataclass(frozen=True)
class MilestoneClaimed(Event):
    """A sponsor says that a milestone is reached; backers may object for some days."""

    part_id: UUID
    campaign_id: UUID
    sponsor_id: UUID


@dataclass(frozen=True)
class MilestoneGranted(Event):
    """A milestone is reached: its share is the sponsor's."""

    part_id: UUID
    campaign_id: UUID
    sponsor_id: UUID
    released_minor: int
    currency: str


@dataclass(frozen=True)
class MilestoneRefused(Event):
    """A milestone is not reached: two people found an objection to be right."""

    part_id: UUID
    campaign_id: UUID
    sponsor_id: UUID


@dataclass(frozen=True)
class TranchePaid(Event):
    """A sponsor has got what was released since the last payout."""

    campaign_id: UUID
    sponsor_id: UUID
    payout_id: UUID
    net_minor: int
    currency: str
