"""Loans of every shape, lent and ready to be repaid: made in sets, posted by the ledger itself."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from bench.lending import lay_foundations
from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.ledger import chart
from marketplace.ledger import services as ledger

LENDERS_MAX: Final = 500
INSTALMENTS_MAX: Final = 60
FIRST_NIGHT: Final = datetime(2026, 2, 1, tzinfo=UTC)
PEOPLE, LOANS, NOTES = 1, 2, 3  # families of ids
STRIDE: Final = 1_000  # notes a loan may have

_SHAPES: Final = "CREATE TABLE shape (n int PRIMARY KEY, lenders int, instalments int, luck bigint)"
_PERSONS: Final = """
    INSERT INTO person (id, email, name, password_hash, created_at)
    SELECT bench_id(%(people)s, n), n || '@chaos.example', 'Lender ' || n, '$argon2id$none',
        '2026-01-01'
    FROM generate_series(0, %(pool)s) AS n
"""
# What each note lends: anything from 10.00 to 910.00, odd cents included.
_NOTE: Final = "1000 + abs(hashint8extended(n * 1000 + m, luck) %% 90001)"
_LOANS: Final = f"""
    INSERT INTO loan (id, borrower_id, product_id, form_key, state, amount_minor, currency,
        instalments, term_months, purpose, title, story, employment, employed_years, housing,
        income_minor, obligations_minor, grade, annual_rate, method, day_count, rounding_mode,
        origination_fee_bps, lender_fee_bps, fraction_min_minor, bill_lead_days, loss_rate,
        first_reviewer_id, second_reviewer_id, committed_minor, reserved_minor, lenders,
        disbursed_on, created_at, changed_at)
    SELECT bench_id(%(loans)s, n), bench_id(%(people)s, 0), p.id, n::text, 'active', size.minor,
        'EUR', instalments, instalments, 'home', 'Loan ' || n, 'For chaos.', 'employed', 3,
        'tenant', 300000, 0, 'B', 0.07, p.method, p.day_count, p.rounding_mode, 200, 0, 1000, 7,
        0.009, bench_id(%(people)s, 1), bench_id(%(people)s, 2), size.minor, size.minor, s.lenders,
        '2026-01-01', '2026-01-01', '2026-01-01'
    FROM shape s, loan_product p, LATERAL (
        SELECT sum({_NOTE}) AS minor FROM generate_series(1, s.lenders) AS m) AS size
    WHERE p.code = 'personal' AND p.currency = 'EUR'
"""
_COMMITMENTS: Final = f"""
    INSERT INTO commitment (id, loan_id, lender_id, form_key, source, state, amount_minor,
        currency, created_at, reserved_at, leave_by)
    SELECT bench_id(%(notes)s, n * {STRIDE} + m), bench_id(%(loans)s, n),
        bench_id(%(people)s, 1 + (n * 7 + m) %% %(pool)s), (n * {STRIDE} + m)::text, 'wallet',
        'converted', {_NOTE}, 'EUR', '2026-01-01', '2026-01-01', '2026-03-25'
    FROM shape s, generate_series(1, s.lenders) AS m
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
"""
_LOAN_ACCOUNTS: Final = """
    UPDATE loan SET escrow_account = escrow.id, debt_account = debt.id
    FROM ledger_account escrow, ledger_account debt
    WHERE escrow.kind = 'escrow:loan' AND escrow.owner_id = loan.id
      AND debt.kind = 'loan:debt' AND debt.owner_id = loan.id
"""
# Interest is whatever it is, nothing included: 0 to 1 % of the loan each time.
_INSTALMENTS: Final = """
    INSERT INTO instalment (loan_id, n, due_on, principal_minor, interest_minor,
        outstanding_minor, billed)
    SELECT l.id, k, date '2026-01-01' + k * 30,
        l.amount_minor * k / s.instalments - l.amount_minor * (k - 1) / s.instalments,
        abs(hashint8extended(s.n * 100 + k, s.luck) %% (l.amount_minor / 100 + 1)),
        l.amount_minor - l.amount_minor * k / s.instalments, true
    FROM shape s JOIN loan l ON l.id = bench_id(%(loans)s, s.n),
        generate_series(1, s.instalments) AS k
"""
_OPEN: Final = """
    SELECT count(*) FROM ledger_open(%(kind)s, 'EUR', %(owner_type)s, ARRAY({owners}),
        %(book)s, %(side)s, %(mode)s, %(overdraft_allowed)s)
