"""An operator's command finds the running site's addresses by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketplace.infra import settings

SITE = "http://127.0.0.1:8300"
BANK = "http://127.0.0.1:8301"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SITE_URL", "SIMULATOR_URL", "SIMULATOR_PORT", "PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return tmp_path


def addresses() -> tuple[str, str]:
    found = settings.read()
    return found.site_url, found.simulator_url


def test_a_command_uses_the_addresses_of_the_site_that_runs(folder: Path) -> None:
    with settings.running(folder, site_url=SITE, simulator_url=BANK):
        assert addresses() == (SITE, BANK)


def test_what_the_environment_says_comes_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_URL", "https://kindling.example")
    monkeypatch.setenv("SIMULATOR_PORT", "8777")
    with settings.running(folder, site_url=SITE, simulator_url=BANK):
        assert addresses() == ("https://kindling.example", "http://127.0.0.1:8777")


def test_afterwards_the_defaults_are_back(folder: Path) -> None:
    with settings.running(folder, site_url=SITE, simulator_url=BANK):
        pass
    assert addresses() == ("http://127.0.0.1:8000", "http://127.0.0.1:8001")


def test_what_a_killed_site_left_half_written_is_passed_over(folder: Path) -> None:
    (folder / "running.json").write_text('{"SITE_URL": "http://1')
    assert addresses() == ("http://127.0.0.1:8000", "http://127.0.0.1:8001")
