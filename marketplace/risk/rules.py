"""How long a report holds, and when a source that did not answer is asked again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

FRESH_FOR: Final = timedelta(days=90)
# Whoever died while asking is relieved after this time.
LEASE: Final = timedelta(minutes=2)
_PAUSE_MAX: Final = timedelta(hours=6)


def is_fresh(made_at: datetime, now: datetime) -> bool:
    """Whether a report made at `made_at` may still be decided on; the ninetieth day counts."""
    return now - made_at <= FRESH_FOR


def next_try(attempts: int, now: datetime) -> datetime:
    """Return when to ask again after `attempts` without an answer: ever later, never never."""
    return now + min(timedelta(minutes=2 ** min(attempts - 1, 20)), _PAUSE_MAX)
