"""Repayments: each paid bill is shared among the lenders of its loan, to the cent, in sets.

Principal and interest are split separately, by largest remainder over everything repaid to date
(weights are the notes' principals, ties go to the lower position), so that no lender drifts from
the exact share by a cent. Where the running split would take a cent back from somebody, that note
keeps it and waits: nobody ever pays in.

One round takes at most one bill of a loan, the oldest. A round is one transaction: what was
distributed is marked, the ledger refuses an operation twice, so a killed run loses nothing.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra import transitions
from marketplace.infra.commands import command, rehearsing, step
from marketplace.infra.database import column, execute, rows, scalar
from marketplace.infra.events import announce_all
from marketplace.infra.side_by_side import side_by_side
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
MANY: Final = 2_000
"""From so many waiting bills on, two connections share the night: one core each."""
LANES: Final = 2


def distribute_paid_bills(now: datetime) -> list[Line]:
    """Share every paid bill that is not shared yet; a dry run names each lender's part."""
    lines: list[Line] = []
    if not rehearsing() and scalar(_MANY_WAIT, (MANY, MANY)):
        lanes = [functools.partial(_whole_lane, now, lane) for lane in range(LANES)]
        lines += itertools.chain.from_iterable(side_by_side(lanes))
    while batch := distribute(now):
        lines += batch
    return lines


def _whole_lane(now: datetime, lane: int) -> list[Line]:
    lines: list[Line] = []
    while batch := distribute(now, lane=lane):
        lines += batch
    return lines


@command
def distribute(now: datetime, *, limit: int = BATCH, lane: int | None = None) -> list[Line]:
    """Share one round of paid bills, at most one a loan; no lines when nothing is left.

    A round is of all loans, or of those of one lane: lanes may go side by side.
    """
    if not scalar(_WAITING):
        return []
    have_the_road(lane)
    for statement in _STAGES:
        execute(statement)
    if not execute(_PICK, {"now": now, "limit": limit, "lane": lane, "lanes": LANES}):
        return []
    execute(_SHARE)
    if scalar("SELECT EXISTS (SELECT 1 FROM sharing WHERE principal < 0 OR interest < 0)"):
        execute(_WAIT)
    _must_add_up()
    _write(now)
    repaid = rows(_REPAID, into=_Repaid)
    _close_paid_off(repaid, now)
    lines = _lines(repaid)
    _post(now)  # last, because the other lane waits for the wallets this locks
    return lines


@step
def have_the_road(lane: int | None = None) -> None:
    """Wait for whoever shares the same loans: a lane for its own kind, all loans for everybody."""
    if lane is None:
        execute("SELECT pg_advisory_xact_lock(hashtext('settlement.distribute'))")
    else:
        execute("SELECT pg_advisory_xact_lock_shared(hashtext('settlement.distribute'))")
        execute("SELECT pg_advisory_xact_lock(hashtext('settlement.lane'), %s)", (lane,))


