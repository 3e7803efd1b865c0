"""The lives of what was promised to backers, and of what they object to."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from marketplace.kernel.machines import Machine


class FulfilmentState(StrEnum):
    """Where what was promised to a backer is."""

    TO_SHIP = "to_ship"
    SHIPPED = "shipped"  # the inspection runs
    ACCEPTED = "accepted"
    AUTO_ACCEPTED = "auto_accepted"  # nobody said anything while it could be inspected
    OBJECTED = "objected"  # it is not what was promised, the backer says
    RELEASED = "released"  # the share that was held is the sponsor's: decided
    PARTLY_RELEASED = "partly_released"
    RETURNED = "returned"  # it is the backer's: decided
    VOID = "void"  # the pledge itself went back


class ObjectionState(StrEnum):
    """Where an objection stands."""

    OPEN = "open"
    PROPOSED = "proposed"  # a moderator has said what should be done
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


# What its backer still waits for, or looks at.
OPEN: Final = frozenset(
    {FulfilmentState.TO_SHIP, FulfilmentState.SHIPPED, FulfilmentState.OBJECTED}
)

# A backer who has got it may say so whether the sponsor marked it or not. The last day of what is
# held decides what nobody has decided.
FULFILMENT: Final = Machine.read(
    FulfilmentState,
    """
    to_ship   ship             shipped          owner
    to_ship   accept           accepted         backer
    to_ship   object           objected         backer
    to_ship   release          released         settlement
    to_ship   return           returned         settlement
    to_ship   void             void             settlement
    shipped   accept           accepted         backer
    shipped   lapse            auto_accepted    settlement
    shipped   object           objected         backer
    shipped   release          released         settlement
    shipped   return           returned         settlement
    shipped   void             void             settlement
    objected  accept           accepted         backer
    objected  release          released         settlement
    objected  release_in_part  partly_released  settlement
    objected  return           returned         settlement
    objected  void             void             settlement
    void      restore          to_ship          settlement
    void      resume           shipped          settlement
    """,
    name="fulfilment",
)

OBJECTION: Final = Machine.read(
    ObjectionState,
    """
    open      propose   proposed   moderator
    open      withdraw  withdrawn  backer
    open      expire    decided    settlement
    proposed  refuse    open       finance_officer
    proposed  agree     decided    finance_officer
    proposed  withdraw  withdrawn  backer
    proposed  expire    decided    settlement
    """,
    name="objection",
)
