"""Repayments: each paid bill is shared among the lenders of its loan, to the cent, in sets.

Principal and interest are split separately, by largest remainder over everything repaid to date
(weights are the notes' principals, ties go to the lower position), so that no lender ever drifts
from the exact share. Where the running split would take a cent back from somebody, that note
waits and the most patient of the others carries the cent: nobody ever pays in.

One round takes at most one bill of a loan, the oldest. A round is one transaction: what was
distributed is marked, the ledger refuses an operation twice, so a killed run loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra import transitions
from marketplace.infra.commands import command, rehearsing, step
from marketplace.infra.database import column, execute, rows, scalar
from marketplace.infra.events import announce_all
from marketplace.kernel.actors import SETTLEMENT
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.ledger import services as ledger
from marketplace.loans.events import LoanPaidOff, RepaymentDistributed
from marketplace.loans.states import LOAN, LoanState
from marketplace.settlement.lines import Line

ACTOR: Final = "settlement"
BATCH: Final = 10_000


def distribute_paid_bills(now: datetime) -> list[Line]:
    """Share every paid bill that is not shared yet; a dry run names each lender's part."""
    lines: list[Line] = []
    while batch := distribute(now):
        lines += batch
    return lines


@command
def distribute(now: datetime, limit: int = BATCH) -> list[Line]:
    """Share one round of paid bills, at most one a loan; no lines when nothing is left."""
    execute("SELECT pg_advisory_xact_lock(hashtext('settlement.distribute'))")
    for statement in _STAGES:
        execute(statement)
    if not execute(_PICK, {"now": now, "limit": limit}):
        return []
    execute(_SHARE)
    if scalar("SELECT EXISTS (SELECT 1 FROM sharing WHERE principal < 0 OR interest < 0)"):
        execute(_WAIT)
    _must_add_up()
    _write(now)
    _post(now)
    _close_paid_off(now)
    return _lines()


# Temporary tables live as long as the connection; each round empties them.
_STAGES: Final = (
    """
    CREATE TEMP TABLE IF NOT EXISTS repaying (
        repayment_id uuid NOT NULL, bill_id uuid NOT NULL, loan_id uuid PRIMARY KEY,
        borrower_id uuid NOT NULL, sequence int NOT NULL, principal bigint NOT NULL,
        interest bigint NOT NULL, principal_to_date bigint NOT NULL,
        interest_to_date bigint NOT NULL, whole bigint NOT NULL, currency char(3) NOT NULL,
        escrow_account bigint NOT NULL, debt_account bigint NOT NULL, paid_at timestamptz NOT NULL
    ) ON COMMIT PRESERVE ROWS
    """,
    """
    CREATE TEMP TABLE IF NOT EXISTS sharing (
        loan_id uuid NOT NULL, note_id uuid NOT NULL, position int NOT NULL,
        weight bigint NOT NULL, lender_id uuid NOT NULL, wallet_account bigint NOT NULL,
        claim_account bigint NOT NULL, principal_before bigint NOT NULL,
        interest_before bigint NOT NULL, principal bigint NOT NULL, interest bigint NOT NULL
    ) ON COMMIT PRESERVE ROWS
    """,
    "TRUNCATE repaying, sharing",
)

_PICK: Final = """
    INSERT INTO repaying
    SELECT dated_uuid(%(now)s, 'repayment:' || b.id), b.id, b.loan_id, b.borrower_id,
        l.repayments + 1, b.principal_minor, b.interest_minor,
        l.principal_repaid_minor + b.principal_minor, l.interest_repaid_minor + b.interest_minor,
        l.amount_minor, l.currency, l.escrow_account, l.debt_account, b.paid_at
    FROM (
        SELECT DISTINCT ON (loan_id) * FROM bill
        WHERE paid_at IS NOT NULL AND distributed_at IS NULL
        ORDER BY loan_id, n LIMIT %(limit)s
    ) b JOIN loan l ON l.id = b.loan_id
"""

