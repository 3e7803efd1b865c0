"""The pages of lending: public, the borrower's desk, the lender's desk, the wallet, reviews."""

from marketplace.loans.views import (
    autopay,
    borrower,
    commitments,
    invest,
    notes,
    public,
    reviews,
    wallet,
)
from marketplace.loans.views.blueprint import bp

__all__ = [
    "autopay",
    "borrower",
    "bp",
    "commitments",
    "invest",
    "notes",
    "public",
    "reviews",
    "wallet",
]
