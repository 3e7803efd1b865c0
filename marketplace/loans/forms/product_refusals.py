"""The sentences of refusals to proposals of product versions."""

from __future__ import annotations

from typing import Any, Final

from marketplace.web.locale import _l

REFUSALS: Final[dict[str, Any]] = {
    "product_name_missing": _l("Give the product a name people will read."),
    "product_summary_missing": _l("Say in one line what the product is for."),
    "product_note_missing": _l("Say why: whoever publishes it reads this first."),
    "product_note_long": _l("Use at most %(at_most)s characters."),
    "product_amounts_crossed": _l("The largest amount must not be below the smallest."),
    "product_amount_huge": _l("No more than %(at_most)s can be lent here."),
    "product_exposure_small": _l(
        "One loan of the largest amount must fit: enter at least %(at_least)s."
    ),
    "product_fraction_outside": _l(
        "The smallest part must fit into the smallest loan: at most %(at_most)s."
    ),
    "product_late_fee_huge": _l("The fee for being late is more than a loan: at most %(at_most)s."),
    "product_terms_crossed": _l(
        "Enter at least 1 and at most %(at_most)s instalments, the most not below the least."
    ),
    "product_outside": _l("Enter a number from %(at_least)s to %(at_most)s."),
    "product_choice_missing": _l("Choose one of the list."),
    "product_order_incomplete": _l("Name penalty, fees, interest and principal, each once."),
    "product_prepayment_above_eu": _l(
        "EU consumer credit allows 1 % at most. Enter less, or choose another cap."
    ),
    "product_bill_before_the_last": _l(
        "A bill would come before the one before it is due: enter fewer than %(days)s days."
    ),
    "product_draw_outside": _l(
        "The smallest draw lies between %(at_least)s, the smallest part, and %(at_most)s, the"
        " smallest limit."
    ),
    "product_line_secured": _l(
        "A credit line cannot be secured: what is drawn is listed without another review, so nobody"
        " would value the collateral. Offer a loan instead, or a line without collateral."
    ),
    "product_ltv_missing": _l(
        "Say how much of the collateral’s value a loan may take: more than 0 percent."
    ),
    "product_grades_missing": _l("Offer at least one grade."),
    "product_band_crossed": _l(
        "The rates of grade %(grade)s must go up, from 0 to 100 percent a year."
    ),
    "product_band_cheaper": _l("Grade %(grade)s would be cheaper than a better one."),
    "product_loss_outside": _l("Enter a loss from 0 to 100 percent a year."),
    "product_unchanged": _l("Nothing would change. Change something first."),
    "product_proposal_open": _l(
        "Another version is proposed already. Wait until it is decided, or withdraw it."
    ),
    "product_changed_meanwhile": _l(
        "Version %(version)s was published meanwhile. Begin again from that one."
    ),
    "product_code_taken": _l("There is a product “%(taken)s” in this currency. Choose another."),
    "product_code_unreadable": _l(
        "Use 2 to 32 small letters, digits and _, beginning with a letter."
    ),
}
