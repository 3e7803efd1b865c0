"""`flask demo load`, and `flask clock`, with which its people live on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

import click
from flask import current_app

from marketplace.demo import onwards, world
from marketplace.infra import business_clock
from marketplace.infra.operators import Commands
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock

group = Commands("demo", help="The demo world (simulator only).")


@group.command("load")
@click.option("--if-empty", is_flag=True, help="Do nothing, without a word, where people live.")
def load(*, if_empty: bool) -> None:
    """Live a year of simulated life in an empty database; takes a minute or two."""
    settings = current_settings()
    if settings.escrow_provider != "simulator":
        raise click.ClickException("The demo world needs ESCROW_PROVIDER=simulator.")
    if world.is_loaded():
        if if_empty:
            return
        raise click.ClickException(
            "People live in this database already: load the demo world into an empty one."
        )
    began = clock.monotonic()
    made = world.load(settings, current_app.config["DATABASE_ADDRESS"])
    click.echo(
        f"{made.people} people, {made.campaigns} campaigns, {made.loans} loans,"
        f" {made.pledges} pledges, {made.repayments} repayments"
        f" in {clock.monotonic() - began:.1f} seconds."
    )


@group.command("signins")
def sign_ins() -> None:
    """Print who can be signed in as."""
    for email, what in world.DOORS:
        click.echo(f"  {email:<28} {what}")
    click.echo(f"  Everybody’s password: {world.PASSWORD}")


clock_group = Commands("clock", help="The business clock (moves with the simulator only).")

_STEP: Final = re.compile(r"^([0-9]{1,4})([hdw])$")
_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}
_STEP_MAX: Final = timedelta(days=400)


@clock_group.command("show")
def show() -> None:
    """Print the business time and how far it is ahead of real time."""
    ahead = timedelta(seconds=business_clock.offset_seconds())
    click.echo(f"{clock.now():%Y-%m-%d %H:%M:%S} UTC, {ahead.days} days ahead of real time.")


@clock_group.command("advance")
@click.argument("step")
def advance(step: str) -> None:
    """Live STEP ahead, such as 12h, 30d or 8w, doing every day what falls due."""
    settings = current_settings()
    if settings.escrow_provider != "simulator":
        raise click.ClickException("The clock can only be moved with ESCROW_PROVIDER=simulator.")
    onwards.advance(settings, current_app.config["DATABASE_ADDRESS"], _read_step(step))
    click.echo(f"It is now {clock.now():%Y-%m-%d %H:%M} UTC.")


def _read_step(text: str) -> timedelta:
    match = _STEP.match(text)
    step = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta(0)
    if not timedelta(0) < step <= _STEP_MAX:
        raise click.BadParameter("write a step of up to 400 days, such as 12h, 30d or 8w.")
    return step
