"""From a typed address to a confirmed person, and what strangers can learn on the way: nothing."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from marketplace.identity import queries
from marketplace.identity.adapters import write
from marketplace.identity.events import PersonConfirmed
from marketplace.identity.rules import hashing
from marketplace.identity.services import asking, confirming
from marketplace.infra import events, jobs, mail
from marketplace.infra.database import column, scalar
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal, Refused
from tests.builders.identity import PASSWORD, a_person


def ask(email: str = "ada@example.org", password: str = PASSWORD) -> None:
    asking.sign_up(
        email=email, name="Ada Lovelace", password=password, locale="en", now=clock.now()
    )
    jobs.run_due()


def link_to(email: str, page: str = "confirm") -> str:
    text = mail.last_for(email) or ""
    found = re.search(rf"http://localhost/{page}/(\S+)", text)
    assert found, text
    return found[1]


def test_a_person_is_confirmed_by_the_mailed_link_once(app: Flask) -> None:
    ask()
    assert queries.by_email("ADA@example.org").confirmed_at is None  # type: ignore[union-attr]
    token = link_to("ada@example.org")

    person_id = confirming.confirm_email(token, now=clock.now())

    person = queries.person(person_id)
    assert person is not None
    assert person.roles == {"sponsor", "backer", "borrower", "lender"}
    with pytest.raises(Refusal, match="link_spent"):
        confirming.confirm_email(token, now=clock.now())


def test_confirming_is_announced_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[PersonConfirmed] = []
    monkeypatch.setitem(events._handlers, "test", told.append)
    name = f"{PersonConfirmed.__module__}.{PersonConfirmed.__qualname__}"
    monkeypatch.setitem(events._subscriptions, name, ["test"])
    monkeypatch.setitem(events._events, name, PersonConfirmed)

    person = a_person()
    jobs.run_due()

    assert told == [PersonConfirmed(person.id)]


def test_the_link_holds_for_a_day(app: Flask, hand: clock.Hand) -> None:
    ask()
    token = link_to("ada@example.org")
    hand.advance(hours=24)

    with pytest.raises(Refusal, match="link_spent"):
        confirming.confirm_email(token, now=clock.now())


def test_a_newer_mail_makes_the_older_link_stop(app: Flask, hand: clock.Hand) -> None:
    ask()
    older = link_to("ada@example.org")
    hand.advance(seconds=1)
    asking.ask_confirmation(email="ada@example.org", now=clock.now())
    jobs.run_due()

    with pytest.raises(Refusal, match="link_spent"):
        confirming.confirm_email(older, now=clock.now())
    confirming.confirm_email(link_to("ada@example.org"), now=clock.now())


def test_an_address_with_an_account_is_told_by_mail_only(app: Flask) -> None:
    person = a_person("Ada Lovelace", email="ada@example.org")
    ask(password="another one altogether")

    text = mail.last_for("ada@example.org") or ""
    assert "You have one already" in text
    assert "/confirm/" not in text
    assert queries.person(person.id) == person


def test_somebody_elses_name_and_password_do_not_survive_in_an_unconfirmed_account(
    app: Flask,
) -> None:
    ask(password="the attacker waits here")
    ask(password=PASSWORD)
    confirming.confirm_email(link_to("ada@example.org"), now=clock.now())

    assert scalar("SELECT count(*) FROM person") == 1
    found = queries.credentials("ada@example.org")
    assert found is not None
    assert hashing.matches(PASSWORD, found.password_hash)


def test_no_name_that_a_stranger_typed_is_mailed(app: Flask) -> None:
    asking.sign_up(
        email="victim@example.org",
        name="You won a prize",
        password=PASSWORD,
        locale=None,
        now=clock.now(),
    )
    jobs.run_due()

    assert "prize" not in (mail.last_for("victim@example.org") or "")


def test_an_address_gets_five_mails_an_hour_and_no_more(app: Flask, hand: clock.Hand) -> None:
    for _ in range(8):
        ask()
        asking.ask_reset(email="ADA@example.org", now=clock.now())
    jobs.run_due()
    assert scalar("SELECT count(*) FROM mail_message") == 5

    hand.advance(hours=2)
    ask()
    assert scalar("SELECT count(*) FROM mail_message") == 6


def test_what_was_typed_is_wiped_once_it_is_answered(app: Flask) -> None:
    ask()

    assert column("SELECT coalesce(password_hash, name) FROM mail_request") == [None]


def test_everything_wrong_with_a_sign_up_is_said_at_once(app: Flask) -> None:
    with pytest.raises(Refused) as refused:
        asking.sign_up(email="ada", name="", password="short", locale=None, now=clock.now())

    assert {(one.field, one.code) for one in refused.value.refusals} == {
        ("name", "name_missing"),
        ("email", "email_unreadable"),
        ("password", "password_too_short"),
    }
    assert scalar("SELECT count(*) FROM mail_request") == 0


def test_asking_writes_the_same_whether_or_not_there_is_such_a_person(app: Flask) -> None:
    a_person(email="ada@example.org")
    jobs.run_due()
    before = scalar("SELECT count(*) FROM mail_message")
    for email in ("ada@example.org", "nobody@example.org"):
        asking.sign_up(email=email, name="Ada", password=PASSWORD, locale=None, now=clock.now())
        asking.ask_reset(email=email, now=clock.now())

    # The page is answered here; everything that differs happens in the jobs.
    assert scalar("SELECT count(*) FROM mail_request") == 4
    assert jobs.waiting() == 4
    assert scalar("SELECT count(*) FROM mail_message") == before


def test_a_reset_link_works_once_and_for_ten_minutes(app: Flask, hand: clock.Hand) -> None:
    person = a_person(email="ada@example.org")
    asking.ask_reset(email="Ada@Example.org", now=clock.now())
    jobs.run_due()
    token = link_to("ada@example.org", "reset")
    hand.advance(minutes=9)
    assert _reset(token, "quiet harbours open late") == person.id

    with pytest.raises(Refusal, match="link_spent"):
        _reset(token, "loud harbours close early")
    assert "was changed" in (mail.last_for("ada@example.org") or "")

    hand.advance(seconds=1)
    asking.ask_reset(email="ada@example.org", now=clock.now())
    jobs.run_due()
    late = link_to("ada@example.org", "reset")
    hand.advance(minutes=10)
    with pytest.raises(Refusal, match="link_spent"):
        _reset(late, "loud harbours close early")


def test_a_bad_password_does_not_spend_the_reset_link(app: Flask) -> None:
    a_person(email="ada@example.org")
    asking.ask_reset(email="ada@example.org", now=clock.now())
    jobs.run_due()
    token = link_to("ada@example.org", "reset")

    with pytest.raises(Refusal, match="password_common"):
        _reset(token, "Password123!")
    _reset(token, "quiet harbours open late")


def test_a_link_for_one_purpose_is_worth_nothing_for_the_other(app: Flask) -> None:
    ask()
    token = link_to("ada@example.org")

    with pytest.raises(Refusal, match="link_spent"):
        _reset(token, "quiet harbours open late")


def _reset(token: str, password: str) -> object:
    return confirming.reset_password(token, password, now=clock.now(), at=clock.wall(), write=write)
