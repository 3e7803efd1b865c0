"""When a delivery is late enough to tell, and when backers may ask for news. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from marketplace.kernel.errors import Refusal

STEPS: Final = (1, 14, 30)
"""So many days after the promised month it is told that something was not sent."""
QUIET: Final = timedelta(days=14)
_TOLD_AT: Final = frozenset({1, 5, 25, 125, 625})


def wish_refusals(latest: datetime | None, now: datetime, *, backs: bool) -> list[Refusal]:
    """Return what keeps somebody from asking for news, of which the `latest` is so old."""
    if not backs:
        return [Refusal("wish_not_backer")]
    if latest is not None and now - latest < QUIET:
        return [Refusal("update_recent", on=latest.date())]
    return []


def is_told(count: int) -> bool:
    """Whether a sponsor is written to when so many want to hear from them."""
    return count in _TOLD_AT
