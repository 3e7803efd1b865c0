"""What must always be true of the ledger, as queries that must return no row.

Each invariant is one statement, so it sees one moment of the database and can run beside any
number of writers. Packages that know more (the provider's objects, which note belongs to which
loan) `register` theirs; `run` tries them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from psycopg.rows import dict_row

from marketplace.infra.database import driver
from marketplace.kernel.clock import monotonic

_SHOWN_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Invariant:
    """`sql` returns one row for each violation of `sentence`; it may use `%(now)s`."""

    name: str
    sentence: str
    sql: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one invariant. `rows` shows the first violations of `count`."""

    name: str
    sentence: str
    count: int
    seconds: float
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether no violation was found."""
        return self.count == 0


# All movements as their accounts see them: pending and posted debits and credits.
_ENTRIES: Final = """
    SELECT debit_account AS account,
        CASE phase WHEN 'pending' THEN amount ELSE -coalesce(pending_amount, 0) END AS dp,
        CASE WHEN phase IN ('single', 'post') THEN amount ELSE 0 END AS dd,
        0::bigint AS cp, 0::bigint AS cc
    FROM ledger_transfer
    UNION ALL
    SELECT credit_account, 0, 0,
        CASE phase WHEN 'pending' THEN amount ELSE -coalesce(pending_amount, 0) END,
        CASE WHEN phase IN ('single', 'post') THEN amount ELSE 0 END
    FROM ledger_transfer
"""
_SUMS: Final = f"""
    SELECT account, sum(dp) AS dp, sum(dd) AS dd, sum(cp) AS cp, sum(cc) AS cc
    FROM ({_ENTRIES}) AS entries GROUP BY account
"""  # noqa: S608 - our own constants
# What each account is taken to hold when somebody wants to spend from it.
_HELD: Final = """
    SELECT a.id, a.kind, a.currency, a.book, a.guard, a.closed_at, k.*
    FROM ledger_account a, LATERAL ledger_counters(a.id) k
