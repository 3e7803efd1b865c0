"""The bank's pages: where a person pays, where a payee says who they are, what it all costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import ParamSpec, cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, redirect, render_template, request
from flask_babel import gettext as _

from marketplace.kernel.money import Money
from marketplace.simulator import checkouts, fees, funds, payees, teller
from marketplace.simulator.answers import recent
from marketplace.simulator.bank import Bank
from marketplace.simulator.cards import CARDS
from marketplace.simulator.fees import charge_fee
from marketplace.simulator.refusals import Denied

pages = Blueprint("hosted", __name__)
P = ParamSpec("P")
Page = tuple[str, int] | Response


def bank() -> Bank:
    """Return the bank this application serves."""
    return cast("Bank", current_app.extensions["bank"])


def _calmly(view: Callable[P, Page]) -> Callable[P, Page]:
    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Page:
        try:
            return view(*args, **kwargs)
        except Denied as denied:
            return render_template("simulator/denied.html", denied=denied), denied.status

    return answer


@pages.get("/")
def front() -> Page:
    """Say what this is: fees, timing, test cards."""
    example = Money.of("50.00", "EUR")
    return render_template(
        "simulator/front.html",
        cards=CARDS.values(),
        example=example,
        fee=charge_fee(example),
        rate=fees.RATE * 100,
        fixed=fees.FIXED,
        hold_days=funds.HOLD.days,
    ), 200


@pages.get("/log")
def request_log() -> Page:
    """Show the platform's balances and latest requests."""
    with bank().work() as work:
        held, latest = funds.balances(work), recent(work)
    return render_template("simulator/log.html", held=held["balances"], latest=latest), 200


@pages.get("/pay/<ref>")
@_calmly
def checkout(ref: str) -> Page:
    """Show what is to be paid and the ways to pay it."""
    return _checkout_page(_checkout(ref))


@pages.post("/pay/<ref>")
@_calmly
def pay(ref: str) -> Page:
    """Take the payment, ask for one more confirmation, or say why not."""
    thing = _checkout(ref)
    typed = request.form.get("way") or request.form.get("card", "")
    try:
        card = teller.means(typed)
        if card.steps_up and "confirmed" not in request.form and thing["state"] == "open":
            return _with_form(
                thing, render_template("simulator/step_up.html", checkout=thing, card=typed)
            )
        with bank().work() as work:
            checkouts.pay(work, ref, card, bank().site)
    except Denied as denied:
        if denied.code == "checkout_expired":
            return _checkout_page(_checkout(ref))
        return _checkout_page(thing, typed=typed, refusal=_sentence(denied.code), status=422)
    return redirect(str(thing["return_url"]), 303)  # type: ignore[return-value]  # a flask response


@pages.get("/onboard/<token>")
@_calmly
def onboarding(token: str) -> Page:
    """Ask a payee for their name and account number."""
    with bank().work() as work:
        visit = payees.visit(work, token)
    return _onboarding_page(visit["return_url"], visit["name"])


@pages.post("/onboard/<token>")
@_calmly
def onboard(token: str) -> Page:
    """Keep the account number, make the payee ready, go back to the platform."""
    with bank().work() as work:
        visit = payees.visit(work, token)
    name = request.form.get("name", "").strip()
    number = request.form.get("account_number", "").replace(" ", "")
    refusals = {
        "name": "" if 0 < len(name) <= 200 else _("Enter the name on the account"),
        "account_number": ""
        if payees.ACCOUNT.match(number)
        else _("Enter an account number of 8 to 18 digits"),
    }
    if any(refusals.values()):
        return _onboarding_page(visit["return_url"], name, number, refusals, 422)
    with bank().work() as work:
        payees.make_ready(work, visit["payee_id"], name=name, account_number=number)
    return redirect(visit["return_url"], 303)  # type: ignore[return-value]  # a flask response


def _checkout(ref: str) -> dict[str, object]:
    with bank().work() as work:
        return checkouts.read(work, ref, bank().site)


def _checkout_page(
    thing: dict[str, object], *, typed: str = "", refusal: str = "", status: int = 200
) -> Page:
    text = render_template(
        "simulator/checkout.html",
        checkout=thing,
        amount=Money(cast("int", thing["amount_minor"]), cast("str", thing["currency"])),
        until=datetime.fromisoformat(cast("str", thing["expires_at"])),
        cards=CARDS.values(),
        typed="" if typed in {"wallet", "bank"} else typed,
        refusal=refusal,
    )
    return _with_form(thing, text, status)


def _with_form(thing: dict[str, object], text: str, status: int = 200) -> Response:
    return _leads_to(Response(text, status, mimetype="text/html"), str(thing["return_url"]))


def _onboarding_page(
    return_url: str,
    name: str,
    number: str = "",
    refusals: dict[str, str] | None = None,
    status: int = 200,
) -> Page:
    text = render_template(
        "simulator/onboarding.html",
        name=name,
        number=number,
        refusals=refusals or {},
        return_url=return_url,
    )
    return _leads_to(Response(text, status, mimetype="text/html"), return_url)


def _leads_to(response: Response, return_url: str) -> Response:
    """Let the form's answer redirect to the platform: browsers check the whole way."""
    parts = urlsplit(return_url)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; form-action 'self' {parts.scheme}://{parts.netloc};"
        " base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def _sentence(code: str) -> str:
    sentences: dict[str, str] = {
        "card_declined": _("The card was declined. You have not been charged."),
        "insufficient_funds": _(
            "The card does not have enough money on it. You have not been charged."
        ),
        "expired_card": _("The card has expired. You have not been charged."),
        "not_a_test_card": _("Enter one of the test card numbers. You have not been charged."),
    }
    return sentences.get(code) or str(_("The payment was refused. You have not been charged."))