_SHARE: Final = """
    INSERT INTO sharing
    SELECT loan_id, note_id, position, weight, lender_id, wallet_account, claim_account,
        principal_before, interest_before,
        principal_floor + CASE WHEN principal_rank <= principal_to_date - principal_floors
            THEN 1 ELSE 0 END - principal_before,
        interest_floor + CASE WHEN interest_rank <= interest_to_date - interest_floors
            THEN 1 ELSE 0 END - interest_before
    FROM (
        SELECT *,
            sum(principal_floor) OVER loan AS principal_floors,
            sum(interest_floor) OVER loan AS interest_floors,
            row_number() OVER (PARTITION BY loan_id
                ORDER BY mod(principal_to_date * weight, whole) DESC, position) AS principal_rank,
            row_number() OVER (PARTITION BY loan_id
                ORDER BY mod(interest_to_date * weight, whole) DESC, position) AS interest_rank
        FROM (
            SELECT r.loan_id, n.id AS note_id, n.position, n.principal_minor AS weight,
                n.lender_id, n.wallet_account, n.claim_account, r.whole, r.principal_to_date,
                r.interest_to_date, n.principal_back_minor AS principal_before,
                n.interest_back_minor AS interest_before,
                r.principal_to_date * n.principal_minor / r.whole AS principal_floor,
                r.interest_to_date * n.principal_minor / r.whole AS interest_floor
            FROM repaying r JOIN note n ON n.loan_id = r.loan_id
        ) floors WINDOW loan AS (PARTITION BY loan_id)
    ) ranked
"""

# Whoever is ahead gets nothing now; what that costs is taken from those who would otherwise be
# furthest ahead, the lower position keeping its cent. Sums stay exact, nobody goes below zero.
_WAIT: Final = """
    UPDATE sharing SET principal = fair.principal, interest = fair.interest
    FROM (
        SELECT s.note_id,
            greatest(0, least(greatest(s.principal, 0), r.principal - COALESCE(
                sum(greatest(s.principal, 0)) OVER principal_first, 0))) AS principal,
            greatest(0, least(greatest(s.interest, 0), r.interest - COALESCE(
                sum(greatest(s.interest, 0)) OVER interest_first, 0))) AS interest
        FROM sharing s JOIN repaying r ON r.loan_id = s.loan_id
        WHERE s.loan_id IN (SELECT loan_id FROM sharing WHERE principal < 0 OR interest < 0)
        WINDOW principal_first AS (PARTITION BY s.loan_id
                ORDER BY r.principal_to_date * s.weight - s.principal_before * r.whole DESC,
                    s.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
            interest_first AS (PARTITION BY s.loan_id
                ORDER BY r.interest_to_date * s.weight - s.interest_before * r.whole DESC,
                    s.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ) fair WHERE fair.note_id = sharing.note_id
"""

_UNEVEN: Final = """
    SELECT r.loan_id FROM repaying r JOIN sharing s ON s.loan_id = r.loan_id
    GROUP BY r.loan_id, r.principal, r.interest
    HAVING sum(s.principal) <> r.principal OR sum(s.interest) <> r.interest
        OR min(s.principal) < 0 OR min(s.interest) < 0
"""


@step
def _must_add_up() -> None:
    """Refuse to go on unless every cent of every payment has exactly one owner."""
    uneven = column(_UNEVEN)
    missing = column(
        "SELECT loan_id FROM repaying WHERE loan_id NOT IN (SELECT loan_id FROM sharing)"
    )
    if uneven or missing:
        raise Broken(f"repayments do not add up: {uneven or missing}")


@step
def _write(now: datetime) -> None:
    """Write the allocation down and count it on notes, bills and loans."""
    execute(_REPAYMENTS, (now,))
    execute(_SHARES, (now,))
    execute(_NOTES)
    execute("UPDATE bill SET distributed_at = %s FROM repaying r WHERE bill.id = r.bill_id", (now,))
    execute(_LOANS)


_REPAYMENTS: Final = """
    INSERT INTO repayment (id, loan_id, sequence, bill_id, principal_minor, interest_minor,
                           currency, paid_at, distributed_at)
    SELECT repayment_id, loan_id, sequence, bill_id, principal, interest, currency, paid_at, %s
    FROM repaying
"""
_SHARES: Final = """
    INSERT INTO repayment_share (note_id, sequence, principal_minor, interest_minor,
                                 distributed_at)
    SELECT s.note_id, r.sequence, s.principal, s.interest, %s
    FROM sharing s JOIN repaying r ON r.loan_id = s.loan_id
    WHERE s.principal > 0 OR s.interest > 0
"""
_NOTES: Final = """
    UPDATE note SET principal_back_minor = principal_back_minor + s.principal,
                    interest_back_minor = interest_back_minor + s.interest
    FROM sharing s WHERE note.id = s.note_id AND (s.principal > 0 OR s.interest > 0)
"""
_LOANS: Final = """
    UPDATE loan SET principal_repaid_minor = r.principal_to_date,
                    interest_repaid_minor = r.interest_to_date, repayments = r.sequence
    FROM repaying r WHERE loan.id = r.loan_id
"""


