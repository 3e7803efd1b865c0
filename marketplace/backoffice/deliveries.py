"""What the provider told us: lists by state and age, and each notice as it came."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import Response

from marketplace.backoffice import lists, remedies
from marketplace.backoffice.blueprints import finance
from marketplace.backoffice.instructions import delivery_row
from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import DeliveryRow
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.csv_answer import Table
from marketplace.web.cursors import cursor
from marketplace.web.guards import requires
from marketplace.web.locale import _
from marketplace.web.rendering import page


@finance.get("/deliveries")
@requires("finance.see")
def deliveries() -> Response:
    """List the provider's notices, newest first."""
    state, bounds = lists.one_of("state", escrow.INBOX_STATES), lists.age(clock.now())
    found = lists.cut(
        escrow.deliveries_in(
            state,
            since=bounds.since,
            until=bounds.until,
            before=cursor("dlv", "before"),
            limit=lists.size(),
        )
    )
    last = public_id("dlv", found.rows[-1].id) if found.more else None
    return lists.answer(
        "backoffice/deliveries.html",
        _table(found.rows),
        state=state,
        age=lists.one_of("age", lists.AGES),
        older_href=lists.here(before=last) if last else None,
        newest_href=lists.here(before=None) if lists.typed("before") else None,
    )


@finance.get("/deliveries/<string:ref>")
@requires("finance.see")
def delivery(ref: str) -> Response:
    """Show one notice: what became of it, and its body as it came."""
    one = escrow.delivery(parse_public_id("dlv", ref))
    about = public_id("ins", one.instruction_id) if one.instruction_id else None
    return page(
        "backoffice/delivery.html",
        one=one,
        row=delivery_row(one),
        about=about,
        body=_readable(escrow.body_of(one.id)),
        remedies=remedies.panel_of_delivery(one),
    )


def _table(found: Sequence[DeliveryRow]) -> Table:
    return Table(
        "deliveries",
        _("Deliveries, newest first"),
        [
            {"key": "event", "label": _("Provider’s event"), "kind": "ref"},
            {"key": "kind", "label": _("Kind"), "kind": "ref"},
            {"key": "state", "label": _("State"), "kind": "tag"},
            {"key": "at", "label": _("Arrived"), "kind": "moment"},
            {"key": "attempts", "label": _("Tries"), "kind": "number"},
            {"key": "about", "label": _("About"), "kind": "ref"},
            {"key": "error", "label": _("Last trouble")},
        ],
        [delivery_row(each) for each in found],
    )


def _readable(body: bytes) -> str:
    """Return JSON with its lines broken, anything else as it is."""
    text = body.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
