"""Operators' commands: prove the ledger, and read it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import click

from marketplace.infra.operators import Commands
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.ledger import chart, queries, services
from marketplace.ledger.checks import Finding
from marketplace.ledger.queries import Balance, StatementLine, finding

group = Commands("ledger", help="The ledger: proof, accounts, statements.")

_PAGE = 1000
_COUNT = click.IntRange(min=1)
_CURRENCY = click.Choice(sorted(chart.NUMBERS), case_sensitive=False)


def _known_kind(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    if name is None or name in chart.KINDS or chart.is_provider(name):
        return name
    known = ", ".join(chart.KINDS)
    raise click.BadParameter(f"there is no kind {name!r}; there are {known} and provider:…")


@group.command("check")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def check(*, as_json: bool) -> None:
    """Try every invariant; one line each, exit 1 if one is violated."""
    findings = services.prove(clock.now())
    if as_json:
        _print_json([_finding(each) for each in findings])
    else:
        for each in findings:
            _print_finding(each)
    sys.exit(0 if all(each.holds for each in findings) else 1)


@group.command("statement")
@click.argument("account")
@click.option("--limit", type=_COUNT, help="Only so many movements, the oldest.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def statement(account: str, limit: int | None, *, as_json: bool) -> None:
    """Print an account's movements and the balance after each.

    ACCOUNT is a number, KIND:OWNER (`person:wallet:<id>`, `/EUR` behind it where there are
    several) or KIND/CURRENCY (`fees:platform/EUR`).
    """
    held = _found(account)
    lines = _lines(held.account_id, limit)
    if as_json:
        _print_json({"account": _balance(held), "lines": [_line(each) for each in lines]})
        return
    click.echo(f"Account {held.account_id}  {_named(held)}  {held.currency}")
    for each in lines:
        click.echo(
            f"{each.at:%Y-%m-%d %H:%M}  {each.journal_id:>8}.{each.line:<3} {each.phase:8}"
            f" {each.code:20} {each.other_kind:30}"
            f" {_text(each.change_minor or each.pending_minor, each.currency):>18}"
            f" {_text(each.balance_minor, each.currency):>18}  {each.operation_id}"
        )
    click.echo(
        f"Balance {held.posted}, of which available {held.available};"
        f" on its way in {Money(held.pending_in_minor, held.currency)}."
    )


@group.command("accounts")
@click.option("--kind", callback=_known_kind, help="Only accounts of this kind.")
@click.option("--currency", type=_CURRENCY, help="Only accounts in this currency.")
@click.option("--totals", is_flag=True, help="One line for each kind and currency.")
@click.option("--limit", type=_COUNT, default=_PAGE, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def accounts(
    kind: str | None,
    currency: str | None,
    *,
    totals: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List accounts and what they hold."""
    if totals:
        found = [each for each in queries.totals() if _matches(each, kind, currency)]
    else:
        found = queries.balances(kind=kind, currency=currency, limit=limit + 1)
    if len(found) > limit:
        click.echo(f"These are the first {limit}; --limit shows more.", err=True)
    found = found[:limit]
    if as_json:
        _print_json([_balance(each) for each in found])
        return
    for each in found:
        number = f"{each.account_id:>10}  " if each.account_id else ""
        waiting = f"  (available {each.available})" if each.pending_out_minor else ""
        click.echo(f"{number}{_named(each):70} {each.posted!s:>24}{waiting}")


def _found(text: str) -> Balance:
    found = finding.accounts(text)
    if not found:
        raise click.ClickException(
            f"There is no account {text!r}. Write its number, KIND:OWNER or KIND/CURRENCY;"
            " `flask ledger accounts` lists them."
        )
    if len(found) > 1:
        choices = " or ".join(f"{text}/{each.currency}" for each in found)
        raise click.ClickException(f"There are several accounts {text}: write {choices}.")
    return found[0]


def _lines(account_id: int, limit: int | None) -> list[StatementLine]:
    lines: list[StatementLine] = []
    while limit is None or len(lines) < limit:
        size = _PAGE if limit is None else min(_PAGE, limit - len(lines))
        page = queries.statement(account_id, lines[-1].cursor if lines else None, size)
        lines += page
        if len(page) < size:
            break
    return lines


def _print_finding(found: Finding) -> None:
    word = "ok  " if found.holds else "FAIL"
    click.echo(f"{word}  {found.name:36} {found.sentence}")
    for row in found.rows:
        click.echo("      " + ", ".join(f"{name} {value}" for name, value in row.items()))
    if found.count > len(found.rows):
        click.echo(f"      and {found.count - len(found.rows)} more")


def _matches(balance: Balance, kind: str | None, currency: str | None) -> bool:
    return kind in {None, balance.kind} and currency in {None, balance.currency}


def _named(balance: Balance) -> str:
    return balance.kind if balance.owner_id is None else f"{balance.kind}:{balance.owner_id}"


def _text(minor: int, currency: str) -> str:
    return str(Money(minor, currency).decimal())


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "name": found.name,
        "sentence": found.sentence,
        "holds": found.holds,
        "violations": found.count,
        "seconds": found.seconds,
        "rows": found.rows,
    }


def _balance(balance: Balance) -> dict[str, Any]:
    return {
        "account": balance.account_id or None,
        "kind": balance.kind,
        "owner": balance.owner_id,
        "currency": balance.currency,
        "balance": balance.posted.decimal(),
        "available": balance.available.decimal(),
        "pending_out": _text(balance.pending_out_minor, balance.currency),
        "pending_in": _text(balance.pending_in_minor, balance.currency),
    }


def _line(line: StatementLine) -> dict[str, Any]:
    return {
        "ref": f"{line.journal_id}.{line.line}",
        "at": line.at,
        "operation_id": line.operation_id,
        "cause": line.cause,
        "code": line.code,
        "phase": line.phase,
        "other": line.other_kind,
        "other_account": line.other_account,
        "change": _text(line.change_minor, line.currency),
        "pending": _text(line.pending_minor, line.currency),
        "balance": _text(line.balance_minor, line.currency),
        "currency": line.currency,
    }


def _print_json(value: Sequence[object] | dict[str, Any]) -> None:
    click.echo(json.dumps(value, indent=2, default=_json))


def _json(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError(f"{value!r} has no place in JSON")
