"""What every test may ask for: the site, a clock that stands still, a visitor."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from hypothesis import settings as hypothesis_settings

from marketplace.app import create_app
from marketplace.infra import database
from marketplace.infra import settings as settings_module
from marketplace.infra.database import db
from marketplace.kernel import clock
from tests.builders.scenes import Scenes
from tests.database import clean
from tests.page_client import PageClient

pytest_plugins = ["tests.database", "tests.dealing"]

# How long an example takes says how busy the machine is, and nothing about the code.
hypothesis_settings.register_profile("kindling", deadline=None)
hypothesis_settings.load_profile("kindling")

# A Monday, with a month end, a leap day far away and both clock changes ahead.
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

NEEDS_DATABASE = ("flows", "pages", "scenarios", "laws", "properties")


@pytest.hookimpl(hookwrapper=True)
def pytest_collection() -> Iterator[None]:
    """Nothing that is loaded with the tests ever becomes garbage: nobody need look at it.

    Nor need they look for what the tests leave every seven hundred objects.
    """
    gc.disable()
    yield
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: some always wait for a process, a browser or a clock."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.fixture(scope="session")
def site(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The site on this worker's own database."""
    folder = tmp_path_factory.mktemp("data")
    environ = {
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder),
        "SITE_URL": "http://localhost",
    }
    app = create_app(settings_module.read(environ))
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    # Thousands of tests ask the same few questions.
    with app.app_context():
        database.keep_statements(db.engine, from_use=4)
        db.engine.dispose()
    yield app
    with app.app_context():
        database.disconnect()


@pytest.fixture
def hand() -> Iterator[clock.Hand]:
    """The business clock, standing at `START` until the test moves it."""
    with clock.frozen(START) as hand:
        yield hand


@pytest.fixture
def app(
    site: Flask, sweeping_connection: psycopg.Connection[Any], hand: clock.Hand
) -> Iterator[Flask]:
    """The site with an empty database, inside an application context."""
    clean(sweeping_connection)
    with site.app_context():
        yield site
        db.session.rollback()
        db.session.remove()


@pytest.fixture(scope="session")
def scenes(database_url: str) -> Scenes:
    """Worlds that are built once for each worker."""
    return Scenes(database_url)


@pytest.fixture
def visitor(app: Flask) -> PageClient:
    """Somebody who is not signed in."""
    return PageClient(app)


@pytest.fixture
def data_dir(app: Flask) -> Path:
    """Where the site keeps files and mails during this test run."""
    return settings_module.current_settings().data_dir
