"""A forgotten password: ask, follow the mail, choose another one."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from marketplace.identity import queries
from marketplace.identity.adapters import write
from marketplace.identity.forms import AddressForm, NewPasswordForm
from marketplace.identity.services import asking, confirming
from marketplace.identity.views import sessions
from marketplace.kernel import clock
from marketplace.web.guards import public
from marketplace.web.limits import STRICT, limiter
from marketplace.web.locale import _
from marketplace.web.rendering import done, page

bp = Blueprint("recovery", __name__)


@bp.route("/reset", methods=["GET", "POST"])
@public
@limiter.limit(STRICT, methods=["POST"])
def ask() -> Response:
    """Mail a link to choose a new password; the answer is the same for every address."""
    form = AddressForm()
    if form.ready() and form.attempt(
        lambda: asking.ask_reset(email=form.email.data or "", now=clock.now())
    ):
        return done(url_for("recovery.asked"))
    return page("identity/reset.html", status=422 if form.errors else 200, form=form)


@bp.get("/reset/check-mail")
@public
def asked() -> Response:
    """Say what comes next."""
    return page("identity/reset_asked.html")


@bp.route("/reset/<string:token>", methods=["GET", "POST"])
@public
@limiter.limit(STRICT, methods=["POST"])
def choose(token: str) -> Response:
    """Choose a new password with a link that works once; ends all sessions."""
    form = NewPasswordForm()
    found = queries.link("reset", token, now=clock.now())
    if found is None:
        return page("identity/reset_spent.html", status=410)
    if form.ready() and form.attempt(lambda: _reset(token, form)):
        response = done(
            url_for("signing_in.sign_in"),
            _("Your password is changed and all sessions are ended. Sign in with the new one."),
        )
        sessions.remember_device(response, found.email)
        return response
    status = 422 if form.errors else 200
    return page("identity/new_password.html", status=status, form=form, email=found.email)


def _reset(token: str, form: NewPasswordForm) -> bool:
    confirming.reset_password(
        token,
        form.new_password.data or "",
        now=clock.now(),
        at=clock.wall(),
        write=write,
    )
    return True
