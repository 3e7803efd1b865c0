"""Finding accounts and operations by what a person knows of them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from marketplace.infra.asking import Params
from marketplace.infra.database import rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.ledger import chart
from marketplace.ledger.queries import BALANCE, JOURNAL, Balance, JournalRow

_DIGITS_MAX: Final = 18  # what always fits a bigint, and more than any number has


def accounts(text: str) -> list[Balance]:
    """Return the accounts a person may mean, in order of currency; none where nothing is meant.

    `1978` is a number, `person:wallet:<owner>` and `fees:platform/EUR` a kind with its owner or
    its currency. An owner is a UUID or a public id; without `/EUR` all currencies are meant.
    """
    if text.isascii() and text.isdecimal():
        return _balances("a.id = %s", (number(text),))
    name, _, currency = text.partition("/")
    owner = None
    if not _is_kind(name):
        name, _, last = name.rpartition(":")
        owner = owner_id(last)
        if owner is None or not _is_kind(name):
            return []
    if currency not in {"", *chart.NUMBERS}:
        return []
    return _balances(
        "a.kind = %(kind)s AND (a.currency = %(currency)s OR %(currency)s = '')"
        " AND a.owner_id IS NOT DISTINCT FROM %(owner)s::uuid",
        {"kind": name, "currency": currency, "owner": owner},
    )


def journals(text: str, limit: int = 20) -> list[JournalRow]:
    """Return the operations a person may mean, newest first: by number, operation id or cause."""
    return rows(
        f"{JOURNAL} WHERE j.id = %(number)s OR j.operation_id = %(text)s OR j.cause = %(text)s"
        " ORDER BY j.id DESC LIMIT %(limit)s",
        {"number": number(text), "text": text, "limit": limit},
        into=JournalRow,
    )


def number(text: str) -> int | None:
    """Return the number of an account or a journal written as `text`; None where it is none."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX
    return int(text) if is_number else None


def owner_id(text: str) -> UUID | None:
    """Return the id written as `text`, a UUID or a public id of any kind; None where it is none."""
    prefix, mark, _ = text.partition("_")
    try:
        return parse_public_id(prefix, text) if mark else UUID(text)
    except (NotFound, ValueError):
        return None


def _balances(where: str, params: Params) -> list[Balance]:
    return rows(f"{BALANCE} WHERE {where} ORDER BY a.currency, a.id", params, into=Balance)


def _is_kind(name: str) -> bool:
    return name in chart.KINDS or chart.is_provider(name)
