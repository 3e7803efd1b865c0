"""Receipts: each payment of a loan is shared among its lenders, to the cent, in sets.

Lenders get principal, interest and penalty interest less the service fee on the latter two; fees
and the service fee are the platform's; what was overpaid is the borrower's. Each of the kinds is
split separately, by largest remainder over everything to date (weights are the notes' principals,
ties go to the lower position), so that no lender drifts from the exact share by a cent. Where the
running split would take a cent back from somebody, that note keeps it and waits: nobody ever pays
in for rounding. The service fee to date is rounded once a receipt.

A correction's portions are differences. What they come to is taken back from wallets as far as
it is there; the rest is owed (`owing`).

One round takes at most one receipt of a loan, the oldest; where one was taken back before it was
shared, all that wait are shared as one. A round is one transaction: what was distributed is
marked, the ledger refuses an operation twice, so a killed run loses nothing.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
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
from marketplace.settlement import losses, owing, sharing
from marketplace.settlement.lines import Line

ACTOR: Final = "settlement"
BATCH: Final = 10_000
MANY: Final = 2_000
"""From so many waiting receipts on, two connections share the night: one core each."""
LANES: Final = 2
BLOCK: Final = 1_000_000
"""Loans opened next to each other go in one lane: a thousand accounts, which end in a currency.

What stands side by side on the disk is then written by one connection, not by both in turn.
"""


def distribute_receipts(now: datetime) -> list[Line]:
    """Share every receipt that is not shared yet; a dry run names each lender's part."""
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
    """Share one round of receipts, at most one a loan; no lines when nothing is left.

    A round is of all loans, or of those of one lane: lanes may go side by side.
    """
    if not scalar(_WAITING):
        return []
    have_the_road(lane)
    sharing.lay_out_tables()
    if not execute(_PICK, _which(limit, lane)):
        return []
    sharing.share()
    repaid = _write(now)
    _close_paid_off(repaid, now)
    lines = _lines(repaid)
    _post(now)  # last, because the other lane waits for the wallets this locks
    return lines


def _which(limit: int, lane: int | None) -> dict[str, int | None]:
    return {"limit": limit, "lane": lane, "lanes": LANES, "block": BLOCK}


@step
def have_the_road(lane: int | None = None) -> None:
    """Wait for whoever shares the same loans: a lane for its own kind, all loans for everybody."""
    if lane is None:
        execute("SELECT pg_advisory_xact_lock(hashtext('settlement.distribute'))")
    else:
        execute("SELECT pg_advisory_xact_lock_shared(hashtext('settlement.distribute'))")
        execute("SELECT pg_advisory_xact_lock(hashtext('settlement.lane'), %s)", (lane,))


_WAITING: Final = "SELECT EXISTS (SELECT FROM receipt_waiting)"

_MANY_WAIT: Final = """
    SELECT count(*) = %s FROM (SELECT FROM receipt_waiting LIMIT %s) AS waiting
"""

