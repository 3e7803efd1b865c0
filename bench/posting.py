"""One process that posts through the project's Python command: `python -m bench.posting`.

Eight threads with a connection each post into one hot account until the time is over. It waits
for a line on its input, so that several processes begin together, and prints how many postings
were committed.
"""

from __future__ import annotations

import argparse
import sys
import threading
from uuid import UUID

from flask import Flask

from marketplace.app import create_app
from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.ledger import services as ledger

AMOUNT = Money(2_500, "EUR")


@command
def post_pledge(pledge: UUID, debit: int, credit: int) -> None:
    """Post what a paid pledge posts."""
    ledger.post(
        f"campaigns.pledge:{pledge}",
        [ledger.Move(debit, credit, AMOUNT, "pledge")],
        cause=f"pledge:{pledge}",
        actor="bench",
        happened_at=clock.now(),
    )


def _work(app: Flask, facts: argparse.Namespace, ready: threading.Barrier, done: list[int]) -> None:
    with app.app_context():
        post_pledge(new_id(), facts.debit, facts.credit)  # connected, warm
        ready.wait()
        until = clock.monotonic() + facts.seconds
        count = 0
        while clock.monotonic() < until:
            post_pledge(new_id(), facts.debit, facts.credit)
            count += 1
        done.append(count)
        db.session.remove()


def main() -> None:
    """Warm up, say so, wait for the word, post, tell the count."""
    parser = argparse.ArgumentParser()
    for name in ("seconds", "threads", "debit", "credit"):
        parser.add_argument(f"--{name}", type=int, required=True)
    facts = parser.parse_args()
    app = create_app()
    ready = threading.Barrier(facts.threads + 1)
    done: list[int] = []
    threads = [
        threading.Thread(target=_work, args=(app, facts, ready, done)) for _ in range(facts.threads)
    ]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.readline()
    ready.wait()
    for thread in threads:
        thread.join()
    print(sum(done), flush=True)


if __name__ == "__main__":
    main()
