"""The hosted pages, plain and without script: pay, save, be onboarded, show who you are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from tests.standin.account import Stripe
from tests.standin.book import Json
from tests.standin.cards import STEP_UP, WAYS, find_way
from tests.standin.payments import Declined

# What is shown, or where the person is sent.
Page = tuple[int, str]
SEE_OTHER = 303

_STANDINGS = {
    "active": "I have told you all; you can pay me",
    "pending": "I will finish this another day",
    "restricted": "Take the permission away again",
}


def get(account: Stripe, parts: list[str]) -> Page:
    """Answer a GET for a page."""
    match parts:
        case [""]:
            return 200, _html("Stripe, stood in for", front(account))
        case ["pay", ref] if ref in account.objects:
            return 200, _pay(account.objects[ref])
        case ["onboard", ref, token] if ref in account.objects:
            return _onboarding(account, ref, token)
        case ["verify", ref, _] if ref in account.objects:
            choices = _button("readable", "yes", "Show my passport")
            choices += _button("readable", "no", "Show something unreadable")
            return 200, _html("Show who you are", _form(choices))
    return 404, _html("Not found", "<p>There is nothing here.</p>")


def post(account: Stripe, parts: list[str], said: Json) -> Page:
    """Answer a form of a page."""
    match parts:
        case ["pay", ref] if ref in account.objects:
            return _paid(account, ref, said)
        case ["onboard", ref, token] if _fresh(account, ref, token):
            standing = str(said.get("standing") or "pending")
            account.onboard(ref, standing)
            return SEE_OTHER, account.objects[ref]["_links"]["return"]
        case ["verify", ref, _] if ref in account.objects:
            account.verify(ref, readable=said.get("readable") == "yes")
            return SEE_OTHER, account.objects[ref]["_return"]
        case ["do", verb, ref] if ref in account.objects and verb in _DESK:
            _DESK[verb](account, ref)
            return SEE_OTHER, "/"
    return 404, _html("Not found", "<p>There is nothing here.</p>")


def front(account: Stripe) -> str:
    """What is held, what waits, and what can be made to happen."""
    held = [
        f"<li>{row['currency'].upper()} {row['amount']} {part}</li>"
        for part in ("available", "pending")
        for row in account.balance()[part]
    ]
    wrong = [f"<li>{escape(each)}</li>" for each in account.mistakes]
    waiting = sum(1 for each in account.notices if "done" not in each)
    rows = [
        f"<li>{thing['object']} {ref} {thing.get('status') or thing.get('_standing') or ''}"
        f" {_form(''.join(_do(verb, ref) for verb in verbs))}</li>"
        for ref, thing in reversed(account.objects.items())
        if (verbs := _BY_KIND.get(thing["object"]))
    ]
    return (
        f"<h2>Held, in minor units</h2><ul>{''.join(held)}</ul>"
        f"<h2>Parameter errors: {len(wrong)}</h2><ul>{''.join(wrong)}</ul>"
        f"<p>{waiting} notices are on their way.</p><h2>Things</h2><ul>{''.join(rows)}</ul>"
    )


def _pay(session: Json, why: str = "", *, confirm: str = "") -> str:
    amount = session["amount_total"]
    total = "nothing now" if amount is None else f"{amount} {session['currency'].upper()} (minor)"
    if session["status"] != "open":
        return _html("Checkout", "<p>This page is closed.</p>")
    if confirm:
        hidden = f'<input type="hidden" name="way" value="{escape(confirm)}">'
        return _html("Your bank asks", _form(hidden + _button("confirmed", "yes", "Confirm")))
    usable = [w for w in WAYS.values() if w.method in session["payment_method_types"]]
    rows = "".join(f"<li>{_button('way', w.name, f'{w.name}: {w.does}')}</li>" for w in usable)
    card = '<label>Card <input name="card" inputmode="numeric"></label><button>Pay</button>'
    back = f'<p><a href="{escape(session["cancel_url"] or "/")}">Back</a></p>'
    say = f'<p role="alert">{escape(why)}</p>' if why else ""
    body = f"<p>{escape(session['_name'])}: {total}</p>{say}{_form(card)}"
    return _html("Checkout", body + _form(f"<ul>{rows}</ul>") + back)


def _paid(account: Stripe, ref: str, said: Json) -> Page:
    session = account.objects[ref]
    typed = str(said.get("way") or said.get("card") or "")
    way = find_way(typed)
    if way is not None and way.steps_up and "confirmed" not in said:
        return 200, _pay(session, confirm=typed or STEP_UP)
    try:
        account.pay(ref, typed)
    except Declined as declined:
        return 422, _pay(session, str(declined))
    return SEE_OTHER, session["success_url"]


def _onboarding(account: Stripe, ref: str, token: str) -> Page:
    if not _fresh(account, ref, token):
        return SEE_OTHER, account.objects[ref]["_links"]["refresh"]
    choices = "".join(_button("standing", *each) for each in _STANDINGS.items())
    return 200, _html("Your payouts", _form(choices))


def _fresh(account: Stripe, ref: str, token: str) -> bool:
    known = account.objects.get(ref)
    return known is not None and bool(token) and known["_token"] == token


_DESK: Mapping[str, Callable[[Stripe, str], Any]] = {
    "dispute": Stripe.dispute,
    "win": lambda account, ref: account.decide(ref, won=True),
    "lose": lambda account, ref: account.decide(ref, won=False),
    "fail_payout": Stripe.fail_payout,
    "settle_payout": Stripe.settle_payout,
    "return_refund": Stripe.return_refund,
    "restrict": lambda account, ref: account.onboard(ref, "restricted"),
    "bounce": Stripe.bounce,
}
_BY_KIND = {
    "charge": ("dispute",),
    "dispute": ("win", "lose"),
    "payout": ("settle_payout", "fail_payout"),
    "refund": ("return_refund",),
    "v2.core.account": ("restrict", "bounce"),
}


def _do(verb: str, ref: str) -> str:
    return f'<button formaction="/do/{verb}/{ref}">{verb.replace("_", " ")}</button> '


def _button(name: str, value: str, text: str) -> str:
    return f'<button name="{name}" value="{escape(value)}">{escape(text)}</button> '


def _form(inner: str) -> str:
    return f'<form method="post">{inner}</form>'


def _html(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
