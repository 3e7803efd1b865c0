"""The site with a bank beside it, and people who look at its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from marketplace.identity.queries import PersonRow
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import a_person, signed_in
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


Enter = Callable[[PersonRow | Actor], Reader]


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
def enter(world: World) -> Enter:
    """Sign somebody in, each in a browser of their own."""

    def sign_in(person: PersonRow | Actor) -> Reader:
        return signed_in(Reader(world.app), person)

    return sign_in


@pytest.fixture
def sponsor(world: World) -> PersonRow:
    del world
    return a_person("Sponsor Sol")


@pytest.fixture
def reader(enter: Enter, sponsor: PersonRow) -> Reader:
    """The sponsor's browser."""
    return enter(sponsor)


@pytest.fixture
def backer(enter: Enter) -> Reader:
    """The browser of somebody who has not pledged yet."""
    return enter(a_person("Backer Bo"))


@pytest.fixture
def found(world: World, hand: clock.Hand) -> holdback.Success:
    """A campaign that was funded, and money with the provider for what it gives back."""
    a_top_up(build.euros(500))
    return holdback.a_success(world, hand)
