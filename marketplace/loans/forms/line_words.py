"""The words of credit lines: states, moves, and what made them."""

from __future__ import annotations

from typing import Final

from marketplace.loans.forms.words import Words
from marketplace.web.locale import _l

STATES: Final[Words] = {
    "open": _l("Open"),
    "frozen": _l("Frozen"),
    "closed": _l("Closed"),
}
TONES: Final[dict[str, str]] = {"open": "good", "frozen": "warn", "closed": "neutral"}

MOVES: Final[Words] = {
    "lower": _l("The limit was lowered"),
    "freeze": _l("Frozen: nothing can be drawn for now"),
    "thaw": _l("Opened again"),
    "close": _l("Closed: nothing more can be drawn"),
    "renew": _l("Renewed by a new review"),
}

# What an officer's button says.
ACTS: Final[Words] = {
    "lower": _l("Lower the limit"),
    "freeze": _l("Freeze the line"),
    "thaw": _l("Open it again"),
    "close": _l("Close it for good"),
}