# The oldest of each loan; all that wait, where one of them takes another back: what was never
# shared goes back without anybody having had it. The fee to date is rounded once.
_PICK: Final = """
    INSERT INTO repaying
    SELECT b.receipt_id, b.loan_id, l.borrower_id, b.sequence, b.amount, b.principal, b.interest,
        b.penalty, charged.to_date - l.lender_fee_minor, l.principal_repaid_minor + b.principal,
        l.interest_repaid_minor + b.interest, l.penalty_repaid_minor + b.penalty,
        charged.to_date, b.charged, b.overpaid, b.corrects, l.amount_minor, l.currency,
        l.escrow_account, l.debt_account, 'settlement.repayment:' || b.receipt_id,
        'loan:' || b.loan_id
    FROM (
        SELECT loan_id, (array_agg(id ORDER BY sequence DESC))[1] AS receipt_id,
            max(sequence) AS sequence, sum_minor(amount_minor) AS amount,
            sum_minor(principal_minor) AS principal, sum_minor(interest_minor) AS interest,
            sum_minor(penalty_minor) AS penalty, sum_minor(fee_minor) AS charged,
            sum_minor(overpaid_minor) AS overpaid,
            bool_or(least(principal_minor, interest_minor, penalty_minor, fee_minor,
                overpaid_minor) < 0) AS corrects
        FROM (
            SELECT receipt.*, row_number() OVER (PARTITION BY loan_id ORDER BY sequence) AS place,
                bool_or(source = 'reversal') OVER (PARTITION BY loan_id) AS taken_back
            FROM receipt_waiting JOIN receipt USING (loan_id, sequence)
            JOIN loan ON loan.id = loan_id
            WHERE %(lane)s::int IS NULL
                OR loan.escrow_account / %(block)s %% %(lanes)s = %(lane)s
        ) waiting
        WHERE place = 1 OR taken_back GROUP BY loan_id ORDER BY loan_id LIMIT %(limit)s
    ) b JOIN loan l ON l.id = b.loan_id
    CROSS JOIN LATERAL (SELECT ((l.interest_repaid_minor + b.interest + l.penalty_repaid_minor
        + b.penalty) * l.lender_fee_bps + 5000) / 10000) AS charged (to_date)
"""


@step
def _write(now: datetime) -> list[_Repaid]:
    """Write the allocation down and count it on notes, receipts and loans; returns the loans."""
    execute(_SHARES, (now,))
    execute(_NOTES)
    losses.recover(now)
    execute(_RECEIPTS, (now,))
    return sorted(rows(_LOANS, into=_Repaid), key=lambda one: one.loan_id.int)


_SHARES: Final = """
    INSERT INTO repayment_share (note_id, sequence, principal_minor, interest_minor,
                                 penalty_minor, fee_minor, distributed_at)
    SELECT s.note_id, r.sequence, s.principal, s.interest, s.penalty, s.fee, %s
    FROM sharing s JOIN repaying r ON r.loan_id = s.loan_id
    WHERE (s.principal, s.interest, s.penalty, s.fee) <> (0, 0, 0, 0)
"""
_NOTES: Final = """
    UPDATE note SET principal_back_minor = s.principal_before + s.principal,
                    interest_back_minor = s.interest_before + s.interest,
                    penalty_back_minor = s.penalty_before + s.penalty,
                    fee_minor = s.fee_before + s.fee
    FROM sharing s
    WHERE note.id = s.note_id AND (s.principal, s.interest, s.penalty, s.fee) <> (0, 0, 0, 0)
"""
_RECEIPTS: Final = """
    WITH shared AS (
        DELETE FROM receipt_waiting w USING repaying r
        WHERE w.loan_id = r.loan_id AND w.sequence <= r.sequence
        RETURNING w.loan_id, w.sequence, r.sequence AS shared_as
    )
    UPDATE receipt SET distributed_at = %s, shared_as = shared.shared_as FROM shared
    WHERE receipt.loan_id = shared.loan_id AND receipt.sequence = shared.sequence
"""
_LOANS: Final = """
    UPDATE loan SET principal_repaid_minor = r.principal_to_date,
                    interest_repaid_minor = r.interest_to_date,
                    penalty_repaid_minor = r.penalty_to_date, lender_fee_minor = r.fee_to_date
    FROM repaying r WHERE loan.id = r.loan_id
    RETURNING r.loan_id, r.receipt_id, r.borrower_id, r.sequence, r.amount, r.principal,
        r.currency, loan.state = 'active' AND loan.settled_on IS NOT NULL
            AND r.principal_to_date = r.whole AND NOT EXISTS (
                SELECT FROM receipt_waiting later WHERE later.loan_id = r.loan_id) AS is_last
"""


@step
def _post(now: datetime) -> None:
    """Move the money: one journal a receipt, from escrow to everybody's account, claims with it."""
    ledger.stage()
    execute(_MOVES)
    execute(_CLAIMS_BACK)
    _stage_platform()
    owing.stage_the_rest(now)
    ledger.post_staged(actor=ACTOR, happened_at=now)


