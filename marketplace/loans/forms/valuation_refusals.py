"""The sentences of refusals around the value of collateral."""

from __future__ import annotations

from typing import Any, Final

from marketplace.web.locale import _l

REFUSALS: Final[dict[str, Any]] = {
    "valuation_missing": _l(
        "The collateral is not valued yet. Write down what the appraiser’s paper says first."
    ),
    "valuation_expired": _l(
        "The valuation of the collateral has expired. A new one has to be written down first."
    ),
    "valuation_ltv_over": _l(
        "The collateral carries %(at_most)s at most within this product’s limit. Offer less."
    ),
    "valuation_same_person": _l(
        "You wrote down what the collateral is worth. Somebody else has to make the offer."
    ),
    "valuation_appraiser_missing": _l("Enter who valued it."),
    "valuation_licence_missing": _l("Enter the appraiser’s licence number or company."),
    "valuation_method_missing": _l("Choose how it was valued."),
    "valuation_currency": _l("The value must be in %(currency)s, as the loan is."),
    "valuation_value_missing": _l("Enter a value of more than zero."),
    "valuation_haircut_outside": _l("Take off from %(at_least)s to %(at_most)s percent."),
    "valuation_day_missing": _l("Enter the day."),
    "valuation_future": _l("It cannot have been valued in the future."),
    "valuation_over": _l("This valuation has expired already. Ask for a newer one."),
    "valuation_too_long": _l("A valuation is trusted for a year at most: until %(last)s."),
    "valuation_paper_missing": _l("Choose the paper of this file that it stands in."),
    "valuation_paper_marked": _l("This paper was marked as unusable. Choose another one."),
    "disburse_valuation": _l("The collateral is not valued, or its valuation has expired."),
    "disburse_ltv": _l("The loan is more than its product lends on this collateral."),
}
