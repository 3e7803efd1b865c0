"""`python -m tests.chaos [BAR ...] [--seed N] [--scale smoke|default|full] [--json]`.

Prints one line for each bar; exit status 1 when one is missed. The same seed repeats a run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import secrets
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from marketplace.kernel import clock
from tests.chaos.outcome import Outcome, say
from tests.chaos.place import Ground, a_server
from tests.chaos.scales import SCALES, Scale

BARS: Final = (
    "crash",
    "answers",
    "webhooks",
    "forgery",
    "buyers",
    "conservation",
    "rounding",
    "differences",
    "outage",
    "worlds",
)


def main(words: list[str]) -> int:
    """Hold the product to the bars that were asked for."""
    asked = _asked(words)
    seed = secrets.randbelow(10**9) if asked.seed is None else asked.seed
    logging.getLogger("marketplace").setLevel(logging.CRITICAL)  # troubles are what is asked for
    outcomes = []
    with (
        tempfile.TemporaryDirectory(prefix="kindling-chaos-", ignore_cleanup_errors=True) as name,
        a_server() as server_url,
    ):
        for bar in asked.bars or BARS:
            outcome = _hold(bar, Ground(server_url, Path(name), seed), SCALES[asked.scale])
            outcomes.append(outcome)
            if not asked.json:
                print(outcome, flush=True)
    if asked.json:
        print(json.dumps([outcome.facts() for outcome in outcomes], indent=2))
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def _hold(bar: str, ground: Ground, scale: Scale) -> Outcome:
    say(f"{bar}, scale {scale.name}, seed {ground.seed} …")
    run: Callable[[Ground, Scale], Outcome] = importlib.import_module(f"tests.chaos.{bar}").run
    started = clock.monotonic()
    try:
        outcome = run(ground, scale)
    except Exception as broken:  # noqa: BLE001 - a bar that breaks is a bar that is missed
        trouble = "".join(traceback.format_exception(broken))
        outcome = Outcome(bar, "broke", "none", "to end", ground.seed, [trouble])
    return replace(outcome, seconds=clock.monotonic() - started)


def _asked(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("bars", nargs="*", metavar="BAR", help=", ".join(BARS))
    parser.add_argument("--seed", type=int, help="repeats a run; a fresh one is printed")
    parser.add_argument("--scale", choices=list(SCALES), default="default")
    parser.add_argument("--json", action="store_true", help="for machines")
    asked = parser.parse_args(words)
    if unknown := set(asked.bars) - set(BARS):
        parser.error(f"no such bar: {', '.join(sorted(unknown))}; there are {', '.join(BARS)}")
    return asked


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
