"""What kinds of things backers are promised."""

from __future__ import annotations

from enum import StrEnum


class RewardKind(StrEnum):
    """How a reward reaches its backer."""

    PHYSICAL = "physical"  # it is sent
    DIGITAL = "digital"  # it is downloaded
    EXPERIENCE = "experience"  # one is there
