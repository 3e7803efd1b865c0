"""The wallet: what is available, money in, money out, and every line of the statement."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from flask import Response, request, url_for

from marketplace.escrow import queries as escrow
from marketplace.escrow.limits import ALARM_DAYS
from marketplace.escrow.queries import disputes, payee
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import Balance, StatementLine, browsing
from marketplace.loans.forms import words
from marketplace.loans.forms.lending import ActForm, ThresholdForm, TopUpForm, WithdrawForm
from marketplace.loans.queries import lender, orders, owed, products, reversible, wallet_age
from marketplace.loans.queries.orders import Order
from marketplace.loans.services import wallet as services
from marketplace.loans.views import whereabouts
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.checkouts import is_paid, to_checkout
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, money_text, page

_LINES_SHOWN: Final = 25
_TYPED_MAX: Final = 20
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


@bp.get("/my/wallet")
@requires("wallet.use")
def wallet() -> Response:
    """Show available, reserved and invested money, and the statement."""
    person_id = me().known()
    standings = {one.currency: one for one in lender.standings(person_id)}
    wallets = _wallets()
    currencies = sorted({*standings, *wallets}) or ["EUR"]
    wish = request.args.get("currency", "")
    currency = wish if wish in currencies else currencies[0]
    held = wallets.get(currency)
    before = _cursor(request.args.get("before", ""))
    found = browsing.statement(held, before=before, limit=_LINES_SHOWN + 1) if held else []
    lines, older = found[:_LINES_SHOWN], len(found) > _LINES_SHOWN
    return page(
        "loans/wallet.html",
        currencies=currencies,
        currency_tabs=[_tab(code, currency) for code in currencies],
        zero=Money.zero(currency),
        available=held.available if held else Money.zero(currency),
        leaving=Money(held.pending_out_minor if held else 0, currency),
        standing=standings.get(currency),
        owed=disputes.owed_by(person_id, currency) + owed.after_corrections(person_id, currency),
        wished=services.preference(person_id, currency),
        reversible=reversible.of_lender(person_id, currency, clock.today()),
        currency=currency,
        first=wallet_age.first_to_leave(person_id, currency) if held else None,
        soon=clock.today() + timedelta(days=max(ALARM_DAYS)),
        lines=[_line(one) for one in lines],
        older_href=_address(currency, lines[-1]) if older else None,
        newer_href=url_for("loans.wallet", currency=currency) if before else None,
        orders=[] if before else [_order_row(one) for one in orders.orders(person_id)],
    )


@bp.route("/my/wallet/top-up", methods=["GET", "POST"])
@requires("wallet.use")
def top_up() -> Response:
    """Pay money in through the provider."""
    form = TopUpForm()
    form.offer(products.currencies())
    if form.ready():
        order_id = form.attempt(
            lambda: services.top_up(
                me(), amount=form.amount.required_money, form_key=form.key, now=clock.now()
            )
        )
        instruction_id = services.instruction_of(order_id) if order_id else None
        if instruction_id is not None:
            return to_checkout(instruction_id, otherwise=url_for("loans.wallet"))
    return page("loans/top_up.html", 422 if form.is_submitted() else 200, form=form)


@bp.route("/my/wallet/withdraw", methods=["GET", "POST"])
@requires("wallet.use")
def withdraw() -> Response:
    """Send money to my own bank."""
    form, person_id = WithdrawForm(), me().known()
    if not form.is_submitted():  # a link may fill it in, as that to money that is too old to lend
        form.currency.data = request.args.get("currency")
        form.amount.data = request.args.get("amount", "")[:_TYPED_MAX]
    form.offer(products.currencies())
    if form.ready():
        order_id = form.attempt(
            lambda: services.withdraw(
                me(), amount=form.amount.required_money, form_key=form.key, now=clock.now()
            )
        )
        if order_id is not None:
            return done(url_for("loans.wallet"), _("The money is on its way to your bank account."))
    return page(
        "loans/withdraw.html",
        422 if form.is_submitted() else 200,
        form=form,
        balances=[
            {"key": _("Available in %(currency)s", currency=one.currency), "value": one.available}
            for one in _wallets().values()
        ],
        payee=payee(person_id),
    )


@bp.route("/my/wallet/automatic/<string:currency>", methods=["GET", "POST"])
@requires("wallet.use")
def automatic(currency: str) -> Response:
    """Let the wallet pay itself out from an amount on, or stop that."""
    if currency not in {product.currency for product in products.products()}:
        raise NotFound(currency)
    wished = services.preference(me().known(), currency)
    form = ThresholdForm()
    form.withdraw_from.currency = currency
    if not form.is_submitted():
        form.withdraw_from.process_data(wished)
    if form.ready() and form.succeeds(
        lambda: services.prefer(
            me(), currency=currency, withdraw_from=form.withdraw_from.money, now=clock.now()
        )
    ):
        said = _("Kept.") if form.withdraw_from.money else _("Nothing leaves by itself any more.")
        return done(url_for("loans.wallet", currency=currency), said)
    return page(
        "loans/automatic.html",
        422 if form.is_submitted() else 200,
        form=form,
        currency=currency,
        payee=payee(me().known()),
    )


@bp.get("/my/wallet/orders/<string:ref>")
@requires("wallet.use")
def wallet_order(ref: str) -> Response:
    """Show the receipt of a top-up or withdrawal."""
    order = _order(ref)
    heading = f"{words.ORDER_KINDS[order.kind]}: {money_text(order.amount)}"
    asked = escrow.instruction(order.instruction_id) if order.instruction_id else None
    return page(
        "loans/wallet_order.html",
        order=order,
        heading=heading,
        where=whereabouts.of_order(order, asked, escrow.terms()),
        form=ActForm(),
    )


@bp.post("/my/wallet/orders/<string:ref>/pay")
@requires("wallet.use")
def pay_order(ref: str) -> Response:
    """Go on to the provider's page."""
    order, receipt = _order(ref), url_for("loans.wallet_order", ref=ref)
    if order.instruction_id is None or order.state != "waiting" or order.kind != "top_up":
        return done(receipt)
    return to_checkout(order.instruction_id, otherwise=receipt)


