"""The blueprint all pages of lending share, with the words their templates need."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from marketplace.loans.forms import application_words, shipped_products, term_words, words

bp = Blueprint("loans", __name__)
# How long a loan runs, in the unit it is counted in: `{{ loan|term }}`.
bp.add_app_template_filter(term_words.term, "term")
bp.add_app_template_filter(shipped_products.told, "product_told")


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"w": words, "aw": application_words}
