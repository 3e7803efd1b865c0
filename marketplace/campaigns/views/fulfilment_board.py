"""A sponsor's board: to send, on its way, received, in trouble; a sheet out, numbers in."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Response, request, url_for

from marketplace.campaigns.forms.fulfilling import ShipForm, TrackingForm
from marketplace.campaigns.queries import addresses, fulfilments, one, surveys
from marketplace.campaigns.queries.addresses import AddressRow
from marketplace.campaigns.queries.fulfilments import BoardRow
from marketplace.campaigns.rules import tracking
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.rules.tracking import SheetLine
from marketplace.campaigns.services import fulfilling
from marketplace.campaigns.services.fulfilling import Consignment
from marketplace.campaigns.states.fulfilments import TO_SEND
from marketplace.campaigns.views import delivery_words
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import own_campaign
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web import csv_answer
from marketplace.web.csv_answer import Table
from marketplace.web.cursors import cursor
from marketplace.web.guards import me, requires
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.rendering import done, page

PAGE_SIZE: Final = 50
_GROUPS: Final = (
    ("to_ship", _l("To send"), ("to_ship", "owed")),
    ("shipped", _l("On its way"), ("shipped", "sent")),
    ("received", _l("Received"), ("accepted", "auto_accepted")),
    ("trouble", _l("Problems"), ("objected", "released", "partly_released", "returned")),
)
_ADDRESS: Final = ("name", "street", "postcode", "city", "country")
_ALL: Final = tuple(state for _key, _label, states in _GROUPS for state in states)


@bp.get("/my/campaigns/<ref>/fulfilment")
@requires("campaign.draft")
def fulfilment(ref: str) -> Response:
    """List what is owed, by where it is; or hand the list out as a sheet."""
    c = own_campaign(ref, Right.FULFIL)
    if csv_answer.wanted():
        return csv_answer.csv_answer(_sheet(c, ref))
    return _board(c, ref, ShipForm())


@bp.post("/my/campaigns/<ref>/fulfilment")
@requires("campaign.draft")
def fulfilment_ship(ref: str) -> Response:
    """Mark the chosen ones as sent."""
    c, form = own_campaign(ref, Right.FULFIL), ShipForm()
    chosen = [_pledge_id(each) for each in form.pledges.data or ()]
    if not chosen:
        form.pledges.errors = [_("Choose at least one.")]
        return _board(c, ref, form, 422)
    if form.ready():
        consignments = [
            Consignment(each, form.carrier.data or "", form.tracking.data or "") for each in chosen
        ]
        sent = fulfilling.mark_shipped(me(), c.id, consignments, clock.now())
        words = ngettext("%(num)s is on its way.", "%(num)s are on their way.", len(sent))
        return done(url_for("campaigns.fulfilment", ref=ref), words)
    return _board(c, ref, form, 422)


@bp.route("/my/campaigns/<ref>/fulfilment/tracking", methods=["GET", "POST"])
@requires("campaign.draft")
def fulfilment_tracking(ref: str) -> Response:
    """Take many numbers in: first every line's fate is shown, then they are sent for good."""
    c, form = own_campaign(ref, Right.FULFIL), TrackingForm()
    ready = form.ready()
    lines = tracking.read(form.lines.data or "", _known(c)) if ready else []
    if ready and form.confirmed.data:
        sent = _import(c, lines)
        words = ngettext("%(num)s is on its way.", "%(num)s are on their way.", sent)
        return done(url_for("campaigns.fulfilment", ref=ref), words)
    return page(
        "campaigns/fulfilment_tracking.html",
        422 if form.errors else 200,
        c=c,
        ref=ref,
        form=form,
        lines=[_line_row(line) for line in lines],
        count=sum(line.is_done for line in lines),
        sheet=url_for("campaigns.fulfilment", ref=ref, format="csv"),
    )


