"""`flask demo load`."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from marketplace.demo import world
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock

group = AppGroup("demo", help="The demo world (simulator only).")


@group.command("load")
@click.option("--if-empty", is_flag=True, help="Do nothing, without a word, where people live.")
def load(*, if_empty: bool) -> None:
    """Live a year of simulated life in an empty database; takes under a minute."""
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