@bp.get("/my/wallet/orders/<string:ref>/return")
@requires("wallet.use")
def order_return(ref: str) -> Response:
    """Come back from the provider: ask it what happened."""
    order = _order(ref)
    if order.state == "waiting" and order.instruction_id and is_paid(order.instruction_id):
        services.settle(order.id, now=clock.now())
    return done(url_for("loans.wallet_order", ref=ref))


def _wallets() -> dict[str, Balance]:
    held = ledger.held_by(me().known())
    return {one.currency: one for one in held if one.kind == "person:wallet"}


def _address(currency: str, last: StatementLine) -> str:
    mark = "-".join(str(part) for part in last.cursor)
    return url_for("loans.wallet", currency=currency, before=mark)


def _cursor(text: str) -> tuple[int, int] | None:
    """Return the place in the statement that `_address` wrote; anything else is the beginning."""
    journal, _mark, line = text.partition("-")
    if not (_NUMBER.fullmatch(journal) and _NUMBER.fullmatch(line)):
        return None
    return int(journal), int(line)


def _tab(code: str, current: str) -> dict[str, Any]:
    return {
        "label": code,
        "href": url_for("loans.wallet", currency=code),
        "current": code == current,
    }


def _order_row(order: Order) -> dict[str, Any]:
    return {
        "what": words.ORDER_KINDS[order.kind],
        "what_href": url_for("loans.wallet_order", ref=order.ref),
        "amount": order.amount,
        "at": order.created_at,
        "state": {
            "label": words.ORDER_STATES[order.state],
            "tone": words.ORDER_TONES[order.state],
        },
    }


def _line(one: StatementLine) -> dict[str, Any]:
    """Return a line of the statement: what it was, what it changed, what was there after it."""
    waiting = one.change_minor == 0
    return {
        "at": one.at,
        "what": words.STATEMENT.get(one.code, one.code),
        "change": Money(one.pending_minor if waiting else one.change_minor, one.currency),
        "state": _("set aside") if waiting else "",
        "balance": Money(one.balance_minor, one.currency),
    }


def _order(ref: str) -> Order:
    return orders.order(parse_public_id("ord", ref), me().known())
