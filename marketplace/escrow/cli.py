"""Operators' commands: what was asked of the provider, what it told us, and whether all agrees."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from enum import StrEnum

import click
from flask.cli import AppGroup

from marketplace.escrow import gateway, queries
from marketplace.escrow import reconcile as reconciling
from marketplace.escrow.services import dispatching, planning
from marketplace.escrow.states import Inbox, State
from marketplace.infra.commands import command
from marketplace.kernel.errors import ProviderTrouble, Refusal
from marketplace.kernel.ids import InstructionId, new_id
from marketplace.kernel.money import Money, parse_amount
from marketplace.web.refusals import sentence

group = AppGroup("escrow", help="The escrow provider: instructions, deliveries, the proof.")


def _of_states(states: type[StrEnum]) -> Callable[[click.decorators.FC], click.decorators.FC]:
    return click.option(
        "--state",
        "states",
        multiple=True,
        type=click.Choice([str(state) for state in states]),
        help="Only those in this state; may be repeated.",
    )


_at_most = click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many."
)


@group.command("reconcile")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def reconcile(as_json: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Compare ledger and provider line by line and in total; exit 1 if they differ."""
    try:
        result = reconciling.reconcile()
    except ProviderTrouble as trouble:
        click.echo(f"The provider cannot be read, so nothing is proved: {trouble}", err=True)
        sys.exit(2)
    if as_json:
        _print_json(result)
    else:
        _print_reconciliation(result)
    sys.exit(0 if result.is_clean else 1)


@group.command("instructions")
@_of_states(State)
@_at_most
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def instructions(states: tuple[str, ...], limit: int, as_json: bool) -> None:  # noqa: FBT001 - click passes it by name
    """List what the provider was asked to do, newest first."""
    found = queries.instructions(states=states, limit=limit)
    if as_json:
        _print_json(found)
        return
    for one in found:
        click.echo(
            f"{one.operation_id}  {one.kind:9} {one.purpose:12} {one.state:9}"
            f" {one.amount.decimal():>14} {one.currency}  {one.provider_ref or '-'}"
            f"  {one.last_error or ''}".rstrip()
        )


@group.command("deliveries")
@_of_states(Inbox)
@_at_most
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def deliveries(states: tuple[str, ...], limit: int, as_json: bool) -> None:  # noqa: FBT001 - click passes it by name
    """List what the provider told us, newest first."""
    found = queries.deliveries(states=states, limit=limit)
    if as_json:
        _print_json(found)
        return
    for one in found:
        click.echo(
            f"{one.provider_event_id}  {one.kind:18} {one.state:8}"
            f" {one.verified_at:%Y-%m-%d %H:%M:%S}  {one.last_error or ''}".rstrip()
        )


@group.command("top-up")
@click.argument("currency")
@click.argument("amount")
@click.option("--apply", "really", is_flag=True, help="Do it; without this it is only shown.")
def top_up(currency: str, amount: str, really: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Put the platform's own money in, for refunds whose fees the provider kept."""
    try:
        money = parse_amount(amount, currency)
    except Refusal as refusal:
        raise click.BadParameter(f"{amount} {currency}: {sentence(refusal)}") from refusal
    if not really:
        click.echo(f"Would put in {money.decimal()} {money.currency}. Add --apply to do it.")
        return
    done = dispatching.dispatch(_plan(money))
    click.echo(f"{done.operation_id} {done.state}: {money.decimal()} {money.currency}")
    sys.exit(0 if done.is_finished else 1)


@command
def _plan(money: Money) -> InstructionId:
    return planning.plan_top_up(money, description="Refund reserve")


@group.command("manual-payouts")
@click.option("--apply", "really", is_flag=True, help="Do it; without this it is only shown.")
def manual_payouts(really: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Make the provider pay nothing out by itself; exit 1 while it does."""
    provider = gateway.current()
    try:
        if really and provider.pays_out_unasked():
            provider.stop_payouts(f"manual-payouts:{new_id()}")
        unasked = provider.pays_out_unasked()
    except ProviderTrouble as trouble:
        click.echo(f"The provider cannot be read: {trouble}", err=True)
        sys.exit(2)
    if unasked:
        click.echo("The provider sends its balance to our bank by itself. Add --apply to stop it.")
        sys.exit(1)
    click.echo("The provider pays out only what it is asked to.")


def _print_reconciliation(result: reconciling.Reconciliation) -> None:
    for held in result.cash:
        click.echo(
            f"{result.provider} {held.available.currency}:"
            f" available {held.available.decimal()}, pending {held.pending.decimal()}"
        )
    for difference in result.differences:
        click.echo(str(difference))
    click.echo(
        f"{result.lines} lines compared, "
        + (f"{len(result.differences)} differences." if result.differences else "no difference.")
    )


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, default=_plain, indent=2))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    return str(value)
