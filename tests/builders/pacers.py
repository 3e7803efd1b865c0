"""A process of its own that takes turns as fast as it can: `python -m tests.builders.pacers N`."""

from __future__ import annotations

import sys
from datetime import timedelta

from marketplace.app import create_app
from marketplace.escrow.services import pacing
from marketplace.infra import settings

PER_S = 20


def main(number: int) -> None:
    """Once told to start, write the moments of `number` turns, by the database's clock."""
    with create_app(settings.read()).app_context():
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for _ in range(number):
            turn = pacing.take("bank", "bank.refund", per_s=PER_S, patience=timedelta(hours=1))
            sys.stdout.write(f"{turn.at.timestamp()}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