def _import(c: one.CampaignRow, lines: list[SheetLine]) -> int:
    consignments = [
        Consignment(line.pledge_id, line.carrier, line.tracking)
        for line in lines
        if line.is_done and line.pledge_id is not None
    ]
    return len(fulfilling.mark_shipped(me(), c.id, consignments, clock.now()))


def _known(c: one.CampaignRow) -> dict[UUID, tracking.Known]:
    return {
        row.pledge_id: tracking.Known(row.state, row.carrier, row.tracking)
        for row in fulfilments.board(c.id, _ALL)
    }


def _line_row(line: SheetLine) -> dict[str, Any]:
    label, tone = delivery_words.FATES[line.fate]
    return {
        "n": line.number,
        "pledge": line.reference,
        "carrier": line.carrier,
        "tracking": line.tracking,
        "fate": {"label": label, "tone": tone},
    }


def _board(c: one.CampaignRow, ref: str, form: ShipForm, status: int = 200) -> Response:
    group = request.args.get("group", "to_ship")
    states = next((states for key, _label, states in _GROUPS if key == group), _ALL)
    counts = fulfilments.counts(c.id)
    found = fulfilments.board(c.id, states, after=cursor("pl"), limit=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    form.pledges.choices = [
        (public_id("pl", row.pledge_id), f"{row.backer} · {row.reward_title}")
        for row in shown
        if row.state in TO_SEND
    ]
    return page(
        "campaigns/fulfilment.html",
        status,
        c=c,
        ref=ref,
        form=form,
        doors=[
            {
                "label": label,
                "href": url_for("campaigns.fulfilment", ref=ref, group=key),
                "current": key == group,
                "count": sum(counts.get(state, 0) for state in of),
            }
            for key, label, of in _GROUPS
        ],
        group=group,
        rows=[_row(row) for row in shown],
        older=url_for(
            "campaigns.fulfilment",
            ref=ref,
            group=group,
            after=public_id("pl", shown[-1].pledge_id),
        )
        if len(found) > PAGE_SIZE
        else None,
        sheet=url_for("campaigns.fulfilment", ref=ref, format="csv"),
        total=sum(counts.values()),
        unheld=counts.get("owed", 0),
    )


def _row(row: BoardRow) -> dict[str, Any]:
    return {
        "pledge": public_id("pl", row.pledge_id),
        "backer": row.backer,
        "reward": row.reward_title,
        "country": row.country or "",
        "promised": row.promised_for,
        "shipped": row.shipped_at,
        "until": row.inspect_until,
        "carrier": row.carrier,
        "tracking": row.tracking,
        "held": row.held,
        "state": delivery_words.state_tag(row.state),
    }


def _sheet(c: one.CampaignRow, ref: str) -> Table:
    """Return everything that is owed, as a sheet whose first column is what comes back."""
    asked = [each for each in surveys.questions(c.id) if each.asked_at is not None]
    columns = [
        {"key": "pledge", "label": "pledge"},
        {"key": "carrier", "label": "carrier"},
        {"key": "tracking", "label": "number"},
        {"key": "state", "label": "state", "kind": "tag"},
        {"key": "backer", "label": "backer"},
        {"key": "reward", "label": "reward"},
        {"key": "country", "label": "country"},
        {"key": "promised", "label": "promised", "kind": "date"},
        *({"key": f"to_{part}", "label": part} for part in _ADDRESS),
        *({"key": each.id.hex, "label": each.title} for each in asked),
    ]
    known, said = addresses.of_campaign(c.id), surveys.answers(c.id)
    rows = [
        _row(row)
        | _address(known.get(row.pledge_id))
        | {each.id.hex: said.get(row.pledge_id, {}).get(each.id, "") for each in asked}
        for row in fulfilments.board(c.id, _ALL)
    ]
    return Table(f"fulfilment-{ref}", c.title, columns, rows)


def _address(found: AddressRow | None) -> dict[str, str]:
    return {f"to_{part}": getattr(found, part) if found else "" for part in _ADDRESS}


def _pledge_id(reference: str) -> UUID:
    return parse_public_id("pl", reference)
