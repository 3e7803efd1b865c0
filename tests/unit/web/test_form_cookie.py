"""What is signed for forms is checked once, and no less strictly for that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

import pytest
from flask import Flask, g, session
from flask_wtf.csrf import validate_csrf
from itsdangerous import TimestampSigner
from wtforms.validators import ValidationError

from marketplace.kernel import clock
from marketplace.web.form_cookie import FormSessions, form_token

DAY = timedelta(days=1)


@pytest.fixture
def site() -> Flask:
    """A site of one page, whose cookie holds for a day."""
    bare = Flask(__name__)
    bare.config.update(SECRET_KEY="one", PERMANENT_SESSION_LIFETIME=DAY)
    bare.session_interface = FormSessions()
    return bare


def held_by(site: Flask, cookie: str) -> dict[str, object]:
    with site.test_request_context(headers={"Cookie": f"session={cookie}"}):
        return dict(session)


def signed(site: Flask, **held: object) -> str:
    signer = cast("FormSessions", site.session_interface).get_signing_serializer(site)
    assert signer is not None
    return str(signer.dumps(held))


def signed_at(site: Flask, at: datetime, monkeypatch: pytest.MonkeyPatch) -> str:
    with monkeypatch.context() as then:
        then.setattr(TimestampSigner, "get_timestamp", lambda _signer: int(at.timestamp()))
        return signed(site, csrf_token="mine")


def test_a_cookie_is_read_the_same_the_first_time_and_after(site: Flask) -> None:
    cookie = signed(site, csrf_token="mine")

    assert [held_by(site, cookie) for _time in range(3)] == [{"csrf_token": "mine"}] * 3


def test_what_one_answer_changes_no_other_answer_sees(site: Flask) -> None:
    cookie = signed(site, csrf_token="mine", _flashes=[("good", "Saved.")])
    plain = signed(site, csrf_token="mine")
    for sent in (cookie, plain):
        held_by(site, sent)
        with site.test_request_context(headers={"Cookie": f"session={sent}"}):
            session["csrf_token"] = "another"
            session.get("_flashes", []).append(("bad", "Not yours."))

    assert held_by(site, plain) == {"csrf_token": "mine"}
    assert held_by(site, cookie) == {"csrf_token": "mine", "_flashes": [("good", "Saved.")]}


def test_a_changed_letter_of_a_known_cookie_makes_it_worth_nothing(site: Flask) -> None:
    cookie = signed(site, csrf_token="mine")
    held_by(site, cookie)

    assert held_by(site, cookie[:-1] + ("A" if cookie[-1] != "A" else "B")) == {}
    assert held_by(site, "x" + cookie) == {}


def test_a_cookie_grows_too_old_although_it_was_good_before(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = signed_at(site, clock.wall() - DAY - timedelta(minutes=1), monkeypatch)
    assert held_by(site, old) == {}
    site.permanent_session_lifetime = 3 * DAY
    assert held_by(site, old) == {"csrf_token": "mine"}
    site.permanent_session_lifetime = DAY

    assert held_by(site, old) == {}


def test_a_cookie_from_the_future_is_worth_nothing(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = signed_at(site, clock.wall() + timedelta(minutes=1), monkeypatch)

    assert [held_by(site, early) for _time in range(2)] == [{}, {}]


def test_a_cookie_signed_with_another_key_is_worth_nothing(site: Flask) -> None:
    other = Flask(__name__)
    other.config.update(SECRET_KEY="two")
    other.session_interface = FormSessions()

    assert held_by(site, signed(other, csrf_token="theirs")) == {}


def test_the_token_of_a_minute_is_one_and_holds_for_its_own_cookie_alone(site: Flask) -> None:
    cookie, other = signed(site, csrf_token="mine"), signed(site, csrf_token="theirs")
    tokens = []
    for _page in range(2):
        with site.test_request_context(headers={"Cookie": f"session={cookie}"}):
            tokens.append(form_token())
            validate_csrf(tokens[-1])
            assert g.csrf_token == tokens[-1]  # Flask-WTF's own forms carry the same

    assert tokens[0] == tokens[1]
    with (
        site.test_request_context(headers={"Cookie": f"session={other}"}),
        pytest.raises(ValidationError),
    ):
        validate_csrf(tokens[0])


def test_a_first_page_begins_a_cookie_with_a_token_of_its_own(site: Flask) -> None:
    with site.test_request_context():
        token = form_token()
        validate_csrf(token)
        first = dict(session)
    with site.test_request_context():
        form_token()

        assert session["csrf_token"] != first["csrf_token"]
