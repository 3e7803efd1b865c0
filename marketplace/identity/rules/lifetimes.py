"""How long links and sessions hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

CONFIRM_LINK: Final = timedelta(hours=24)
RESET_LINK: Final = timedelta(minutes=10)
GUEST_LINK: Final = timedelta(hours=1)
INVITATION: Final = timedelta(hours=72)

MEMBER_IDLE: Final = timedelta(days=14)
MEMBER_ABSOLUTE: Final = timedelta(days=90)
STAFF_ABSOLUTE: Final = timedelta(hours=12)
SEEN_EVERY: Final = timedelta(minutes=5)

# What nobody needs any more.
KEEP_ATTEMPTS: Final = timedelta(days=30)
KEEP_ENDED: Final = timedelta(days=30)


def session_end(created_at: datetime, *, staff: bool) -> datetime:
    """Return when a session ends however busy it is."""
    return created_at + (STAFF_ABSOLUTE if staff else MEMBER_ABSOLUTE)
