"""The words around a collateral's value: how it was found, how far it holds, how it is reckoned."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from marketplace.kernel.money import Money
from marketplace.loans.valuation import Standing, Worth
from marketplace.web.locale import _, _l
from marketplace.web.rendering import money_text, percent

if TYPE_CHECKING:
    from marketplace.loans.forms.words import Words

METHODS: Final[Words] = {
    "comparison": _l("Compared with sales"),
    "income": _l("By what it earns"),
    "cost": _l("By what it would cost anew"),
    "price_guide": _l("By a price guide"),
    "nominal": _l("By its nominal amount"),
}
STANDINGS: Final[Words] = {
    Standing.MISSING: _l("Not valued yet"),
    Standing.EXPIRED: _l("Valuation expired"),
    Standing.EXPIRING: _l("Valuation expires soon"),
    Standing.VALID: _l("Valued"),
}
TONES: Final[dict[Standing, str]] = {
    Standing.MISSING: "warn",
    Standing.EXPIRED: "bad",
    Standing.EXPIRING: "warn",
    Standing.VALID: "good",
}


def share(bps: int) -> str:
    """Return basis points as percent, without decimals nobody needs: 7500 is `75 %`."""
    return percent(Decimal(bps) / 100, 0 if bps % 100 == 0 else 2)


def working(worth: Worth, loan: Money) -> str:
    """Return how the loan to value comes about, as one line anyone can follow."""
    return _(
        "%(loan)s ÷ (%(value)s × (100 %% − %(haircut)s)) = %(loan)s ÷ %(counted)s = %(ltv)s",
        loan=money_text(loan),
        value=money_text(worth.value),
        haircut=share(worth.haircut_bps),
        counted=money_text(worth.counted),
        ltv=share(worth.ltv_bps(loan)),
    )
