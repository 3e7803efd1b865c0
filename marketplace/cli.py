"""Operators' commands, collected: `flask --app wsgi COMMAND`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from itertools import chain

import click
from flask import Flask, current_app

from marketplace.calc.cli import calc
from marketplace.contracts import cli as contracts
from marketplace.demo import cli as demo
from marketplace.escrow import cli as escrow
from marketplace.identity import cli as identity
from marketplace.infra import files, jobs, jobs_stalled, jobs_worker, migrating, sealing, streams
from marketplace.infra.files import Outcome
from marketplace.infra.operators import Commands
from marketplace.ledger import cli as ledger
from marketplace.risk import cli as risk
from marketplace.settlement import cli as settlement

jobs_group = Commands("jobs", help="Background work.")
database_group = Commands("db", help="The database's tables.")
files_group = Commands("files", help="Private papers and the keys they are encrypted with.")


@jobs_group.command("work")
@click.option("--concurrency", default=4, show_default=True, help="Jobs at the same time.")
def jobs_work(concurrency: int) -> None:
    """Run jobs and the timetable until stopped."""
    jobs_worker.work(current_app.config["DATABASE_ADDRESS"], concurrency=concurrency)


@jobs_group.command("run")
@click.option("--limit", default=10_000, show_default=True, help="Stop after so many jobs.")
def jobs_run(limit: int) -> None:
    """Run the jobs that wait now, then stop."""
    click.echo(f"{jobs.run_due(limit)} jobs run.")


@jobs_group.command("failed")
def jobs_failed() -> None:
    """List the jobs that gave up; exit 1 if there are any."""
    found = jobs.gave_up()
    for each in found:
        facts = json.dumps(each.arguments, ensure_ascii=False)
        click.echo(
            f"{each.id}  {each.name}  attempts {each.attempts}  {each.at:%Y-%m-%d %H:%M}  {facts}"
        )
    click.echo(f"{len(found)} jobs gave up." if found else "No job gave up.")
    sys.exit(1 if found else 0)


@jobs_group.command("retry")
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(1, 2**63 - 1))
def jobs_retry(numbers: tuple[int, ...]) -> None:
    """Queue jobs that gave up once more, by their numbers in `jobs failed`."""
    for number in numbers:
        if not jobs_stalled.try_again(number):
            raise click.ClickException(f"No job with the number {number} gave up.")
        click.echo(f"{number} is queued again.")


@database_group.command("upgrade")
def database_upgrade() -> None:
    """Bring the tables up to date."""
    migrating.upgrade(current_app.config["DATABASE_ADDRESS"])
    click.echo(f"The database is at revision {migrating.head()}.")


@files_group.command("new-key")
def files_new_key() -> None:
    """Print a fresh key for FILE_KEYS."""
    click.echo(sealing.new_key())


@files_group.command("seal")
def files_seal() -> None:
    """Encrypt every private file with the first key; may be stopped, and run again any time.

    Names each file that cannot be opened, and exits 1 then.
    """
    counts: Counter[Outcome] = Counter()
    for seen in chain(files.seal_all(), streams.seal_all()):
        counts[seen.outcome] += 1
        if seen.outcome is Outcome.BROKEN:
            click.echo(seen.reason, err=True)
    click.echo(
        f"{counts[Outcome.SEALED]} files sealed, {counts[Outcome.LEFT]} were already,"
        f" {counts[Outcome.BROKEN]} cannot be opened."
    )
    sys.exit(1 if counts[Outcome.BROKEN] else 0)


GROUPS: list[click.Command] = [
    *(database_group, files_group, jobs_group, demo.clock_group, demo.group),
    *(ledger.group, escrow.group, settlement.group, settlement.loans_group),
    *(identity.group, contracts.group),
    *(risk.group, calc),
]


def install(app: Flask) -> None:
    """Give `app` all operators' commands."""
    for group in GROUPS:
        app.cli.add_command(group)
