"""Signing up, confirming and recovering, as a person at a browser does it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from marketplace.infra import jobs, mail
from marketplace.infra.database import scalar
from marketplace.kernel import clock
from tests.builders.identity import PASSWORD, a_person, signed_in
from tests.page_client import Page, PageClient

TYPED: dict[str, Any] = {"name": "Ada Lovelace", "email": "ada@example.org", "password": PASSWORD}


def mailed(email: str, page: str) -> str:
    jobs.run_due()
    found = re.search(rf"http://localhost(/{page}/\S+)", mail.last_for(email) or "")
    assert found
    return found[1]


def sign_up(visitor: PageClient, **typed: Any) -> Page:
    return visitor.send(visitor.get("/sign-up"), "/sign-up", **{**TYPED, **typed})


def test_a_visitor_signs_up_confirms_and_signs_in(visitor: PageClient) -> None:
    after = visitor.follow(sign_up(visitor))
    assert after.h1 == "Check your mail"

    path = mailed("ada@example.org", "confirm")
    confirm = visitor.get(path)
    assert scalar("SELECT confirmed_at FROM person") is None  # looking changes nothing
    done = visitor.follow(visitor.send(confirm, "/confirm/"))
    assert "Your address is confirmed" in done.text

    visitor.send(done, "/sign-in", email="ADA@example.org", password=PASSWORD)
    assert visitor.get("/account").text.count("Ada Lovelace") >= 1
    assert visitor.get(path, status=410).h1 == "This link no longer works"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": " "}, "Enter your name, as others should read it."),
        ({"name": "x" * 81}, "Use 80 characters or fewer for your name."),
        ({"email": ""}, "Enter your e-mail address."),
        ({"email": "ada at example"}, "Enter an e-mail address such as name@example.org."),
        ({"email": "a@b.org\r\nBcc: c@d.org"}, "Enter an e-mail address such as"),
        ({"password": ""}, "Enter a password."),
        ({"password": "elevenchars"}, "Use 12 characters or more."),
        ({"password": "x7" * 100}, "Use 128 characters or fewer."),
        ({"password": "Password123!"}, "This password is among the first that are guessed."),
        ({"password": "crowdfund2026"}, "This password is made of words that anyone could know"),
    ],
)
def test_what_cannot_be_accepted_is_said_and_nothing_is_lost(
    visitor: PageClient, typed: dict[str, Any], sentence: str
) -> None:
    page = visitor.send(visitor.get("/sign-up"), "/sign-up", status=422, **{**TYPED, **typed})

    assert len(page.errors) == 1
    assert page.errors[0].startswith(sentence)
    assert page.title.startswith("Error: Sign up")
    kept = page.form("/sign-up").fields
    assert kept["name"] == {**TYPED, **typed}["name"]
    assert kept["password"] == ""  # a password is never sent back
    assert scalar("SELECT count(*) FROM mail_request") == 0


def test_several_mistakes_are_listed_together(visitor: PageClient) -> None:
    page = visitor.send(
        visitor.get("/sign-up"), "/sign-up", status=422, name="", email="", password=""
    )

    assert page.errors == [
        "Enter your name, as others should read it.",
        "Enter your e-mail address.",
        "Enter a password.",
    ]


def test_signing_up_with_a_known_address_looks_the_same(visitor: PageClient) -> None:
    a_person(email="ada@example.org")

    known = sign_up(visitor)
    unknown = sign_up(visitor, email="nobody@example.org")

    assert (known.status, known.location) == (unknown.status, unknown.location)
    jobs.run_due()
    assert "You have one already" in (mail.last_for("ada@example.org") or "")


def test_fields_nobody_asked_for_change_nothing(visitor: PageClient) -> None:
    sign_up(visitor, role="admin", confirmed_at="2026-01-01", staff_role="admin")
    jobs.run_due()

    assert scalar("SELECT count(*) FROM person WHERE confirmed_at IS NOT NULL") == 0
    assert scalar("SELECT count(*) FROM person_role") == 0


def test_mail_again_answers_everyone_alike(visitor: PageClient) -> None:
    a_person(email="ada@example.org")
    page = visitor.get("/sign-up/check-mail")
    answers = [
        visitor.follow(visitor.send(page, "/check-mail", email=email)).text
        for email in ("ada@example.org", "nobody@example.org")
    ]

    assert answers[0] == answers[1]
    assert "If there is something to confirm" in answers[0]


def test_a_password_is_reset_by_mail_once_and_every_session_ends(visitor: PageClient) -> None:
    person = a_person(email="ada@example.org")
    signed_in(visitor, person)
    asked = visitor.send(visitor.get("/reset"), "/reset", email="ada@example.org")
    assert "If there is an account with this address" in visitor.follow(asked).text

    path = mailed("ada@example.org", "reset")
    page = visitor.get(path)
    weak = visitor.send(page, "/reset/", status=422, new_password="Password123!")
    assert weak.errors[0].startswith("This password is among the first")
    done = visitor.send(page, "/reset/", new_password="quiet harbours open late")

    assert "all sessions are ended" in visitor.follow(done).text
    assert visitor.get("/account", status=303).location.startswith("/sign-in")
    assert visitor.get(path, status=410).h1 == "This link no longer works"
    door = visitor.get("/sign-in")
    visitor.send(door, "/sign-in", status=422, email=person.email, password=PASSWORD)
    visitor.send(door, "/sign-in", email=person.email, password="quiet harbours open late")


def test_asking_for_a_reset_answers_everyone_alike(visitor: PageClient) -> None:
    a_person(email="ada@example.org")
    page = visitor.get("/reset")
    known = visitor.send(page, "/reset", email="ada@example.org")
    unknown = visitor.send(page, "/reset", email="nobody@example.org")

    assert (known.status, known.location) == (unknown.status, unknown.location)


def test_the_mailed_link_ignores_the_host_somebody_sent(visitor: PageClient) -> None:
    a_person(email="ada@example.org")
    page = visitor.get("/reset")
    form = page.form("/reset")
    visitor.client.post(
        "/reset",
        data={**form.fields.to_dict(), "email": "ada@example.org"},
        headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )
    jobs.run_due()

    text = mail.last_for("ada@example.org") or ""
    assert "http://localhost/reset/" in text
    assert "evil" not in text


def test_an_old_reset_link_says_so(visitor: PageClient, hand: clock.Hand) -> None:
    a_person(email="ada@example.org")
    visitor.send(visitor.get("/reset"), "/reset", email="ada@example.org")
    path = mailed("ada@example.org", "reset")
    hand.advance(minutes=11)

    assert visitor.get(path, status=410).links["Ask for a new link"] == "/reset"


@pytest.mark.parametrize("path", ["/confirm/x", "/reset/x", "/invitation/x"])
def test_a_made_up_link_is_gone(visitor: PageClient, path: str) -> None:
    assert "no longer works" in visitor.get(path, status=410).h1
