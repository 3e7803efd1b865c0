"""The site with a bank beside it, every event going where the wiring sends it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask

from marketplace.kernel import clock
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.scenes import Scenes


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with build.a_market(app, database_url) as world:
        yield world


@pytest.fixture
def scene(world: World, hand: clock.Hand, scenes: Scenes) -> build.Scene:
    """A loan and those around it: a running one, unless the module shows another."""

    def running() -> build.Scene:
        cast = build.Cast()
        return cast, build.a_running_loan(world, hand, cast)

    return scenes.play("running", hand, running)


@pytest.fixture
def loan_id(scene: build.Scene) -> UUID:
    """The loan of the scene."""
    return scene[1]


@pytest.fixture
def cast(world: World, request: pytest.FixtureRequest) -> build.Cast:
    """Borrower and reviewers: those of the scene, where a test plays in it."""
    if "scene" in request.fixturenames:
        found: build.Scene = request.getfixturevalue("scene")
        return found[0]
    return build.Cast()
