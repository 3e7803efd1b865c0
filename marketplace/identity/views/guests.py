"""Going on as a guest: name and address, a mailed link, and on to where one was going."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from marketplace.identity import queries
from marketplace.identity.forms import ActForm, AddressForm, GuestForm
from marketplace.identity.services import asking, guests
from marketplace.identity.views import sessions
from marketplace.kernel import clock
from marketplace.web.guards import local_path, me, public
from marketplace.web.limits import STRICT, limiter
from marketplace.web.locale import language
from marketplace.web.rendering import done, page

bp = Blueprint("guests", __name__)


@bp.route("/guest", methods=["GET", "POST"])
@public
@limiter.limit(STRICT, methods=["POST"])
def guest() -> Response:
    """Ask where to mail the link; the answer is the same whether or not there is an account."""
    form, target = GuestForm(), local_path(request.args.get("next"))
    if me().is_person and request.method == "GET":
        return done(target)
    if form.ready() and form.attempt(
        lambda: asking.ask_guest(
            email=form.email.data or "",
            name=form.name.data or "",
            next_path=target,
            locale=language(),
            now=clock.now(),
        )
    ):
        return done(url_for("guests.link_mailed"))
    return page("identity/guest.html", 422 if form.errors else 200, form=form, target=target)


@bp.get("/guest/check-mail")
@public
def link_mailed() -> Response:
    """Say what comes next."""
    return page("identity/guest_mailed.html")


@bp.get("/guest/<string:token>")
@public
def arriving(token: str) -> Response:
    """Ask for one press: programs that read mail follow links, but press nothing."""
    found = queries.link("guest", token, now=clock.now())
    if found is None:
        return page("identity/link_spent.html", status=410, form=AddressForm())
    return page("identity/guest_enter.html", form=ActForm(), email=found.email)


@bp.post("/guest/<string:token>")
@public
@limiter.limit(STRICT)
def enter(token: str) -> Response:
    """Let the holder of the link in and send them where they were going."""
    form = ActForm()
    found = (
        form.attempt(
            lambda: guests.enter(token, sessions.browser(), now=clock.now(), at=clock.wall())
        )
        if form.ready()
        else None
    )
    if found is None:
        return page("identity/link_spent.html", status=410, form=AddressForm())
    entry, target = found
    return sessions.remember(done(local_path(target)), entry)
