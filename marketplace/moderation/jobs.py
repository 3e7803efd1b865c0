"""What happens to decisions by themselves: after ten seconds they have their effect."""

from __future__ import annotations

from marketplace.infra.commands import command
from marketplace.infra.jobs import defer, job
from marketplace.kernel import clock
from marketplace.moderation import rules
from marketplace.moderation.events import CaseDecided
from marketplace.moderation.services import deciding


@job("moderation.effects")
def take_effect() -> None:
    """Let the decisions have their effect that can be undone no more."""
    deciding.take_effect_due(clock.now())


def wait_for_effect(event: CaseDecided) -> None:
    """Look at a decision again when its ten seconds are over."""
    del event
    _queue()


@command
def _queue() -> None:
    defer(take_effect, delay_seconds=int(rules.UNDO_FOR.total_seconds()) + 1)
