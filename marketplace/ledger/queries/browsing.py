"""Reading the ledger as auditors do: newest first, page by page, between two days.

A page is found by index from its end; the balances beside its lines are counted back from what
the account holds now, so the first pages of an account with millions of lines stay cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.ledger.queries import BALANCE, JOURNAL, Balance, JournalRow, StatementLine

Cursor = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Span:
    """What went in and out of an account between two moments, posted, and what it held at each.

    `in` and `out` are told on the side on which the account grows.
    """

    opening_minor: int
    in_minor: int
    out_minor: int
    count: int

    @property
    def closing_minor(self) -> int:
        """What the account held at the end."""
        return self.opening_minor + self.in_minor - self.out_minor


@dataclass(frozen=True, slots=True)
class Between:
    """Two moments: from the one, up to and without the other; None is open."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is bounded."""
        return self.since is None and self.until is None


ALWAYS: Final = Between()

# One side of an account's movements, as the account sees them.
_SIDE: Final = """
    SELECT t.journal_id, t.line, t.code, t.phase, t.{other}_account AS other_account,
        CASE WHEN t.phase IN ('single', 'post') THEN {sign} * t.amount ELSE 0 END AS change_minor,
        CASE t.phase WHEN 'pending' THEN {sign} * t.amount
            ELSE -{sign} * coalesce(t.pending_amount, 0) END AS pending_minor
    FROM ledger_transfer t
"""
_SIGN: Final = (
    "CASE (SELECT side FROM ledger_account WHERE id = %(account)s) WHEN '{side}' THEN 1 ELSE -1 END"
)
_SIDES: Final = {
    side: _SIDE.format(other=other, sign=_SIGN.format(side=side))
    for side, other in (("debit", "credit"), ("credit", "debit"))
}


def _both(where: str, order: str = "") -> str:
    parts = [
        f"({select} {where.format(own=f't.{side}_account = %(account)s')} {order})"
        for side, select in _SIDES.items()
    ]
    return " UNION ALL ".join(parts)


_WITHIN: Final = """
    JOIN ledger_journal j ON j.id = t.journal_id
        AND (%(since)s::timestamptz IS NULL OR j.happened_at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR j.happened_at < %(until)s)
    WHERE {own} AND (%(journal)s::bigint IS NULL OR t.journal_id < %(journal)s
        OR t.journal_id = %(journal)s AND t.line < %(line)s)
"""
_PAGE_ORDER: Final = "ORDER BY t.journal_id DESC, t.line DESC LIMIT %(limit)s"
_PAGE: Final = f"""
    WITH page AS (
        SELECT * FROM ({_both(_WITHIN, _PAGE_ORDER)}) AS sides
        ORDER BY journal_id DESC, line DESC LIMIT %(limit)s
    ), newer AS (
        SELECT journal_id, line, change_minor FROM (
            {_both("WHERE {own} AND t.journal_id >= (SELECT min(journal_id) FROM page)")}
        ) AS sides
    ), held AS (
        SELECT journal_id, line, %(posted)s - coalesce(sum(change_minor) OVER (
            ORDER BY journal_id DESC, line DESC
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS balance_minor
        FROM newer
    )
    SELECT page.journal_id, page.line, j.happened_at AS at, j.operation_id, j.cause, page.code,
        page.phase::text AS phase, page.other_account, o.kind AS other_kind, o.currency,
        page.change_minor, page.pending_minor, held.balance_minor::bigint AS balance_minor
    FROM page
    JOIN held USING (journal_id, line)
    JOIN ledger_journal j ON j.id = page.journal_id
    JOIN ledger_account o ON o.id = page.other_account
    ORDER BY page.journal_id DESC, page.line DESC
"""  # noqa: S608 - our own constants
_SPAN: Final = f"""
    SELECT
        coalesce(sum(change_minor) FILTER (WHERE j.happened_at < %(since)s), 0)::bigint
            AS opening_minor,
        coalesce(sum(change_minor) FILTER (WHERE change_minor > 0 AND within), 0)::bigint
            AS in_minor,
        coalesce(-sum(change_minor) FILTER (WHERE change_minor < 0 AND within), 0)::bigint
            AS out_minor,
        count(*) FILTER (WHERE within) AS count
    FROM ({_both("WHERE {own}")}) AS sides
    JOIN ledger_journal j ON j.id = sides.journal_id
    CROSS JOIN LATERAL (SELECT (%(since)s::timestamptz IS NULL OR j.happened_at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR j.happened_at < %(until)s) AS within) AS w
"""  # noqa: S608 - our own constants


def statement(
    held: Balance, between: Between = ALWAYS, before: Cursor | None = None, limit: int = 50
) -> list[StatementLine]:
    """Return an account's movements, newest first, with the balance after each.

    `held` is the account as it stands; `before` is the `cursor` of the last line seen.
    """
    journal_id, line = before or (None, None)
    params = _bounds(held, between) | {"journal": journal_id, "line": line, "limit": limit}
    return rows(_PAGE, params | {"posted": held.posted_minor}, into=StatementLine)


def span(held: Balance, between: Between) -> Span:
    """Return what went in and out of an account between two moments; reads all its lines."""
    found = row(_SPAN, _bounds(held, between), into=Span)
    return found or Span(0, 0, 0, 0)


def accounts(
    *,
    kind: str | None = None,
    currency: str | None = None,
    owner: UUID | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[Balance]:
    """Return accounts in the order of their numbers, `after` the last one seen."""
    return rows(
        f"{BALANCE} WHERE a.id > %(after)s AND (%(kind)s::text IS NULL OR a.kind = %(kind)s)"
        " AND (%(currency)s::text IS NULL OR a.currency = %(currency)s)"
        " AND (%(owner)s::uuid IS NULL OR a.owner_id = %(owner)s)"
        " ORDER BY a.id LIMIT %(limit)s",
        {"kind": kind, "currency": currency, "owner": owner, "after": after, "limit": limit},
        into=Balance,
    )


def numbered(numbers: Sequence[int]) -> dict[int, Balance]:
    """Return the accounts with these numbers."""
    found = rows(f"{BALANCE} WHERE a.id = ANY(%s)", (list(numbers),), into=Balance)
    return {each.account_id: each for each in found}


def journals(
    *, cause: str | None = None, before: int | None = None, limit: int = 50
) -> list[JournalRow]:
    """Return operations, newest first: all, or those of one cause; `before` the last one seen."""
    return rows(
        f"{JOURNAL} WHERE (%(before)s::bigint IS NULL OR j.id < %(before)s)"
        " AND (%(cause)s::text IS NULL OR j.cause = %(cause)s)"
        " ORDER BY j.id DESC LIMIT %(limit)s",
        {"cause": cause, "before": before, "limit": limit},
        into=JournalRow,
    )


def follow_ups(journal_id: int) -> list[JournalRow]:
    """Return the operations that settled, voided or reversed this one."""
    return rows(f"{JOURNAL} WHERE j.subject_id = %s ORDER BY j.id", (journal_id,), into=JournalRow)


def _bounds(held: Balance, between: Between) -> dict[str, Any]:
    return {"account": held.account_id, "since": between.since, "until": between.until}
