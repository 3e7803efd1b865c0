"""A lending world for the bench: loans with notes, money in escrow, instalments paid.

Made in sets by the owner, because a hundred thousand loans would take hours through the pages;
accounts are opened and money is posted by the ledger's own functions, so that `ledger check`
holds here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.ledger import chart
from marketplace.ledger import services as ledger

FIRST_NIGHT: Final = datetime(2026, 2, 1, tzinfo=UTC)
INSTALMENTS: Final = 12

# Ids that say what they are: the family, then the number.
_IDS: Final = """
    CREATE OR REPLACE FUNCTION bench_id(family int, n bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE AS $$
        SELECT (lpad(to_hex(family), 8, '0') || '-0000-7000-8000-'
            || lpad(to_hex(n), 12, '0'))::uuid
    $$
"""
_PERSONS: Final = """
    INSERT INTO person (id, email, name, password_hash, created_at)
    SELECT bench_id(%(family)s + 1, n), %(family)s || '.' || n || '@bench.example', 'Lender ' || n,
        '$argon2id$none', '2026-01-01'
    FROM generate_series(0, %(lenders)s) AS n
"""
_LOANS: Final = """
    INSERT INTO loan (id, borrower_id, product_id, form_key, state, amount_minor, currency,
        instalments, term_months, purpose, title, story, employment, employed_years, housing,
        income_minor, obligations_minor, grade, annual_rate, method, day_count, rounding_mode,
        origination_fee_bps, lender_fee_bps, fraction_min_minor, bill_lead_days, loss_rate,
        first_reviewer_id, second_reviewer_id, committed_minor, reserved_minor, lenders,
        disbursed_on, created_at, changed_at)
    SELECT bench_id(%(family)s + 2, n), bench_id(%(family)s + 1, 0), p.id, n::text, 'active',
        size.minor, 'EUR', %(instalments)s, %(instalments)s, 'home', 'Loan ' || n,
        'For the bench.', 'employed', 3, 'tenant', 300000, 0, 'B', 0.07, p.method,
        p.day_count, p.rounding_mode, 200, 0, 1000, 7, 0.009, bench_id(%(family)s + 1, 1),
        bench_id(%(family)s + 1, 2), size.minor, size.minor, %(notes)s,
        '2026-01-01', '2026-01-01', '2026-01-01'
    FROM generate_series(1, %(loans)s) AS n, loan_product p, LATERAL (
        SELECT sum(1000 + (n + m) * 37 %% 9000) AS minor FROM generate_series(1, %(notes)s) AS m
    ) AS size
    WHERE p.code = 'personal' AND p.currency = 'EUR'
"""
_COMMITMENTS: Final = """
    INSERT INTO commitment (id, loan_id, lender_id, form_key, source, state, amount_minor,
        currency, created_at, reserved_at, leave_by)
    SELECT bench_id(%(family)s + 3, n * %(notes)s + m), bench_id(%(family)s + 2, n),
        bench_id(%(family)s + 1, 1 + (n * 7919 + m * 104729) %% %(lenders)s),
        (n * %(notes)s + m)::text, 'wallet', 'converted', 1000 + (n + m) * 37 %% 9000, 'EUR',
        '2026-01-01', '2026-01-01', '2026-03-25'
    FROM generate_series(1, %(loans)s) AS n, generate_series(1, %(notes)s) AS m
"""
_NOTES: Final = """
    INSERT INTO note (id, loan_id, lender_id, commitment_id, position, principal_minor, currency,
        wallet_account, claim_account, created_at)
    SELECT c.id, c.loan_id, c.lender_id, c.id,
        row_number() OVER (PARTITION BY c.loan_id ORDER BY c.id), c.amount_minor, 'EUR',
        wallet.id, claim.id, '2026-01-01'
    FROM commitment c
    JOIN ledger_account wallet ON wallet.kind = 'person:wallet' AND wallet.owner_id = c.lender_id
    JOIN ledger_account claim ON claim.kind = 'note:claim' AND claim.owner_id = c.id
    WHERE c.loan_id BETWEEN bench_id(%(family)s + 2, 1) AND bench_id(%(family)s + 2, %(loans)s)
"""
_LOAN_ACCOUNTS: Final = """
    UPDATE loan SET escrow_account = escrow.id, debt_account = debt.id
    FROM ledger_account escrow, ledger_account debt
    WHERE escrow.kind = 'escrow:loan' AND escrow.owner_id = loan.id
      AND debt.kind = 'loan:debt' AND debt.owner_id = loan.id
"""
_INSTALMENTS: Final = """
    INSERT INTO instalment (loan_id, n, due_on, principal_minor, interest_minor,
        outstanding_minor, billed)
    SELECT l.id, n, date '2026-01-01' + n * 30,
        l.amount_minor * n / %(instalments)s - l.amount_minor * (n - 1) / %(instalments)s,
        l.amount_minor / 150, l.amount_minor - l.amount_minor * n / %(instalments)s, true
    FROM loan l, generate_series(1, %(instalments)s) AS n
    WHERE l.id BETWEEN bench_id(%(family)s + 2, 1) AND bench_id(%(family)s + 2, %(loans)s)
"""
_OPEN: Final = """
    SELECT count(*) FROM ledger_open(%(kind)s, 'EUR', %(owner_type)s, ARRAY(
        SELECT bench_id(%(family)s, n)
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n),
        %(book)s, %(side)s, %(mode)s, %(overdraft_allowed)s)
"""
_LENT: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT 'bench.lent:' || l.id, l.debt_account, n.claim_account, 'EUR', n.principal_minor,
        'claim', 'loan:' || l.id
    FROM loan l JOIN note n ON n.loan_id = l.id
    WHERE l.id BETWEEN bench_id(%(family)s + 2, 1) AND bench_id(%(family)s + 2, %(loans)s)
"""
_RECEIPTS: Final = """
    INSERT INTO receipt (id, loan_id, sequence, source, source_id, effective_on, received_at,
        amount_minor, principal_minor, interest_minor, penalty_minor, fee_minor, overpaid_minor,
        currency, first_n, last_n)
    SELECT dated_uuid(%(at)s, 'receipt:' || i.loan_id), i.loan_id, i.n, 'online',
        dated_uuid(%(at)s, 'payment:' || i.loan_id), i.due_on, %(at)s,
        i.principal_minor + i.interest_minor, i.principal_minor, i.interest_minor, 0, 0, 0, 'EUR',
        i.n, i.n
    FROM instalment i JOIN loan l ON l.id = i.loan_id
    WHERE i.n = %(n)s
      AND l.id BETWEEN bench_id(%(family)s + 2, 1) AND bench_id(%(family)s + 2, %(loans)s)
"""
_PAID_IN: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT 'bench.paid:' || r.id, %(world)s, l.escrow_account, 'EUR', r.amount_minor,
        'repayment', 'loan:' || l.id
    FROM receipt r JOIN loan l ON l.id = r.loan_id WHERE r.distributed_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Lending:
    """`loans` of `notes` each, lent by `lenders`. Worlds of different `family` live together."""

    family: int
    loans: int
    notes: int
    lenders: int

    @property
    def shares(self) -> int:
        """How many shares one night's payments are split into."""
        return self.loans * self.notes

    def facts(self, **more: object) -> dict[str, object]:
        """Return what the statements are told."""
        return {
            "family": self.family,
            "loans": self.loans,
            "notes": self.notes,
            "lenders": self.lenders,
            "instalments": INSTALMENTS,
            **more,
        }


def lay_foundations(connection: psycopg.Connection[Any]) -> None:
    """Make what worlds share: the maker of ids."""
    connection.execute(_IDS.encode())
    connection.execute("GRANT EXECUTE ON FUNCTION bench_id TO kindling_app")


def settle_in(connection: psycopg.Connection[Any], lending: Lending) -> None:
    """Bring a world to life: everybody has lent, nobody has paid back."""
    connection.execute(_PERSONS.encode(), lending.facts())
    connection.execute(_LOANS.encode(), lending.facts())
    connection.execute(_COMMITMENTS.encode(), lending.facts())
    _open(connection, lending, "person:wallet", 1, (1, lending.lenders))
    _open(connection, lending, "escrow:loan", 2, (1, lending.loans))
    _open(connection, lending, "loan:debt", 2, (1, lending.loans))
    notes = (lending.notes + 1, (lending.loans + 1) * lending.notes)
    _open(connection, lending, "note:claim", 3, notes)
    connection.execute("ANALYZE")
    connection.execute(_NOTES.encode(), lending.facts())
    connection.execute(_LOAN_ACCOUNTS)
    connection.execute(_INSTALMENTS.encode(), lending.facts())
    connection.execute("SELECT plan_shares(ARRAY (SELECT id FROM loan))")
    connection.execute("ANALYZE")
    stage_and_post(_LENT, lending.facts(), FIRST_NIGHT)


def pay_instalment(connection: psycopg.Connection[Any], lending: Lending, n: int) -> datetime:
    """Let every borrower pay instalment `n`; return the night on which it is distributed."""
    at = FIRST_NIGHT + timedelta(days=30 * n, hours=lending.family)  # no two worlds at once
    connection.execute(_RECEIPTS.encode(), lending.facts(at=at, n=n))
    stage_and_post(_PAID_IN, {"world": _world()}, at)
    connection.execute("VACUUM ANALYZE")
    return at


def _open(
    connection: psycopg.Connection[Any],
    lending: Lending,
    kind: str,
    family: int,
    numbers: tuple[int, int],
) -> None:
    entry = chart.kind(kind)
    connection.execute(
        _OPEN,
        {
            "kind": kind,
            "owner_type": entry.owner_type,
            "family": lending.family + family,
            "first": numbers[0],
            "last": numbers[1],
            "book": entry.book,
            "side": entry.side,
            "mode": entry.mode,
            "overdraft_allowed": entry.overdraft_allowed,
        },
    )


@command
def _world() -> int:
    return ledger.account("external:world", "EUR")


@command
def stage_and_post(sql: str, facts: dict[str, object], at: datetime) -> None:
    """Post what `sql` puts on the ledger's stage."""
    ledger.stage()
    execute(sql, facts)
    ledger.post_staged(actor="bench", happened_at=at)
