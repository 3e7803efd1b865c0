"""What the courier carries: one event of the bank, genuine or in somebody else's guise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from marketplace.simulator.signing import signature

OLD: Final = timedelta(minutes=10)
_OTHER_SECRET: Final = "what-somebody-else-would-guess"  # noqa: S105 - nobody's secret


class Guise(StrEnum):
    """How a parcel is sent."""

    GENUINE = "genuine"
    FORGED = "forged"  # signed by somebody else, or changed after it was signed
    STALE = "stale"  # signed too long ago
    LOST = "lost"  # never sent at all


@dataclass(frozen=True, slots=True)
class Parcel:
    """One event about to be delivered."""

    position: int
    kind: str
    body: bytes
    attempts: int
    guise: Guise = Guise.GENUINE

    def sealed(self, secret: str, now: datetime) -> tuple[bytes, str]:
        """Return the body to send and its signature, right or wrong as the guise wants it."""
        if self.guise is Guise.STALE:
            return self.body, signature(secret, self.body, now - OLD)
        if self.guise is not Guise.FORGED:
            return self.body, signature(secret, self.body, now)
        if self.position % 2:
            return self.body, signature(_OTHER_SECRET, self.body, now)
        changed = self.body.replace(b'"amount_minor": ', b'"amount_minor": 9') + b" "
        return changed, signature(secret, self.body, now)
