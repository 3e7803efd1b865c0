"""`python -m bench` runs, in small: a figure for every promise, and an honest exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "figures"),
    [("ledger", 4), ("distribution", 2), ("replay", 3), ("close", 1), ("deadline", 4)],
)
def test_the_bench_measures_and_says_whether_floors_are_reached(part: str, figures: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", part, "--scale", "smoke", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip

    assert done.returncode in {0, 1}, done.stderr
    told = json.loads(done.stdout)
    assert len(told["figures"]) == figures
    assert all(figure["ratio"] > 0 for figure in told["figures"])
    assert told["ok"] is (done.returncode == 0)
    assert told["machine"]["scale"].startswith("scale smoke")
