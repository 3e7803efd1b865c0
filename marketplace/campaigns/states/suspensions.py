"""The life of a suspension: one person freezes and lifts, two people end a campaign."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from marketplace.campaigns.states import CampaignState
from marketplace.kernel.machines import Machine


class SuspensionState(StrEnum):
    """Where a suspension stands."""

    STANDING = "standing"
    PROPOSED = "proposed"  # somebody wants the campaign to end; a second person has to agree
    LIFTED = "lifted"
    STOPPED = "stopped"  # the campaign ends: settlement gives everything back


SUSPENSION: Final = Machine.read(
    SuspensionState,
    """
    standing  propose  proposed  moderator
    standing  lift     lifted    moderator
    proposed  lift     lifted    moderator|finance_officer
    proposed  agree    stopped   moderator|finance_officer
    """,
    name="suspension",
)

# What still has, or may still get, money that can be frozen.
SUSPENDABLE: Final = frozenset(
    {
        CampaignState.LIVE,
        CampaignState.CLOSING,
        CampaignState.COLLECTING,
        CampaignState.FUNDED,
    }
)
