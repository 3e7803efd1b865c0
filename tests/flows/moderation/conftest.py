"""The site with a bank beside it, every event going where the wiring sends it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.builders import campaigns as build
from tests.builders.escrow import World


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with build.a_market(app, database_url) as world:
        yield world
