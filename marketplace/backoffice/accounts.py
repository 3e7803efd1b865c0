"""The ledger browser: accounts, and what went in and out of one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from flask import Response, url_for

from marketplace.backoffice import lists, subjects
from marketplace.backoffice.blueprints import books
from marketplace.backoffice.subjects import Subject
from marketplace.escrow import gateway
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import Balance, StatementLine, browsing, finding
from marketplace.web.csv_answer import Table
from marketplace.web.guards import requires
from marketplace.web.locale import _

_PARTS: Final = ("pending", "available", "in_transit")


@books.get("")
@requires("ledger.see")
def accounts() -> Response:
    """List accounts and what they hold; where no kind is asked for, also all kinds in sum."""
    kind, currency = lists.one_of("kind", kinds()), lists.one_of("currency", chart.NUMBERS)
    typed = lists.typed("q")
    owner = finding.owner_id(typed) if typed else None
    after = lists.typed("after")
    found = lists.cut(
        []
        if typed and owner is None
        else browsing.accounts(
            kind=kind,
            currency=currency,
            owner=owner,
            after=finding.number(after) or 0,
            limit=lists.size(),
        )
    )
    names = subjects.named(each.owner_id for each in found.rows)
    sums = [] if kind or typed or after else _sums(ledger.turnover(kinds()))
    return lists.answer(
        "backoffice/accounts.html",
        _accounts_table(found.rows, names),
        kind=kind,
        currency=currency,
        typed=typed,
        not_an_id=bool(typed) and owner is None,
        kinds=kinds(),
        currencies=sorted(chart.NUMBERS),
        sum=next((each for each in sums if currency in {None, each["currency"]}), None),
        doors=_doors(sums, currency),
        older_href=lists.here(after=str(found.rows[-1].account_id)) if found.more else None,
        newest_href=lists.here(after=None) if after else None,
    )


@books.get("/accounts/<int:number>")
@requires("ledger.see")
def statement(number: int) -> Response:
    """Show one account's movements, newest first, with the balance after each."""
    held = _account(number)
    days = lists.days()
    between = days.between
    before = lists.pair("before")
    found = lists.cut(
        [] if days.troubles else browsing.statement(held, between, before, lists.size())
    )
    owner = subjects.named([held.owner_id])
    return lists.answer(
        "backoffice/statement.html",
        _statement_table(held, found.rows),
        held=held,
        entry=chart.kind(held.kind),
        owner=owner.get(held.owner_id) if held.owner_id else None,
        owner_href=_owner_href(held, owner),
        days=days,
        span=None if between.is_open or days.troubles else browsing.span(held, between),
        quick=_quick(clock.now()),
        older_href=_older(found),
        newest_href=lists.here(before=None) if before else None,
    )


def kinds() -> list[str]:
    """Return every kind of account there can be, the current provider's included."""
    name = gateway.current().name
    return [*chart.KINDS, *(f"provider:{name}:{part}" for part in _PARTS)]


def owner_text(held: Balance, names: Mapping[UUID, Subject]) -> str:
    """Return whose an account is: a name, else the id; nothing for the house's own."""
    if held.owner_id is None:
        return ""
    known = names.get(held.owner_id)
    return known.name if known else str(held.owner_id)


def _account(number: int) -> Balance:
    if number >= 1 << 63:
        raise NotFound(str(number))
    return ledger.balance(number)


def _accounts_table(found: Sequence[Balance], names: Mapping[UUID, Subject]) -> Table:
    return Table(
        "accounts",
        _("Accounts"),
        [
            {"key": "number", "label": _("Account"), "kind": "ref"},
            {"key": "kind", "label": _("Kind"), "kind": "ref"},
            {"key": "owner", "label": _("Owner")},
            {"key": "owner_ref", "label": _("Owner’s id"), "csv_only": True},
            {"key": "posted", "label": _("Posted"), "kind": "money"},
            {"key": "out", "label": _("Set aside to leave"), "kind": "money"},
            {"key": "in", "label": _("On its way in"), "kind": "money"},
            {"key": "available", "label": _("Available"), "kind": "money"},
        ],
        [_account_row(each, names) for each in found],
    )


def _account_row(held: Balance, names: Mapping[UUID, Subject]) -> dict[str, Any]:
    known = names.get(held.owner_id) if held.owner_id else None
    return {
        "number": held.account_id,
        "number_href": url_for("books.statement", number=held.account_id),
        "kind": held.kind,
        "owner": owner_text(held, names) or None,
        "owner_href": url_for("books.accounts", q=known.ref) if known else None,
        "owner_ref": known.ref if known else None,
        "posted": held.posted,
        "out": _or_none(held.pending_out_minor, held.currency),
        "in": _or_none(held.pending_in_minor, held.currency),
        "available": held.available,
    }


