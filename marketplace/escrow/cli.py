"""Operators' commands: what was asked of the provider, what it told us, and whether all agrees."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import click

from marketplace.escrow import gateway, queries
from marketplace.escrow import reconcile as reconciling
from marketplace.escrow.queries import DeliveryRow, Instruction, forgeries
from marketplace.escrow.queries import dead_letters as letters
from marketplace.escrow.queries.dead_letters import DeadLetter
from marketplace.escrow.services import dispatching, house, planning, retrying
from marketplace.escrow.states import Inbox, State
from marketplace.identity import queries as people
from marketplace.infra.commands import command
from marketplace.infra.operators import Commands
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound, ProviderTrouble, Refusal
from marketplace.kernel.ids import InstructionId, new_id, parse_public_id, public_id
from marketplace.kernel.money import Money, parse_amount
from marketplace.web.refusals import sentence

group = Commands("escrow", help="The escrow provider: instructions, deliveries, the proof.")


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
    found, now = queries.instructions(states=states, limit=limit), clock.now()
    if as_json:
        _print_json([_instruction(one, now) for one in found])
        return
    for one in found:
        click.echo(
            f"{one.operation_id}  {one.kind:9} {one.purpose:12} {one.state:9}"
            f" {one.amount.decimal():>14} {one.currency}  {_age(one.created_at, now):>4}"
            f" {one.attempts:>3} calls  {_next_try(one)}  {one.provider_ref or '-'}"
            f"  {one.last_error or ''}".rstrip()
        )


@group.command("deliveries")
@_of_states(Inbox)
@_at_most
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def deliveries(states: tuple[str, ...], limit: int, as_json: bool) -> None:  # noqa: FBT001 - click passes it by name
    """List what the provider told us, newest first."""
    found, now = queries.deliveries(states=states, limit=limit), clock.now()
    if as_json:
        _print_json([_delivery(one, now) for one in found])
        return
    for one in found:
        click.echo(
            f"{public_id('dlv', one.id)}  {one.provider_event_id}  {one.kind:18} {one.state:8}"
            f" {one.verified_at:%Y-%m-%d %H:%M:%S}  {one.attempts:>2} tries"
            f"  {one.last_error or ''}".rstrip()
        )


@group.command("turned-away")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def turned_away(as_json: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Count the notices with a false signature of the last day, by reason."""
    found = forgeries.of_last_day(clock.now())
    if as_json:
        _print_json(found)
        return
    for one in found:
        click.echo(f"{one.provider}  {one.reason:16} {one.count:>6}  last {one.last_at:%H:%M:%S}")
    if not found:
        click.echo("None within the last day.")


@group.command("dead-letters")
@click.option("--why", type=click.Choice(letters.KINDS), help="Only those of this kind.")
@_at_most
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def dead_letters(why: str | None, limit: int, as_json: bool) -> None:  # noqa: FBT001 - click passes it by name
    """List what will not come to its end by itself, oldest first; exit 1 if there is any."""
    now = clock.now()
    found = letters.dead_letters(now, why=why, limit=limit)
    if as_json:
        _print_json([_letter(one, now) for one in found])
        sys.exit(1 if found else 0)
    for one in found:
        amount = f"{one.amount.decimal()} {one.amount.currency}" if one.amount else "-"
        click.echo(
            f"{one.ref}  {one.why:8} {one.kind:9} {amount:>18}  {_age(one.since, now):>4}"
            f" {one.attempts:>3} calls  {one.error or '-'}"
            + (f"  ({one.proposed} is proposed)" if one.proposed else "")
        )
    click.echo(f"{len(found)} waiting for a person." if found else "Nothing needs a person.")
    sys.exit(1 if found else 0)


@group.command("retry")
@click.argument("ref")
@click.option("--as", "email", required=True, help="The finance officer who wants it.")
@click.option("--reason", required=True, help="Why; it is kept.")
def retry(ref: str, email: str, reason: str) -> None:
    """Try a dead letter again (an instruction or a delivery); exit 1 if that is refused."""
    officer = people.by_email(email)
    if officer is None:
        raise click.BadParameter(f"Nobody has the address {email}.", param_hint="--as")
    act, about = _retried(ref)
    try:
        act(officer.as_actor(), about, reason=reason, now=clock.now())
    except Refusal as refusal:
        click.echo(f"{ref}: {sentence(refusal)}", err=True)
        sys.exit(1)
    except NotAllowed:
        click.echo(f"{email} is no finance officer, so nothing was done.", err=True)
        sys.exit(1)
    except NotFound:
        click.echo(f"There is no {ref}.", err=True)
        sys.exit(1)
    click.echo(f"{ref} is tried again within seconds, by the worker.")


