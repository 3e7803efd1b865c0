"""The proof: how the totals are computed, whose money it is and where it lies."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response

from marketplace.escrow import queries as escrow
from marketplace.kernel import clock
from marketplace.pages.kinds import kind_words
from marketplace.pages.totals import Line, Proof, proofs
from marketplace.web.guards import public
from marketplace.web.locale import _, ngettext
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.rendering import moment_text, page

bp = Blueprint("proof", __name__)

# The comparison runs every hour; two missed ones are worth a warning.
STALE_AFTER: Final = timedelta(hours=3)


@bp.get("/proof")
@public
@cached_for_visitors
def proof() -> Response:
    """Show the totals and everything they are made of."""
    now = clock.now()
    return page(
        "pages/proof.html",
        proofs=[_shown(each) for each in proofs()],
        light=light(escrow.proof(), now),
        terms=escrow.terms(),
        at=now,
    )


def light(found: escrow.Proof, now: datetime) -> dict[str, Any]:
    """Return the light: whether ledger and provider agreed when they were last compared."""
    if found.proved_at is None or found.differences is None:
        return {
            "state": "warn",
            "title": _("Ledger and provider have not been compared yet"),
            "detail": _("The first comparison runs within an hour of the start."),
        }
    at = moment_text(found.proved_at)
    if found.differences:
        words = ngettext("%(num)s difference", "%(num)s differences", found.differences)
        return {
            "state": "bad",
            "title": _("Ledger and provider differ"),
            "detail": _("Compared line by line on %(at)s: %(words)s.", at=at, words=words),
        }
    if now - found.proved_at > STALE_AFTER:
        return {
            "state": "warn",
            "title": _("Ledger = provider, but not compared lately"),
            "detail": _("They agreed to the cent on %(at)s.", at=at),
        }
    return {
        "state": "good",
        "title": _("Ledger = provider"),
        "detail": _("Compared line by line on %(at)s: no differences.", at=at),
    }


def _shown(proof: Proof) -> dict[str, Any]:
    return {
        "totals": proof.totals,
        "held": [_row(line) for line in proof.held],
        "own": [_row(line) for line in proof.own],
        "lies": [_row(line) for line in proof.lies],
        "owned": proof.owned,
        "there": proof.there,
        "agrees": proof.agrees,
    }


def _row(line: Line) -> dict[str, Any]:
    return {
        "what": kind_words(line.kind),
        "kind": line.kind,
        "accounts": line.accounts,
        "balance": line.balance,
    }
