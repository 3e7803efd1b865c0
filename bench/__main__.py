"""`python -m bench [PART|all] [--scale smoke|default|full] [--json]`; the parts stand below.

Prints each figure beside its yardstick; exit status 1 when a floor is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import Final

from bench import (
    arrears,
    auto_invest,
    close,
    deadline,
    discovery,
    distribution,
    ledger,
    listings,
    pages,
    pledges,
    portfolio,
    replay,
    schedules,
)
from bench.figures import Figure, as_json, table
from bench.place import Place, machine, prepared
from bench.scales import SCALES, Scale

PARTS: Final[Mapping[str, Callable[[Place, Scale], list[Figure]]]] = {
    "ledger": ledger.run,
    "distribution": distribution.run,
    "pages": pages.run,
    "schedules": schedules.run,
    "replay": replay.run,
    "close": close.run,
    "deadline": deadline.run,
    "pledges": pledges.run,
    "arrears": arrears.run,
    "portfolio": portfolio.run,
    "listings": listings.run,
    "discovery": discovery.run,
    "autoinvest": auto_invest.run,
}


def main(words: list[str]) -> int:
    """Measure what was asked for; each part has a database of its own."""
    asked = _asked(words)
    scale = SCALES[asked.scale]
    figures: list[Figure] = []
    about: dict[str, object] = {"scale": scale.told}
    for name in PARTS if asked.part == "all" else (asked.part,):
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        with prepared() as place:
            about |= machine(place)
            figures += PARTS[name](place, scale)
    if asked.json:
        print(json.dumps(as_json(figures, about), indent=2))
    else:
        print("\n".join(f"{key}: {value}" for key, value in about.items()), "\n")
        print(table(figures))
    return 0 if all(figure.ok for figure in figures) else 1


def _asked(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("part", nargs="?", choices=[*PARTS, "all"], default="all")
    parser.add_argument("--scale", choices=list(SCALES), default="default")
    parser.add_argument("--json", action="store_true", help="for machines")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
