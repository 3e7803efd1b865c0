"""Digital rewards: how often a file may be saved, and how long a link to it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from marketplace.kernel.errors import Refusal

QUOTA_DEFAULT: Final = 5
QUOTA_MAX: Final = 100
LICENCE_MAX: Final = 4_000
FILES_MAX: Final = 60  # of one campaign

LINK_HOLDS: Final = timedelta(minutes=10)
# Somebody who began a film in time may see the end of it: a player asks for a long one bit by bit.
PLAY_LASTS: Final = timedelta(hours=6)


class Use(StrEnum):
    """What a link to a file is for."""

    SAVE = "save"
    PLAY = "play"
    CAPTIONS = "captions"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says: whose it is, to what of which pledge, what for, and until when."""

    person: str
    pledge: str
    file: str
    use: Use
    until: int  # seconds since 1970, by the business clock
    number: str  # tells one link from another

    def holds(self, now: datetime, *, begun: bool) -> bool:
        """Whether it may be followed at `now`; `begun`: playing began before its end."""
        late = now.timestamp() - self.until
        going_on = self.use is Use.PLAY and begun
        return late < 0 or (going_on and late < PLAY_LASTS.total_seconds())


def terms_refusals(licence: str, quota: int) -> list[Refusal]:
    """Return what is wrong with the terms of a file."""
    found = []
    if not licence.strip():
        found.append(Refusal("licence_missing", "licence"))
    if len(licence) > LICENCE_MAX:
        found.append(Refusal("text_too_long", "licence", most=LICENCE_MAX))
    if not 1 <= quota <= QUOTA_MAX:
        found.append(Refusal("quota_outside", "quota", most=QUOTA_MAX))
    return found


def save_refusals(saved: int, quota: int) -> list[Refusal]:
    """Return what keeps a file from being saved once more."""
    return [Refusal("quota_used", quota=quota)] if saved >= quota else []
