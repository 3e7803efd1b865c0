"""What settlement does to loans, in sets: convert, refund, activate, bill, close.

Only rows of lending are touched here; the money moves in `settlement`, through the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from marketplace.escrow import queries as escrow
from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, driver, execute, flush, rows
from marketplace.infra.events import announce, announce_all
from marketplace.kernel.actors import CLOCK, PROVIDER, SETTLEMENT
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.loans.events import CommitmentRefunded, LoanDisbursed, LoanExpired
from marketplace.loans.models import Loan
from marketplace.loans.pricing import schedule_of
from marketplace.loans.services.moving import locked_loan, move_loan
from marketplace.loans.states import COMMITMENT, PAID_IN, CommitmentState, LoanState


@dataclass(frozen=True, slots=True)
class Part:
    """A paid commitment on its way to becoming a note."""

    commitment_id: UUID
    lender_id: UUID
    amount_minor: int
    source: str
    instruction_id: UUID | None
    state: str


@step
def paid_parts(loan_id: UUID) -> list[Part]:
    """Return the paid commitments of a loan in the order in which they were made."""
    return rows(
        """
        SELECT id AS commitment_id, lender_id, amount_minor, source, instruction_id, state
        FROM commitment WHERE loan_id = %s AND state = ANY(%s) ORDER BY id
        """,
        (loan_id, list(PAID_IN)),
        into=Part,
    )


@step
def make_notes(
    loan: Loan,
    parts: Sequence[Part],
    *,
    note_ids: Sequence[UUID],
    wallets: Mapping[UUID, int],
    claims: Mapping[UUID, int],
    now: datetime,
) -> None:
    """Turn every paid part into a note, in order; positions break ties for ever after."""
    flush()
    with driver().cursor() as cursor, cursor.copy(_NOTES) as copy:
        for position, (part, note_id) in enumerate(zip(parts, note_ids, strict=True), 1):
            copy.write_row(
                (
                    *(note_id, loan.id, part.lender_id, part.commitment_id, position),
                    *(part.amount_minor, loan.currency),
                    *(wallets[part.lender_id], claims[note_id], now),
                )
            )
    _move_commitments(
        [part.commitment_id for part in parts], "convert", CommitmentState.RESERVED, now
    )


_NOTES = """
    COPY note (id, loan_id, lender_id, commitment_id, position, principal_minor, currency,
               wallet_account, claim_account, created_at) FROM STDIN
"""


@step
def expire_loan(loan: Loan, *, now: datetime) -> list[Part]:
    """Close the funding of a loan that did not fill; returns the paid parts, now being refunded.

    Parts taken but never paid are given back.
    """
    move_loan(loan, "expire", by=("clock",), actor=CLOCK, at=now)
    unpaid = rows(
        "SELECT id FROM commitment WHERE loan_id = %s AND state = 'awaiting_payment'",
        (loan.id,),
        into=_Id,
    )
    _move_commitments(
        [found.id for found in unpaid], "expire", CommitmentState.AWAITING_PAYMENT, now
    )
    loan.committed_minor = loan.reserved_minor
    parts = paid_parts(loan.id)
    for state in PAID_IN:
        ids = [part.commitment_id for part in parts if part.state == state]
        _move_commitments(ids, "refund", state, now)
    announce(LoanExpired(loan.id, loan.borrower_id))
    return parts


@step
def mark_refunded_to_wallet(loan: Loan, parts: Sequence[Part], *, now: datetime) -> None:
    """Wallet money is back at once; nobody has to wait for a provider."""
    ids = [part.commitment_id for part in parts]
    _move_commitments(ids, "settle", CommitmentState.REFUNDING, now)
    announce_all(
        [CommitmentRefunded(part.commitment_id, loan.id, part.lender_id) for part in parts]
    )


@step
def start_disbursement(loan: Loan, *, now: datetime) -> None:
    """Write down that the provider was asked to pay the borrower."""
    move_loan(loan, "disburse", by=("clock",), actor=SETTLEMENT, at=now)
    loan.disburse_attempts += 1


@command
def disbursement_failed(loan_id: UUID, *, reason: str, now: datetime) -> None:
    """The provider could not pay the borrower: the loan waits, and the next run tries again."""
    loan = locked_loan(loan_id)
    if loan.state == LoanState.DISBURSING:
        move_loan(loan, "return", by=("provider",), actor=PROVIDER, at=now, reason=reason)


@command
def activate(loan_id: UUID, *, paid_at: datetime) -> None:
    """The borrower has the money: the schedule runs from this day. A second time is a no-op."""
    loan = locked_loan(loan_id)
    if loan.state != LoanState.DISBURSING or _came_back(loan_id):
        return
    move_loan(loan, "pay_out", by=("provider",), actor=PROVIDER, at=paid_at)
    loan.disbursed_on = loan.last_closed_on = paid_at.date()
    db.session.flush()
    _write_schedule(loan, loan.disbursed_on)
    plan_shares(loan.id)
    announce(LoanDisbursed(loan.id, loan.borrower_id))


def _came_back(loan_id: UUID) -> bool:
    """Whether the latest payout of a loan came back before its arrival was told here."""
    asked = [one for one in escrow.instructions_for(loan_id) if one.purpose == "disbursement"]
    return bool(asked) and asked[-1].state == "returned"


@step
def _write_schedule(loan: Loan, disbursed_on: date) -> None:
    instalments = schedule_of(loan.terms, disbursed_on)
    if Money.total((row.principal for row in instalments), loan.currency) != loan.amount:
        raise Broken(f"the schedule of loan {loan.id} does not repay its principal")
    with driver().cursor() as cursor, cursor.copy(_INSTALMENTS) as copy:
        for row in instalments:
            copy.write_row(
                (
                    *(loan.id, row.n, row.due),
                    *(row.principal.minor, row.interest.minor, row.outstanding.minor),
                )
            )


@step
def plan_shares(loan_id: UUID) -> None:
    """Work out each note's exact part of each instalment; again whenever a schedule changes."""
    execute("SELECT plan_shares(ARRAY[%s]::uuid[])", (loan_id,))


_INSTALMENTS = """
    COPY instalment (loan_id, n, due_on, principal_minor, interest_minor, outstanding_minor)
    FROM STDIN
"""


@dataclass(frozen=True, slots=True)
class _Id:
    id: UUID


@step
def _move_commitments(
    ids: Sequence[UUID], move: str, source: CommitmentState, now: datetime
) -> None:
    """Move many commitments out of one state at once, with a line in the trail for each."""
    target = COMMITMENT.go(source, move, by=("clock",))
    if not ids:
        return
    transitions.record_all(
        "commitment",
        ids,
        move=move,
        from_state=source.value,
        to_state=target.value,
        actor=SETTLEMENT,
        at=now,
    )
    closed_at = now if target in _CLOSED else None
    execute(
        "UPDATE commitment SET state = %s, closed_at = %s WHERE id = ANY(%s) AND state = %s",
        (target.value, closed_at, list(ids), source.value),
    )


_CLOSED = frozenset({CommitmentState.REFUNDED, CommitmentState.EXPIRED})


def fresh_ids(count: int) -> list[UUID]:
    """Return `count` new ids, in order."""
    return [new_id() for _ in range(count)]