"""
_LENT: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT 'chaos.lent:' || l.id, l.debt_account, n.claim_account, 'EUR', n.principal_minor,
        'claim', 'loan:' || l.id
    FROM loan l JOIN note n ON n.loan_id = l.id
"""
# The last instalment settles the loan.
_RECEIPTS: Final = """
    INSERT INTO receipt (id, loan_id, sequence, source, source_id, effective_on, received_at,
        amount_minor, principal_minor, interest_minor, penalty_minor, fee_minor, overpaid_minor,
        currency, first_n, last_n)
    SELECT dated_uuid(%(at)s, 'receipt:' || i.loan_id), i.loan_id, i.n, 'online',
        dated_uuid(%(at)s, 'payment:' || i.loan_id), i.due_on, %(at)s,
        i.principal_minor + i.interest_minor, i.principal_minor, i.interest_minor, 0, 0, 0, 'EUR',
        i.n, i.n
    FROM instalment i WHERE i.n = %(n)s
"""
_SETTLED: Final = """
    UPDATE loan l SET settled_on = %(at)s FROM instalment i
    WHERE i.loan_id = l.id AND i.n = %(n)s
      AND NOT EXISTS (SELECT FROM instalment later WHERE later.loan_id = l.id AND later.n > i.n)
"""
_PAID_IN: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT 'chaos.paid:' || r.id, %(world)s, l.escrow_account, 'EUR', r.amount_minor,
        'repayment', 'loan:' || l.id
    FROM receipt r JOIN loan l ON l.id = r.loan_id WHERE r.distributed_at IS NULL
"""
_IDS: Final = {"people": PEOPLE, "loans": LOANS, "notes": NOTES, "pool": LENDERS_MAX}


@dataclass(frozen=True, slots=True)
class Shape:
    """One loan: by how many it is lent, in how many parts it comes back."""

    n: int
    lenders: int
    instalments: int
    luck: int


def shapes(dice: random.Random, loans: int) -> list[Shape]:
    """Return loans of 1 to 500 lenders and 1 to 60 instalments, small ones more often."""
    return [
        Shape(
            n,
            round(LENDERS_MAX ** dice.random()),
            round(INSTALMENTS_MAX ** dice.random()),
            dice.getrandbits(62),
        )
        for n in range(1, loans + 1)
    ]


def settle_in(connection: psycopg.Connection[Any], wanted: Sequence[Shape]) -> None:
    """Make the loans: everybody has lent, nobody has paid back."""
    lay_foundations(connection)
    connection.execute(_SHAPES.encode())
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO shape VALUES (%s, %s, %s, %s)",
            [(each.n, each.lenders, each.instalments, each.luck) for each in wanted],
        )
    for statement in (_PERSONS, _LOANS, _COMMITMENTS):
        connection.execute(statement.encode(), _IDS)
    people = "SELECT id FROM person"
    for kind, owners in (
        *(("person:wallet", people), ("escrow:loan", "SELECT id FROM loan")),
        *(("loan:debt", "SELECT id FROM loan"), ("note:claim", "SELECT id FROM commitment")),
    ):
        _open(connection, kind, owners)
    connection.execute("ANALYZE")
    for statement in (_NOTES, _LOAN_ACCOUNTS, _INSTALMENTS):
        connection.execute(statement.encode(), _IDS)
    connection.execute("SELECT plan_shares(ARRAY (SELECT id FROM loan))")
    connection.execute("ANALYZE")
    _stage_and_post(_LENT, {}, FIRST_NIGHT)


def pay_instalment(connection: psycopg.Connection[Any], n: int) -> datetime:
    """Let every borrower who has an instalment `n` pay it; return the night to share it in."""
    at = FIRST_NIGHT + timedelta(days=30 * n)
    for statement in (_RECEIPTS, _SETTLED):
        connection.execute(statement.encode(), {"at": at, "n": n})
    _stage_and_post(_PAID_IN, {"world": _world()}, at)
    return at


def _open(connection: psycopg.Connection[Any], kind: str, owners: str) -> None:
    entry = chart.kind(kind)
    connection.execute(
        _OPEN.format(owners=owners).encode(),
        {
            "kind": kind,
            "owner_type": entry.owner_type,
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
def _stage_and_post(sql: str, facts: dict[str, object], at: datetime) -> None:
    ledger.stage()
    execute(sql, facts)
    ledger.post_staged(actor="chaos", happened_at=at)
