"""How much of a lender's limits a part would use, and how much one borrower would weigh."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from marketplace.kernel.money import Money
from marketplace.loans.funding import Exposure
from marketplace.loans.queries import limits
from marketplace.loans.queries.public_loan import PublicLoan
from marketplace.web.guards import may, me
from marketplace.web.locale import _
from marketplace.web.rendering import money_text, percent

_HEAVY_BPS: Final = 1_000
"""From so large a share of all one lends, one borrower is named as a risk."""


def exposure(found: PublicLoan) -> Exposure:
    """Return what the lender who is here has at work, in all and with this borrower."""
    return limits.exposure(me().known(), found.borrower_id, found.currency)


def meters(found: PublicLoan, has: Exposure, amount: Money) -> list[dict[str, Any]]:
    """Return the limits there are, with what would be used of each were `amount` lent too."""
    allowed = limits.limits(found.currency)
    known = (
        (_("All you lend"), has.in_all, allowed.in_all),
        (_("With this borrower"), has.with_borrower, allowed.with_borrower),
    )
    return [
        {
            "label": label,
            "used": (used + amount).minor,
            "most": limit.minor,
            "words": _(
                "%(used)s of at most %(limit)s, %(left)s is left",
                used=money_text(used + amount),
                limit=money_text(limit),
                left=money_text(max(limit - used - amount, Money.zero(limit.currency))),
            ),
        }
        for label, used, limit in known
        if limit is not None
    ]


def warning(has: Exposure, amount: Money) -> str | None:
    """Return what so large a part with one borrower means, where it is large.

    The very first part is all of what one lends, whatever it is: no reason to warn.
    """
    share = has.share_bps(amount)
    if share < _HEAVY_BPS or has.in_all.is_zero:
        return None
    return _(
        "With %(amount)s this borrower would be %(share)s of all you lend in %(currency)s."
        " More loans of smaller parts carry less of this risk.",
        amount=money_text(amount),
        share=percent(Decimal(share) / 100, 0),
        currency=amount.currency,
    )


def concentration(found: PublicLoan) -> str | None:
    """Return the warning for the smallest part, to a lender; None for everybody else."""
    if not may("loan.lend") or me().person_id == found.borrower_id:
        return None
    return warning(exposure(found), found.fraction_min)
