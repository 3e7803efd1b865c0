"""Why a loan is given up, in words for officers, lenders and borrowers; and what is refused."""

from __future__ import annotations

from typing import Any, Final

from marketplace.loans.write_offs import Reason
from marketplace.web.locale import _l

REASONS: Final[dict[str, Any]] = {
    Reason.NOT_PAID: _l("Not paid for more than 90 days"),
    Reason.INSOLVENT: _l("Insolvency proceedings were opened"),
    Reason.DIED: _l("The borrower has died"),
    Reason.FRAUD: _l("The loan was obtained by fraud"),
}

REFUSALS: Final[dict[str, Any]] = {
    "write_off_reason_missing": _l("Choose why nobody counts on this loan any more."),
    "write_off_too_early": _l(
        "For not being paid a loan can be written off once it is more than %(days)s days late."
        " It is %(late)s days late now."
    ),
    "write_off_note_missing": _l(
        "Say what was tried and how you know. The second officer reads it."
    ),
    "write_off_own_case": _l("You borrow or lend in this loan, so other officers decide on it."),
    "write_off_open": _l("A proposal about this loan waits for a second officer."),
    "write_off_decided": _l("This was decided before. Load the page again."),
    "write_off_done": _l("This loan is written off already."),
    "write_off_changed": _l(
        "Something came in for this loan since, so what would be lost is another amount now."
        " Turn this down and propose it anew once it is shared."
    ),
}