@group.command("top-up")
@click.argument("currency")
@click.argument("amount")
@click.option("--apply", "really", is_flag=True, help="Do it; without this it is only shown.")
def top_up(currency: str, amount: str, really: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Put the platform's own money in, for refunds whose fees the provider kept."""
    money = _typed(amount, currency)
    if not really:
        click.echo(f"Would put in {money.decimal()} {money.currency}. Add --apply to do it.")
        return
    done = dispatching.dispatch(_plan(money))
    click.echo(f"{done.operation_id} {done.state}: {money.decimal()} {money.currency}")
    sys.exit(0 if done.is_finished else 1)


@group.command("pay-out")
@click.argument("currency")
@click.argument("amount")
@click.option("--apply", "really", is_flag=True, help="Do it; without this it is only shown.")
def pay_out(currency: str, amount: str, really: bool) -> None:  # noqa: FBT001 - click passes it by name
    """Pay our own earned fees out to our bank, as far as they are free."""
    money = _typed(amount, currency)
    if not really:
        click.echo(f"Would pay out {money.decimal()} {money.currency}. Add --apply to do it.")
        return
    try:
        planned = house.pay_out(money)
    except Refusal as refusal:
        raise click.ClickException(sentence(refusal)) from refusal
    done = dispatching.dispatch(planned)
    trouble = f" ({done.last_error})" if done.last_error else ""
    click.echo(f"{done.operation_id} {done.state}: {money.decimal()} {money.currency}{trouble}")
    sys.exit(1 if done.state == State.FAILED else 0)


def _typed(amount: str, currency: str) -> Money:
    try:
        return parse_amount(amount, currency)
    except Refusal as refusal:
        raise click.BadParameter(f"{amount} {currency}: {sentence(refusal)}") from refusal


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


def _retried(ref: str) -> tuple[Callable[..., None], UUID]:
    """Return what tries the thing with this public id again, and its id."""
    acts: dict[str, Callable[..., None]] = {
        "ins": retrying.retry,
        "dlv": retrying.retry_delivery,
    }
    prefix = ref.partition("_")[0]
    try:
        return acts[prefix], parse_public_id(prefix, ref)
    except (KeyError, NotFound):
        raise click.BadParameter(
            f"{ref} is neither an instruction (ins_…) nor a delivery (dlv_…).", param_hint="REF"
        ) from None


def _instruction(one: Instruction, now: datetime) -> dict[str, object]:
    """Return everything known of an instruction; `next_try` is when it may be taken up again."""
    waits = one.state in {State.PLANNED, State.SENT, State.UNKNOWN}
    return {
        "ref": one.operation_id,
        **_fields(one),
        "amount": str(one.amount.decimal()),
        "age_s": _seconds(one.created_at, now),
        "next_try": (one.not_before or now) if waits else None,
    }


def _delivery(one: DeliveryRow, now: datetime) -> dict[str, object]:
    about = public_id("ins", one.instruction_id) if one.instruction_id else None
    return {
        "ref": public_id("dlv", one.id),
        **_fields(one),
        "instruction": about,
        "age_s": _seconds(one.verified_at, now),
    }


def _letter(one: DeadLetter, now: datetime) -> dict[str, object]:
    return {"ref": one.ref, **_fields(one), "age_s": _seconds(one.since, now)}


def _fields(one: Instruction | DeliveryRow | DeadLetter) -> dict[str, object]:
    return {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}


def _next_try(one: Instruction) -> str:
    """Return when it may be taken up again, as short as a column needs it."""
    if one.is_finished:
        return "-".ljust(11)
    return f"{one.not_before:%m-%d %H:%M}" if one.not_before else "now".ljust(11)


def _age(since: datetime, now: datetime) -> str:
    """Return how old something is, in the largest unit that is not zero."""
    seconds = _seconds(since, now)
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _seconds(since: datetime, now: datetime) -> int:
    return max(int((now - since).total_seconds()), 0)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, default=_plain, indent=2))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    return str(value)
