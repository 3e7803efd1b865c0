"""Accepting an invitation to the team: with the very address it was mailed to."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from marketplace.identity import queries
from marketplace.identity.adapters import role_name
from marketplace.identity.forms import ActForm, JoinTeamForm
from marketplace.identity.queries import InvitationRow
from marketplace.identity.services import staff
from marketplace.identity.services.sessions import Entry
from marketplace.identity.views import sessions
from marketplace.kernel import clock
from marketplace.web.guards import public
from marketplace.web.limits import STRICT, limiter
from marketplace.web.locale import _
from marketplace.web.rendering import done, page

bp = Blueprint("invitations", __name__)


@bp.route("/invitation/<string:token>", methods=["GET", "POST"])
@public
@limiter.limit(STRICT, methods=["POST"])
def invitation(token: str) -> Response:
    """Show what is offered and take it up: signed in, or by making the account."""
    offer = queries.invitation(token, now=clock.now())
    if offer is None:
        return page("identity/invitation_spent.html", status=410)
    user = sessions.current()
    if user is not None:
        return _for_member(token, offer, user)
    holder = queries.by_email(offer.email)
    if holder is not None and holder.confirmed_at is not None:
        return _page(offer, "sign_in", sign_in=url_for("signing_in.sign_in", next=request.path))
    return _for_newcomer(token, offer)


def _for_member(token: str, offer: InvitationRow, user: queries.SignedIn) -> Response:
    form = ActForm()
    if user.email.casefold() != offer.email.casefold():
        return _page(offer, "other", user=user)
    entry = form.attempt(lambda: _accept(token, user)) if form.ready() else None
    if entry:
        return _welcome(entry)
    return _page(offer, "accept", status=422 if form.errors else 200, form=form)


def _for_newcomer(token: str, offer: InvitationRow) -> Response:
    form = JoinTeamForm()
    entry = form.attempt(lambda: _join(token, form)) if form.ready() else None
    if entry:
        return _welcome(entry)
    return _page(offer, "join", status=422 if form.errors else 200, form=form)


def _accept(token: str, user: queries.SignedIn) -> Entry:
    return staff.accept_invitation(
        token, user.person_id, sessions.browser(), now=clock.now(), at=clock.wall()
    )


def _join(token: str, form: JoinTeamForm) -> Entry:
    return staff.join_by_invitation(
        token,
        name=form.name.data or "",
        password=form.password.data or "",
        browser=sessions.browser(),
        now=clock.now(),
        at=clock.wall(),
    )


def _welcome(entry: Entry) -> Response:
    message = _("Welcome to the team. Your desk is in the menu under your name.")
    return sessions.remember(done(url_for("account.settings"), message), entry)


def _page(offer: InvitationRow, way: str, *, status: int = 200, **context: object) -> Response:
    role = role_name(offer.role)
    return page(
        "identity/invitation.html", status=status, offer=offer, way=way, role=role, **context
    )
