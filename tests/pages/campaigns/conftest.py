"""The site with a bank beside it, and people who look at its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from marketplace.identity.queries import PersonRow
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import signed_in
from tests.page_client import Page, PageClient
from tests.statements import PAGE_MAX, listening


class Reader(PageClient):
    """A visitor whose every page must cost no more than a page may."""

    def get(self, path: str, *, status: int = 200) -> Page:
        with listening() as heard:
            page = super().get(path, status=status)
        shown = page.is_html
        assert not shown or len(heard) <= PAGE_MAX, (
            f"{path}: {len(heard)} statements\n" + "\n".join(heard)
        )
        return page


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with build.a_market(app, database_url) as world:
        yield world


@pytest.fixture
def passer_by(world: World) -> Reader:
    """Somebody without a name; a cookie of their own keeps them from seeing kept pages."""
    reader = Reader(world.app)
    reader.client.set_cookie("been_here", "1")
    return reader


@pytest.fixture
def enter(world: World) -> Callable[[PersonRow], Reader]:
    """Sign somebody in, each in a browser of their own."""

    def sign_in(person: PersonRow) -> Reader:
        reader = Reader(world.app)
        signed_in(reader, person)
        return reader

    return sign_in
