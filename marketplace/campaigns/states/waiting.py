"""The life of a place in the line before a reward that is all taken."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from marketplace.kernel.machines import Machine


class WaitState(StrEnum):
    """Where somebody in the line stands."""

    WAITING = "waiting"
    OFFERED = "offered"  # one came free; it is kept for them, and taken from the shelf
    TAKEN = "taken"
    LAPSED = "lapsed"  # they did not take it in time
    LEFT = "left"
    OVER = "over"  # the reward can no longer be had


WAIT: Final = Machine.read(
    WaitState,
    """
    waiting  offer  offered  clock
    waiting  leave  left     backer
    waiting  close  over     clock
    offered  take   taken    backer
    offered  leave  left     backer
    offered  lapse  lapsed   clock
    """,
    name="reward_wait",
)
