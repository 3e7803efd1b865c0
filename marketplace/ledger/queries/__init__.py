"""Reading money: balances, statements, journals and the trail of a pledge or a loan.

Balances are told on the side on which the account grows: a wallet that holds money is positive,
and so is the provider's cash. Amounts are minor units of the account's currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import column, row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.ledger import chart


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds. `pending_out` is set aside to leave, `pending_in` to arrive."""

    account_id: int
    kind: str
    owner_id: UUID | None
    currency: str
    posted_minor: int
    pending_out_minor: int
    pending_in_minor: int

    @property
    def available_minor(self) -> int:
        """What can be taken now: posted, less what is set aside to leave."""
        return self.posted_minor - self.pending_out_minor

    @property
    def posted(self) -> Money:
        """What is there, including what is set aside."""
        return Money(self.posted_minor, self.currency)

    @property
    def available(self) -> Money:
        """What can be taken now."""
        return Money(self.available_minor, self.currency)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement as its account sees it, with what the account held after it."""

    journal_id: int
    line: int
    at: datetime
    operation_id: str
    cause: str
    code: str
    phase: str
    other_account: int
    other_kind: str
    currency: str
    change_minor: int
    pending_minor: int
    balance_minor: int

    @property
    def cursor(self) -> tuple[int, int]:
        """What `statement(after=...)` takes to go on behind this line."""
        return self.journal_id, self.line


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One movement of one person's money, from account to account."""

    at: datetime
    from_account: int
    from_kind: str
    to_account: int
    to_kind: str
    amount_minor: int
    phase: str
    operation_id: str
    code: str

    @property
    def amount(self) -> Money:
        """What moved, or was set aside to move."""
        return Money(self.amount_minor, chart.currency_of(self.from_account))


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One operation, without its movements."""

    id: int
    operation_id: str
    verb: str
    cause: str
    actor: str
    happened_at: datetime
    recorded_at: datetime
    expires_at: datetime | None
    subject_operation: str | None


@dataclass(frozen=True, slots=True)
class Journal:
    """One operation and its movements."""

    entry: JournalRow
    moves: tuple[TrailLine, ...]


@dataclass(frozen=True, slots=True)
class Turnover:
    """All that ever went through the accounts of one kind in one currency, posted."""

    kind: str
    currency: str
    accounts: int
    debits_minor: int
    credits_minor: int


BALANCE: Final = """
    SELECT a.id AS account_id, a.kind, a.owner_id, a.currency,
        CASE a.side WHEN 'credit' THEN k.credits_posted - k.debits_posted
                    ELSE k.debits_posted - k.credits_posted END AS posted_minor,
        CASE a.side WHEN 'credit' THEN k.debits_pending
                    ELSE k.credits_pending END AS pending_out_minor,
        CASE a.side WHEN 'credit' THEN k.credits_pending
                    ELSE k.debits_pending END AS pending_in_minor
    FROM ledger_account a, LATERAL ledger_counters(a.id) k
"""
MOVES: Final = """
    SELECT j.happened_at AS at, t.debit_account AS from_account, d.kind AS from_kind,
        t.credit_account AS to_account, c.kind AS to_kind, t.amount AS amount_minor,
        t.phase::text AS phase, j.operation_id, t.code
    FROM ledger_journal j
    JOIN ledger_transfer t ON t.journal_id = j.id
    JOIN ledger_account d ON d.id = t.debit_account
    JOIN ledger_account c ON c.id = t.credit_account
"""
JOURNAL: Final = """
    SELECT j.id, j.operation_id, j.verb::text AS verb, j.cause, j.actor, j.happened_at,
        j.recorded_at, j.expires_at, s.operation_id AS subject_operation
    FROM ledger_journal j LEFT JOIN ledger_journal s ON s.id = j.subject_id