@step
def _post(now: datetime) -> None:
    """Move the money: one journal a repayment, from escrow to wallets, the claims with it."""
    ledger.stage()
    execute(_MONEY)
    execute(_CLAIMS)
    ledger.post_staged(actor=ACTOR, happened_at=now)


_MONEY: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT 'settlement.repayment:' || r.repayment_id, r.escrow_account, s.wallet_account,
        r.currency, s.principal + s.interest, 'repayment', 'loan:' || r.loan_id
    FROM sharing s JOIN repaying r ON r.loan_id = s.loan_id WHERE s.principal + s.interest > 0
"""
_CLAIMS: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT 'settlement.repayment:' || r.repayment_id, s.claim_account, r.debt_account,
        r.currency, s.principal, 'claim', 'loan:' || r.loan_id
    FROM sharing s JOIN repaying r ON r.loan_id = s.loan_id WHERE s.principal > 0
"""


@dataclass(frozen=True, slots=True)
class _Repaid:
    repayment_id: UUID
    loan_id: UUID
    borrower_id: UUID
    sequence: int
    principal: int
    interest: int
    currency: str
    is_last: bool


_REPAID: Final = """
    SELECT r.repayment_id, r.loan_id, r.borrower_id, r.sequence, r.principal, r.interest,
        r.currency, NOT EXISTS (
            SELECT 1 FROM instalment i LEFT JOIN bill b ON b.loan_id = i.loan_id AND b.n = i.n
            WHERE i.loan_id = r.loan_id AND b.distributed_at IS NULL) AS is_last
    FROM repaying r ORDER BY r.loan_id
"""


@step
def _close_paid_off(now: datetime) -> None:
    repaid = rows(_REPAID, into=_Repaid)
    announce_all([RepaymentDistributed(one.loan_id, one.sequence) for one in repaid])
    last = [one for one in repaid if one.is_last]
    if not last:
        return
    target = LOAN.go(LoanState.ACTIVE, "pay_off", by=("clock",))
    ids = [one.loan_id for one in last]
    transitions.record_all(
        "loan",
        ids,
        move="pay_off",
        from_state=LoanState.ACTIVE.value,
        to_state=target.value,
        actor=SETTLEMENT,
        at=now,
    )
    closed = execute(_CLOSE, (target.value, now, now, ids))
    if closed != len(ids):
        raise Broken("a loan was closed that still owes principal")
    announce_all([LoanPaidOff(one.loan_id, one.borrower_id) for one in last])


_CLOSE: Final = """
    UPDATE loan SET state = %s, closed_at = %s, changed_at = %s
    WHERE id = ANY(%s) AND state = 'active' AND principal_repaid_minor = amount_minor
"""

_LENDERS: Final = """
    SELECT loan_id, lender_id, sum(principal)::bigint AS principal,
        sum(interest)::bigint AS interest
    FROM sharing GROUP BY loan_id, lender_id ORDER BY loan_id, min(position)
"""


@dataclass(frozen=True, slots=True)
class _Lender:
    loan_id: UUID
    lender_id: UUID
    principal: int
    interest: int


@step
def _lines() -> list[Line]:
    """Return one line a repayment; in a dry run also one a lender."""
    repaid = rows(_REPAID, into=_Repaid)
    shares: dict[UUID, list[_Lender]] = {}
    if rehearsing():
        for share in rows(_LENDERS, into=_Lender):
            shares.setdefault(share.loan_id, []).append(share)
    lines: list[Line] = []
    for one in repaid:
        total = Money(one.principal + one.interest, one.currency)
        note = f"payment {one.sequence}, principal {Money(one.principal, one.currency)}"
        lines.append(Line("loan.repayment", public_id("ln", one.loan_id), None, total, note))
        lines += [_lender_line(one, share) for share in shares.get(one.loan_id, ())]
        if one.is_last:
            lines.append(Line("loan.paid_off", public_id("ln", one.loan_id), None, None))
    return lines


def _lender_line(one: _Repaid, share: _Lender) -> Line:
    interest = Money(share.interest, one.currency)
    amount = Money(share.principal + share.interest, one.currency)
    ref = public_id("rpy", one.repayment_id)
    return Line("loan.share", ref, share.lender_id, amount, f"of which interest {interest}")
