"""The one table that turns trouble into pages: what happened, what did not, what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

import psycopg
import sqlalchemy.exc
from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from marketplace.infra.database import db
from marketplace.infra.logs import log
from marketplace.infra.sealing import SealBroken
from marketplace.kernel.actors import ANONYMOUS
from marketplace.kernel.errors import (
    Broken,
    IllegalMove,
    NotAllowed,
    NotFound,
    ProviderTrouble,
    Refusal,
    Refused,
    Stale,
)
from marketplace.web.forms import CSRF_SENTENCE
from marketplace.web.guards import SignInNeeded, to_sign_in
from marketplace.web.locale import DEFAULT, _
from marketplace.web.refusals import sentence

# What an answer to an HTTP error must keep: which methods there are, and when to come back.
_KEPT_HEADERS: Final = ("Allow", "Retry-After")


@dataclass(frozen=True, slots=True)
class Explanation:
    """An error page: the heading, what happened, what to do, and what did not happen."""

    status: int
    title: str
    happened: str
    todo: str
    not_happened: str = ""
    links: tuple[tuple[str, str], ...] = ()


def install(app: Flask) -> None:
    """Answer every kind of trouble with its page."""
    app.register_error_handler(SignInNeeded, lambda _trouble: to_sign_in())
    for kind, explain in _TABLE.items():
        app.register_error_handler(kind, _answer(explain))
    for gone in (psycopg.OperationalError, sqlalchemy.exc.OperationalError):
        app.register_error_handler(gone, _database_gone)
    app.register_error_handler(CSRFError, _answer(_form_expired))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _answer(explain: Callable[[Any], Explanation]) -> Callable[[Exception], Response]:
    def handle(trouble: Exception) -> Response:
        db.session.rollback()
        return _render(explain(trouble))

    return handle


def _render(explanation: Explanation) -> Response:
    facts = asdict(explanation) | {
        "request_id": g.get("request_id"),
        "links": [{"href": href, "label": label} for href, label in explanation.links],
    }
    body = render_template("errors/error.html", **facts)
    response = make_response(body, explanation.status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _render_at_any_rate(explain: Callable[[], Explanation]) -> Response:
    """Render for whoever asks; where that fails too, without asking the database who it is."""
    try:
        return _render(explain())
    except Exception:  # noqa: BLE001 - what failed the page may fail its frame as well
        g.actor, g.language = ANONYMOUS, DEFAULT
        return _render(explain())


def _nothing_done() -> str:
    """Say what did not happen to somebody who was doing something; readers need no comfort.

    It is true wherever it is said: trouble undoes the transaction, and cards are charged on the
    provider's pages only.
    """
    if request.method in {"GET", "HEAD"}:
        return ""
    return _("Nothing was changed, and you have not been charged.")


def _refused(refusal: Refusal) -> Explanation:
    parts = refusal.refusals if isinstance(refusal, Refused) else [refusal]
    return Explanation(
        409 if isinstance(refusal, IllegalMove) else 422,
        _("That cannot be done"),
        " ".join(sentence(part) for part in parts),
        _("Go back, correct what is named above and try again."),
        _nothing_done(),
    )


def _not_found(_trouble: Exception) -> Explanation:
    return Explanation(
        404,
        _("Page not found"),
        _("There is no page here, or it is not one of yours."),
        _("Check the address, or start from the list of projects or loans."),
        _nothing_done(),
        (("/projects", _("Projects")), ("/loans", _("Loans"))),
    )


def _not_allowed(_trouble: NotAllowed) -> Explanation:
    return Explanation(
        403,
        _("Not open to you"),
        _("Your account does not have the permission this page asks for."),
        _("If you expected it to, ask an administrator to look at your role."),
        _nothing_done(),
    )


def _stale(_trouble: Stale) -> Explanation:
    return Explanation(
        409,
        _("Somebody was faster"),
        _("This changed after you opened the page."),
        _("Load the page again and decide on what it says now."),
        _nothing_done(),
    )


def _provider(_trouble: ProviderTrouble) -> Explanation:
    return Explanation(
        503,
        _("The escrow provider does not answer"),
        _("We could not reach the provider that holds the money."),
        _("Wait a minute and try again. What you typed is kept."),
        _("You have not been charged."),
    )


def _form_expired(_trouble: CSRFError) -> Explanation:
    return Explanation(
        400,
        _("The form was open too long"),
        str(CSRF_SENTENCE),
        _("Go back, load the page again and send the form once more."),
        _nothing_done(),
    )


def _seal_broken(_trouble: SealBroken) -> Explanation:
    return Explanation(
        500,
        _("This file is not handed out"),
        _("It is not as it was when it was stored: it was changed, or its key is missing."),
        _("Write to us with the number below. The file is looked at, and restored from a backup."),
        _nothing_done(),
    )


_TABLE: Final[dict[type[Exception], Callable[[Any], Explanation]]] = {
    Refusal: _refused,
    NotFound: _not_found,
    NotAllowed: _not_allowed,
    Stale: _stale,
    ProviderTrouble: _provider,
    SealBroken: _seal_broken,
}


def _http(trouble: HTTPException) -> Response:
    code = trouble.code or 500
    if code < 400:
        return make_response(trouble.get_response())
    db.session.rollback()
    response = _render(_not_found(trouble) if code == 404 else _misunderstood(code))
    for name, value in trouble.get_headers():
        if name in _KEPT_HEADERS:
            response.headers[name] = value
    return response


def _misunderstood(code: int) -> Explanation:
    """Explain an answer that the web itself defines."""
    again = _("Go back, load the page again and try once more.")
    title, happened, todo = {
        405: (
            _("That does not work here"),
            _("This address does not take that kind of request."),
            _("Go to the page itself and use its buttons."),
        ),
        413: (
            _("That is too large"),
            _("What was sent is larger than this site takes."),
            _("Go back and send less at once: a shorter text, or a smaller picture."),
        ),
        429: (
            _("Too many requests"),
            _("There were too many requests from your address in a short time."),
            _("Wait a minute, then go back and try again."),
        ),
    }.get(code, (_("That did not work"), _("The request could not be understood."), again))
    return Explanation(code, title, happened, todo, _nothing_done())


def _database_gone(trouble: Exception) -> Response:
    log("web").error("database_gone", request_id=g.get("request_id"), why=str(trouble))
    return _render_at_any_rate(_resting)


def _resting() -> Explanation:
    return Explanation(
        503,
        _("The site is resting for a moment"),
        _("We could not reach our own database, and we have been told."),
        _("Wait a minute and try again."),
        _("You have not been charged."),
    )


def _unexpected(trouble: Exception) -> Response:
    kind = "broken" if isinstance(trouble, Broken) else "error"
    log("web").exception(kind, request_id=g.get("request_id"))
    db.session.rollback()
    return _render_at_any_rate(_our_fault)


def _our_fault() -> Explanation:
    return Explanation(
        500,
        _("Something went wrong on our side"),
        _("The page failed, and we have been told."),
        _("Look at My money before you do it again. If it fails again, tell us the number below."),
        _("You have not been charged: cards are charged on the provider’s page only."),
        (("/my/money", _("My money")), ("/", _("Go to the home page"))),
    )