"""
_STATEMENT: Final = """
    WITH own AS (
        SELECT t.journal_id, t.line, t.code, t.phase, t.credit_account AS other_account,
            CASE a.side WHEN 'debit' THEN 1 ELSE -1 END AS sign, t.amount, t.pending_amount
        FROM ledger_account a JOIN ledger_transfer t ON t.debit_account = a.id
        WHERE a.id = %(account)s
        UNION ALL
        SELECT t.journal_id, t.line, t.code, t.phase, t.debit_account,
            CASE a.side WHEN 'credit' THEN 1 ELSE -1 END, t.amount, t.pending_amount
        FROM ledger_account a JOIN ledger_transfer t ON t.credit_account = a.id
        WHERE a.id = %(account)s
    ), changes AS (
        SELECT own.*,
            CASE WHEN phase IN ('single', 'post') THEN sign * amount ELSE 0 END AS change_minor,
            CASE phase WHEN 'pending' THEN sign * amount
                ELSE -sign * coalesce(pending_amount, 0) END AS pending_minor
        FROM own
    ), summed AS (
        SELECT changes.*,
            (sum(change_minor) OVER (ORDER BY journal_id, line))::bigint AS balance_minor
        FROM changes
    )
    SELECT s.journal_id, s.line, j.happened_at AS at, j.operation_id, j.cause, s.code,
        s.phase::text AS phase, s.other_account, o.kind AS other_kind, o.currency,
        s.change_minor, s.pending_minor, s.balance_minor
    FROM summed s
    JOIN ledger_journal j ON j.id = s.journal_id
    JOIN ledger_account o ON o.id = s.other_account
    WHERE (s.journal_id, s.line) > (%(journal)s, %(line)s)
    ORDER BY s.journal_id, s.line LIMIT %(limit)s
"""


def account_number(kind: str, currency: str, owner: UUID | None = None) -> int | None:
    """Return the number of an account, or None when it was never opened."""
    sql = "SELECT id FROM ledger_account WHERE kind = %s AND currency = %s AND owner_id "
    if owner is None:
        found = scalar(sql + "IS NULL", (kind, currency))
    else:
        found = scalar(sql + "= %s", (kind, currency, owner))
    return None if found is None else int(found)


def balance(account_id: int) -> Balance:
    """Return what an account holds; `NotFound` when there is no such account."""
    found = row(f"{BALANCE} WHERE a.id = %s", (account_id,), into=Balance)
    if found is None:
        raise NotFound(str(account_id))
    return found


def balances_of(
    kind: str, owners: Sequence[UUID], currency: str | None = None
) -> dict[UUID, Balance]:
    """Return what owners hold on accounts of `kind`; who has none is left out.

    Name the `currency` where an owner may have several (a wallet): else one of them is given.
    """
    found = rows(
        f"{BALANCE} WHERE a.kind = %(kind)s AND a.owner_id = ANY(%(owners)s)"
        " AND (%(currency)s::text IS NULL OR a.currency = %(currency)s) ORDER BY a.id DESC",
        {"kind": kind, "owners": list(owners), "currency": currency},
        into=Balance,
    )
    return {each.owner_id: each for each in found if each.owner_id is not None}


def held_by(owner: UUID) -> list[Balance]:
    """Return all accounts of one owner, in every currency, in order of kind and currency."""
    return rows(
        f"{BALANCE} WHERE a.owner_id = %s ORDER BY a.kind, a.currency", (owner,), into=Balance
    )


def balances(
    *, kind: str | None = None, currency: str | None = None, after: int = 0, limit: int = 100
) -> list[Balance]:
    """Return accounts in the order of their numbers, `after` the last one seen."""
    return rows(
        f"{BALANCE} WHERE a.id > %(after)s AND (%(kind)s::text IS NULL OR a.kind = %(kind)s)"
        " AND (%(currency)s::text IS NULL OR a.currency = %(currency)s)"
        " ORDER BY a.id LIMIT %(limit)s",
        {"kind": kind, "currency": currency, "after": after, "limit": limit},
        into=Balance,
    )


def totals() -> list[Balance]:
    """Return what all accounts of each kind and currency hold together (`account_id` 0)."""
    return rows(
        f"""
        SELECT 0::bigint AS account_id, kind, NULL::uuid AS owner_id, currency,
            sum(posted_minor)::bigint AS posted_minor,
            sum(pending_out_minor)::bigint AS pending_out_minor,
            sum(pending_in_minor)::bigint AS pending_in_minor
        FROM ({BALANCE}) AS each GROUP BY kind, currency ORDER BY kind, currency
        """,  # noqa: S608 - our own constant
        into=Balance,
    )


def total(kind: str, currency: str) -> int:
    """Return what all accounts of `kind` hold together, in minor units of `currency`."""
    return int(
        scalar(
            f"SELECT coalesce(sum(posted_minor), 0) FROM ({BALANCE}"  # noqa: S608 - our own
            " WHERE a.kind = %s AND a.currency = %s) AS each",
            (kind, currency),
        )
    )


# Each source is summed by itself: a line for each account would be sorted for its number alone.
_TURNOVER: Final = """
    WITH mark AS (
        SELECT coalesce(max(upto_journal), 0) AS upto FROM ledger_mark WHERE applied
    ), tail AS (
        SELECT debit_account, credit_account, amount FROM ledger_transfer
        WHERE journal_id > (SELECT upto FROM mark) AND phase IN ('single', 'post')
    )
    SELECT kind, currency, sum(accounts)::bigint AS accounts, sum(debits)::bigint AS debits_minor,
        sum(credits)::bigint AS credits_minor
    FROM (
        SELECT kind, currency, count(*) AS accounts, 0 AS debits, 0 AS credits
        FROM ledger_account WHERE kind = ANY(%(kinds)s) GROUP BY kind, currency
        UNION ALL
        SELECT a.kind, a.currency, 0, sum(b.debits_posted), sum(b.credits_posted)
        FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id
        WHERE a.kind = ANY(%(kinds)s) GROUP BY a.kind, a.currency
        UNION ALL
        SELECT a.kind, a.currency, 0, sum(c.debits_posted), sum(c.credits_posted)
        FROM ledger_checkpoint c JOIN ledger_account a ON a.id = c.account_id
        WHERE a.kind = ANY(%(kinds)s) GROUP BY a.kind, a.currency
        UNION ALL
        SELECT a.kind, a.currency, 0, sum(amount), 0
        FROM tail JOIN ledger_account a ON a.id = debit_account AND a.mode = 'append'
        WHERE a.kind = ANY(%(kinds)s) GROUP BY a.kind, a.currency
        UNION ALL
        SELECT a.kind, a.currency, 0, 0, sum(amount)
        FROM tail JOIN ledger_account a ON a.id = credit_account AND a.mode = 'append'
        WHERE a.kind = ANY(%(kinds)s) GROUP BY a.kind, a.currency
    ) parts GROUP BY kind, currency ORDER BY kind, currency