# Temporary tables live as long as the connection; each round empties them.
_STAGES: Final = (
    "SET LOCAL work_mem = '64MB'",  # a night is sorted in memory, not on disk
    """
    CREATE TEMP TABLE IF NOT EXISTS repaying (
        repayment_id uuid NOT NULL, bill_id uuid NOT NULL, loan_id uuid PRIMARY KEY,
        borrower_id uuid NOT NULL, sequence int NOT NULL, principal bigint NOT NULL,
        interest bigint NOT NULL, principal_to_date bigint NOT NULL,
        interest_to_date bigint NOT NULL, whole bigint NOT NULL, currency char(3) NOT NULL,
        escrow_account bigint NOT NULL, debt_account bigint NOT NULL, paid_at timestamptz NOT NULL,
        operation text NOT NULL, cause text NOT NULL
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

_WAITING: Final = (
    "SELECT EXISTS (SELECT 1 FROM bill WHERE paid_at IS NOT NULL AND distributed_at IS NULL)"
)

_MANY_WAIT: Final = """
    SELECT count(*) = %s FROM (
        SELECT FROM bill WHERE paid_at IS NOT NULL AND distributed_at IS NULL LIMIT %s
    ) AS waiting
"""

_PICK: Final = """
    INSERT INTO repaying
    SELECT named.repayment_id, b.id, b.loan_id, b.borrower_id,
        l.repayments + 1, b.principal_minor, b.interest_minor,
        l.principal_repaid_minor + b.principal_minor, l.interest_repaid_minor + b.interest_minor,
        l.amount_minor, l.currency, l.escrow_account, l.debt_account, b.paid_at,
        'settlement.repayment:' || named.repayment_id, 'loan:' || b.loan_id
    FROM (
        SELECT DISTINCT ON (loan_id) * FROM bill
        WHERE paid_at IS NOT NULL AND distributed_at IS NULL
          AND (%(lane)s::int IS NULL OR abs(mod(uuid_hash(loan_id), %(lanes)s)) = %(lane)s)
        ORDER BY loan_id, n LIMIT %(limit)s
    ) b JOIN loan l ON l.id = b.loan_id
    CROSS JOIN LATERAL (SELECT dated_uuid(%(now)s, 'repayment:' || b.id)) AS named (repayment_id)
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

# Where shares shift (the Alabama paradox) somebody would have to give a cent back. Instead, who is
# ahead keeps it, everybody gets what is whole, and the cents left over go to the largest
# remainders among the others. A payment of fewer cents than are whole goes to who is furthest
# behind. So sums stay exact, and nobody ever pays in.
_WAIT: Final = """
    WITH owed AS (
        SELECT s.loan_id, s.note_id, s.position, part.kind, part.pay,
            greatest(part.before, part.to_date * s.weight / r.whole) - part.before AS whole_cents,
            part.before <= part.to_date * s.weight / r.whole
                AND mod(part.to_date * s.weight, r.whole) > 0 AS open,
            mod(part.to_date * s.weight, r.whole) AS remainder,
            part.to_date * s.weight - part.before * r.whole AS behind
        FROM sharing s JOIN repaying r ON r.loan_id = s.loan_id CROSS JOIN LATERAL (VALUES
            ('principal', r.principal, r.principal_to_date, s.principal_before),
            ('interest', r.interest, r.interest_to_date, s.interest_before)
        ) AS part (kind, pay, to_date, before)
        WHERE s.loan_id IN (SELECT loan_id FROM sharing WHERE principal < 0 OR interest < 0)
    ), ranked AS (
        SELECT *, pay - sum(whole_cents) OVER (PARTITION BY loan_id, kind) AS left_over,
            row_number() OVER (PARTITION BY loan_id, kind
                ORDER BY open DESC, remainder DESC, position) AS rank,
            coalesce(sum(whole_cents) OVER (PARTITION BY loan_id, kind
                ORDER BY behind DESC, position
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS served
        FROM owed
    ), fair AS (
        SELECT note_id, kind, CASE
            WHEN left_over < 0 THEN greatest(0, least(whole_cents, pay - served))
            WHEN open AND rank <= left_over THEN whole_cents + 1
            ELSE whole_cents END AS share
        FROM ranked
    )
    UPDATE sharing SET principal = of_principal.share, interest = of_interest.share
    FROM fair of_principal JOIN fair of_interest USING (note_id)
    WHERE of_principal.kind = 'principal' AND of_interest.kind = 'interest'
      AND sharing.note_id = of_principal.note_id
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
    execute(_MOVES)
    ledger.post_staged(actor=ACTOR, happened_at=now)


# Both movements of a share side by side: the rows of a journal stay together on disk.
_MOVES: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT r.operation, move.debit, move.credit, r.currency, move.amount, move.code, r.cause
    FROM repaying r JOIN sharing s ON s.loan_id = r.loan_id CROSS JOIN LATERAL (VALUES
        (r.escrow_account, s.wallet_account, s.principal + s.interest, 'repayment'),
        (s.claim_account, r.debt_account, s.principal, 'claim')
    ) AS move (debit, credit, amount, code)
    WHERE move.amount > 0
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
def _close_paid_off(repaid: Sequence[_Repaid], now: datetime) -> None:
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
def _lines(repaid: Sequence[_Repaid]) -> list[Line]:
    """Return one line a repayment; in a dry run also one a lender."""
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
