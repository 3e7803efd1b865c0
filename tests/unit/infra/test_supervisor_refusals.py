"""What `make run` cannot do it says in one sentence, before anything is started."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.servers import free_port
from tests.unit.infra.site_process import CLEARED, ROOT


def _run(environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in CLEARED}
    return subprocess.run(
        [sys.executable, "-m", "marketplace.infra.supervisor"],
        cwd=ROOT,
        env={**inherited, "PORT": str(free_port()), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _sentence(answer: subprocess.CompletedProcess[str]) -> str:
    assert answer.returncode == 1
    assert answer.stdout == ""
    lines = answer.stderr.splitlines()
    assert len(lines) == 1, answer.stderr
    return lines[0]


def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        sentence = _sentence(_run({"DATA_DIR": str(tmp_path / "data"), "PORT": port}))

    assert sentence.startswith(f"Kindling cannot run: port {port} is in use by another program;")
    assert "make run PORT=" in sentence
    assert not (tmp_path / "data").exists()


def test_a_simulator_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        sentence = _sentence(_run({"DATA_DIR": str(tmp_path / "data"), "SIMULATOR_PORT": port}))

    assert f"port {port}, wanted for the escrow simulator, is in use" in sentence


@pytest.mark.parametrize("database", [{}, {"DATABASE_URL": "postgresql://me@127.0.0.1:1/name"}])
def test_an_unwritable_data_dir_is_named(tmp_path: Path, database: dict[str, str]) -> None:
    (tmp_path / "file").write_text("")

    sentence = _sentence(_run({"DATA_DIR": str(tmp_path / "file/data"), **database}))

    assert sentence == (
        f"Kindling cannot run: DATA_DIR {tmp_path}/file/data cannot be written (Not a directory); "
        "name a folder of your own with DATA_DIR=/some/folder."
    )


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://kindling@127.0.0.1:1/kindling",
        "postgresql://kindling@/kindling?host=/nowhere",
        "postgresql://kindling@nowhere.invalid/kindling",
    ],
)
def test_an_unreachable_database_is_named(tmp_path: Path, address: str) -> None:
    sentence = _sentence(_run({"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": address}))

    assert re.match(
        r"Kindling cannot run: the database of DATABASE_URL cannot be reached \(.+\); check",
        sentence,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("DATABASE_URL", "mysql://host/name"),
        ("ESCROW_PROVIDER", "gold"),
        ("SIMULATOR_PORT", "x"),
        ("KINDLING_ENV", "prod"),
        ("SITE_URL", "kindling"),
        ("MAIL_URL", "mail"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    sentence = _sentence(_run({"DATA_DIR": str(tmp_path / "data"), name: value}))

    assert name in sentence


def test_production_is_not_run_with_what_is_for_trying(tmp_path: Path) -> None:
    sentence = _sentence(_run({"DATA_DIR": str(tmp_path / "data"), "KINDLING_ENV": "production"}))

    for name in ("SECRET_KEY", "DATABASE_URL", "SITE_URL", "the simulator"):
        assert name in sentence
