"""The site with a bank beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.builders.escrow import World, a_world


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with a_world(app, database_url) as world:
        yield world
