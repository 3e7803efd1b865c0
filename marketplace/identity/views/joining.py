"""Signing up: type, check the mail, confirm."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from marketplace.identity import queries
from marketplace.identity.forms import ActForm, AddressForm, SignUpForm
from marketplace.identity.services import asking, confirming
from marketplace.kernel import clock
from marketplace.web.guards import public
from marketplace.web.limits import STRICT, limiter
from marketplace.web.locale import _, language
from marketplace.web.rendering import done, page

bp = Blueprint("joining", __name__)


@bp.route("/sign-up", methods=["GET", "POST"])
@public
@limiter.limit(STRICT, methods=["POST"])
def sign_up() -> Response:
    """Ask for an account; the answer is the same whether or not there is one."""
    form = SignUpForm()
    if form.ready() and form.attempt(
        lambda: asking.sign_up(
            email=form.email.data or "",
            name=form.name.data or "",
            password=form.password.data or "",
            locale=language(),
            now=clock.now(),
        )
    ):
        return done(url_for("joining.check_mail"))
    return page("identity/sign_up.html", status=422 if form.errors else 200, form=form)


@bp.get("/sign-up/check-mail")
@public
def check_mail() -> Response:
    """Say what comes next, and offer to mail again."""
    return page("identity/check_mail.html", form=AddressForm())


@bp.post("/sign-up/check-mail")
@public
@limiter.limit(STRICT)
def mail_again() -> Response:
    """Mail the confirmation once more, if there is anything to confirm."""
    form = AddressForm()
    if form.ready() and form.attempt(
        lambda: asking.ask_confirmation(email=form.email.data or "", now=clock.now())
    ):
        return done(
            url_for("joining.check_mail"),
            _("If there is something to confirm, a new mail is on its way."),
        )
    return page("identity/check_mail.html", status=422, form=form)


@bp.get("/confirm/<string:token>")
@public
def confirmation(token: str) -> Response:
    """Ask for one press: programs that read mail follow links, but press nothing."""
    found = queries.link("confirm", token, now=clock.now())
    if found is None:
        return page("identity/link_spent.html", status=410, form=AddressForm())
    return page("identity/confirm.html", form=ActForm(), email=found.email)


@bp.post("/confirm/<string:token>")
@public
@limiter.limit(STRICT)
def confirm(token: str) -> Response:
    """Confirm the address the link was mailed to."""
    form = ActForm()
    if form.ready() and form.attempt(
        lambda: confirming.confirm_email(token, now=clock.now()) is not None
    ):
        return done(
            url_for("signing_in.sign_in"),
            _("Your address is confirmed. Sign in with the password you chose."),
        )
    return page("identity/link_spent.html", status=410, form=AddressForm())
