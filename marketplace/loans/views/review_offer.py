"""A counter-offer as its borrower reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from marketplace.kernel.money import Money
from marketplace.loans.forms import review_words
from marketplace.loans.forms.term_words import length
from marketplace.loans.pricing import LoanTerms, Quote, quote
from marketplace.loans.queries import reviews
from marketplace.web.locale import _
from marketplace.web.rendering import money_text, percent

Row = dict[str, Any]


def counter_offer(loan_id: UUID, terms: LoanTerms | None, on: date) -> Row | None:
    """Return what was asked for beside what is offered, with what each would cost.

    None where the offer is what was asked for. Both are reckoned at the rate that is offered:
    nothing else was ever quoted for what was asked for.
    """
    found = reviews.countered(loan_id) if terms is not None else None
    if found is None or terms is None:
        return None
    asked = replace(terms, amount=found.wished, instalments=found.wished_instalments)
    before, after = quote(asked, on), quote(terms, on)
    return {
        "reason": review_words.COUNTERS[found.counter_code],
        "rows": [
            _row(_("Amount"), asked.amount, terms.amount),
            _row(
                _("Term"),
                length(asked.instalments, asked.period),
                length(terms.instalments, terms.period),
            ),
            _row(_("Instalment"), before.instalment, after.instalment),
            _row(_("Fee"), before.fee, after.fee),
            _row(_("Interest"), before.interest, after.interest),
            _row(_("You pay back in all"), before.total, after.total),
            _row(_("APR"), _apr(before), _apr(after)),
        ],
    }


def _row(fact: str, asked: Money | str, offered: Money | str) -> Row:
    return {"fact": fact, "asked": _said(asked), "offered": _said(offered)}


def _said(value: Money | str) -> str:
    return money_text(value) if isinstance(value, Money) else value


def _apr(cost: Quote) -> str:
    return percent(cost.apr_pct) if cost.apr_pct is not None else "–"
