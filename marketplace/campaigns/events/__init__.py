"""What campaigns announce to the floors above: frozen facts, told at least once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.events import Event


@dataclass(frozen=True)
class CampaignSubmitted(Event):
    """A sponsor asked for a decision."""

    campaign_id: UUID
    sponsor_id: UUID


@dataclass(frozen=True)
class CampaignApproved(Event):
    """A moderator let it go live."""

    campaign_id: UUID
    sponsor_id: UUID


@dataclass(frozen=True)
class CampaignReturned(Event):
    """A moderator gave it back to its sponsor, with a reason."""

    campaign_id: UUID
    sponsor_id: UUID
    reason: str


@dataclass(frozen=True)
class PledgeHeld(Event):
    """A backer paid; the provider holds the money."""

    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class PledgePromised(Event):
    """A backer saved a card for the deadline; nothing is charged."""

    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID


@dataclass(frozen=True)
class PledgeDeclined(Event):
    """A saved card was not charged; the backer can mend it. `attempt` counts from one."""

    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    attempt: int


@dataclass(frozen=True)
class PledgeReminded(Event):
    """A declined card is still not mended."""

    pledge_id: UUID
    campaign_id: UUID
    at: datetime


@dataclass(frozen=True)
class PledgeCancelled(Event):
    """A backer took a paid pledge back; the refund is on its way."""

    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class PledgeRefunded(Event):
    """A pledge went back in full: the way it came, or to the wallet. `reason` as on the pledge."""

    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    amount_minor: int
    currency: str
    reason: str
    to_wallet: bool


@dataclass(frozen=True)
class CampaignCollecting(Event):
    """The goal was promised at the deadline: the saved cards are being charged."""

    campaign_id: UUID
    sponsor_id: UUID
    promised_minor: int
    currency: str


@dataclass(frozen=True)
class CampaignWentOn(Event):
    """The minimum was pledged by the first deadline: the second round has begun."""

    campaign_id: UUID
    sponsor_id: UUID
    pledged_minor: int
    currency: str


@dataclass(frozen=True)
class StretchGoalReached(Event):
    """So much was raised for the first time that a stretch goal is reached."""

    campaign_id: UUID
    sponsor_id: UUID
    position: int


@dataclass(frozen=True)
class CampaignFunded(Event):
    """What its rule asks for was collected; gross = fee + net."""

    campaign_id: UUID
    sponsor_id: UUID
    gross_minor: int
    fee_minor: int
    net_minor: int
    currency: str


@dataclass(frozen=True)
class LatePledgesReleased(Event):
    """A set of late pledges was released to the sponsor; `first_id` is the first of them."""

    campaign_id: UUID
    sponsor_id: UUID
    first_id: UUID
    pledges: int
    gross_minor: int
    currency: str


@dataclass(frozen=True)
class CampaignUnfunded(Event):
    """The goal was missed; whoever was charged is being refunded in full."""

    campaign_id: UUID
    sponsor_id: UUID
    raised_minor: int
    currency: str


@dataclass(frozen=True)
class CampaignGivenBack(Event):
    """A funded campaign's sponsor could not be paid in time; every backer is being refunded."""

    campaign_id: UUID
    sponsor_id: UUID


@dataclass(frozen=True)
class CampaignPaidOut(Event):
    """The provider confirmed that the sponsor has the money."""

    campaign_id: UUID
    sponsor_id: UUID
    net_minor: int
    currency: str


@dataclass(frozen=True)
class CampaignPayoutFailed(Event):
    """The provider could not pay the sponsor; the money waits and is sent again."""

    campaign_id: UUID
    sponsor_id: UUID
    instruction_id: UUID
    net_minor: int
    currency: str


@dataclass(frozen=True)
class UpdatePosted(Event):
    """A sponsor told the backers something."""

    update_id: UUID
    campaign_id: UUID


@dataclass(frozen=True)
class PledgeChargedBack(Event):
    """A backer's bank took a paid pledge back; the pledge is over."""

    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    sponsor_id: UUID
    dispute_id: UUID
    was_released: bool


@dataclass(frozen=True)
class PledgeRestored(Event):
    """The bank gave a disputed pledge back to us. It counts again, or is in the wallet."""

    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    sponsor_id: UUID
    dispute_id: UUID
    to_wallet: bool


@dataclass(frozen=True)
class PledgeCameBack(Event):
    """A refund had arrived and came back; the money is in the backer's wallet."""

    pledge_id: UUID
    campaign_id: UUID
    backer_id: UUID
    amount_minor: int
    currency: str
