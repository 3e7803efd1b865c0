"""The blueprint all pages of lending share, with the words their templates need."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from marketplace.loans.forms import application_words, words

bp = Blueprint("loans", __name__)


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"w": words, "aw": application_words}
