"""Every bar of `make chaos` at its smallest, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.chaos.__main__ import BARS
from tests.database import ROOT

SEED = 20261127

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize("bar", BARS)
def test_the_bar_is_reached(bar: str, server_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", bar, "--scale", "smoke", "--seed", str(SEED)],
        cwd=ROOT,
        env={**os.environ, "TEST_DATABASE_URL": server_url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{bar} ")
