"""People and roles for administrators, and the invitation at the other end."""

from __future__ import annotations

import re

from flask import Flask

from marketplace.identity import queries
from marketplace.infra import mail
from marketplace.kernel.ids import public_id
from tests.builders.identity import (
    PASSWORD,
    a_first_reviewer,
    a_person,
    an_admin,
    signed_in,
)
from tests.page_client import PageClient


def desk(app: Flask) -> PageClient:
    return signed_in(PageClient(app), an_admin())


def invite(admin: PageClient, email: str, role: str) -> str:
    page = admin.get("/staff/people/invite")
    assert "is on its way" in admin.follow(admin.send(page, "/invite", email=email, role=role)).text
    found = re.search(r"http://localhost(/invitation/\S+)", mail.last_for(email) or "")
    assert found
    return found[1]


def test_people_are_searched_and_narrowed_to_staff(app: Flask) -> None:
    a_person("Grace Hopper")
    a_first_reviewer("Fiona First")
    admin = desk(app)

    page = admin.get("/staff/people?q=hopper")
    assert "Grace Hopper" in page.text
    assert "Fiona First" not in page.text
    page = admin.get("/staff/people?role=first_reviewer")
    assert "Fiona First" in page.text
    assert "Grace Hopper" not in page.text
    assert "Nobody matches." in admin.get("/staff/people?q=%25_%5C").text
    admin.get("/staff/people?before=nonsense", status=404)


def test_an_invited_stranger_makes_the_account_and_has_the_role(app: Flask) -> None:
    admin, nora = desk(app), PageClient(app)
    path = invite(admin, "nora@example.org", "first_reviewer")
    assert "nora@example.org" in admin.get("/staff/people").text

    page = nora.get(path)
    assert page.h1 == "Join the team as First reviewer"
    weak = nora.send(page, "/invitation/", status=422, name="Nora New", password="short")
    assert weak.errors[0].startswith("Use 12 characters or more.")
    assert weak.form("/invitation/").fields["name"] == "Nora New"
    welcome = nora.follow(nora.send(page, "/invitation/", name="Nora New", password=PASSWORD))

    assert "Welcome to the team." in welcome.text
    assert [one.name for one in queries.staff("first_reviewer")] == ["Nora New"]
    assert "no longer works" in nora.get(path, status=410).h1


def test_a_member_signs_in_first_and_then_accepts(app: Flask) -> None:
    member = a_person()
    path = invite(desk(app), member.email, "moderator")
    visitor = PageClient(app)

    page = visitor.get(path)
    door = visitor.get(page.links["Sign in to accept"])
    offer = visitor.follow(visitor.send(door, "/sign-in", email=member.email, password=PASSWORD))
    before = visitor.client.get_cookie("kindling_session")
    visitor.send(offer, "/invitation/")

    after = visitor.client.get_cookie("kindling_session")
    assert before is not None
    assert after is not None
    assert before.value != after.value  # a new role, a new session
    assert "moderator" in (queries.person(member.id) or member).roles


def test_somebody_else_who_is_signed_in_is_told_whose_it_is(app: Flask) -> None:
    path = invite(desk(app), "nora@example.org", "moderator")
    visitor = signed_in(PageClient(app), a_person(email="eve@example.org"))

    page = visitor.get(path)
    assert "This invitation is for nora@example.org" in page.text
    assert queries.staff("moderator") == []


def test_a_second_staff_role_is_refused_beside_the_field(app: Flask) -> None:
    reviewer, admin = a_first_reviewer(), desk(app)
    page = admin.send(
        admin.get("/staff/people/invite"),
        "/invite",
        status=422,
        email=reviewer.email,
        role="second_reviewer",
    )

    assert page.errors[0].startswith("This person holds a staff role already (first_reviewer).")
    assert page.form("/invite").fields["role"] == "second_reviewer"
    empty = admin.send(page, "/invite", status=422, email="", role="")
    assert len(empty.errors) == 1


def test_an_invitation_is_taken_back(app: Flask) -> None:
    admin = desk(app)
    path = invite(admin, "nora@example.org", "moderator")
    done = admin.send(admin.get("/staff/people"), "/withdraw")

    assert "no longer works" in admin.follow(done).text
    assert "no longer works" in PageClient(app).get(path, status=410).h1


def test_a_role_is_taken_back_and_sessions_are_ended_from_the_persons_page(app: Flask) -> None:
    admin, reviewer = desk(app), a_first_reviewer()
    theirs = signed_in(PageClient(app), reviewer)
    page = admin.get(f"/staff/people/{public_id('per', reviewer.id)}")
    assert "Firefox on Linux" in page.text

    assert "taken back" in admin.follow(admin.send(page, "/role/revoke")).text
    assert queries.staff("first_reviewer") == []
    assert theirs.get("/account").h1 == "Settings"
    assert "1 session is ended." in admin.follow(admin.send(page, "/sessions/end")).text
    theirs.get("/account", status=303)


def test_an_administrator_cannot_leave_the_site_without_one(app: Flask) -> None:
    admin = desk(app)
    me = queries.staff("admin")[0]
    page = admin.get(f"/staff/people/{public_id('per', me.id)}")

    answer = admin.send(page, "/role/revoke", status=422)
    assert "only administrator" in answer.text


def test_a_person_nobody_knows_is_not_found(app: Flask) -> None:
    admin = desk(app)

    admin.get("/staff/people/per_00000000000000000000000000", status=404)
    admin.get("/staff/people/1", status=404)
