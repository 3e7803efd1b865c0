"""Passwords at the door, guesses that cost time, sessions that end when they are ended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from marketplace.identity import queries
from marketplace.identity.adapters import write
from marketplace.identity.services import guesses, profile, sessions, signing_in, staff, tidying
from marketplace.identity.services.sessions import Browser, Entry
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from tests.builders.identity import FIREFOX, PASSWORD, a_moderator, a_person, an_admin
from tests.statements import listening

AT = clock.wall()


def enter(
    email: str,
    password: str = PASSWORD,
    *,
    address: str = "192.0.2.7",
    device: str | None = None,
    after: timedelta = timedelta(0),
) -> Entry:
    return signing_in.sign_in(
        email=email,
        password=password,
        browser=Browser(address, "Firefox/140.0"),
        device=device,
        at=AT + after,
    )


def code_of(email: str, password: str, **where: object) -> str:
    with pytest.raises(Refusal) as refused:
        enter(email, password, **where)  # type: ignore[arg-type]
    return refused.value.code


def test_who_knows_the_password_gets_a_session_that_names_them(app: Flask) -> None:
    person = a_moderator()
    entry = enter(person.email.upper())

    user = queries.signed_in(entry.token, at=AT)

    assert user is not None
    assert (user.person_id, user.name, user.email) == (person.id, person.name, person.email)
    assert user.roles == person.roles == {"sponsor", "backer", "borrower", "lender", "moderator"}
    assert user.get_id() == str(entry.session_id)
    assert entry.token not in str(scalar("SELECT token_digest FROM login_session"))


def test_an_unknown_address_and_a_wrong_password_are_refused_alike(app: Flask) -> None:
    person = a_person()

    assert code_of(person.email, "wrong in every way") == "sign_in_failed"
    assert code_of("nobody@example.org", PASSWORD) == "sign_in_failed"
    assert code_of("not an address", PASSWORD) == "sign_in_failed"
    assert code_of("", "") == "sign_in_failed"


def test_the_sixth_try_in_a_row_waits_even_with_the_right_password(app: Flask) -> None:
    person = a_person()
    for _ in range(5):
        assert code_of(person.email, "wrong in every way") == "sign_in_failed"

    assert code_of(person.email, PASSWORD) == "sign_in_delayed"
    assert code_of(person.email, PASSWORD, after=timedelta(seconds=29)) == "sign_in_delayed"
    assert enter(person.email, after=timedelta(seconds=31)).person_id == person.id
    # It counts anew after getting in.
    assert code_of(person.email, "wrong", after=timedelta(seconds=32)) == "sign_in_failed"


def test_an_address_nobody_has_waits_just_the_same(app: Flask) -> None:
    for _ in range(5):
        assert code_of("nobody@example.org", "guess") == "sign_in_failed"

    assert code_of("Nobody@Example.org ", "guess") == "sign_in_delayed"


def test_waiting_doubles(app: Flask) -> None:
    person = a_person()
    for _ in range(5):
        code_of(person.email, "wrong")
    code_of(person.email, "wrong", after=timedelta(seconds=31))

    assert code_of(person.email, PASSWORD, after=timedelta(seconds=80)) == "sign_in_delayed"
    assert enter(person.email, after=timedelta(seconds=92)).person_id == person.id


def test_many_addresses_together_wait_too_and_the_known_device_enters(app: Flask) -> None:
    person = a_person()
    codes = [code_of(person.email, "guess", address=f"198.51.100.{n}") for n in range(32)]

    assert codes[:30] == ["sign_in_failed"] * 30
    assert set(codes[30:]) == {"sign_in_delayed"}
    assert enter(person.email, device="the owner's own browser").person_id == person.id


def test_a_stolen_device_mark_gives_five_guesses_like_any_other(app: Flask) -> None:
    person = a_person()
    codes = [code_of(person.email, "guess", device="stolen") for _ in range(6)]

    assert codes == ["sign_in_failed"] * 5 + ["sign_in_delayed"]


@pytest.mark.race
def test_twenty_guesses_at_once_are_five_guesses(app: Flask) -> None:
    person = a_person()

    def guess(_number: int) -> str:
        with app.app_context():
            try:
                enter(person.email, "wrong in every way")
            except Refusal as refusal:
                return refusal.code
            finally:
                db.session.remove()
        return "entered"

    with ThreadPoolExecutor(6) as pool:
        codes = list(pool.map(guess, range(20)))

    assert sorted(codes) == ["sign_in_delayed"] * 15 + ["sign_in_failed"] * 5


def test_the_signed_out_cookie_is_worth_nothing(app: Flask) -> None:
    entry = enter(a_person().email)

    sessions.sign_out(entry.token, at=AT)

    assert queries.signed_in(entry.token, at=AT) is None


def test_a_member_stays_fourteen_days_unused_and_ninety_at_most(app: Flask) -> None:
    entry = enter(a_person().email)
    day = timedelta(days=1)

    assert queries.signed_in(entry.token, at=AT + 13 * day)
    assert queries.signed_in(entry.token, at=AT + 14 * day) is None

    sessions.touch(entry.session_id, at=AT + 13 * day)
    assert queries.signed_in(entry.token, at=AT + 26 * day)
    execute("UPDATE login_session SET last_seen_at = %s", (AT + 89 * day,))
    assert queries.signed_in(entry.token, at=AT + 90 * day) is None


def test_staff_stay_twelve_hours_whatever_they_do(app: Flask) -> None:
    entry = enter(a_moderator().email)
    hour = timedelta(hours=1)
    execute("UPDATE login_session SET last_seen_at = %s", (AT + 11 * hour,))

    assert queries.signed_in(entry.token, at=AT + 11 * hour)
    assert queries.signed_in(entry.token, at=AT + 12 * hour) is None


def test_a_role_taken_back_is_gone_from_the_next_look_on(app: Flask) -> None:
    admin, moderator = an_admin(), a_moderator()
    entry = enter(moderator.email)

    staff.revoke_role(moderator.id, actor=admin.as_actor(), now=clock.now())

    user = queries.signed_in(entry.token, at=AT)
    assert user is not None
    assert "moderator" not in user.roles


def test_use_is_noted_every_five_minutes_only(app: Flask) -> None:
    entry = enter(a_person().email)

    sessions.touch(entry.session_id, at=AT + timedelta(minutes=4))
    assert scalar("SELECT last_seen_at FROM login_session") == AT
    sessions.touch(entry.session_id, at=AT + timedelta(minutes=5))
    assert scalar("SELECT last_seen_at FROM login_session") == AT + timedelta(minutes=5)


def test_somebody_elses_session_is_not_found(app: Flask) -> None:
    mine, theirs = enter(a_person().email), enter(a_person().email)

    with pytest.raises(NotFound):
        sessions.end_session(mine.person_id, theirs.session_id, at=AT)
    assert queries.signed_in(theirs.token, at=AT)


def test_a_changed_password_ends_every_session_and_begins_one(app: Flask) -> None:
    person = a_person()
    here, there = enter(person.email), enter(person.email)
    user = queries.signed_in(here.token, at=AT)
    assert user is not None

    fresh = profile.change_password(
        user,
        current=PASSWORD,
        chosen="quiet harbours open late",
        browser=FIREFOX,
        now=clock.now(),
        at=AT,
        write=write,
    )

    assert queries.signed_in(here.token, at=AT) is None
    assert queries.signed_in(there.token, at=AT) is None
    assert queries.signed_in(fresh.token, at=AT)
    assert code_of(person.email, PASSWORD) == "sign_in_failed"
    assert enter(person.email, "quiet harbours open late").person_id == person.id


def test_the_current_password_cannot_be_guessed_from_an_open_session(app: Flask) -> None:
    person = a_person()
    user = queries.signed_in(enter(person.email).token, at=AT)
    assert user is not None
    codes = []
    for _ in range(6):
        with pytest.raises(Refusal) as refused:
            profile.change_password(
                user,
                current="a guess",
                chosen="quiet harbours open late",
                browser=FIREFOX,
                now=clock.now(),
                at=AT,
                write=write,
            )
        codes.append(refused.value.code)

    assert codes == ["password_wrong"] * 5 + ["sign_in_delayed"]


def test_loading_a_session_costs_one_query(app: Flask) -> None:
    entry = enter(a_moderator().email)
    db.session.rollback()

    with listening() as heard:
        found = queries.signed_in(entry.token, at=AT)

    assert found is not None
    assert len([statement for statement in heard if "login_session" in statement]) == 1
    assert len(heard) <= 2  # the transaction's beginning is another
    db.session.rollback()


def test_old_guesses_and_ended_sessions_are_thrown_away(app: Flask) -> None:
    entry = enter(a_person().email)
    sessions.sign_out(entry.token, at=AT)

    later = timedelta(days=31)
    assert tidying.tidy(now=clock.now() + later, at=AT + later) == 2
    assert scalar("SELECT count(*) FROM login_attempt") == 0
    assert scalar("SELECT count(*) FROM login_session") == 0


def test_the_table_keeps_no_address_of_strangers(app: Flask) -> None:
    code_of("nobody@example.org", "guess")

    assert scalar("SELECT account_key FROM login_attempt") == guesses.account_key(
        " NOBODY@example.org"
    )
    assert "nobody" not in str(scalar("SELECT t::text FROM login_attempt t"))
