"""Postings a second into one hot account, beside pgbench's own simple-update; and batches."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import ExitStack
from typing import Final
from uuid import UUID

from bench.batches import batches
from bench.figures import Figure, alternate
from bench.place import ROOT, Place, pgbench, site
from bench.scales import Scale
from marketplace.infra.commands import command
from marketplace.infra.database import APP_ROLE
from marketplace.kernel.ids import new_id
from marketplace.ledger import services as ledger

CONNECTIONS: Final = 16
PROCESSES: Final = 2
FUNCTION_FLOOR: Final = 1.0
COMMAND_FLOOR: Final = 0.4

# What a paid pledge posts: the provider owes us more, and we owe the campaign's backers more.
SCRIPT: Final = """
\\set amount random(100, 100000)
SELECT ledger_move(
    'campaigns.pledge:' || uuidv7(), 'pledge:' || :client_id, 'bench', now(),
    :debit, :credit, :amount, 'pledge')
"""


def run(place: Place, scale: Scale) -> list[Figure]:
    """Measure single postings and batches."""
    with site(place):
        debit, credit = open_hot_accounts(new_id())
        posting = _postings(place, scale, debit, credit)
        return [*posting, *batches(place, scale)]


@command
def open_hot_accounts(campaign: UUID) -> tuple[int, int]:
    """Open the two accounts every pledge to one campaign touches; both are append accounts."""
    return (
        ledger.account("provider:simulator:pending", "EUR"),
        ledger.account("escrow:campaign", "EUR", campaign),
    )


def _postings(place: Place, scale: Scale, debit: int, credit: int) -> list[Figure]:
    _pgbench(place, "-i", "-q", "-s", str(scale.pgbench_scale))
    script = place.folder / "posting.sql"
    script.write_text(SCRIPT)
    accounts = ("-D", f"debit={debit}", "-D", f"credit={credit}")
    simple, function, through_python = (
        lambda: _load(place, scale, "-b", "simple-update"),
        lambda: _load(place, scale, "-f", str(script), *accounts),
        lambda: posted_by_python(place, scale, debit, credit),
    )
    by_function, by_command = alternate(scale.rounds, simple, function, through_python)
    beside = "pgbench simple-update"
    return [
        by_function.figure(
            "ledger_move, one hot account, 16 connections", "/s", beside, FUNCTION_FLOOR
        ),
        by_command.figure(
            "ledger.post in a command, 16 connections in 2 processes", "/s", beside, COMMAND_FLOOR
        ),
    ]


def _load(place: Place, scale: Scale, *what: str) -> float:
    told = _pgbench(
        *(place, "--no-vacuum", "--protocol=prepared", "--jobs=2"),
        *(f"--client={CONNECTIONS}", f"--time={scale.seconds}", *what),
    )
    found = re.search(r"tps = ([\d.]+) \(without initial connection time\)", told)
    if found is None:
        raise RuntimeError(told)
    return float(found[1])


def _pgbench(place: Place, *words: str) -> str:
    done = subprocess.run(
        [pgbench(), *words, place.url],
        env={**place.environ, "PGOPTIONS": f"-c role={APP_ROLE}" if "-f" in words else ""},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


def posted_by_python(place: Place, scale: Scale, debit: int, credit: int) -> float:
    """Return how many postings a second the product's command makes on one hot account."""
    facts = {
        "seconds": scale.seconds,
        "threads": CONNECTIONS // PROCESSES,
        "debit": debit,
        "credit": credit,
    }
    words = [word for name, value in facts.items() for word in (f"--{name}", str(value))]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "bench.posting", *words],
                    cwd=ROOT, env=place.environ, text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                )
            )
            for _ in range(PROCESSES)
        ]  # fmt: skip
        for process in processes:
            _await_ready(process)
        done = [process.communicate("go\n") for process in processes]
    return sum(int(told) for told, _ in done) / scale.seconds


def _await_ready(process: subprocess.Popen[str]) -> None:
    if process.stdout is None or process.stdout.readline() != "ready\n":
        raise RuntimeError("bench.posting did not start")
