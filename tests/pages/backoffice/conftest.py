"""A finance officer at the desk, and money in the books to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from marketplace.web.limits import limiter
from tests.builders.campaigns import a_market
from tests.builders.escrow import World, a_world
from tests.builders.identity import a_finance_officer, signed_in
from tests.page_client import PageClient


@pytest.fixture(autouse=True)
def _fresh_limits(app: Flask) -> None:
    limiter.reset()


@pytest.fixture
def officer(visitor: PageClient, request: pytest.FixtureRequest) -> PageClient:
    """A finance officer, signed in, who comes after the people of a scene."""
    for scene in {"scene", "books"} & {*request.fixturenames}:
        request.getfixturevalue(scene)
    return signed_in(visitor, a_finance_officer())


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    """The site with its bank beside it; what escrow announces reaches nobody."""
    with a_world(app, database_url) as world:
        yield world


@pytest.fixture
def market(app: Flask, database_url: str) -> Iterator[World]:
    """The site, fully wired, with its bank beside it."""
    with a_market(app, database_url) as world:
        yield world


@pytest.fixture
def statements(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that any connection of this process is asked from now on."""
    seen: list[str] = []
    execute = psycopg.Cursor.execute
    app.test_client().get("/projects")  # a first connection asks for itself

    def noted(cursor: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(query, str | bytes):  # not what the driver asks a fresh connection
            seen.append(query if isinstance(query, str) else query.decode())
        return execute(cursor, query, *arguments, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    return seen
