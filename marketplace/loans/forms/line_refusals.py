"""The sentences of what keeps somebody from drawing on a line, and officers from changing one."""

from __future__ import annotations

from typing import Any, Final

from marketplace.web.locale import _l

REFUSALS: Final[dict[str, Any]] = {
    "line_closed": _l("This credit line is closed: nothing more can be drawn on it."),
    "line_frozen": _l("This credit line is frozen: nothing can be drawn until it is opened again."),
    "line_over": _l("The time in which this line may be drawn on is over. Ask for a new review."),
    "line_report_stale": _l(
        "What your line was granted on is more than 90 days old. Ask for a new review: then you"
        " can draw again."
    ),
    "line_late": _l("An instalment of another draw is late. Once it is paid you can draw again."),
    "line_draw_small": _l("A draw is at least %(at_least)s."),
    "line_draw_large": _l("%(available)s of your line is available now."),
    "line_reason_missing": _l("Write down why: the borrower reads it."),
    "line_limit_outside": _l("Enter a limit above zero and below %(limit)s, which it is now."),
}
