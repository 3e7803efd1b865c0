"""Pages for what goes wrong: what happened, what did not, what to do, and a number to quote."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy
from flask import Flask, Response

from config import UPLOAD_BYTES_MAX
from marketplace.app import create_app
from marketplace.infra import database
from marketplace.infra import settings as settings_module
from marketplace.infra.database import db
from marketplace.kernel import clock, errors
from marketplace.web.guards import public
from marketplace.web.limits import limiter
from tests.builders.identity import a_person, signed_in
from tests.page_client import Page, PageClient, alone, check_laws

SECRET = "hunter2 in /etc/kindling/secret.py"
TROUBLE: dict[str, Exception] = {
    "refusal": errors.Refusal("amount_negative"),
    "several": errors.Refused([errors.Refusal("amount_zero"), errors.Refusal("overdraft")]),
    "illegal": errors.IllegalMove("campaign", "funded", "submit", ()),
    "missing": errors.NotFound(SECRET),
    "forbidden": errors.NotAllowed(SECRET),
    "stale": errors.Stale(SECRET),
    "provider": errors.ProviderTrouble(SECRET),
    "broken": errors.Broken(SECRET),
    "bug": KeyError(SECRET),
}
STATUSES = {
    "refusal": 422,
    "several": 422,
    "illegal": 409,
    "missing": 404,
    "forbidden": 403,
    "stale": 409,
    "provider": 503,
    "broken": 500,
    "bug": 500,
}


@pytest.fixture
def troubled(app: Flask, hand: clock.Hand) -> Iterator[Flask]:
    """The site, with a page for each kind of trouble."""
    limiter.reset()
    site = create_app(settings_module.current_settings())
    clock.install(hand)
    site.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
    for name, trouble in TROUBLE.items():
        site.add_url_rule(
            f"/trouble/{name}", name, public(_raising(trouble)), methods=["GET", "POST"]
        )
    with site.app_context():
        yield site
        database.disconnect()


def _raising(trouble: Exception) -> Callable[[], Response]:
    def view() -> Response:
        raise trouble

    return view


def test_an_unknown_address_says_so_and_where_to_go(visitor: PageClient) -> None:
    page = visitor.get("/nowhere", status=404)

    assert page.h1 == "Page not found"
    assert "Check the address" in page.text
    assert page.links["Projects"] == "/projects"


@pytest.mark.parametrize("path", ["/%00", "/projects/%00", "/confirm/%0B", "/reset/%1F"])
def test_an_address_nobody_could_type_is_answered_in_sound_html(
    visitor: PageClient, path: str
) -> None:
    """The laws of the page client hold; the frame's forms lead to where one can go."""
    page = visitor.get(path, status=404 if "/confirm" not in path and "/reset" not in path else 410)

    assert {form.fields["next"] for form in page.forms if "next" in form.fields} == {"/"}


@pytest.mark.parametrize("name", ["email", "password", "form_key", "unknown"])
def test_a_nul_in_what_is_typed_does_not_reach_the_database(visitor: PageClient, name: str) -> None:
    page = visitor.get("/sign-in?next=/fees%00")
    form = {**page.form("/sign-in").fields, "email": "a@b.example", "password": "x", name: "a\0b"}

    refused = visitor.post("/sign-in", form, status=422)

    assert refused.errors
    assert "\0" not in refused.markup


def test_every_answer_carries_a_strict_policy_and_a_request_id(visitor: PageClient) -> None:
    page = visitor.get("/nowhere", status=404)

    assert page.response.headers["X-Request-Id"] in page.text
    assert "script-src 'self'" in page.response.headers["Content-Security-Policy"]
    assert page.response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", TROUBLE)
def test_each_trouble_has_its_status_its_number_and_no_inside(troubled: Flask, name: str) -> None:
    page = PageClient(troubled).get(f"/trouble/{name}", status=STATUSES[name])

    assert page.response.headers["X-Request-Id"] in page.text
    assert page.response.headers["Cache-Control"] == "no-store"
    assert "What happened" in page.text
    assert "What you can do" in page.text
    for inside in ("hunter2", "secret.py", "Traceback", "KeyError", 'File "'):
        assert inside not in page.markup


@pytest.mark.parametrize("name", sorted(set(TROUBLE) - {"forbidden", "missing"}))
def test_who_was_doing_something_reads_that_nothing_was_charged(troubled: Flask, name: str) -> None:
    page = PageClient(troubled).post(f"/trouble/{name}", {}, status=STATUSES[name])

    assert "ou have not been charged" in page.text


def test_several_refusals_are_all_told(troubled: Flask) -> None:
    page = PageClient(troubled).get("/trouble/several", status=422)

    assert "must be more than zero" in page.text
    assert "not enough money available" in page.text


def test_a_failure_looks_the_same_to_somebody_signed_in(troubled: Flask) -> None:
    visitor = signed_in(PageClient(troubled), a_person("Ada Lovelace"))

    page = visitor.get("/trouble/bug", status=500)

    assert page.h1 == "Something went wrong on our side"
    assert "Ada Lovelace" in page.text


def test_without_a_database_the_site_says_that_it_rests(troubled: Flask) -> None:
    visitor = signed_in(PageClient(troubled), a_person())
    db.session.remove()
    engines = db._app_engines[troubled]
    kept = dict(engines)
    nowhere = "postgresql+psycopg://nobody@127.0.0.1:9/nothing?connect_timeout=2"
    engines.update(dict.fromkeys(engines, sqlalchemy.create_engine(nowhere)))
    try:
        page = visitor.get("/my/money", status=503)
        failed = visitor.get("/trouble/bug", status=500)
    finally:
        engines.update(kept)

    assert page.h1 == "The site is resting for a moment"
    assert failed.h1 == "Something went wrong on our side"
    assert page.response.headers["X-Request-Id"] in page.text
    assert "127.0.0.1" not in page.markup


def test_a_form_without_its_token_is_sent_back_unread(visitor: PageClient) -> None:
    page = visitor.post("/sign-in", {"email": "ada@example.org"}, status=400)

    assert page.h1 == "The form was open too long"
    assert "you have not been charged" in page.text


def test_a_page_of_the_staff_is_not_open_to_members(visitor: PageClient) -> None:
    page = signed_in(visitor, a_person()).get("/staff/people", status=403)

    assert page.h1 == "Not open to you"


def test_a_request_that_an_address_does_not_take_is_told_which_it_takes(
    visitor: PageClient,
) -> None:
    page = visitor.post("/fees", {}, status=405)

    assert page.h1 == "That does not work here"
    assert "GET" in page.response.headers["Allow"]


def test_more_than_the_site_takes_is_refused_before_it_is_read(visitor: PageClient) -> None:
    response = alone(
        visitor.client.post,
        "/sign-in",
        data=b"a=" + b"x" * UPLOAD_BYTES_MAX,
        content_type="application/x-www-form-urlencoded",
    )
    page = Page(response, "/sign-in")
    check_laws(page)

    assert page.status == 413
    assert page.h1 == "That is too large"


def test_who_asks_too_often_is_told_to_wait(visitor: PageClient) -> None:
    limiter.reset()
    form = visitor.get("/sign-in").form("sign-in")
    answers = [alone(visitor.client.post, "/sign-in", data=form.fields) for _ in range(31)]
    limiter.reset()
    page = Page(answers[-1], "/sign-in")
    check_laws(page)

    assert page.h1 == "Too many requests"
    assert re.search(r"Wait a minute", page.text)
