"""Giving a claim up: for which reasons, and how late its loan must be. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from marketplace.kernel.errors import Refusal

LATE_DAYS: Final = 90
"""Whoever simply does not pay must be late by more than so many days: the last of the buckets."""
NOTE_MAX: Final = 1_000


class Reason(StrEnum):
    """Why nobody counts on a loan any more."""

    NOT_PAID = "not_paid"
    INSOLVENT = "insolvent"
    DIED = "died"
    FRAUD = "fraud"


def refusals(reason: str, note: str, days_past_due: int) -> list[Refusal]:
    """Return everything that keeps an officer from proposing to write a running loan off."""
    found = []
    if reason not in set(Reason):
        found.append(Refusal("write_off_reason_missing", "write_off_reason"))
    elif reason == Reason.NOT_PAID and days_past_due <= LATE_DAYS:
        facts = {"days": LATE_DAYS, "late": days_past_due}
        found.append(Refusal("write_off_too_early", "write_off_reason", **facts))
    if not note.strip():
        found.append(Refusal("write_off_note_missing", "write_off_note"))
    elif len(note) > NOTE_MAX:
        found.append(Refusal("note_too_long", "write_off_note", most=NOTE_MAX))
    return found
