"""Operators' commands: what waits for a source, and what another scorecard would have said."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from marketplace.infra.operators import Commands
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.risk import faults, gateway, queries
from marketplace.risk.queries import Stored
from marketplace.risk.scorecard import CARDS, CURRENT, Score, score
from marketplace.risk.services import answering

group = Commands("risk", help="Risk reports: sources, scorecards, back-tests.")


@group.command("waiting")
def waiting() -> None:
    """List the questions no source has answered yet; exit 1 if there are any."""
    found = queries.waiting()
    for one in found:
        age = clock.now() - one.asked_at
        click.echo(
            f"{one.ref}  asked {one.asked_at:%Y-%m-%d %H:%M}  {age.days} d"
            f"  tried {one.attempts}  next {one.not_before:%Y-%m-%d %H:%M}  {one.trouble or '-'}"
        )
    click.echo(f"{len(found)} questions wait." if found else "No question waits.")
    sys.exit(1 if found else 0)


@group.command("fetch")
def fetch() -> None:
    """Ask the sources now for what is due, as the timetable does each minute."""
    click.echo(f"{answering.fetch_due()} reports arrived.")


@group.command("fault")
@click.argument("name", type=click.Choice(["none", *faults.FAULTS]))
def fault(name: str) -> None:
    """Let the simulated sources fail from now on: down, slow, nonsense; none ends it."""
    settings = current_settings()
    if gateway.current().name != "simulated":
        raise click.ClickException("Only the simulated sources can be made to fail.")
    faults.choose(settings.data_dir, "" if name == "none" else name)
    click.echo("The sources answer." if name == "none" else f"The sources are now: {name}.")


@group.command("backtest")
@click.option(
    "--version", type=click.Choice([str(number) for number in CARDS]), required=True, help="Which."
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only reports from this day on.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def backtest(version: str, since: datetime | None, as_json: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Score the reports of the past with a version and print what differs. Nothing is changed."""
    start = since.replace(tzinfo=UTC) if since else None
    card = CARDS[int(version)]
    tried = [_Tried(kept, score(card, kept.input)) for kept in queries.reports_since(start)]
    if as_json:
        click.echo(json.dumps([one.facts() for one in tried if one.differs], indent=2))
        return
    for one in tried:
        if one.differs:
            click.echo(one.said())
    _sum_up(tried, card.version)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A report of the past beside what a version makes of the same input."""

    kept: Stored
    made: Score

    @property
    def differs(self) -> bool:
        return (self.kept.outcome, self.kept.grade) != (self.made.outcome.value, self.made.grade)

    @property
    def move(self) -> tuple[str, str]:
        """Grade and outcome, before and after."""
        return (
            f"{self.kept.grade} {self.kept.outcome}",
            f"{self.made.grade} {self.made.outcome.value}",
        )

    def said(self) -> str:
        before, after = self.move
        codes = sorted(set(self.made.codes) ^ set(self.kept.codes))
        return (
            f"{self.kept.ref}  {self.kept.at:%Y-%m-%d}  {before:9} {self.kept.points:3} points"
            f"  ->  {after:9} {self.made.points:3} points  {', '.join(codes)}".rstrip()
        )

    def facts(self) -> dict[str, object]:
        return {
            "report": self.kept.ref,
            "at": self.kept.at.isoformat(),
            "version": self.kept.version,
            "before": {"grade": self.kept.grade, "outcome": self.kept.outcome},
            "after": {"grade": self.made.grade, "outcome": self.made.outcome.value},
        }


def _sum_up(tried: list[_Tried], version: int) -> None:
    moves = Counter(one.move for one in tried if one.differs)
    for (before, after), count in sorted(moves.items()):
        click.echo(f"{count:6} x  {before:9} -> {after}")
    click.echo(
        f"{len(tried)} reports scored with version {version} (version {CURRENT} decides):"
        f" {sum(moves.values())} differ. Nothing was changed."
    )
