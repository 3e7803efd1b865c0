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
    OWED = "owed"  # the share could be held no longer and is the sponsor's; still to be sent
    SENT = "sent"  # after that: nothing is held of it, so no inspection runs
    VOID = "void"  # the pledge itself went back


class ObjectionState(StrEnum):
    """Where an objection stands."""

    OPEN = "open"
    PROPOSED = "proposed"  # a moderator has said what should be done
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


# Whose the share that is held is, nobody has said yet.
UNDECIDED: Final = frozenset(
    {FulfilmentState.TO_SHIP, FulfilmentState.SHIPPED, FulfilmentState.OBJECTED}
)
# What its backer still waits for, or looks at.
OPEN: Final = UNDECIDED | {FulfilmentState.OWED}
# What its sponsor still has to send, whoever has the money.
TO_SEND: Final = frozenset({FulfilmentState.TO_SHIP, FulfilmentState.OWED})
# Whose share could be held no longer, before it was sent or after.
UNHELD: Final = frozenset({FulfilmentState.OWED, FulfilmentState.SENT})

# A backer who has got it may say so whether the sponsor marked it or not. The last day of what is
# held decides whose the money is, not whether anything was delivered: what was not sent by then
# is owed as before, and nothing is left to object with.
FULFILMENT: Final = Machine.read(
    FulfilmentState,
    """
    to_ship   ship             shipped          owner
    to_ship   accept           accepted         backer
    to_ship   object           objected         backer
    to_ship   release          owed             settlement
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
    owed      ship             sent             owner
    owed      accept           accepted         backer
    owed      void             void             settlement
    sent      accept           accepted         backer
    sent      void             void             settlement
    void      restore          to_ship          settlement
    void      resume           shipped          settlement
    void      restore_owed     owed             settlement
    void      restore_sent     sent             settlement
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
