"""The sentences of what the finance desk refuses."""

from __future__ import annotations

from typing import Final

from marketplace.web.locale import _l

REFUSALS: Final = {
    "note_needed": _l("Say what it is and how you know. The second officer reads it."),
    "note_too_long": _l("Use %(most)s characters or fewer."),
    "same_person": _l(
        "You proposed this yourself. Another finance officer must look at it and decide."
    ),
    "not_bookable": _l(
        "No entry is called for: it ends by itself, or one of the other lines explains it."
    ),
    "not_available_yet": _l(
        "The provider itself keeps this money back until %(at)s. Book it after that."
    ),
}
