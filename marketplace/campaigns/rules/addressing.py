"""Until when a backer may say where something is sent, and what was asked about it. Pure."""

from __future__ import annotations

from datetime import date

from marketplace.campaigns.states.fulfilments import TO_SEND
from marketplace.kernel.errors import Refusal


def standing_refusals(state: str, lock_on: date | None, today: date) -> list[Refusal]:
    """Return why what was said stands: it is sent, or the day on which it is locked has come."""
    if state not in TO_SEND:
        return [Refusal("address_sent")]
    if lock_on is not None and today >= lock_on:
        return [Refusal("address_locked", on=lock_on)]
    return []
