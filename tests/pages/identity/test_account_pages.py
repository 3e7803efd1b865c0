"""A person's own settings, and the preferences everyone has."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.identity import queries
from marketplace.identity.services import sessions
from marketplace.infra import mail
from marketplace.infra.database import column
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders.identity import FIREFOX, PASSWORD, a_moderator, a_person, signed_in
from tests.page_client import PageClient, alone


def test_settings_show_what_can_be_changed(visitor: PageClient) -> None:
    person = a_moderator("Mo Derator")
    page = signed_in(visitor, person).get("/account")

    for words in ("Mo Derator", person.email, "In 1 browser", "Moderator", "As my device"):
        assert words in page.text
    assert page.response.headers["Cache-Control"] == "no-store"


def test_a_name_is_changed_and_a_bad_one_kept_for_mending(visitor: PageClient) -> None:
    person = a_person("Ada Lovelace")
    signed_in(visitor, person)
    page = visitor.get("/account/name")
    assert page.form("/account/name").fields["name"] == "Ada Lovelace"

    bad = visitor.send(page, "/account/name", status=422, name="see https://evil.example")
    assert bad.errors == ["Enter a name, not a web address."]
    assert bad.form("/account/name").fields["name"] == "see https://evil.example"

    done = visitor.follow(visitor.send(page, "/account/name", name="Ada King"))
    assert "Your name is changed." in done.text
    assert queries.names([person.id]) == {person.id: "Ada King"}


def test_a_password_is_changed_with_the_current_one(app: Flask) -> None:
    person = a_person()
    visitor, elsewhere = signed_in(PageClient(app), person), signed_in(PageClient(app), person)
    page = visitor.get("/account/password")

    wrong = visitor.send(
        page, "/password", status=422, password="not it", new_password="quiet harbours open late"
    )
    assert wrong.errors == ["This is not your current password."]
    weak = visitor.send(
        page, "/password", status=422, password=PASSWORD, new_password="Password123!"
    )
    assert weak.errors[0].startswith("This password is among the first")
    same = visitor.send(page, "/password", status=422, password=PASSWORD, new_password=PASSWORD)
    assert same.errors == ["This is your current password. Choose another one."]

    done = visitor.send(
        page, "/password", password=PASSWORD, new_password="quiet harbours open late"
    )
    assert "Your password is changed" in visitor.follow(done).text
    elsewhere.get("/account", status=303)
    assert "was changed" in (mail.last_for(person.email) or "")


def test_sessions_are_listed_and_ended_one_by_one(app: Flask) -> None:
    person = a_person()
    visitor, elsewhere = signed_in(PageClient(app), person), signed_in(PageClient(app), person)
    page = visitor.get("/account/sessions")
    assert page.text.count("Firefox on Linux") == 2
    assert "Now, this is the browser you are using" in page.text
    assert "192.0.2.7" in page.text

    done = visitor.follow(visitor.send(page, "/sessions/end"))
    assert "The session is ended." in done.text
    elsewhere.get("/account", status=303)


def test_all_other_sessions_end_at_once(app: Flask) -> None:
    person = a_person()
    visitor = signed_in(PageClient(app), person)
    for _ in range(3):
        sessions.begin_for(person.id, FIREFOX, at=clock.wall())

    token = visitor.get("/account/sessions").form("/sessions/end").fields["csrf_token"]
    done = visitor.post("/account/sessions/end", {"csrf_token": token})
    assert "3 sessions are ended." in visitor.follow(done).text


def test_somebody_elses_session_cannot_be_ended(app: Flask) -> None:
    mine = a_person()
    visitor, other = signed_in(PageClient(app), mine), signed_in(PageClient(app), a_person())
    token = visitor.get("/account/name").form("/account/name").fields["csrf_token"]

    for number in column("SELECT id FROM login_session WHERE person_id <> %s", (mine.id,)):
        data = {"csrf_token": token, "session": public_id("ses", number)}
        visitor.post("/account/sessions/end", data, status=404)
    visitor.post("/account/sessions/end", {"csrf_token": token, "session": "1"}, status=404)

    assert other.get("/account").h1 == "Settings"


def test_a_visitor_chooses_dark_and_comes_back_to_the_page(visitor: PageClient) -> None:
    page = visitor.get("/sign-in")
    done = visitor.send(page, "/preferences/theme", press=("theme", "dark"))

    assert done.location == "/sign-in"
    assert 'data-theme="dark"' in visitor.get("/sign-in").markup


def test_a_preference_is_kept_with_the_person(app: Flask) -> None:
    person = a_person()
    visitor = signed_in(PageClient(app), person)
    page = visitor.get("/account/preferences")
    visitor.send(page, "/account/preferences", theme="dark", language="en")

    kept = queries.person(person.id)
    assert kept is not None
    assert (kept.theme, kept.locale) == ("dark", "en")
    visitor.send(page, "/account/preferences", status=422, theme="pink", language="en")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Referer": "https://evil.example/page"}, 403),
        ({"Referer": "http://["}, 403),
    ],
)
def test_only_forms_of_this_site_change_preferences(
    visitor: PageClient, headers: dict[str, str], status: int
) -> None:
    answer = alone(
        visitor.client.post, "/preferences/theme", data={"theme": "dark"}, headers=headers
    )

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/preferences/theme", {"theme": "pink"}),
        ("/preferences/theme", {}),
        ("/preferences/locale", {"locale": "tlh"}),
    ],
)
def test_an_unknown_preference_is_refused(
    visitor: PageClient, path: str, data: dict[str, str]
) -> None:
    visitor.post(path, data, status=422)


def test_preferences_lead_back_to_pages_of_this_site_only(visitor: PageClient) -> None:
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example"):
        answer = visitor.post("/preferences/theme", {"theme": "dark", "next": evil})
        assert answer.location == "/"
    assert visitor.client.get("/preferences/theme").status_code == 405
