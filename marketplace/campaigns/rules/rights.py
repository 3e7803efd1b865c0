"""What a sponsor can let others do. Payouts, submitting and giving up stay the sponsor's own."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """One thing a member of a campaign's team may do."""

    STORY = "story"  # write what the campaign tells
    REWARDS = "rewards"  # write its rewards
    TALK = "talk"  # post updates, answer questions
    FULFIL = "fulfil"  # see addresses, mark what is shipped
    SEE_MONEY = "see_money"
    SEE_BACKERS = "see_backers"
