"""What may become of money lent to a loan: three cases, for an amount the reader may change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from flask import request

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money, parse_amount
from marketplace.loans.pricing import outcomes
from marketplace.loans.queries.public_loan import PublicLoan
from marketplace.loans.schedule import Row
from marketplace.loans.views import figures
from marketplace.web.rendering import percent

_TYPED_LENGTH_MAX: Final = 16
_EXAMPLE: Final = "100"


def cases_of(found: PublicLoan, rows: tuple[Row, ...]) -> dict[str, Any]:
    """Return the three cases of the amount in the address, else of 100.00."""
    lent = _lent(found)
    what = outcomes(found.terms, rows, lent, found.loss_rate, found.lender_fee_bps)
    fee = percent(Decimal(found.lender_fee_bps) / 100) if found.lender_fee_bps else None
    loss = percent(found.loss_rate * 100)
    return {
        "lent": lent,
        "cases": figures.outcome_cases(what, loss),
        "loss": loss,
        "lender_fee": fee,
    }


def _lent(found: PublicLoan) -> Money:
    example = Money.of(_EXAMPLE, found.currency)
    typed = request.args.get("of", "")[:_TYPED_LENGTH_MAX]
    if not typed.strip():
        return example
    try:
        return min(parse_amount(typed, found.currency), found.amount)
    except Refusal:
        return example
