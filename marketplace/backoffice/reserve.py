"""The refund reserve: need beside have, what waits for it, and the house's own orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Response, url_for
from wtforms import RadioField

from marketplace.backoffice import words
from marketplace.backoffice.blueprints import finance
from marketplace.escrow import gateway
from marketplace.escrow.queries import house, outgoing
from marketplace.escrow.queries.house import HouseOrder
from marketplace.escrow.queries.outgoing import WaitingRefunds
from marketplace.escrow.services import house as ordering
from marketplace.identity import queries as people
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.ledger import chart
from marketplace.loans.forms.currencies import CurrencyField
from marketplace.loans.forms.words import options
from marketplace.settlement.queries import reserve as reserves
from marketplace.settlement.queries.reserve import Reserve
from marketplace.web.forms import Form, MoneyField
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _, _l
from marketplace.web.rendering import done, page

_KINDS: Final[dict[str, Any]] = {
    "top_up": _l("Put our own money in"),
    "payout": _l("Pay our earned fees out"),
}
_STATES: Final[dict[str, tuple[Any, str]]] = {
    "proposed": (_l("Waits for a second officer"), "warn"),
    "refused": (_l("Off the table"), "neutral"),
    "planned": (_l("Waiting to be sent"), "info"),
    "sent": (_l("With the provider"), "info"),
    "unknown": (_l("Unknown"), "warn"),
    "succeeded": (_l("Done"), "good"),
    "failed": (_l("Failed: it is ours again"), "bad"),
    "returned": (_l("Came back: it is ours again"), "bad"),
}
_ACTS: Final = {"approve": ordering.approve, "refuse": ordering.refuse}


class HouseForm(Form):
    """What the house puts in or takes out."""

    kind = RadioField(_l("What shall be done"), choices=options(_KINDS), default="top_up")
    currency = CurrencyField(_l("Currency"))
    amount = MoneyField(_l("Amount"))

    def offer(self) -> None:
        """Let the officer choose among all currencies."""
        self.amount.currency = self.currency.offer(sorted(chart.NUMBERS))


class AgreeForm(Form):
    """Two buttons that need nothing typed."""


@finance.get("/reserve")
@requires("finance.see")
def reserve() -> Response:
    """Show need beside have, the refunds that wait, and the house's orders."""
    return _show(_form())


@finance.post("/reserve")
@requires("finance.decide")
def propose_house_order() -> Response:
    """Propose a top-up or a payout."""
    form, now = _form(), clock.now()
    if form.ready() and form.succeeds(
        lambda: ordering.propose(me(), form.kind.data, form.amount.required_money, now)
    ):
        return done(url_for("finance.reserve"), _("Proposed. Another finance officer must agree."))
    return _show(form)


@finance.post("/reserve/<string:ref>/<any(approve, refuse):act>")
@requires("finance.decide")
def decide_house_order(ref: str, act: str) -> Response:
    """Agree to what another officer proposed, or take it off the table."""
    agree, order_id = AgreeForm(), parse_public_id(house.PREFIX, ref)
    if agree.ready() and agree.succeeds(lambda: _ACTS[act](me(), order_id, clock.now())):
        said = {
            "approve": _("The provider is asked now."),
            "refuse": _("The proposal is off the table."),
        }
        return done(url_for("finance.reserve"), said[act])
    form = _form()
    form.form_errors = [*form.form_errors, *agree.form_errors]
    return _show(form)


def rows(now: datetime) -> list[dict[str, Any]]:
    """Return need and have of every currency, as rows of any table."""
    return [_row(each) for each in reserves.reserves(gateway.current().name, now)]


def _form() -> HouseForm:
    form = HouseForm()
    form.offer()
    return form


def _show(form: HouseForm) -> Response:
    orders = house.orders()
    asked = [each for one in orders for each in (one.proposed_by, one.decided_by) if each]
    names = people.names(asked)
    return page(
        "backoffice/reserve.html",
        422 if form.failures else 200,
        form=form,
        reserves=rows(clock.now()),
        waiting=[_waiting_row(each) for each in outgoing.waiting_refunds()],
        orders=[_order_row(each, names) for each in orders],
        proposed=[_proposal(each, names) for each in orders if each.state == "proposed"],
        may_decide=may("finance.decide"),
    )


def _row(each: Reserve) -> dict[str, Any]:
    short = each.short
    return {
        "currency": each.currency,
        "currency_href": url_for("finance.reserve"),
        "fees": each.fees,
        "disputed": each.disputed,
        "need": each.need,
        "have": each.have,
        "short": short,
        "free": each.free,
        "first": each.first_deadline,
        "_tone": "bad" if short.is_positive else None,
    }


def _waiting_row(each: WaitingRefunds) -> dict[str, Any]:
    return {
        "currency": each.currency,
        "count": each.count,
        "amount": each.amount,
        "since": each.since,
        "age": words.waited(each.since, clock.now()),
    }


def _order_row(each: HouseOrder, names: dict[UUID, str]) -> dict[str, Any]:
    label, tone = _STATES[each.carried or each.state]
    ref = public_id("ins", each.instruction_id) if each.instruction_id else None
    return {
        "what": str(_KINDS[each.kind]),
        "amount": each.amount,
        "state": {"label": str(label), "tone": tone},
        "by": names.get(each.proposed_by, ""),
        "second": names.get(each.decided_by, "") if each.decided_by else "",
        "at": each.proposed_at,
        "trouble": each.last_error if each.carried in {"failed", "returned"} else None,
        "instruction": ref,
        "instruction_href": url_for("finance.instruction", ref=ref) if ref else None,
    }


def _proposal(each: HouseOrder, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "ref": public_id(house.PREFIX, each.id),
        "what": str(_KINDS[each.kind]),
        "amount": each.amount,
        "by": names.get(each.proposed_by, ""),
        "at": each.proposed_at,
        "is_own": each.proposed_by == me().person_id,
    }
