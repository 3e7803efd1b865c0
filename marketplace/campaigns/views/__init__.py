"""The pages of campaigns: for visitors, backers, sponsors and moderators."""

from __future__ import annotations

from marketplace.campaigns.views import (
    backing,
    desk,
    digital,
    drafting,
    enriching,
    feeds,
    following,
    fulfilment_board,
    inspecting,
    library,
    moderating,
    objections,
    payouts,
    pledging,
    public,
    release_plan,
    reward_contents,
    rewards_editing,
    suspending,
    talking,
    updating,
)
from marketplace.campaigns.views.blueprint import bp

__all__ = [
    "backing",
    "bp",
    "desk",
    "digital",
    "drafting",
    "enriching",
    "feeds",
    "following",
    "fulfilment_board",
    "inspecting",
    "library",
    "moderating",
    "objections",
    "payouts",
    "pledging",
    "public",
    "release_plan",
    "reward_contents",
    "rewards_editing",
    "suspending",
    "talking",
    "updating",
]
