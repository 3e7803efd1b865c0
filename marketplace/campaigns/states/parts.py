"""The lives of the parts in which a sponsor is paid: of the plan, and of each pledge."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from marketplace.kernel.machines import Machine


class PartKind(StrEnum):
    """After what a part is released."""

    FIRST = "first"  # the success itself
    MILESTONE = "milestone"  # the sponsor shows something, and backers do not object
    INSPECTION = "inspection"  # the backer has what was promised


class MilestoneState(StrEnum):
    """Where a milestone stands."""

    PLANNED = "planned"
    CLAIMED = "claimed"  # the sponsor says it is reached; backers may object
    OBJECTED = "objected"
    GRANTED = "granted"
    ENDED = "ended"  # its money could be held no longer


class PartState(StrEnum):
    """Where one part of a pledge is."""

    HELD = "held"
    RELEASED = "released"
    RETURNING = "returning"
    RETURNED = "returned"
    CHARGED_BACK = "charged_back"
    DIVIDED = "divided"  # decided in two: its pieces go on


MILESTONE: Final = Machine.read(
    MilestoneState,
    """
    planned   claim    claimed   owner
    claimed   object   objected  backer
    claimed   grant    granted   settlement
    objected  grant    granted   settlement
    objected  refuse   planned   settlement
    planned   end      ended     settlement
    claimed   end      ended     settlement
    objected  end      ended     settlement
    """,
    name="milestone",
)

PART: Final = Machine.read(
    PartState,
    """
    held          release      released      settlement
    held          return       returning     settlement
    held          divide       divided       settlement
    held          charge_back  charged_back  settlement
    released      charge_back  charged_back  settlement
    returning     charge_back  charged_back  settlement
    returning     settle       returned      provider|settlement
    charged_back  restore      held          settlement
    charged_back  reinstate    released      settlement
    held          undo         returned      settlement
    released      undo         returned      settlement
    """,
    name="pledge_part",
)
