"""The machine's time passes, too, where only the business clock was moved.

Leases, signs of life, waiting jobs and the provider's pace run on the machine's time. In a world
whose clock is moved by hand, days go by in a second of it: what has its moment there is moved back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from marketplace.infra.commands import command
from marketplace.infra.database import execute

_MOMENTS: Final = {
    "escrow_instruction": ("lease_until",),
    "escrow_pace": ("next_at", "closed_until"),
    "procrastinate_jobs": ("scheduled_at",),
}
_SIGNS_OF_LIFE: Final = {
    "procrastinate_workers": ("last_heartbeat",),
    "procrastinate_events": ("at",),
}


@command
def grow_older(by: timedelta, *, alive: bool = False) -> None:
    """Let so much of the machine's time have passed; who is `alive` has given signs of it."""
    for table, names in (_MOMENTS if alive else _MOMENTS | _SIGNS_OF_LIFE).items():
        for name in names:
            execute(
                f"UPDATE {table} SET {name} = {name} - %(by)s WHERE {name} IS NOT NULL", {"by": by}
            )
