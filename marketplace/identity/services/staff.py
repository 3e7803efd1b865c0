"""Staff roles: by invitation to an address, accepted by who reads its mail, taken back at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from marketplace.identity import queries
from marketplace.identity.gateway import Letter, Write
from marketplace.identity.models import PersonRole, StaffInvitation
from marketplace.identity.queries import InvitationRow
from marketplace.identity.rules import hashing, lifetimes, people, roles
from marketplace.identity.rules.throttle import MAILS_AN_HOUR
from marketplace.identity.services import asking, newcomers, post, sessions
from marketplace.identity.services.answering import lock_address
from marketplace.identity.services.sessions import Browser, Entry
from marketplace.infra import audit
from marketplace.infra.commands import command, step
from marketplace.infra.crypto import digest, random_token
from marketplace.infra.database import db, execute, flush, scalar
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal
from marketplace.kernel.ids import PersonId, new_id

_WITHDRAW = """
    UPDATE staff_invitation SET withdrawn_at = %s
    WHERE accepted_at IS NULL AND withdrawn_at IS NULL
"""


@command
def invite_staff(email: str, role: str, *, actor: Actor, now: datetime, write: Write) -> str:
    """Offer `role` to an address by mail and return the token of the link.

    An earlier open invitation to the same address stops working. A second staff role for one
    person is refused, and so is a flood of mails to one address.
    """
    _insist_on_admin(actor)
    address = people.clean_email(email)
    lock_address(address)
    holder = queries.by_email(address)
    roles.check_grant(role, holder.staff_role if holder else None)
    _check_mails(address, now)
    execute(_WITHDRAW + " AND email = %s::citext", (now, address))
    token, invitation_id = random_token(), new_id()
    db.session.add(
        StaffInvitation(
            id=invitation_id,
            email=address,
            role=role,
            token_digest=digest(token),
            invited_by=actor.person_id,
            invited_at=now,
            expires_at=now + lifetimes.INVITATION,
            accepted_at=None,
            accepted_by=None,
            withdrawn_at=None,
        )
    )
    flush()
    letter = Letter(
        "invitation",
        holder.locale if holder else None,
        {"link": post.address_of("invitation", token), "role": role},
    )
    post.send(write, letter, to_address=address, key=f"invitation:{invitation_id}")
    audit.record(actor, "staff_invited", "invitation", invitation_id, at=now, role=role)
    return token


@command
def withdraw_invitation(invitation_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Make an open invitation stop working."""
    _insist_on_admin(actor)
    if not execute(_WITHDRAW + " AND id = %s", (now, invitation_id)):
        raise NotFound(str(invitation_id))
    audit.record(actor, "invitation_withdrawn", "invitation", invitation_id, at=now)


@command
def accept_invitation(
    token: str, person_id: PersonId, browser: Browser, *, now: datetime, at: datetime
) -> Entry:
    """Take the offered role as the signed-in person and return a fresh session.

    Only the person with the very address it was mailed to can; all their sessions end.
    """
    invitation = _claim(token, person_id, now=now)
    holder = queries.person(person_id)
    if holder is None or holder.email.casefold() != invitation.email.casefold():
        raise Refusal("invitation_other_address", email=invitation.email)
    roles.check_grant(invitation.role, holder.staff_role)
    return _take_up(invitation, holder.as_actor(), browser, now=now, at=at)


def join_by_invitation(
    token: str, *, name: str, password: str, browser: Browser, now: datetime, at: datetime
) -> Entry:
    """Make an account for the invited address, take the role and return a session.

    The link proves the mailbox, so the address needs no second confirmation. Where the address
    already has an account, its owner signs in instead.
    """
    invitation = queries.invitation(token, now=now)
    if invitation is None:
        raise Refusal("link_spent")
    email, clean_name = asking.check_new_person(
        email=invitation.email, name=name, password=password
    )
    fresh = hashing.hashed(password)
    return _join(token, email, clean_name, fresh, browser, now=now, at=at)


@command
def revoke_role(person_id: PersonId, *, actor: Actor, now: datetime) -> str:
    """Take the staff role back and return it; holds from the person's next request on.

    The last administrator keeps theirs.
    """
    _insist_on_admin(actor)
    execute("SELECT pg_advisory_xact_lock(hashtextextended('staff roles', 2))")
    held = scalar("SELECT role FROM person_role WHERE person_id = %s", (person_id,))
    if held is None:
        raise Refusal("role_none", "email")
    if held == "admin" and scalar("SELECT count(*) FROM person_role WHERE role = 'admin'") == 1:
        raise Refusal("role_last_admin", "email")
    execute("DELETE FROM person_role WHERE person_id = %s", (person_id,))
    audit.record(actor, "role_revoked", "person", person_id, at=now, role=held)
    return str(held)


@step
def grant(person_id: PersonId, role: str, *, actor: Actor, now: datetime) -> None:
    """Give a person their one staff role."""
    db.session.add(
        PersonRole(person_id=person_id, role=role, granted_at=now, granted_by=actor.person_id)
    )
    flush()
    audit.record(actor, "role_granted", "person", person_id, at=now, role=role)


@command
def _join(
    token: str,
    email: str,
    name: str,
    password_hash: str,
    browser: Browser,
    *,
    now: datetime,
    at: datetime,
) -> Entry:
    lock_address(email)
    person_id = newcomers.admit(email, name, password_hash, now=now)
    invitation = _claim(token, person_id, now=now)
    return _take_up(invitation, Actor(person_id, label=name), browser, now=now, at=at)


@step
def _take_up(
    invitation: InvitationRow, holder: Actor, browser: Browser, *, now: datetime, at: datetime
) -> Entry:
    person_id = holder.known()
    sessions.end_all(person_id, at=at)
    grant(person_id, invitation.role, actor=holder, now=now)
    return sessions.begin(person_id, browser, at=at)


@step
def _claim(token: str, person_id: PersonId, *, now: datetime) -> InvitationRow:
    invitation = queries.invitation(token, now=now)
    sql = """
        UPDATE staff_invitation SET accepted_at = %s, accepted_by = %s
        WHERE token_digest = %s AND accepted_at IS NULL AND withdrawn_at IS NULL
    """
    if invitation is None or not execute(sql, (now, person_id, digest(token))):
        raise Refusal("link_spent")
    return invitation


def _check_mails(address: str, now: datetime) -> None:
    sql = "SELECT count(*) FROM staff_invitation WHERE email = %s::citext AND invited_at > %s"
    if scalar(sql, (address, now - timedelta(hours=1))) >= MAILS_AN_HOUR:
        raise Refusal("invitation_too_many", "email")


def _insist_on_admin(actor: Actor) -> None:
    # Guards ask this at the door; a role is too much to hand out to ask it only there.
    if not actor.has("admin"):
        raise NotAllowed("people.manage")
