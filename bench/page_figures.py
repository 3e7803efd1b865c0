"""How quickly one page answers, asked in one process, beside a bare Flask page."""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from pathlib import Path
from typing import Any, Final

from bench import hello
from bench.figures import Figure

ASKED: Final = 40
MILLIS_MAX: Final = 100.0


def bare_millis() -> float:
    """Return how long the bare page takes, in the middle."""
    return statistics.median(asked(hello.app.test_client(), "/"))


def page_figure(browser: Any, path: str, name: str, *, theirs: float, folder: Path) -> Figure:  # noqa: ANN401 - Flask's
    """Ask for a page and say how quick it was beside `theirs`; p95 is to be under 100 ms."""
    used = processor_millis(folder)
    ours = sorted(asked(browser, path))
    used = (processor_millis(folder) - used) / (len(ours) + 1)
    middle, slow = statistics.median(ours), ours[int(len(ours) * 0.95)]
    return Figure(
        name=name,
        unit="pages/s",
        ours=1000 / middle,
        yardstick="bare Flask page",
        theirs=1000 / theirs,
        ratio=theirs / middle,
        floor=1.0,
        remark=f"median {middle:.0f} ms, p95 {slow:.0f} ms, {used:.0f} ms of processor",
        quick_enough=slow < MILLIS_MAX,
    )


def processor_millis(folder: Path) -> float:
    """Return the processor time this process and its server's have used; others' is not in it."""
    ticks = sum(os.times()[:2]) * 1000
    for found in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile, or is not ours to look at
            if Path(found, "cwd").resolve().is_relative_to(folder):
                times = Path(found, "stat").read_text().rpartition(")")[2].split()[11:15]
                ticks += 1000 * sum(map(int, times)) / os.sysconf("SC_CLK_TCK")
    return ticks


def asked(browser: Any, path: str) -> list[float]:  # noqa: ANN401 - Flask's
    """Ask for a page many times and return the milliseconds of each; one that fails ends it."""
    taken = []
    for _ in range(ASKED + 1):
        begun = time.perf_counter()
        answer = browser.get(path)
        taken.append(1000 * (time.perf_counter() - begun))
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
    return taken[1:]  # the first time connects and compiles
