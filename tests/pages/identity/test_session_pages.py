"""The session cookie at the browser: what it is like, and what it stops being worth."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from marketplace.identity.services import staff
from marketplace.infra.database import execute
from marketplace.kernel import clock
from tests.builders.identity import PASSWORD, a_moderator, a_person, an_admin, signed_in
from tests.page_client import PageClient, alone


def sign_in(visitor: PageClient, email: str, to: str = "/sign-in") -> TestResponse:
    return visitor.send(visitor.get(to), "/sign-in", email=email, password=PASSWORD).response


def cookie_of(visitor: PageClient) -> str:
    found = visitor.client.get_cookie("kindling_session")
    assert found is not None
    return found.value


def test_a_saved_cookie_is_worth_nothing_after_signing_out(app: Flask) -> None:
    visitor, thief = PageClient(app), PageClient(app)
    sign_in(visitor, a_person().email)
    stolen = cookie_of(visitor)
    visitor.send(visitor.get("/account"), "/sign-out")

    thief.client.set_cookie("kindling_session", stolen)

    assert thief.get("/account", status=303).location == "/sign-in?next=/account"


def test_a_session_id_planted_before_signing_in_is_replaced(visitor: PageClient) -> None:
    visitor.client.set_cookie("kindling_session", "planted-by-somebody-else")
    sign_in(visitor, a_person().email)

    assert cookie_of(visitor) != "planted-by-somebody-else"


def test_signing_in_again_gives_another_cookie_and_form_token(visitor: PageClient) -> None:
    person = a_person()
    before = visitor.get("/sign-in").form("/sign-in").fields["csrf_token"]
    sign_in(visitor, person.email)
    first = cookie_of(visitor)
    page = visitor.get("/account/name")

    visitor.send(page, "/sign-out")
    sign_in(visitor, person.email)

    assert cookie_of(visitor) != first
    answer = visitor.post("/account/name", {"name": "Mallory", "csrf_token": before}, status=400)
    assert answer.h1 == "The form was open too long"


def test_the_cookie_is_held_from_scripts_and_other_sites(visitor: PageClient) -> None:
    headers = sign_in(visitor, a_person().email).headers.getlist("Set-Cookie")
    session = next(one for one in headers if one.startswith("kindling_session="))

    for attribute in ("HttpOnly", "SameSite=Lax", "Path=/", "Expires="):
        assert attribute in session
    assert "Domain" not in session
    for one in headers:
        assert "HttpOnly" in one
        assert "SameSite=Lax" in one


def test_a_wrong_password_and_an_unknown_address_look_the_same(visitor: PageClient) -> None:
    person, door = a_person(), visitor.get("/sign-in")
    pages = [
        visitor.send(door, "/sign-in", status=422, email=email, password="wrong in every way")
        for email in (person.email, "nobody@example.org")
    ]

    assert pages[0].errors == pages[1].errors
    assert pages[0].text == pages[1].text
    assert pages[0].form("/sign-in").fields["email"] == person.email
    assert pages[0].form("/sign-in").fields["password"] == ""


def test_the_sixth_try_waits_and_a_forwarded_address_does_not_help(visitor: PageClient) -> None:
    person, form = a_person(), visitor.get("/sign-in").form("/sign-in")
    sentences = []
    for number in range(8):
        data = {**form.fields.to_dict(), "email": person.email, "password": f"guess {number}"}
        headers = {"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"}
        answer = alone(visitor.client.post, "/sign-in", data=data, headers=headers)
        sentences.append("There were too many tries" in answer.get_data(as_text=True))

    assert sentences == [False] * 5 + [True] * 3


def test_the_owner_gets_in_on_a_known_browser_while_strangers_guess(app: Flask) -> None:
    owner, stranger, person = PageClient(app), PageClient(app), a_person()
    sign_in(owner, person.email)
    owner.send(owner.get("/account"), "/sign-out")
    door = stranger.get("/sign-in")
    for _ in range(6):
        stranger.send(door, "/sign-in", status=422, email=person.email, password="a guess")

    sign_in(owner, person.email)
    assert owner.get("/account").h1 == "Settings"


def test_an_unconfirmed_address_is_said_to_who_knows_the_password_only(
    visitor: PageClient,
) -> None:
    person = a_person()
    execute("UPDATE person SET confirmed_at = NULL")
    door = visitor.get("/sign-in")
    execute("COMMIT")

    right = visitor.send(door, "/sign-in", status=422, email=person.email, password=PASSWORD)
    wrong = visitor.send(door, "/sign-in", status=422, email=person.email, password="wrong one")

    assert right.errors[0].startswith("Your address is not confirmed yet.")
    assert wrong.errors[0].startswith("This address and password do not belong together.")


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/account/sessions", "/account/sessions"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/%5Cevil.example", "/"),
        ("/%09/evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_signing_in_leads_to_pages_of_this_site_only(
    visitor: PageClient, wanted: str, goes_to: str
) -> None:
    answer = sign_in(visitor, a_person().email, f"/sign-in?next={wanted}")

    assert answer.headers["Location"] == goes_to


def test_a_guarded_page_asks_to_sign_in_and_comes_back(visitor: PageClient) -> None:
    door = visitor.follow(visitor.get("/account/sessions", status=303))
    answer = visitor.send(door, "/sign-in", email=a_person().email, password=PASSWORD)

    assert answer.location == "/account/sessions"


def test_signing_out_is_no_link(visitor: PageClient) -> None:
    signed_in(visitor, a_person())

    assert visitor.client.get("/sign-out").status_code == 405
    assert visitor.get("/account").h1 == "Settings"


def test_a_demoted_person_is_refused_in_the_middle_of_a_session(app: Flask) -> None:
    first, second = an_admin(), an_admin("Alma Admin")
    visitor = signed_in(PageClient(app), second)
    page = visitor.get("/staff/people/invite")

    staff.revoke_role(second.id, actor=first.as_actor(), now=clock.now())

    visitor.send(page, "/invite", status=403, email="x@example.org", role="admin")
    visitor.get("/staff/people", status=403)


@pytest.mark.parametrize("role", [None, "moderator", "first_reviewer", "finance_officer"])
def test_people_pages_are_for_administrators(app: Flask, role: str | None) -> None:
    visitor = signed_in(PageClient(app), a_person(role=role))

    visitor.get("/staff/people", status=403)


def test_unused_sessions_end_after_fourteen_days(visitor: PageClient) -> None:
    signed_in(visitor, a_person())
    execute("UPDATE login_session SET last_seen_at = last_seen_at - interval '14 days'")
    execute("COMMIT")

    visitor.get("/account", status=303)


def test_staff_sessions_end_after_twelve_hours(visitor: PageClient) -> None:
    signed_in(visitor, a_moderator())
    execute("UPDATE login_session SET created_at = created_at - interval '12 hours'")
    execute("COMMIT")

    visitor.get("/account", status=303)


def test_moving_the_business_clock_signs_nobody_out(visitor: PageClient, hand: clock.Hand) -> None:
    signed_in(visitor, a_person())
    hand.advance(days=400)

    assert visitor.get("/account").h1 == "Settings"
