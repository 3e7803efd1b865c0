"""The names of the products that come with the site, in the reader's language.

A product is data; what an administrator calls a new one is shown as it was typed.
"""

from __future__ import annotations

from typing import Any, Final

from marketplace.web.locale import _l

_SHIPPED: Final[dict[str, Any]] = {
    "Personal loan": _l("Personal loan"),
    "Business loan": _l("Business loan"),
    "Bridging loan": _l("Bridging loan"),
    "Harvest loan": _l("Harvest loan"),
    "Weekly micro loan": _l("Weekly micro loan"),
    "Appliance loan": _l("Appliance loan"),
    "Secured vehicle loan": _l("Secured vehicle loan"),
    "Credit line": _l("Credit line"),
    "For nearly everything: the same amount each month.": _l(
        "For nearly everything: the same amount each month."
    ),
    "For machines, stock and rooms: equal repayments each month, so the interest falls.": _l(
        "For machines, stock and rooms: equal repayments each month, so the interest falls."
    ),
    "Until a sale or a grant arrives: interest each quarter, the loan itself at the end.": _l(
        "Until a sale or a grant arrives: interest each quarter, the loan itself at the end."
    ),
    "From seed to sale: nothing to pay before the harvest, everything after it.": _l(
        "From seed to sale: nothing to pay before the harvest, everything after it."
    ),
    "A small sum for who is paid by the week: the same amount every week.": _l(
        "A small sum for who is paid by the week: the same amount every week."
    ),
    "For one purchase: interest on the whole price, the same sum in every month.": _l(
        "For one purchase: interest on the whole price, the same sum in every month."
    ),
    "A limit granted once: draw what you need when you need it, each draw repaid by itself.": _l(
        "A limit granted once: draw what you need when you need it, each draw repaid by itself."
    ),
    "The vehicle stands behind the loan: lower rates, over up to seven years.": _l(
        "The vehicle stands behind the loan: lower rates, over up to seven years."
    ),
}


def told(text: str) -> str:
    """Return a product's name or summary as its reader is told it."""
    return str(_SHIPPED.get(text, text))
