"""What stands behind a case on a reviewer's desk: its valuations, and the loan to value worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import url_for

from marketplace.kernel.money import Money
from marketplace.loans.forms import valuation_words as said
from marketplace.loans.forms.valuing import ValuationForm, fresh
from marketplace.loans.queries import valuations
from marketplace.loans.queries.documents import Document
from marketplace.loans.queries.reviews import Case
from marketplace.loans.queries.valuations import Valuation
from marketplace.loans.services.valuing import VALUED
from marketplace.loans.valuation import Worth, is_valid, is_within, standing
from marketplace.web.forms import Form
from marketplace.web.rendering import day_text

Row = dict[str, Any]


def context(
    case: Case, papers: Sequence[Document], on: date, *, own: bool, sent: Mapping[str, Form]
) -> Row:
    """Return what the page shows of a secured case; `own`: whoever reads may write one down.

    A valuation among the forms that were `sent` keeps what was typed.
    """
    if not case.collateral:
        return {"collateral": None, "unvalued": False, "valuation_form": None}
    found = valuations.valuations(case.id)
    worth = found[0].worth if found else None
    typed = sent.get("valuation_form")
    form = typed if isinstance(typed, ValuationForm) else fresh(case.haircut_bps)
    form.offer(papers, case.currency)
    return {
        "collateral": _facts(case, worth, found, on),
        "unvalued": not is_valid(worth, on),
        "valuation_form": form if own and case.state in VALUED else None,
    }


def _facts(case: Case, worth: Worth | None, found: Sequence[Valuation], on: date) -> Row:
    now = standing(worth, on)
    return {
        "tag": {"label": said.STANDINGS[now], "tone": said.TONES[now]},
        "worth": worth,
        "limit": said.share(case.ltv_max_bps),
        "working": said.working(worth, case.amount) if worth else None,
        "ltv": said.share(worth.ltv_bps(case.amount)) if worth else "–",
        "haircut": said.share(worth.haircut_bps) if worth else said.share(case.haircut_bps),
        "over": worth is not None and not is_within(worth, case.amount, case.ltv_max_bps),
        "most": worth.most(case.ltv_max_bps) if worth else None,
        "standing": now,
        "rows": [_row(one, case.amount) for one in found],
    }


def _row(one: Valuation, loan: Money) -> Row:
    worth = one.worth
    return {
        "valued_on": one.valued_on,
        "valid_until": one.valid_until,
        "value": worth.value,
        "haircut": said.share(one.haircut_bps),
        "ltv": said.share(worth.ltv_bps(loan)),
        "appraiser": f"{one.appraiser}, {one.licence}. {said.METHODS[one.method]}",
        "appraiser_href": url_for("loans.staff_document", doc_ref=one.document_ref),
        "by": f"{one.recorded_name}, {day_text(one.recorded_at)}",
    }
