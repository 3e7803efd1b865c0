"""The one table that turns trouble into pages: what happened, what did not, what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask import Flask, Response, g, make_response, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from marketplace.infra.database import db
from marketplace.infra.logs import log
from marketplace.kernel.errors import (
    Broken,
    IllegalMove,
    NotAllowed,
    NotFound,
    ProviderTrouble,
    Refusal,
    Stale,
)
from marketplace.web.forms import CSRF_SENTENCE
from marketplace.web.guards import SignInNeeded, to_sign_in
from marketplace.web.locale import _
from marketplace.web.refusals import sentence


@dataclass(frozen=True, slots=True)
class Explanation:
    """An error page: the heading, what happened, what to do, and what did not happen."""

    status: int
    title: str
    happened: str
    todo: str
    not_happened: str = ""


def install(app: Flask) -> None:
    """Answer every kind of trouble with its page."""
    app.register_error_handler(SignInNeeded, lambda _trouble: to_sign_in())
    for kind, explain in _TABLE.items():
        app.register_error_handler(kind, _answer(explain))
    app.register_error_handler(CSRFError, _answer(_form_expired))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _answer(explain: Any) -> Any:  # noqa: ANN401 - Flask's handler types
    def handle(trouble: Exception) -> Response:
        db.session.rollback()
        return _render(explain(trouble))

    return handle


def _render(explanation: Explanation) -> Response:
    facts = asdict(explanation) | {"request_id": g.get("request_id"), "links": []}
    body = render_template("errors/error.html", **facts)
    response = make_response(body, explanation.status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(refusal: Refusal) -> Explanation:
    status = 409 if isinstance(refusal, IllegalMove) else 422
    return Explanation(
        status,
        _("That cannot be done"),
        sentence(refusal),
        _("Go back, correct what is named above and try again."),
        _("Nothing was changed."),
    )


def _not_found(_trouble: NotFound) -> Explanation:
    return Explanation(
        404,
        _("Page not found"),
        _("There is no page here, or it is not one of yours."),
        _("Check the address, or start from the list of projects or loans."),
    )


def _not_allowed(_trouble: NotAllowed) -> Explanation:
    return Explanation(
        403,
        _("Not open to you"),
        _("Your account does not have the permission this page asks for."),
        _("If you expected it to, ask an administrator to look at your role."),
    )


def _stale(_trouble: Stale) -> Explanation:
    return Explanation(
        409,
        _("Somebody was faster"),
        _("This changed after you opened the page."),
        _("Load the page again and decide on what it says now."),
        _("Your change was not made."),
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
    )


_TABLE: dict[type[Exception], Any] = {
    Refusal: _refused,
    NotFound: _not_found,
    NotAllowed: _not_allowed,
    Stale: _stale,
    ProviderTrouble: _provider,
}


def _http(trouble: HTTPException) -> Response:
    code = trouble.code or 500
    if code == 404:
        return _render(_not_found(NotFound()))
    if code < 400:
        return make_response(trouble.get_response())
    happened = {
        405: _("This address does not take that kind of request."),
        413: _("What was sent is larger than this site takes."),
        429: _("There were too many requests from your address in a short time."),
    }.get(code, _("The request could not be understood."))
    todo = _("Wait a minute, go back and try again.")
    return _render(
        Explanation(code, _("That did not work"), happened, todo, _("Nothing was changed."))
    )


def _unexpected(trouble: Exception) -> Response:
    db.session.rollback()
    kind = "broken" if isinstance(trouble, Broken) else "error"
    log("web").exception(kind, request_id=g.get("request_id"))
    explanation = Explanation(
        500,
        _("Something went wrong on our side"),
        _("The page failed, and we have been told."),
        _("Try again in a minute. If it fails again, tell us the request id below."),
        _("What you were doing was not carried out, and you were not charged by it."),
    )
    return _render(explanation)
