"""Staff roles: offered to an address, accepted by its owner, one a person, taken back at once."""

from __future__ import annotations

import pytest
from flask import Flask
from psycopg.errors import UniqueViolation

from marketplace.identity import queries
from marketplace.identity.adapters import write
from marketplace.identity.services import staff
from marketplace.infra import mail
from marketplace.infra.database import db, driver, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, Refusal
from tests.builders.identity import (
    FIREFOX,
    PASSWORD,
    a_first_reviewer,
    a_moderator,
    a_person,
    an_admin,
)


def invite(email: str, role: str, actor: Actor) -> str:
    return staff.invite_staff(email, role, actor=actor, now=clock.now(), write=write)


def join(token: str, password: str = PASSWORD) -> object:
    return staff.join_by_invitation(
        token, name="Nora New", password=password, browser=FIREFOX, now=clock.now(), at=clock.wall()
    )


def accept(token: str, person: queries.PersonRow) -> object:
    return staff.accept_invitation(token, person.id, FIREFOX, now=clock.now(), at=clock.wall())


def test_a_stranger_joins_with_the_invited_address_and_is_confirmed(app: Flask) -> None:
    token = invite("nora@example.org", "moderator", an_admin().as_actor())
    assert token in (mail.last_for("nora@example.org") or "")

    join(token)

    nora = queries.by_email("nora@example.org")
    assert nora is not None
    assert nora.staff_role == "moderator"
    assert nora.confirmed_at
    with pytest.raises(Refusal, match="link_spent"):
        join(token)


def test_a_member_accepts_signed_in_with_that_very_address(app: Flask) -> None:
    member, other = a_person(), a_person()
    token = invite(member.email, "finance_officer", an_admin().as_actor())

    with pytest.raises(Refusal, match="invitation_other_address"):
        accept(token, other)
    accept(token, member)

    assert [one.id for one in queries.staff("finance_officer")] == [member.id]
    with pytest.raises(Refusal, match="link_spent"):
        accept(token, member)


def test_an_invitation_does_not_take_over_an_account(app: Flask) -> None:
    member = a_person()
    token = invite(member.email, "moderator", an_admin().as_actor())

    with pytest.raises(Refusal, match="email_taken"):
        join(token)
    assert queries.invitation(token, now=clock.now())


def test_an_invitation_holds_for_seventy_two_hours(app: Flask, hand: clock.Hand) -> None:
    token = invite("nora@example.org", "moderator", an_admin().as_actor())
    hand.advance(hours=72)

    with pytest.raises(Refusal, match="link_spent"):
        join(token)


def test_a_newer_invitation_replaces_the_older(app: Flask) -> None:
    admin = an_admin().as_actor()
    older = invite("nora@example.org", "first_reviewer", admin)
    newer = invite("NORA@example.org", "second_reviewer", admin)

    with pytest.raises(Refusal, match="link_spent"):
        join(older)
    join(newer)
    assert queries.staff("first_reviewer") == []


def test_a_first_reviewer_is_never_invited_as_second(app: Flask) -> None:
    reviewer = a_first_reviewer()

    with pytest.raises(Refusal, match="role_second"):
        invite(reviewer.email, "second_reviewer", an_admin().as_actor())


def test_the_database_itself_holds_one_staff_role_a_person(app: Flask) -> None:
    reviewer = a_first_reviewer()

    with pytest.raises(UniqueViolation):
        driver().execute(
            "INSERT INTO person_role VALUES (%s, 'second_reviewer', now(), NULL)", (reviewer.id,)
        )
    db.session.rollback()


@pytest.mark.parametrize("role", ["moderator", "finance_officer", None])
def test_only_administrators_hand_out_roles(app: Flask, role: str | None) -> None:
    actor = a_person(role=role).as_actor()

    with pytest.raises(NotAllowed):
        invite("nora@example.org", "admin", actor)
    with pytest.raises(NotAllowed):
        staff.revoke_role(actor.known(), actor=actor, now=clock.now())


def test_the_last_administrator_stays(app: Flask) -> None:
    admin = an_admin()

    with pytest.raises(Refusal, match="role_last_admin"):
        staff.revoke_role(admin.id, actor=admin.as_actor(), now=clock.now())
    second = an_admin("Alma Admin")
    assert staff.revoke_role(admin.id, actor=second.as_actor(), now=clock.now()) == "admin"


def test_one_address_is_not_flooded_with_invitations(app: Flask) -> None:
    admin = an_admin().as_actor()
    for _ in range(5):
        invite("nora@example.org", "moderator", admin)

    with pytest.raises(Refusal, match="invitation_too_many"):
        invite("nora@example.org", "moderator", admin)


def test_what_was_done_about_roles_is_in_the_audit_trail(app: Flask) -> None:
    admin = an_admin()
    moderator = a_moderator()
    staff.revoke_role(moderator.id, actor=admin.as_actor(), now=clock.now())

    sql = "SELECT actor_id FROM audit_entry WHERE action = 'role_revoked' AND subject_id = %s"
    assert scalar(sql, (moderator.id,)) == admin.id
