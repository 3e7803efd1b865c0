"""Going on without an account, as a person at a browser does it."""

from __future__ import annotations

from flask import Flask

from marketplace.identity.services import asking
from marketplace.infra import jobs, mail
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from tests.builders.identity import PASSWORD, a_person
from tests.page_client import Page, PageClient
from tests.pages.identity.test_joining_pages import mailed

WANTED = "/projects/cmp_1/pledge?reward=rwd_2"


def ask(visitor: PageClient, email: str = "ada@example.org", path: str = WANTED) -> Page:
    page = visitor.get(f"/sign-in?next={path.replace('?', '%3F')}")
    form = visitor.get(page.links["Go on without an account: we mail you a link"])
    return visitor.follow(visitor.send(form, "/guest", name="Ada Lovelace", email=email))


def is_guest() -> bool:
    found = bool(scalar("SELECT is_guest FROM person"))
    db.session.rollback()
    return found


def test_a_guest_comes_back_confirmed_to_where_they_were_going(visitor: PageClient) -> None:
    assert ask(visitor).h1 == "Check your mail"
    path = mailed("ada@example.org", "guest")
    enter = visitor.get(path)
    assert scalar("SELECT confirmed_at FROM person") is None  # looking changes nothing
    db.session.rollback()

    assert visitor.send(enter, "/guest/").location.endswith(WANTED)

    assert "Ada Lovelace" in visitor.get("/account").text
    assert is_guest()
    assert visitor.get(path, status=410).h1 == "This link no longer works"


def test_a_guest_chooses_a_password_later_and_is_one_no_more(
    app: Flask, visitor: PageClient
) -> None:
    ask(visitor)
    visitor.send(visitor.get(mailed("ada@example.org", "guest")), "/guest/")
    visitor.send(visitor.get("/reset"), "/reset", email="ada@example.org")

    chosen = visitor.get(mailed("ada@example.org", "reset"))
    visitor.send(chosen, "/reset/", new_password=PASSWORD)

    assert not is_guest()
    ask(PageClient(app))
    jobs.run_due()
    assert "You have one already" in (mail.last_for("ada@example.org") or "")


def test_whoever_has_a_password_is_told_to_sign_in(visitor: PageClient) -> None:
    person = a_person("Ada", email="ada@example.org")

    assert ask(visitor).h1 == "Check your mail"

    jobs.run_due()
    letter = mail.last_for(person.email) or ""
    assert "/sign-in" in letter
    assert "/guest/" not in letter


def test_a_password_somebody_typed_for_an_address_never_confirmed_holds_no_more(
    app: Flask, visitor: PageClient
) -> None:
    asking.sign_up(
        email="ada@example.org", name="Mallory", password=PASSWORD, locale=None, now=clock.now()
    )
    jobs.run_due()

    ask(visitor)
    visitor.send(visitor.get(mailed("ada@example.org", "guest")), "/guest/")

    other = PageClient(app)
    page = other.get("/sign-in")
    other.send(page, "/sign-in", status=422, email="ada@example.org", password=PASSWORD)


def test_what_is_wrong_is_said_and_no_link_leads_away(visitor: PageClient) -> None:
    form = visitor.get("/guest?next=//evil.example/")
    page = visitor.send(form, "/guest", status=422, name=" ", email="ada at example")
    assert [error[:16] for error in page.errors] == ["Enter your name,", "Enter an e-mail "]

    visitor.send(page, "/guest", name="Ada", email="ada@example.org")
    enter = visitor.get(mailed("ada@example.org", "guest"))
    assert visitor.send(enter, "/guest/").location == "/"
