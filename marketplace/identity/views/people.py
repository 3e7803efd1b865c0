"""People and roles, for administrators."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, request, url_for

from marketplace.identity import queries
from marketplace.identity.adapters import role_name, write
from marketplace.identity.forms import ActForm, InviteForm
from marketplace.identity.rules import roles
from marketplace.identity.services import sessions as session_services
from marketplace.identity.services import staff
from marketplace.identity.views.browsers import browser_words
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import PersonId, parse_public_id, public_id
from marketplace.web.guards import me, requires
from marketplace.web.locale import _, ngettext
from marketplace.web.rendering import done, page

bp = Blueprint("people", __name__, url_prefix="/staff/people")


@bp.get("")
@requires("people.manage")
def everyone() -> Response:
    """Search people, and see who is invited."""
    search, role = request.args.get("q", "")[:100], request.args.get("role", "")
    before = request.args.get("before", "")
    found = queries.people(
        search=search, role=role, older_than=parse_public_id("per", before) if before else None
    )
    return page(
        "identity/people.html",
        people=[_line(one) for one in found.people],
        search=search,
        role=role,
        older_href=_older(found.older_than, search, role),
        invitations=queries.open_invitations(now=clock.now()),
        role_name=role_name,
        choices=[("", _("Everyone")), ("staff", _("All staff"))]
        + [(one, role_name(one)) for one in roles.ORDER],
    )


@bp.route("/invite", methods=["GET", "POST"])
@requires("people.manage")
def invite() -> Response:
    """Offer a staff role to an address."""
    form = InviteForm()
    if form.ready() and form.attempt(
        lambda: staff.invite_staff(
            form.email.data or "", form.role.data or "", actor=me(), now=clock.now(), write=write
        )
    ):
        return done(url_for("people.everyone"), _("The invitation is on its way."))
    return page("identity/invite.html", status=422 if form.errors else 200, form=form)


@bp.post("/invitations/<string:ref>/withdraw")
@requires("people.manage")
def withdraw(ref: str) -> Response:
    """Take an open invitation back."""
    if ActForm().ready():
        staff.withdraw_invitation(parse_public_id("inv", ref), actor=me(), now=clock.now())
    return done(url_for("people.everyone"), _("The invitation no longer works."))


@bp.get("/<string:ref>")
@requires("people.manage")
def person(ref: str) -> Response:
    """Show one person: role, state, sessions."""
    found = _person(ref)
    rows = [
        {
            "user_agent": browser_words(row.user_agent),
            "address": row.address,
            "last_seen_at": row.last_seen_at,
        }
        for row in queries.sessions(found.id, at=clock.wall())
    ]
    return page("identity/person.html", holder=found, rows=rows, role_name=role_name)


@bp.post("/<string:ref>/role/revoke")
@requires("people.manage")
def revoke(ref: str) -> Response:
    """Take the staff role back; holds from the person's next request on."""
    found, form = _person(ref), ActForm()
    if form.ready():
        staff.revoke_role(found.id, actor=me(), now=clock.now())
    return done(_page_of(found.id), _("The role is taken back."))


@bp.post("/<string:ref>/sessions/end")
@requires("people.manage")
def end_sessions(ref: str) -> Response:
    """Sign the person out everywhere."""
    found, count = _person(ref), 0
    if ActForm().ready():
        count = session_services.end_all_sessions(found.id, at=clock.wall())
    return done(
        _page_of(found.id),
        ngettext("%(num)s session is ended.", "%(num)s sessions are ended.", count),
    )


def _line(person: queries.PersonRow) -> dict[str, object]:
    if person.staff_role:
        state = {"label": role_name(person.staff_role), "tone": "info"}
    elif person.confirmed_at:
        state = {"label": _("Member"), "tone": "neutral"}
    else:
        state = {"label": _("Not confirmed"), "tone": "warn"}
    return {
        "name": person.name,
        "name_href": _page_of(person.id),
        "email": person.email,
        "state": state,
        "since": person.created_at,
    }


def _person(ref: str) -> queries.PersonRow:
    found = queries.person(parse_public_id("per", ref))
    if found is None:
        raise NotFound(ref)
    return found


def _page_of(person_id: PersonId) -> str:
    return url_for("people.person", ref=public_id("per", person_id))


def _older(older_than: UUID | None, search: str, role: str) -> str | None:
    if older_than is None:
        return None
    before = public_id("per", older_than)
    return url_for("people.everyone", q=search or None, role=role or None, before=before)
