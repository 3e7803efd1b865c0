"""The bank's pages: where people pay, save a card, say who they are; and what it all costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import ParamSpec, cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, redirect, render_template, request
from flask_babel import gettext as _

from marketplace.kernel.money import Money
from marketplace.simulator import checkouts, disputes, fees, funds, payees, teller, verifications
from marketplace.simulator.answers import recent
from marketplace.simulator.bank import Bank
from marketplace.simulator.cards import CARDS
from marketplace.simulator.fees import charge_fee
from marketplace.simulator.refusals import Denied
from marketplace.simulator.store import Row

pages = Blueprint("hosted", __name__)
P = ParamSpec("P")
Page = tuple[str, int] | Response


def bank() -> Bank:
    """Return the bank this application serves."""
    return cast("Bank", current_app.extensions["bank"])


def _calmly(view: Callable[P, Page]) -> Callable[P, Page]:
    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Page:
        if bank().faults.closed():
            return render_template("simulator/closed.html"), 503
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
        dispute_fee=disputes.FEE,
        respond_days=disputes.RESPOND_WITHIN.days,
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
    """Take the payment or save the card, ask for one more confirmation, or say why not."""
    typed = request.form.get("way") or request.form.get("card", "")
    try:
        card = teller.means(typed)
        if card.steps_up and "confirmed" not in request.form:
            thing = _checkout(ref)
            if thing["state"] == "open":
                return _with_form(
                    thing, render_template("simulator/step_up.html", checkout=thing, card=typed)
                )
        with bank().work() as work:
            thing = checkouts.pay(work, ref, card, bank().site)
    except Denied as denied:
        thing = _checkout(ref)
        if denied.code == "checkout_expired":
            return _checkout_page(thing)
        refusal = _sentence(denied.code, saving=thing["object"] == "setup")
        return _checkout_page(thing, typed=typed, refusal=refusal, status=422)
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


@pages.get("/verify/<ref>")
@_calmly
def verification(ref: str) -> Page:
    """Ask a person for their papers, or say that they were good."""
    return _verification_page(_verification(ref))


@pages.post("/verify/<ref>")
@_calmly
def verify(ref: str) -> Page:
    """Look at the papers: they are good, or another try is needed."""
    thing = _verification(ref)
    shown = request.form.get("papers", "")
    if shown not in {"good", "unreadable"}:
        return _verification_page(thing, refusal=_("Choose which papers you show"), status=422)
    with bank().work() as work:
        verifications.look_at(work, ref, bank().site, readable=shown == "good")
    return redirect(thing["return_url"], 303)  # type: ignore[return-value]  # a flask response


def _verification(ref: str) -> Row:
    with bank().work() as work:
        return verifications.row_of(work, ref)


def _verification_page(thing: Row, *, refusal: str = "", status: int = 200) -> Page:
    text = render_template("simulator/verification.html", verification=thing, refusal=refusal)
    return _leads_to(Response(text, status, mimetype="text/html"), thing["return_url"])


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


def _sentence(code: str, *, saving: bool) -> str:
    sentences: dict[str, str] = {
        "card_declined": _("The card was declined."),
        "insufficient_funds": _("The card does not have enough money on it."),
        "expired_card": _("The card has expired."),
        "not_a_test_card": _("Enter one of the test card numbers."),
        "cannot_be_saved": _("A wallet or a bank transfer cannot be saved; choose a card."),
    }
    why = sentences.get(code) or _("The payment was refused.")
    nothing = _("Nothing has been saved.") if saving else _("You have not been charged.")
    return f"{why} {nothing}"
