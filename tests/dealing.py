"""What each pytest worker begins with: long modules are dealt out evenly, and come first.

xdist gives every worker a run of neighbours, as many tests each, and lets who has nothing left take
from the end of another's. With all long modules in one run, that worker was alone with the last of
them for minutes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pytest

K = TypeVar("K")
T = TypeVar("T")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests in the order in which the workers are to take them."""
    modules: dict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        modules[item.path].append(item)
    seconds_max = {
        path: sum(_seconds_max(item) for item in within) for path, within in modules.items()
    }
    workers: int = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = dealt(modules, seconds_max, workers)


def _seconds_max(item: pytest.Item) -> float:
    """Say how long a test may take that is marked as slow; 0 for all others."""
    if item.get_closest_marker("slow") is None:
        return 0.0
    limit = item.get_closest_marker("timeout")
    return float(limit.args[0] if limit else item.config.getini("timeout"))


def dealt(
    modules: Mapping[K, Sequence[T]], seconds_max: Mapping[K, float], workers: int
) -> list[T]:
    """Order the tests so that each worker's share of them begins with its share of long modules.

    A module with `seconds_max` of 0 is not long. All tests are returned once; modules stay whole
    but for quick ones on the border between two shares.
    """
    hands: list[list[T]] = [[] for _ in range(workers)]
    held = [0.0] * workers
    long = (key for key in modules if seconds_max[key])
    for key in sorted(long, key=lambda key: seconds_max[key], reverse=True):
        lightest = held.index(min(held))
        hands[lightest] += modules[key]
        held[lightest] += seconds_max[key]
    quick = (test for key, tests in modules.items() if not seconds_max[key] for test in tests)
    total = sum(map(len, modules.values()))
    order: list[T] = []
    for place, hand in enumerate(hands):
        share = (total - len(order)) // (workers - place)  # as xdist counts it
        order += [*hand, *islice(quick, max(0, share - len(hand)))]
    return [*order, *quick]
