"""Decisions of moderators, and the seconds in which they can be undone."""

from __future__ import annotations

from marketplace.kernel import clock
from marketplace.moderation.services import deciding
from tests.builders.escrow import World


def take_effect(world: World, hand: clock.Hand, *, seconds: int = 10) -> None:
    """The ten seconds in which a decision can be undone go by."""
    hand.advance(seconds=seconds)
    deciding.take_effect_due(clock.now())
    world.deliver()
