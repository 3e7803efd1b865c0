"""`make run` on a server of one's own. In .ci/run that is Debian's PostgreSQL."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psycopg
import pytest

from tests.database import empty_database
from tests.unit.infra.site_process import Site, survivors


@pytest.mark.timeout(300)
def test_a_server_of_ones_own_is_used_when_named(server_url: str, tmp_path: Path) -> None:
    url = empty_database(server_url, f"kindling_test_site_{os.getpid()}")
    with psycopg.connect(url):  # keeps the database from being taken for a leftover
        site = Site(tmp_path / "data", {"DATABASE_URL": url})
        site.wait_until_ready()

        assert site.get("/healthz") == 200
        assert not (tmp_path / "data/postgres").exists()
        parts = site.descendants()
        assert site.stop(signal.SIGTERM) == 0, site.said
        assert survivors(parts) == []

        again = Site(tmp_path / "data", {"DATABASE_URL": url})
        again.wait_until_ready()
        assert "making the tables" not in again.said
        assert again.stop() == 0, again.said
