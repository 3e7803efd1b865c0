"""The session cookie, and who holds it: Flask-Login over our own table.

Flask's signed cookie only carries form tokens and messages; it says nothing about who somebody
is, because a signed cookie cannot be taken back.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Request, Response, has_request_context, request
from flask import session as form_session
from flask_login import LoginManager, current_user  # type: ignore[import-untyped]

from marketplace.identity import queries
from marketplace.identity.queries import SignedIn
from marketplace.identity.rules import lifetimes
from marketplace.identity.services import guesses, sessions
from marketplace.identity.services.sessions import Browser, Entry
from marketplace.infra.crypto import random_token, sign, unsign
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.actors import ANONYMOUS, Actor
from marketplace.web import guards, locale

_NAME: Final = "kindling_session"
_DEVICE: Final = "kindling_device"
_DEVICE_PATH: Final = "/sign-in"  # sent nowhere else, so that public pages stay the same for all
_DEVICE_SECONDS: Final = 365 * 24 * 3600
_YEAR_SECONDS: Final = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Let `app` know who is acting, and in which language they read."""
    manager = LoginManager()
    manager.session_protection = None
    manager.request_loader(_load)
    # No `current_user` in templates: an error page must not ask the database who reads it.
    manager.init_app(app, add_context_processor=False)
    guards.install_actor_loader(current_actor)
    locale.install_preference(_language)


def current_actor() -> Actor:
    """Return who is acting in this request; without our cookie nobody, and nothing is read."""
    user = current()
    return user.as_actor() if user else ANONYMOUS


def current() -> SignedIn | None:
    """Return the signed-in person of this request, or None."""
    if not has_request_context() or cookie_name() not in request.cookies:
        return None
    user = current_user._get_current_object()  # noqa: SLF001 - the documented way to the user
    return user if isinstance(user, SignedIn) else None


def signed_in() -> SignedIn:
    """Return the signed-in person; for views behind a guard."""
    user = current()
    if user is None:
        raise guards.SignInNeeded("sign in first")
    return user


def browser() -> Browser:
    """Return where the request comes from. A forwarded address is only a claim and is not read."""
    return Browser(request.remote_addr or "", request.headers.get("User-Agent", ""))


def remember(response: Response, entry: Entry) -> Response:
    """Hand the session's cookie to the browser, and its owner's language and colours."""
    _renew_form_session()
    person = queries.person(entry.person_id)
    response.set_cookie(
        cookie_name(),
        entry.token,
        expires=entry.expires_at,
        path="/",
        secure=current_settings().secure_cookies,
        httponly=True,
        samesite="Lax",
    )
    if person is not None:
        remember_device(response, person.email)
        if person.theme != "auto":
            prefer(response, "theme", person.theme)
        if person.locale is not None:
            prefer(response, locale.COOKIE, person.locale)
    return response


def forget(response: Response) -> Response:
    """Take the session's cookie back."""
    secure = current_settings().secure_cookies
    response.delete_cookie(cookie_name(), path="/", secure=secure, httponly=True, samesite="Lax")
    _renew_form_session()
    return response


def token() -> str:
    """Return the session cookie of this request, empty if there is none."""
    return request.cookies.get(cookie_name(), "")


def prefer(response: Response, name: str, value: str) -> None:
    """Remember a preference in the browser; it is no secret and names nobody."""
    response.set_cookie(
        name,
        value,
        max_age=_YEAR_SECONDS,
        path="/",
        secure=current_settings().secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def device_for(email: str) -> str | None:
    """Return this browser's number if it signed in with `email` before: it may always try."""
    known = unsign(
        "device", request.cookies.get(_device_name(), ""), max_age_seconds=_DEVICE_SECONDS
    )
    if not isinstance(known, dict) or known.get("account") != guesses.account_key(email):
        return None
    return str(known.get("device"))


def remember_device(response: Response, email: str) -> None:
    """Know this browser again when it signs in with `email`."""
    number = device_for(email) or random_token()
    response.set_cookie(
        _device_name(),
        sign("device", {"account": guesses.account_key(email), "device": number}),
        max_age=_DEVICE_SECONDS,
        path=_DEVICE_PATH,
        secure=current_settings().secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def cookie_name() -> str:
    """Return the name of the session cookie; on https the browser holds it to this host."""
    return f"__Host-{_NAME}" if current_settings().secure_cookies else _NAME


def _device_name() -> str:
    return f"__Secure-{_DEVICE}" if current_settings().secure_cookies else _DEVICE


def _load(sent: Request) -> SignedIn | None:
    held = sent.cookies.get(cookie_name(), "")
    if not held:
        return None
    at = clock.wall()
    user = queries.signed_in(held, at=at)
    if user is not None and user.last_seen_at <= at - lifetimes.SEEN_EVERY:
        sessions.touch(user.session_id, at=at)
    return user


def _renew_form_session() -> None:
    # Tokens of forms opened before are worth nothing after; what was to be said is still said.
    for name in [name for name in form_session if name != "_flashes"]:
        del form_session[name]


def _language() -> str | None:
    user = current()
    return user.locale if user else None
