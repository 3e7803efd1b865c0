"""Where people find out what to transfer and where, and tell where they are paid.

These are the hosted pages of a deployment whose escrow is a bank account. Their addresses are
signed, so nobody can guess another person's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, cast

from flask import Blueprint, Response, redirect
from wtforms import StringField

from marketplace.escrow import gateway
from marketplace.escrow import queries as escrow
from marketplace.escrow.bank_files.references import spaced
from marketplace.escrow.queries import bank
from marketplace.escrow.queries.bank import OrderRow, PayeeRow
from marketplace.escrow.services import bank_orders
from marketplace.infra.crypto import unsign
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.web.forms import Form
from marketplace.web.guards import public
from marketplace.web.limits import limiter
from marketplace.web.locale import _l
from marketplace.web.rendering import page

bp = Blueprint("bank", __name__, url_prefix="/bank")

# As long as anybody may still come back to it.
LINK_LIFE: Final = timedelta(days=60)

REFUSALS: Final = {
    "holder_needed": _l("Enter the name of the account’s holder, as the bank knows it."),
    "iban_wrong": _l(
        "This is not a valid IBAN: its check digits do not fit. Compare it with your bank’s"
        " statement, letter by letter."
    ),
}


class AccountForm(Form):
    """Where a person is paid."""

    holder = StringField(_l("Account holder"))
    iban = StringField(_l("IBAN"), description=_l("For example DE89 3704 0044 0532 0130 00."))


@bp.get("/pay/<string:token>")
@public
def pay(token: str) -> Response:
    """Show account, amount and reference of one payment."""
    order = bank.order(_number("bank.pay", token))
    settings = current_settings()
    return page(
        "pages/bank_pay.html",
        order=order,
        state=_state(order),
        holder=settings.bank_holder,
        iban=spaced(settings.bank_iban or ""),
        bic=settings.bank_bic,
        bank=escrow.terms().label,
        reference=spaced(order.reference or ""),
    )


@bp.route("/payee/<string:token>", methods=["GET", "POST"])
@public
@limiter.limit("30 per hour", methods=["POST"])
def payee(token: str) -> Response:
    """Ask a person for their account."""
    found = bank.payee(_number("bank.payee", token))
    form = AccountForm(holder=found.holder or found.person_name, iban=spaced(found.iban or ""))
    if form.ready() and form.succeeds(lambda: _told(found, form)):
        return cast("Response", redirect(found.return_url, 303))
    return page("pages/bank_payee.html", 422 if form.failures else 200, form=form, payee=found)


def _told(found: PayeeRow, form: AccountForm) -> None:
    bank_orders.tell_account(
        found.id, holder=form.holder.data or "", iban=form.iban.data or "", now=clock.now()
    )


def _state(order: OrderRow) -> str:
    if order.state != "open":
        return order.state
    is_over = order.valid_until is not None and order.valid_until <= clock.now()
    return "closed" if is_over else "open"


def _number(purpose: str, token: str) -> int:
    number = unsign(purpose, token, max_age_seconds=int(LINK_LIFE.total_seconds()))
    if gateway.current().name != "bank" or not isinstance(number, int):
        raise NotFound(token)
    return number
