"""The pages of lending: public, the borrower's desk, the lender's desk, the wallet, reviews."""

from marketplace.loans.views import (
    applying,
    autopay,
    borrower,
    borrowing,
    commitments,
    contract,
    documents,
    invest,
    messages,
    notes,
    payments,
    prepaying,
    public,
    reviews,
    wallet,
)
from marketplace.loans.views.blueprint import bp

__all__ = [
    "applying",
    "autopay",
    "borrower",
    "borrowing",
    "bp",
    "commitments",
    "contract",
    "documents",
    "invest",
    "messages",
    "notes",
    "payments",
    "prepaying",
    "public",
    "reviews",
    "wallet",
]
