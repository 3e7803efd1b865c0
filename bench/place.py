"""Where figures are taken: a database of their own, as durable as a real one."""

from __future__ import annotations

import gc
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from flask import Flask

from marketplace.app import create_app
from marketplace.infra import database, migrating, postgres, settings
from marketplace.infra.database import db
from marketplace.infra.postgres import binaries
from marketplace.kernel import clock
from marketplace.ledger import checks

ROOT: Final = Path(__file__).resolve().parents[1]
_DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass(frozen=True, slots=True)
class Place:
    """A migrated database that nobody else uses, and the environment of its processes."""

    url: str
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        """The environment in which the site works here."""
        return {
            **os.environ,
            "DATABASE_URL": self.url,
            "DATA_DIR": str(self.folder),
            "PYTHONPATH": str(ROOT),
        }

    def owner(self) -> psycopg.Connection[Any]:
        """Connect as the owner of the tables; commits by itself."""
        return psycopg.connect(self.url, autocommit=True)


@contextmanager
def prepared() -> Iterator[Place]:
    """Give a place; it is gone afterwards. Its server keeps every promise a real one keeps."""
    with tempfile.TemporaryDirectory(prefix="kindling-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = postgres.start(folder)
        try:
            migrating.upgrade(server.url)
            place = Place(server.url, folder)
            _insist_on_durability(place)
            yield place
        finally:
            server.stop()


@contextmanager
def site(place: Place) -> Iterator[Flask]:
    """Give the site on `place`, inside an application context, begun as its processes begin."""
    app = create_app(settings.read(place.environ))
    gc.freeze()  # as wsgi.py
    with app.app_context():
        try:
            yield app
        finally:
            database.disconnect()


def insist_on_order() -> None:
    """Refuse a figure beside which the books are not in order."""
    broken = [found.name for found in checks.run(clock.now()) if not found.holds]
    db.session.rollback()
    if broken:
        raise RuntimeError(f"the books are not in order: {broken}")


def _insist_on_durability(place: Place) -> None:
    with place.owner() as connection:
        for name in _DURABLE:
            shown = connection.execute(f"SHOW {name}".encode()).fetchone()
            if shown != ("on",):
                raise SystemExit(f"bench: {name} is not on; figures without it mean nothing")


def pgbench() -> str:
    """Return the path of pgbench: the embedded server's own, else Debian's."""
    beside = binaries.find().bin / "pgbench"
    found = str(beside) if beside.exists() else shutil.which("pgbench")
    if found is None:
        raise SystemExit("bench ledger needs pgbench: apt-get install postgresql-contrib")
    return found


def machine(place: Place) -> dict[str, object]:
    """Return what figures depend on: processors, memory, versions, how busy it was."""
    with place.owner() as connection:
        version = connection.execute("SHOW server_version").fetchone()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processors": os.cpu_count(),
        "memory_gib": round(memory / 2**30),
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgresql": version[0] if version else "",
        "commit": _commit(),
        "load_average": [round(load, 1) for load in os.getloadavg()],
    }


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip()
