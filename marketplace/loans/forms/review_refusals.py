"""The sentences of refusals around reviews, counter-offers and exposure."""

from __future__ import annotations

from typing import Any, Final

from marketplace.web.locale import _l

REFUSALS: Final[dict[str, Any]] = {
    "review_report_waits": _l(
        "Waiting for the risk report. The case can be passed once both sources have answered."
    ),
    "review_report_stale": _l("The risk report is older than 90 days. Ask for a new one first."),
    "review_report_missing": _l("There is no risk report yet. Ask for one first."),
    "review_referral_open": _l(
        "The score refers this case. Tick that you have looked at each point, or decline."
    ),
    "review_claimed": _l("%(name)s is working on this case. Wait until it is released."),
    "offer_deviation_missing": _l("The score says grade %(grade)s. Write down why yours differs."),
    "offer_amount_outside": _l("Offer from %(at_least)s to %(at_most)s, which was asked for."),
    "offer_instalments_outside": _l("Offer from %(at_least)s to %(at_most)s instalments."),
    "offer_counter_code_missing": _l("Choose why the offer is another: the borrower reads it."),
    "exposure_over": _l(
        "One borrower may owe %(cap)s here at most. %(used)s of that is taken by other loans and"
        " requests, so %(headroom)s is left."
    ),
    "exposure_share_over": _l(
        "One borrower may owe %(share)s percent of all loans here at most, which is %(cap)s today."
        " %(used)s of that is taken by other loans and requests, so %(headroom)s is left."
    ),
}
