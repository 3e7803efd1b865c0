"""Operators' ways in: `flask settlement run`, `flask loans close-of-business`, and what is held."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

import click

from marketplace.escrow.cli import group as escrow_group
from marketplace.infra.operators import Commands
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.settlement import close_of_business, runner
from marketplace.settlement.close_of_business import Closed, proofs
from marketplace.settlement.lines import Line
from marketplace.settlement.queries.holding import Held, held

_FIRST_YEAR: Final = 1900  # what is due is found by adding days: not from the ends of time
_END_YEAR: Final = 9000
_DAYS_MAX: Final = 36_500
_BATCH: Final = 500

group = Commands("settlement", help="Close, release, refund, bill and distribute what is due.")
loans_group = Commands("loans", help="Loans that are being repaid.")


class Moment(click.ParamType[datetime]):
    """A time such as 2026-12-01 or 2026-12-01T09:00, taken as UTC where no zone is given."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read the time, or say how to write it."""
        try:
            read = datetime.fromisoformat(str(value))
        except ValueError:
            read = None
        if read is None or not _FIRST_YEAR <= read.year < _END_YEAR:
            self.fail(f"{value} is not a time; write 2026-12-01 or 2026-12-01T09:00.", param, ctx)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


@group.command("run")
@click.option("--as-of", type=Moment(), help="Do what is due by then (default: now).")
@click.option("--dry-run", is_flag=True, help="Show who would get what and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def run(as_of: datetime | None, *, dry_run: bool, as_json: bool) -> None:
    """Do everything that is due, or show it."""
    now = as_of or clock.now()
    if now > clock.now() and not dry_run:
        raise click.ClickException(
            "Settlement cannot be run for a time that has not come: add --dry-run to look ahead."
        )
    report = runner.rehearse(now) if dry_run else runner.run(now)
    click.echo(_as_json(report) if as_json else _as_table(report, now, dry_run=dry_run))
    if any(line.kind.endswith(".stopped") for lines in report.values() for line in lines):
        raise click.ClickException("Something was stopped because its books do not add up.")


class Day(click.ParamType[date]):
    """A day such as 2026-12-01."""

    name = "day"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Read the day, or say how to write it."""
        try:
            read = date.fromisoformat(str(value))
        except ValueError:
            read = None
        if read is None or not _FIRST_YEAR <= read.year < _END_YEAR:
            self.fail(f"{value} is not a day; write 2026-12-01.", param, ctx)
        return read


@loans_group.command("close-of-business")
@click.option("--on", type=Day(), help="The day to close (default: today).")
@click.option("--catch-up", is_flag=True, help="Close the days before it that were missed, too.")
@click.option("--diff", nargs=2, type=Day(), help="Show in what two closed days differ instead.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def close(
    on: date | None, diff: tuple[date, date] | None, *, catch_up: bool, as_json: bool
) -> None:
    """Charge what is late, count days past due, alert and prove a day; twice is once."""
    if diff:
        click.echo(_difference(*diff, as_json=as_json))
        return
    day = on or clock.today()
    if day > clock.today():
        raise click.ClickException(f"{day} has not come: only days up to today can be closed.")
    missing = close_of_business.missing_days(day)
    if len(missing) > 1 and not catch_up:
        raise click.ClickException(
            f"The days {missing[0]} to {missing[-2]} are not closed:"
            " add --catch-up to close them first."
        )
    done = []
    for each in missing:
        closed = close_of_business.close(each, clock.now())
        done.append(_closed_facts(closed))
        if not as_json:
            click.echo(_closed_line(closed))
    if as_json:
        click.echo(json.dumps(done, ensure_ascii=False, indent=2))
    elif not done:
        click.echo(f"{day} is closed; nothing was done.")


def _closed_line(closed: Closed) -> str:
    return (
        f"{closed.proof.on_date}  {closed.loans} loans  {closed.charges} charges"
        f"  {closed.alerts} alerts  {closed.proof.sha256}"
    )


def _closed_facts(closed: Closed) -> dict[str, object]:
    return {
        "day": closed.proof.on_date.isoformat(),
        "loans": closed.loans,
        "charges": closed.charges,
        "alerts": closed.alerts,
        "sha256": closed.proof.sha256,
        "figures": closed.proof.figures,
    }


def _difference(one: date, other: date, *, as_json: bool) -> str:
    pair = []
    for day in (one, other):
        if (proof := proofs.proof_of(day)) is None:
            raise click.ClickException(f"{day} is not closed.")
        if not proof.holds:
            raise click.ClickException(f"The proof of {day} was changed: its hash does not hold.")
        pair.append(proof)
    found = proofs.differences(*pair)
    if as_json:
        facts = [{"figure": path, "was": was, "is": now} for path, was, now in found]
        return json.dumps(facts, ensure_ascii=False, indent=2)
    width = max((len(path) for path, _, _ in found), default=0)
    lines = [f"{path:<{width}}  {was!s:>16}  {now!s:>16}" for path, was, now in found]
    return "\n".join([f"{len(found)} figures differ between {one} and {other}.", *lines])


@escrow_group.command("holding")
@click.option(
    "--days",
    type=click.IntRange(-_DAYS_MAX, _DAYS_MAX),
    help="Only what must leave within so many days.",
)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def holding(days: int | None, *, as_json: bool) -> None:
    """List what is held, what must leave first first; exit 1 if anything is past its day."""
    today = clock.today()
    until = None if days is None else today + timedelta(days=days)
    found = list(_all_held(until))
    late = [each for each in found if each.days_left(today) < 0]
    if as_json:
        facts = [_held_facts(each, today) for each in found]
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        for each in found:
            click.echo(
                f"{each.leave_by}  {each.days_left(today):>4} days  {each.kind:<12} {each.ref:<30}"
                f" {each.amount!s:>18}  {each.payments} payments since {each.paid_on}{_of_it(each)}"
            )
        click.echo(f"{len(found)} held, {len(late)} past their day.")
    sys.exit(1 if late else 0)


def _of_it(each: Held) -> str:
    """Return what must leave first where the rest may stay longer."""
    return "" if each.leaving == each.amount else f", {each.leaving} of it by then"


def _all_held(until: date | None) -> Iterator[Held]:
    batch = held(until=until, limit=_BATCH)
    yield from batch
    while len(batch) == _BATCH:
        batch = held(until=until, after=batch[-1].cursor, limit=_BATCH)
        yield from batch


def _held_facts(each: Held, today: date) -> dict[str, object]:
    return {
        "kind": each.kind,
        "subject": each.ref,
        "person": public_id("per", each.person_id),
        "amount_minor": each.amount_minor,
        "leaving_minor": each.leaving_minor,
        "currency": each.currency,
        "payments": each.payments,
        "paid_on": each.paid_on.isoformat(),
        "leave_by": each.leave_by.isoformat(),
        "days_left": each.days_left(today),
    }


def _as_json(report: runner.Report) -> str:
    found = [_facts(stage, line) for stage, lines in report.items() for line in lines]
    return json.dumps(found, ensure_ascii=False, indent=2)


def _facts(stage: str, line: Line) -> dict[str, object]:
    return {
        "stage": stage,
        "kind": line.kind,
        "subject": line.subject,
        "person": _person(line) or None,
        "amount_minor": line.amount.minor if line.amount else None,
        "currency": line.amount.currency if line.amount else None,
        "note": line.note,
    }


def _as_table(report: runner.Report, now: datetime, *, dry_run: bool) -> str:
    lines = [line for found in report.values() for line in found]
    rows = [
        f"{line.kind:<18} {line.subject:<30} {_amount(line):>16}  {_person(line):<30}  "
        f"{line.note}".rstrip()
        for line in lines
    ]
    ended = "Nothing was changed." if dry_run else "Done."
    head = f"Settlement as of {now:%Y-%m-%d %H:%M} UTC{' (dry run)' if dry_run else ''}"
    return "\n".join([head, *rows, f"{len(lines)} lines. {ended}"])


def _person(line: Line) -> str:
    return public_id("per", line.person) if line.person else ""


def _amount(line: Line) -> str:
    return str(line.amount) if line.amount else ""
