"""The site with a bank beside it, every event going where the wiring sends it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask

from tests.builders import loans as build
from tests.builders.escrow import World


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with build.a_market(app, database_url) as world:
        yield world


@pytest.fixture
def cast(world: World, request: pytest.FixtureRequest) -> build.Cast:
    """Borrower and reviewers: of the module's scene, where a test asks for its `loan_id`."""
    if {"scene", "loan_id"} <= set(request.fixturenames):
        found: tuple[build.Cast, UUID] = request.getfixturevalue("scene")
        return found[0]
    return build.Cast()
