"""Operators' commands about contracts."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from marketplace.contracts.services import signing, verifying
from marketplace.contracts.services.verifying import Finding
from marketplace.infra.operators import Commands

group = Commands("contracts", help="Contracts: proving a file, and seals that wait.")


@group.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(file: Path) -> None:
    """Say whether FILE is a contract that was signed here; exit 1 unless it is valid."""
    verdict = verifying.verify(file.read_bytes())
    number = verdict.contract.number if verdict.contract else "no contract of ours"
    click.echo(f"{verdict.finding}: {number}")
    for seal in verdict.seals:
        at = f"{seal.at:%Y-%m-%d %H:%M:%S %Z}" if seal.at else "no time"
        click.echo(f"  {'holds ' if seal.holds else 'BROKEN'}  {at}  {seal.name}  {seal.party}")
    sys.exit(0 if verdict.finding is Finding.VALID else 1)


@group.command("sweep")
def sweep() -> None:
    """Ask for the seals that wait, and read back what is unanswered."""
    click.echo(f"{signing.sweep()} taken up.")
