"""Operators' commands about people: `flask --app wsgi users …`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from marketplace.identity import queries
from marketplace.identity.adapters import write
from marketplace.identity.rules import roles
from marketplace.identity.services import newcomers, operating, sessions, staff
from marketplace.infra.operators import Commands
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal, Refused
from marketplace.web.refusals import sentence

R = TypeVar("R")

group = Commands("users", help="People, their sessions and staff roles.")
_ROLE = click.Choice(roles.ORDER)


@group.command("create")
@click.argument("email")
@click.option("--name", required=True, help="The name others read.")
@click.option("--role", type=_ROLE, help="A staff role; left out, a member.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(email: str, name: str, role: str | None, password_stdin: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Make a confirmed person, such as the first administrator."""
    password = (
        sys.stdin.readline().rstrip("\r\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    _attempt(
        lambda: operating.create_person(
            email=email, name=name, password=password, role=role, now=clock.now()
        )
    )
    click.echo(f"{email} can sign in now, as {role or 'a member'}.")


@group.command("list")
@click.option("--search", default="", help="Part of a name or address.")
@click.option("--role", type=click.Choice(("staff", *roles.ORDER)), help="Only this staff role.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="At most so many, newest first.",
)
def list_people(search: str, role: str | None, limit: int) -> None:
    """List people, newest first."""
    found = queries.people(search=search, role=role or "", limit=limit)
    for person in found.people:
        state = person.staff_role or ("member" if person.confirmed_at else "not confirmed")
        click.echo(f"{person.email}\t{person.name}\t{state}")
    if not found.people:
        click.echo("Nobody matches.", err=True)


@group.command("invite")
@click.argument("email")
@click.argument("role", type=_ROLE)
def invite(email: str, role: str) -> None:
    """Mail an invitation to a staff role."""
    _attempt(
        lambda: staff.invite_staff(
            email, role, actor=newcomers.OPERATOR, now=clock.now(), write=write
        )
    )
    click.echo(f"An invitation as {role} is on its way to {email}. It works once, for 72 hours.")


@group.command("end-sessions")
@click.argument("email")
def end_sessions(email: str) -> None:
    """Sign a person out everywhere."""
    person = _attempt(lambda: operating.known(email))
    count = sessions.end_all_sessions(person.id, at=clock.wall())
    click.echo(f"{count} sessions of {person.email} are ended.")


@group.command("roles")
@click.argument("email")
@click.option("--revoke", is_flag=True, help="Take the staff role back.")
def show_roles(email: str, revoke: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Show the roles of a person."""
    person = _attempt(lambda: operating.known(email))
    if revoke:
        held = _attempt(
            lambda: staff.revoke_role(person.id, actor=newcomers.OPERATOR, now=clock.now())
        )
        click.echo(f"{person.email} is no longer {held}.")
        return
    click.echo(f"{person.email}: {', '.join(sorted(person.roles)) or 'not confirmed yet'}")


def _attempt(act: Callable[[], R]) -> R:
    try:
        return act()
    except Refusal as refusal:
        parts: list[Any] = refusal.refusals if isinstance(refusal, Refused) else [refusal]
        raise click.ClickException(" ".join(sentence(part) for part in parts)) from None
