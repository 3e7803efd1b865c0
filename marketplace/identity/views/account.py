"""A person's own settings: name, password, language and colours, sessions."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from marketplace.identity import queries
from marketplace.identity.adapters import role_name, write
from marketplace.identity.forms import (
    ActForm,
    ChangePasswordForm,
    NameForm,
    PreferencesForm,
)
from marketplace.identity.services import profile
from marketplace.identity.services import sessions as session_services
from marketplace.identity.views import sessions
from marketplace.identity.views.browsers import browser_words
from marketplace.identity.views.preferences import keep
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.guards import signed_in
from marketplace.web.limits import STRICT, limiter
from marketplace.web.locale import _, language, ngettext
from marketplace.web.rendering import done, page

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.get("")
@signed_in
def settings() -> Response:
    """Show what can be changed."""
    user = sessions.signed_in()
    count = len(queries.sessions(user.person_id, at=clock.wall()))
    return page("identity/account.html", user=user, session_count=count, role_name=role_name)


@bp.route("/name", methods=["GET", "POST"])
@signed_in
def name() -> Response:
    """Change the name others read."""
    user = sessions.signed_in()
    form = NameForm(data={"name": user.name})
    if form.ready() and form.attempt(
        lambda: profile.rename(user.person_id, form.name.data or "", now=clock.now())
    ):
        return done(url_for("account.settings"), _("Your name is changed."))
    return page("identity/name.html", status=422 if form.errors else 200, form=form)


@bp.route("/password", methods=["GET", "POST"])
@signed_in
@limiter.limit(STRICT, methods=["POST"])
def password() -> Response:
    """Change the password; every other session ends."""
    form, user = ChangePasswordForm(), sessions.signed_in()
    entry = form.attempt(lambda: _change(user, form)) if form.ready() else None
    if entry:
        message = _("Your password is changed, and every other session is ended.")
        return sessions.remember(done(url_for("account.settings"), message), entry)
    status = 422 if form.errors else 200
    return page("identity/password.html", status=status, form=form, user=user)


@bp.route("/preferences", methods=["GET", "POST"])
@signed_in
def preferences() -> Response:
    """Choose language and colours."""
    user = sessions.signed_in()
    form = PreferencesForm(data={"theme": user.theme, "language": language()})
    if form.ready():
        response = done(url_for("account.settings"), _("Your choice is kept."))
        keep(response, theme=form.theme.data, language=form.language.data)
        return response
    return page("identity/preferences.html", status=422 if form.errors else 200, form=form)


@bp.get("/sessions")
@signed_in
def session_list() -> Response:
    """Show where the person is signed in."""
    user = sessions.signed_in()
    rows = [
        {
            "ref": public_id("ses", row.id),
            "current": row.id == user.session_id,
            "words": browser_words(row.user_agent),
            "address": row.address,
            "created_at": row.created_at,
            "last_seen_at": row.last_seen_at,
        }
        for row in queries.sessions(user.person_id, at=clock.wall())
    ]
    return page("identity/sessions.html", rows=rows, form=ActForm())


@bp.post("/sessions/end")
@signed_in
def end_sessions() -> Response:
    """End one session of the person's, or all but this one."""
    user, form = sessions.signed_in(), ActForm()
    if not form.ready():
        return session_list()
    chosen, at = request.form.get("session", ""), clock.wall()
    if chosen:
        session_services.end_session(user.person_id, parse_public_id("ses", chosen), at=at)
        return done(url_for("account.session_list"), _("The session is ended."))
    count = session_services.end_other_sessions(user.person_id, keep=user.session_id, at=at)
    return done(
        url_for("account.session_list"),
        ngettext("%(num)s session is ended.", "%(num)s sessions are ended.", count),
    )


def _change(user: queries.SignedIn, form: ChangePasswordForm) -> session_services.Entry:
    return profile.change_password(
        user,
        current=form.password.data or "",
        chosen=form.new_password.data or "",
        browser=sessions.browser(),
        now=clock.now(),
        at=clock.wall(),
        write=write,
    )
