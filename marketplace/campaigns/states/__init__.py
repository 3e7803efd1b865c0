"""The lives of campaigns and pledges, as tables: from, move, to, who.

Roles towards a campaign: `owner` (its sponsor), `moderator` (never of an own campaign),
`clock`, `settlement`, `provider`. Towards a pledge: `backer` (whose it is) and the house.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from marketplace.kernel.machines import Machine


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    SCHEDULED = "scheduled"  # approved; goes live at its own hour
    LIVE = "live"
    CLOSING = "closing"
    COLLECTING = "collecting"  # the goal was promised: saved cards are being charged
    FUNDED = "funded"
    PAID_OUT = "paid_out"
    UNFUNDED = "unfunded"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


class Funding(StrEnum):
    """By what a campaign is judged at its deadline; the column is `model`."""

    ALL_OR_NOTHING = "all_or_nothing"  # the goal is pledged, and its floor collected
    KEEP_WHAT_YOU_RAISE = "keep_what_you_raise"  # whatever was pledged
    TWO_ROUNDS = "two_rounds"  # the goal is the minimum; once it is pledged, on to the optimum


class Collection(StrEnum):
    """When a campaign takes its backers' money."""

    NOW = "now"  # charged when they pledge, held until the decision
    DEADLINE = "deadline"  # a card is saved when they pledge, charged when the goal is reached


class LineKind(StrEnum):
    """What a line of a pledge is for."""

    REWARD = "reward"
    ADD_ON = "add_on"
    SHIPPING = "shipping"
    BONUS = "bonus"  # given beyond the price, or without any reward


class PledgeState(StrEnum):
    """Where a pledge stands."""

    AWAITING_PAYMENT = "awaiting_payment"
    PROMISED = "promised"  # a card is saved; nothing is charged
    CHARGING = "charging"
    DECLINED = "declined"  # the card was not charged; the backer can still mend it
    HELD = "held"
    RELEASED = "released"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"  # the backer's bank took the payment back
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"  # promised, and never charged


CAMPAIGN: Final = Machine.read(
    CampaignState,
    """
    draft      submit    in_review  owner
    draft      discard   cancelled  owner
    in_review  withdraw  draft      owner
    in_review  approve   live       moderator
    in_review  schedule  scheduled  moderator
    in_review  return    draft      moderator
    scheduled  launch    live       clock|owner
    scheduled  withdraw  draft      owner
    live       close     closing    settlement
    live       stop      unfunded   settlement
    closing    stop      unfunded   settlement
    collecting stop      unfunded   settlement
    closing    fund      funded     settlement
    closing    miss      unfunded   settlement
    closing    collect   collecting settlement
    closing    go_on     live       settlement
    collecting fund      funded     settlement
    collecting miss      unfunded   settlement
    funded     pay_out   paid_out   provider|settlement
    paid_out   come_back funded     provider
    funded     give_back unfunded   settlement
    unfunded   complete  refunded   provider|settlement
    """,
    name="campaign",
)

# A payment that comes too late is taken in only to be sent back: every state that a checkout or
# a charge can leave open leads to `refunding`.
PLEDGE: Final = Machine.read(
    PledgeState,
    """
    awaiting_payment  pay      held       provider
    awaiting_payment  expire   expired    provider|clock
    awaiting_payment  cancel   cancelled  backer
    awaiting_payment  return   refunding  provider
    awaiting_payment  save     promised   provider
    promised          cancel   cancelled  backer
    promised          charge   charging   settlement
    promised          lapse    lapsed     settlement
    charging          pay      held       provider
    charging          decline  declined   provider
    charging          return   refunding  provider
    charging          lapse    lapsed     settlement
    declined          pay      held       provider
    declined          charge   charging   settlement
    declined          return   refunding  provider
    declined          lapse    lapsed     settlement
    lapsed            return   refunding  provider
    expired           return   refunding  provider
    cancelled         return   refunding  provider
    held              cancel   refunding  backer
    held              return   refunding  settlement
    held              release  released   settlement
    released          return   refunding  settlement
    refunding         settle   refunded   provider
    held              charge_back  charged_back  settlement
    released          charge_back  charged_back  settlement
    refunding         charge_back  charged_back  settlement
    charged_back      restore      held          settlement
    charged_back      reinstate    released      settlement
    charged_back      settle       refunded      provider|settlement
    """,
    name="pledge",
)

# Shown to everybody; drafts and what never went live are the sponsor's own.
PUBLIC: Final = frozenset(
    {
        CampaignState.LIVE,
        CampaignState.CLOSING,
        CampaignState.COLLECTING,
        CampaignState.FUNDED,
        CampaignState.PAID_OUT,
        CampaignState.UNFUNDED,
        CampaignState.REFUNDED,
    }
)

# Taking pledges, or the news of the last payments: what was paid before the deadline counts.
COUNTING: Final = frozenset({CampaignState.LIVE, CampaignState.CLOSING})

# Taken up, and not yet decided whose the money is.
UNDECIDED: Final = COUNTING | {CampaignState.COLLECTING}

# Decided for the sponsor: pledges that come later are late ones.
DECIDED_FOR: Final = frozenset({CampaignState.FUNDED, CampaignState.PAID_OUT})

# Pledges that count as pledged and not, or not yet, as collected.
OUTSTANDING: Final = frozenset({PledgeState.PROMISED, PledgeState.CHARGING, PledgeState.DECLINED})

# What a visitor can narrow the list to.
FILTERS: Final[dict[str, tuple[str, ...]]] = {
    "open": ("live",),
    "funded": ("funded", "paid_out"),
    "unfunded": ("unfunded", "refunded"),
    "all": ("live", "closing", "collecting", "funded", "paid_out", "unfunded", "refunded"),
}