# Both movements of a share side by side: the rows of a journal stay together on disk.
_MOVES: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT r.operation, move.debit, move.credit, r.currency, move.amount, move.code, r.cause
    FROM repaying r JOIN sharing s ON s.loan_id = r.loan_id CROSS JOIN LATERAL (VALUES
        (r.escrow_account, s.wallet_account,
            CASE WHEN r.corrects THEN 0 ELSE s.principal + s.interest + s.penalty - s.fee END,
            'repayment'),
        (s.claim_account, r.debt_account, s.principal, 'claim')
    ) AS move (debit, credit, amount, code)
    WHERE move.amount > 0
"""
_CLAIMS_BACK: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT r.operation, r.debt_account, s.claim_account, r.currency, -s.principal, 'claim',
        r.cause
    FROM repaying r JOIN sharing s ON s.loan_id = r.loan_id WHERE r.corrects AND s.principal < 0
"""


@step
def _stage_platform() -> None:
    """Stage what is the platform's: charges that are fees, and the lenders' service fee."""
    currencies = column("SELECT DISTINCT currency FROM repaying WHERE charged <> 0 OR fee <> 0")
    if currencies:
        accounts = [ledger.account("fees:platform", currency) for currency in currencies]
        execute(_PLATFORM, (currencies, accounts))


_PLATFORM: Final = """
    INSERT INTO ledger_stage (operation_id, debit, credit, currency, amount, code, cause)
    SELECT r.operation,
        CASE WHEN part.amount > 0 THEN r.escrow_account ELSE platform.account END,
        CASE WHEN part.amount > 0 THEN platform.account ELSE r.escrow_account END,
        r.currency, abs(part.amount), part.code, r.cause
    FROM repaying r
    JOIN unnest(%s::text[], %s::bigint[]) AS platform (currency, account)
        ON platform.currency = r.currency
    CROSS JOIN LATERAL (VALUES (r.charged, 'charge'), (r.fee, 'service_fee'))
        AS part (amount, code)
    WHERE part.amount <> 0
"""


class _Repaid(NamedTuple):
    """A loan of the round, and the receipt that was shared; sorted by loan."""

    loan_id: UUID
    receipt_id: UUID
    borrower_id: UUID
    sequence: int
    amount: int
    principal: int
    currency: str
    is_last: bool


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
        sum(interest + penalty)::bigint AS earned, sum(fee)::bigint AS fee
    FROM sharing GROUP BY loan_id, lender_id ORDER BY loan_id, min(position)
"""


@dataclass(frozen=True, slots=True)
class _Lender:
    loan_id: UUID
    lender_id: UUID
    principal: int
    earned: int
    fee: int


@step
def _lines(repaid: Sequence[_Repaid]) -> list[Line]:
    """Return one line a receipt; in a dry run also one a lender."""
    shares: dict[UUID, list[_Lender]] = {}
    if rehearsing():
        for share in rows(_LENDERS, into=_Lender):
            shares.setdefault(share.loan_id, []).append(share)
    lines: list[Line] = []
    for one in repaid:
        total = Money(one.amount, one.currency)
        note = f"payment {one.sequence}, principal {Money(one.principal, one.currency)}"
        lines.append(Line("loan.repayment", public_id("ln", one.loan_id), None, total, note))
        lines += [_lender_line(one, share) for share in shares.get(one.loan_id, ())]
        if one.is_last:
            lines.append(Line("loan.paid_off", public_id("ln", one.loan_id), None, None))
    return lines


def _lender_line(one: _Repaid, share: _Lender) -> Line:
    interest = Money(share.earned, one.currency)
    amount = Money(share.principal + share.earned - share.fee, one.currency)
    ref = public_id("rpy", one.receipt_id)
    fee = f", fee {Money(share.fee, one.currency)}" if share.fee else ""
    return Line("loan.share", ref, share.lender_id, amount, f"of which interest {interest}{fee}")