"""


def turnover(kinds: Sequence[str]) -> list[Turnover]:
    """Return what went through all accounts of these kinds, set by set and not one by one."""
    return rows(_TURNOVER, {"kinds": list(kinds)}, into=Turnover)


def statement(
    account_id: int, after: tuple[int, int] | None = None, limit: int = 50
) -> list[StatementLine]:
    """Return an account's movements, oldest first, with the balance after each.

    `after` is the `cursor` of the last line seen.
    """
    journal_id, line = after or (0, 0)
    return rows(
        _STATEMENT,
        {"account": account_id, "journal": journal_id, "line": line, "limit": limit},
        into=StatementLine,
    )


def journal(ref: int | str) -> Journal:
    """Return one operation by its journal number or its operation id, with its movements."""
    where = "j.id = %s" if isinstance(ref, int) else "j.operation_id = %s"
    entry = row(f"{JOURNAL} WHERE {where}", (ref,), into=JournalRow)
    if entry is None:
        raise NotFound(str(ref))
    moves = rows(f"{MOVES} WHERE j.id = %s ORDER BY t.line", (entry.id,), into=TrailLine)
    return Journal(entry, tuple(moves))


def journals(*, before: int | None = None, limit: int = 50) -> list[JournalRow]:
    """Return operations, newest first, `before` the last one seen."""
    return rows(
        f"{JOURNAL} WHERE %(before)s::bigint IS NULL OR j.id < %(before)s"
        " ORDER BY j.id DESC LIMIT %(limit)s",
        {"before": before, "limit": limit},
        into=JournalRow,
    )


def trail(of: str | Sequence[str]) -> list[TrailLine]:
    """Return where money went, oldest first: by the start of a cause, or by operation ids.

    Where money is set aside and then moved there are two lines, `pending` and `post`.
    """
    order = " ORDER BY j.id, t.line"
    if isinstance(of, str):
        return rows(
            f"{MOVES} WHERE j.cause >= %s AND j.cause < %s{order}",
            (of, of + "\U0010ffff"),
            into=TrailLine,
        )
    return rows(f"{MOVES} WHERE j.operation_id = ANY(%s){order}", (list(of),), into=TrailLine)


def expired_holds(now: datetime, limit: int = 1000) -> list[str]:
    """Return the operations whose holds nobody resolved before they expired."""
    return column(
        """
        SELECT j.operation_id FROM ledger_journal j
        WHERE j.expires_at <= %s AND NOT EXISTS (
            SELECT FROM ledger_journal r WHERE r.subject_id = j.id AND r.verb IN ('settle', 'void'))
        ORDER BY j.expires_at, j.id LIMIT %s
        """,
        (now, limit),
    )
