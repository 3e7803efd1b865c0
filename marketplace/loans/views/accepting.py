"""What a borrower is shown beside an offer: that less may be taken too, and what that costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from marketplace.kernel.money import Money
from marketplace.loans.forms import term_words
from marketplace.loans.forms.accepting import AcceptForm
from marketplace.loans.pricing import quote
from marketplace.loans.queries import limits
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.states import LoanState
from marketplace.web.forms import Form
from marketplace.web.locale import _, ngettext
from marketplace.web.rendering import money_text, percent


def context(own: OwnLoan, form: Form, today: date) -> dict[str, Any] | None:
    """Return the form of an offer; with a hint where the product lets less be taken."""
    if own.state != LoanState.OFFERED or own.terms is None:
        return None
    shown = form if isinstance(form, AcceptForm) else AcceptForm(formdata=None)
    shown.take_least.currency = own.currency
    least = limits.least_of(own.id)
    fewer = least < own.amount and not own.asks_line
    hint = _hint(own, least, today) if fewer else None
    return {"form": shown, "hint": hint, "beside": _beside(own)}


def _beside(own: OwnLoan) -> list[dict[str, Any]]:
    """Return what is charged beside the quote, and only to who pays late or early."""
    late_fee = Money(own.late_fee_minor, own.currency)
    late = ngettext(
        "%(fee)s for an instalment that is more than %(num)s day late, once",
        "%(fee)s for an instalment that is more than %(num)s days late, once",
        own.late_grace_days,
        fee=money_text(late_fee),
    )
    penalty = _("%(rate)s a year on what is overdue", rate=_rate(own.penalty_bps_per_year))
    early = _("%(rate)s of what is paid early, at most", rate=_rate(own.prepayment_fee_bps))
    return [
        {"key": _("Late fee"), "value": late if own.late_fee_minor else _("None")},
        {"key": _("Penalty interest"), "value": penalty if own.penalty_bps_per_year else _("None")},
        {"key": _("Fee for paying early"), "value": early if own.prepayment_fee_bps else _("None")},
    ]


def _rate(bps: int) -> str:
    return percent(Decimal(bps) / 100)


def _hint(own: OwnLoan, least: Money, today: date) -> str:
    """Return what taking the least would mean in figures."""
    if own.terms is None:
        return ""
    cost = quote(replace(own.terms, amount=least), today)
    label = term_words.instalment_label(own.period, own.method)
    return _(
        "From %(least)s. If the loan is not full in time but so much is lent, it is made with that:"
        " for %(least)s you would be paid out %(paid_out)s (%(label)s: %(instalment)s)."
        " Leave it empty for all or nothing.",
        least=money_text(least),
        paid_out=money_text(cost.paid_out),
        label=label,
        instalment=money_text(cost.instalment),
    )
