"""The sentences of what a place in a line is refused for."""

from __future__ import annotations

from typing import Final

from marketplace.web.locale import _l

REFUSALS: Final = {
    "line_needless": _l("It can be had right now: there is no need to wait. Choose it."),
}
