"""People who are let in without a password: what the figure is about comes after that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Flask

from marketplace.identity.services import sessions
from marketplace.infra.commands import command
from marketplace.kernel import clock
from marketplace.kernel.ids import PersonId

_COOKIE: Final = "kindling_session"


def signed_in(app: Flask, person_id: PersonId) -> Any:  # noqa: ANN401 - Flask's
    """Return a browser in which a person is signed in."""
    browser = app.test_client()
    browser.set_cookie(_COOKIE, *_begin([person_id]))
    return browser


def cookies(people: Sequence[PersonId]) -> list[str]:
    """Return for each person the cookie that a browser of theirs sends."""
    return [f"{_COOKIE}={token}" for token in _begin(people)]


@command
def _begin(people: Sequence[PersonId]) -> list[str]:
    browser = sessions.Browser("127.0.0.1", "bench")
    return [sessions.begin(each, browser, at=clock.wall()).token for each in people]
