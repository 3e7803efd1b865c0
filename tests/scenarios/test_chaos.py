"""Every bar of `make chaos` at its smallest, several in each process that has the site loaded."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.chaos.__main__ import BARS
from tests.database import ROOT

SEED = 20261127

TOGETHER = (
    ("crash", "answers"),
    ("buyers", "outage", "webhooks", "forgery"),
    ("differences", "worlds", "conservation", "rounding"),
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_no_bar_is_left_out() -> None:
    assert sorted(bar for bars in TOGETHER for bar in bars) == sorted(BARS)


@pytest.mark.parametrize("bars", TOGETHER, ids=" ".join)
def test_the_bars_are_reached(bars: tuple[str, ...], server_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *bars, "--scale", "smoke", "--seed", str(SEED)],
        cwd=ROOT,
        env={**os.environ, "TEST_DATABASE_URL": server_url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(bars)
