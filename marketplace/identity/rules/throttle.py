"""How long to wait after wrong passwords, and how many mails an address gets.

Three ways a guess is counted (OWASP's device cookies):
- a device that signed in to this account before counts for itself, so that its owner gets in
  while strangers guess;
- anyone else counts by account and address;
- and all strangers together by account, so that many addresses do not help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(hours=24)
MAILS_AN_HOUR: Final = 5
MAILS_A_DAY: Final = 12
_DELAY: Final = timedelta(seconds=30)
_DOUBLINGS_MAX: Final = 7  # 30 s, 1, 2, 4, 8, 16, 32, 64 minutes


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many failures are free before each next one costs a longer wait."""

    free: int


OWN_DEVICE: Final = Allowance(5)
ONE_ADDRESS: Final = Allowance(5)
ALL_STRANGERS: Final = Allowance(30)


def open_again(failures: Sequence[datetime], allowance: Allowance) -> datetime | None:
    """Return when the next try is heard, or None for at once; `failures` in any order."""
    beyond = len(failures) - allowance.free
    if beyond < 0 or not failures:
        return None
    return max(failures) + _DELAY * int(2 ** min(beyond, _DOUBLINGS_MAX))


def may_mail(last_hour: int, last_day: int) -> bool:
    """Whether an address that got so many mails on request gets another."""
    return last_hour < MAILS_AN_HOUR and last_day < MAILS_A_DAY