def _sums(turnover: Sequence[ledger.Turnover]) -> list[dict[str, Any]]:
    """Return the trial balance of each currency, the most used first, in the chart's order."""
    order = {name: position for position, name in enumerate(kinds())}
    by_currency: dict[str, list[ledger.Turnover]] = defaultdict(list)
    for one in sorted(turnover, key=lambda each: order[each.kind]):
        by_currency[one.currency].append(one)
    found = [_trial_balance(currency, lines) for currency, lines in by_currency.items()]
    return sorted(found, key=lambda each: (-each["accounts"], each["currency"]))


def _doors(sums: Sequence[Mapping[str, Any]], currency: str | None) -> list[dict[str, Any]]:
    """Return the ways to the other currencies in use."""
    chosen = currency or next((each["currency"] for each in sums), None)
    return [
        {
            "label": each["currency"],
            "href": url_for("books.accounts", currency=each["currency"]),
            "current": each["currency"] == chosen,
        }
        for each in sums
    ]


def _trial_balance(currency: str, lines: Sequence[ledger.Turnover]) -> dict[str, Any]:
    return {
        "currency": currency,
        "accounts": sum(one.accounts for one in lines),
        "debits": Money(sum(one.debits_minor for one in lines), currency),
        "credits": Money(sum(one.credits_minor for one in lines), currency),
        "rows": [
            {
                "kind": one.kind,
                "kind_href": url_for("books.accounts", kind=one.kind, currency=currency),
                "accounts": one.accounts,
                "debits": Money(one.debits_minor, currency),
                "credits": Money(one.credits_minor, currency),
                "balance": Money(_grown(one), currency),
            }
            for one in lines
        ],
    }


def _grown(one: ledger.Turnover) -> int:
    grown = one.credits_minor - one.debits_minor
    return grown if chart.kind(one.kind).side == "credit" else -grown


def _statement_table(held: Balance, found: Sequence[StatementLine]) -> Table:
    return Table(
        f"account-{held.account_id}",
        _("Movements, newest first"),
        [
            {"key": "at", "label": _("When"), "kind": "moment"},
            {"key": "operation", "label": _("Operation"), "kind": "ref"},
            {"key": "cause", "label": _("Cause"), "kind": "ref"},
            {"key": "code", "label": _("Code")},
            {"key": "other", "label": _("Other account"), "kind": "ref"},
            {"key": "pending", "label": _("Set aside"), "kind": "money"},
            {"key": "in", "label": _("In"), "kind": "money"},
            {"key": "out", "label": _("Out"), "kind": "money"},
            {"key": "balance", "label": _("Balance"), "kind": "money"},
        ],
        [_line_row(each) for each in found],
    )


def _line_row(line: StatementLine) -> dict[str, Any]:
    return {
        "at": line.at,
        "operation": line.operation_id,
        "operation_href": url_for("books.journal", ref=line.operation_id),
        "cause": subjects.cause_text(line.cause),
        "cause_href": url_for("books.journals", cause=line.cause),
        "code": line.code,
        "other": f"{line.other_account} {line.other_kind}",
        "other_href": url_for("books.statement", number=line.other_account),
        "pending": _or_none(line.pending_minor, line.currency),
        "in": _or_none(max(line.change_minor, 0), line.currency),
        "out": _or_none(max(-line.change_minor, 0), line.currency),
        "balance": Money(line.balance_minor, line.currency),
    }


def _older(found: lists.Shown[StatementLine]) -> str | None:
    if not found.more:
        return None
    journal_id, line = found.rows[-1].cursor
    return lists.here(before=f"{journal_id}.{line}")


def _owner_href(held: Balance, names: Mapping[UUID, Subject]) -> str | None:
    known = names.get(held.owner_id) if held.owner_id else None
    return subjects.page_of(known) if known else None


def _quick(now: datetime) -> list[dict[str, Any]]:
    """Return the spans people ask for most."""
    today = now.date()
    month = today.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    spans = [
        (_("Today"), today, today),
        (_("Last 7 days"), today - timedelta(days=6), today),
        (_("This month"), month, today),
        (_("Last month"), last_month, month - timedelta(days=1)),
    ]
    return [
        {"label": label, "href": lists.here(**{"from": str(first), "to": str(last)}, before=None)}
        for label, first, last in spans
    ]


def _or_none(minor: int, currency: str) -> Money | None:
    return Money(minor, currency) if minor else None
