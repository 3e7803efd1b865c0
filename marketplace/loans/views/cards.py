"""How a loan is shown in lists: the dictionaries the card and table macros take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import url_for

from marketplace.kernel.money import Money
from marketplace.loans.forms import term_words, valuation_words, words
from marketplace.loans.queries.listing import ListedLoan
from marketplace.loans.states import LoanState
from marketplace.web.locale import _
from marketplace.web.rendering import brief_text, percent, time_left


def cards(loans: Iterable[ListedLoan]) -> list[dict[str, Any]]:
    """Return what `cards.loan_card` and `cards.loan_table` show of each loan."""
    return [card(loan) for loan in loans]


def card(loan: ListedLoan) -> dict[str, Any]:
    """Return what the macros show of one loan."""
    is_open = loan.state == LoanState.LISTED
    state = {"label": words.LOAN_STATES[loan.state], "tone": words.LOAN_TONES[loan.state]}
    left = time_left(loan.funding_until) if is_open else str(state["label"])
    return {
        "href": url_for("loans.loan", ref=loan.ref),
        "id": loan.ref,
        "purpose": loan.purpose,
        "kicker": words.PURPOSES.get(loan.purpose, ""),
        "title": loan.title,
        "amount": loan.amount,
        "rate": percent(loan.annual_rate * 100),
        "term": term_words.term(loan),
        "grade": loan.grade,
        "grade_words": words.GRADES[loan.grade],
        "funded_minor": loan.reserved_minor,
        "time_left": left,
        "words": funding_words(loan.reserved, loan.amount, left),
        "tag": None if is_open else state,
        "secured": _secured(loan.ltv_bps),
    }


def _secured(ltv_bps: int | None) -> str | None:
    """Return how much of the value behind it a loan takes."""
    if ltv_bps is None:
        return None
    return _("Secured, %(ltv)s of the value", ltv=valuation_words.share(ltv_bps))


def funding_words(reserved: Money, amount: Money, left: str) -> str:
    """Return the funding bar in words."""
    return _(
        "%(reserved)s of %(amount)s, %(share)s, %(left)s",
        reserved=brief_text(reserved),
        amount=brief_text(amount).split("\u00a0")[-1],
        share=f"{reserved.minor * 100 // max(amount.minor, 1)}\u00a0%",
        left=left,
    )
