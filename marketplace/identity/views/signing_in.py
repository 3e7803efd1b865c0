"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for

from marketplace.identity.forms import SignInForm
from marketplace.identity.services import sessions as session_services
from marketplace.identity.services import signing_in
from marketplace.identity.views import sessions
from marketplace.kernel import clock
from marketplace.web.guards import local_path, me, public
from marketplace.web.limits import STRICT, limiter
from marketplace.web.rendering import done, page

bp = Blueprint("signing_in", __name__)


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@limiter.limit(STRICT, methods=["POST"])
def sign_in() -> Response:
    """Let somebody in and send them where they wanted to go, within this site."""
    form, target = SignInForm(), local_path(request.args.get("next"))
    if me().is_person and request.method == "GET":
        return done(target)
    entry = form.attempt(lambda: _enter(form)) if form.ready() else None
    if entry:
        return sessions.remember(done(target), entry)
    status = 422 if form.errors else 200
    return page("identity/sign_in.html", status=status, form=form, target=target)


@bp.post("/sign-out")
@public
def sign_out() -> Response:
    """End the session, here and in every copy of its cookie."""
    session_services.sign_out(sessions.token(), at=clock.wall())
    return sessions.forget(redirect(url_for("signing_in.signed_out"), 303))  # type: ignore[arg-type]


@bp.get("/signed-out")
@public
def signed_out() -> Response:
    """Say that it is done."""
    return page("identity/signed_out.html")


def _enter(form: SignInForm) -> session_services.Entry:
    email = form.email.data or ""
    return signing_in.sign_in(
        email=email,
        password=form.password.data or "",
        browser=sessions.browser(),
        device=sessions.device_for(email),
        at=clock.wall(),
    )
