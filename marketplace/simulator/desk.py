"""The desk: what people and other banks do, done by hand to whatever is there.

Somebody takes a payment back, a transfer or a payout comes back, a payee may no longer be paid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, LiteralString, cast

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.kernel.money import Money
from marketplace.simulator import disputes, payees, payouts, transfers
from marketplace.simulator.api import bank
from marketplace.simulator.panel import POLICY
from marketplace.simulator.refusals import Denied
from marketplace.simulator.store import Row, Work

desk_pages = Blueprint("desk", __name__)

_PAYMENTS: Final = """
    SELECT h.id, h.operation_id, h.amount_minor, h.currency, h.refunded_minor,
        c.description, d.state AS dispute
    FROM simulator.charge h LEFT JOIN simulator.dispute d ON d.charge_id = h.id
    LEFT JOIN simulator.means m ON m.id = h.means_id
    LEFT JOIN simulator.checkout c ON c.id = coalesce(h.checkout_id, m.checkout_id)
    WHERE h.state = 'succeeded' AND (%(q)s = '' OR %(q)s IN (h.id, h.operation_id, d.id))
    ORDER BY h.created_at DESC, h.id DESC LIMIT 10
"""
_TRANSFERS: Final = """
    SELECT id, operation_id, amount_minor, currency, reversed_minor, state, description
    FROM simulator.transfer WHERE %(q)s = '' OR %(q)s IN (id, operation_id)
    ORDER BY created_at DESC, id DESC LIMIT 10
"""
_PAYOUTS: Final = """
    SELECT id, operation_id, amount_minor, currency, state, description FROM simulator.payout
    WHERE %(q)s = '' OR %(q)s IN (id, operation_id) ORDER BY created_at DESC, id DESC LIMIT 10
"""
_PAYEES: Final = """
    SELECT id, operation_id, name, state FROM simulator.payee
    WHERE %(q)s = '' OR %(q)s IN (id, operation_id, name) ORDER BY created_at DESC, id DESC LIMIT 10
"""
_ACTS: Final[dict[str, Callable[[Work, str], object]]] = {
    "dispute": disputes.dispute,
    "send-back": transfers.come_back,
    "fail": payouts.fail,
    "restrict": payees.restrict,
}


@desk_pages.get("/desk")
def desk() -> Response:
    """Show the latest of everything, or what has the reference that is looked for."""
    return _page(request.args.get("q", "").strip()[:200])


@desk_pages.post("/desk/<any('dispute', 'send-back', 'fail', 'restrict'):act>/<ref>")
def do(act: str, ref: str) -> Response:
    """Do one thing to one thing; what cannot be done any more is said."""
    try:
        with bank().work() as work:
            _ACTS[act](work, ref)
    except Denied:
        return _page(ref, _("That can no longer be done to it."), status=422)
    return cast("Response", redirect(url_for("desk.desk"), 303))


def _page(sought: str, refusal: str = "", *, status: int = 200) -> Response:
    with bank().work() as work:
        lists: dict[LiteralString, list[Row]] = {
            "payments": _priced(work, _PAYMENTS, sought),
            "transfers": _priced(work, _TRANSFERS, sought),
            "payouts": _priced(work, _PAYOUTS, sought),
            "payees": list(work.rows(_PAYEES, q=sought)),
        }
    text = render_template("simulator/desk.html", sought=sought, refusal=refusal, **lists)
    response = Response(text, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _priced(work: Work, sql: LiteralString, sought: str) -> list[Row]:
    return [
        {**row, "amount": Money(row["amount_minor"], row["currency"])}
        for row in work.rows(sql, q=sought)
    ]