"""

_OWN: Final = (
    Invariant(
        "debits_equal_credits",
        "In each currency and book, all accounts together have as many debits as credits.",
        f"""
        SELECT currency, book, sum(debits_posted - credits_posted) AS posted_difference,
            sum(debits_pending - credits_pending) AS pending_difference
        FROM ({_HELD}) AS held GROUP BY currency, book
        HAVING sum(debits_posted) <> sum(credits_posted)
            OR sum(debits_pending) <> sum(credits_pending)
        """,  # noqa: S608
    ),
    Invariant(
        "balances_follow_movements",
        "What an account is taken to hold is what its movements add up to.",
        f"""
        SELECT coalesce(held.id, sums.account) AS account, held.kind,
            held.debits_pending, held.debits_posted, held.credits_pending, held.credits_posted,
            sums.dp AS true_debits_pending, sums.dd AS true_debits_posted,
            sums.cp AS true_credits_pending, sums.cc AS true_credits_posted
        FROM ({_HELD}) AS held FULL JOIN ({_SUMS}) AS sums ON sums.account = held.id
        WHERE held.id IS NULL
            OR (held.debits_pending, held.debits_posted, held.credits_pending, held.credits_posted)
                <> (coalesce(dp, 0), coalesce(dd, 0), coalesce(cp, 0), coalesce(cc, 0))
        """,  # noqa: S608
    ),
    Invariant(
        "nobody_is_overdrawn",
        "No account that may not be overdrawn has less than nothing, what is pending counted.",
        f"""
        SELECT id AS account, kind, currency, debits_pending, debits_posted, credits_pending,
            credits_posted
        FROM ({_HELD}) AS held
        WHERE guard = 'debits' AND debits_pending + debits_posted > credits_posted
            OR guard = 'credits' AND credits_pending + credits_posted > debits_posted
        """,  # noqa: S608
    ),
    Invariant(
        "journals_are_as_written",
        "The movements of each journal are those it was recorded with, to the cent.",
        """
        SELECT j.id AS journal, j.operation_id, count(t.line) AS movements
        FROM ledger_journal j LEFT JOIN ledger_transfer t ON t.journal_id = j.id
        GROUP BY j.id
        HAVING ledger_journal_hash(j.operation_id, j.verb::text, j.subject_id, j.cause,
            sum(ledger_row_hash(t.debit_account, t.credit_account, t.amount, t.code))::bigint)
            IS DISTINCT FROM j.request_hash
        """,
    ),
    Invariant(
        "movements_have_journal_and_accounts",
        "Each movement belongs to a journal and lies between two accounts of one book.",
        """
        SELECT t.journal_id AS journal, t.line, t.debit_account, t.credit_account
        FROM ledger_transfer t
        LEFT JOIN ledger_journal j ON j.id = t.journal_id
        LEFT JOIN ledger_account d ON d.id = t.debit_account
        LEFT JOIN ledger_account c ON c.id = t.credit_account
        WHERE j.id IS NULL OR d.id IS NULL OR c.id IS NULL OR d.book <> c.book
        """,
    ),
    Invariant(
        "currencies_never_mix",
        "All movements of a journal are in one currency, that of both their accounts.",
        """
        SELECT t.journal_id AS journal, count(*) AS movements
        FROM ledger_transfer t
        LEFT JOIN ledger_account d ON d.id = t.debit_account
        LEFT JOIN ledger_account c ON c.id = t.credit_account
        GROUP BY t.journal_id
        HAVING count(DISTINCT d.currency) > 1 OR bool_or(d.currency <> c.currency)
            OR bool_or(mod(d.id, 1000) <> ledger_currency_number(d.currency))
        """,
    ),
    Invariant(
        "holds_are_resolved_once",
        "Each hold is settled or voided at most once, each movement for no more than was held.",
        """
        SELECT h.id AS hold, h.operation_id, count(DISTINCT r.id) AS resolutions
        FROM ledger_journal h
        JOIN ledger_journal r ON r.subject_id = h.id AND r.verb IN ('settle', 'void')
        JOIN ledger_transfer p ON p.journal_id = h.id
        LEFT JOIN ledger_transfer t ON t.journal_id = r.id AND t.line = p.line
        GROUP BY h.id
        HAVING count(DISTINCT r.id) > 1 OR bool_or(h.verb <> 'hold') OR bool_or(
            t.line IS NULL OR p.phase <> 'pending' OR t.pending_journal <> h.id
            OR t.pending_amount <> p.amount OR t.amount > p.amount
            OR (t.debit_account, t.credit_account) <> (p.debit_account, p.credit_account)
            OR t.phase::text <> CASE r.verb WHEN 'settle' THEN 'post' ELSE 'void' END)
        """,
    ),
    Invariant(
        "holds_end_in_time",
        "No hold is open more than an hour after it expired.",
        """
        SELECT h.id AS hold, h.operation_id, h.expires_at FROM ledger_journal h
        WHERE h.verb = 'hold' AND h.expires_at < %(now)s - interval '1 hour'
            AND NOT EXISTS (SELECT FROM ledger_journal r
                            WHERE r.subject_id = h.id AND r.verb IN ('settle', 'void'))
        """,
    ),
    Invariant(
        "reversals_mirror",
        "A reversal moves back exactly what was moved, once.",
        """
        SELECT r.id AS reversal, r.operation_id
        FROM ledger_journal r
        LEFT JOIN ledger_transfer t ON t.journal_id = r.id
        LEFT JOIN ledger_transfer o ON o.journal_id = r.subject_id AND o.line = t.line
        WHERE r.verb = 'reverse' AND (o.line IS NULL OR
            (o.debit_account, o.credit_account, o.amount)
            <> (t.credit_account, t.debit_account, t.amount))
        """,
    ),
    Invariant(
        "rounding_is_zero",
        "Nothing is left over from rounding: the rounding accounts hold nothing.",
        f"""
        SELECT id AS account, currency, credits_posted - debits_posted AS left_over
        FROM ({_HELD}) AS held
        WHERE kind = 'rounding'
            AND (debits_posted, debits_pending) <> (credits_posted, credits_pending)
        """,  # noqa: S608
    ),
    Invariant(
        "checkpoints_are_final",
        "A checkpoint covers only what can no longer change, and each account is kept one way.",
        """
        SELECT a.id AS account, a.kind, a.mode, c.upto_journal
        FROM ledger_account a
        LEFT JOIN ledger_checkpoint c ON c.account_id = a.id
        LEFT JOIN ledger_balance b ON b.account_id = a.id
        WHERE (a.mode = 'append') <> (c.account_id IS NOT NULL)
            OR (a.mode = 'running') <> (b.account_id IS NOT NULL)
            OR b.guard <> a.guard
            OR c.upto_journal > coalesce(
                (SELECT max(upto_journal) FROM ledger_mark WHERE applied), 0)
        """,
    ),
    Invariant(
        "debt_is_the_sum_of_claims",
        "Each claim is against one loan, no loan owes and no claim is worth less than nothing, "
        "and each loan's debt is the sum of the claims against it.",
        """
        WITH memo AS (
            SELECT CASE d.kind WHEN 'loan:debt' THEN d.id ELSE c.id END AS debt,
                CASE d.kind WHEN 'loan:debt' THEN c.id ELSE d.id END AS claim,
                CASE d.kind WHEN 'loan:debt' THEN t.amount ELSE -t.amount END AS owed,
                d.kind || ' ' || c.kind AS kinds
            FROM ledger_transfer t
            JOIN ledger_account d ON d.id = t.debit_account
            JOIN ledger_account c ON c.id = t.credit_account
            WHERE (d.book = 'memo' OR c.book = 'memo') AND t.phase IN ('single', 'post')
        ), claims AS (
            SELECT claim, min(debt) AS debt, sum(owed) AS owed, count(DISTINCT debt) AS loans,
                bool_or(kinds NOT IN ('loan:debt note:claim', 'note:claim loan:debt')) AS strange
            FROM memo GROUP BY claim
        )
        SELECT claim AS account, debt AS against, owed FROM claims
        WHERE strange OR loans > 1 OR owed < 0
        UNION ALL
        SELECT claims.debt, NULL, sum(owed) FROM claims
        GROUP BY claims.debt
        HAVING sum(owed) <> (SELECT k.debits_posted - k.credits_posted
                             FROM ledger_counters(claims.debt) AS k)
        """,
    ),
    Invariant(
        "closed_accounts_are_empty",
        "A closed account holds nothing.",
        f"""
        SELECT id AS account, kind, currency FROM ({_HELD}) AS held
        WHERE closed_at IS NOT NULL AND (debits_posted <> credits_posted
            OR debits_pending <> 0 OR credits_pending <> 0)
        """,  # noqa: S608
    ),
)
_registered: dict[str, Invariant] = {each.name: each for each in _OWN}


def register(*invariants: Invariant) -> None:
    """Have `run` try these too; one with a name that is known replaces the former."""
    _registered.update({each.name: each for each in invariants})


def invariants() -> Sequence[Invariant]:
    """Return everything `run` tries, the ledger's own first."""
    return tuple(_registered.values())


def run(now: datetime) -> list[Finding]:
    """Try every invariant and return what came of each."""
    return [_try(each, now) for each in _registered.values()]


def _try(invariant: Invariant, now: datetime) -> Finding:
    started = monotonic()
    with driver().cursor(row_factory=dict_row) as cursor:
        cursor.execute(invariant.sql.encode(), {"now": now})
        shown = cursor.fetchmany(_SHOWN_MAX)
        count = cursor.rowcount
    return Finding(
        invariant.name, invariant.sentence, count, round(monotonic() - started, 4), shown
    )
