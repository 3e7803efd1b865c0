"""Charges a dispute's loss to those who had the money, and gives it back when it was won.

Every charge is a row of its own with its movement in the ledger, so that exactly what was taken
can be given back. Nobody's account goes below zero for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow import queries
from marketplace.escrow.queries import Instruction, disputes
from marketplace.escrow.queries.disputes import Dispute, Recovery
from marketplace.escrow.services import booking, disputing, planning
from marketplace.escrow.services.calling_off import call_off
from marketplace.escrow.states import Kind, RecoveryState, State
from marketplace.infra.commands import step
from marketplace.infra.database import execute, scalar
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger

PURPOSE: Final = "chargeback"


_REVERSALS: Final = """
    SELECT count(*) FROM escrow_instruction
    WHERE kind = 'reversal' AND purpose = %(purpose)s AND subject_id = %(dispute)s
"""


@step
def charge(
    dispute: Dispute,
    *,
    route: str,
    account: int,
    most: Money,
    back_to: int,
    person_id: UUID | None,
    now: datetime,
) -> Money:
    """Charge `account` for the loss, `most` at most and as far as it holds; returns how much.

    Should the dispute be won, it goes to the account `back_to`.
    """
    minor = min(most.minor, left(dispute.id), ledger.balance(account).available_minor)
    amount = Money(max(minor, 0), dispute.currency)
    if amount.is_positive:
        row = _insert(
            dispute, route=route, account=account, back_to=back_to, amount=amount,
            person_id=person_id, instruction_id=None, now=now,
        )  # fmt: skip
        booking.book_recovery(row, dispute, now)
        _count(dispute.id, amount.minor)
    return amount


@step
def take_back(
    dispute: Dispute, *, transfer: Instruction, most: Money, back_to: int, now: datetime
) -> Money:
    """Plan to take up to `most` of a transfer back from its payee; returns how much is asked.

    What was asked back of the transfer before is left out. A loss may be taken back of several.
    """
    asked = int(
        scalar(
            "SELECT coalesce(sum(amount_minor), 0) FROM escrow_instruction"
            " WHERE of_id = %(of)s AND kind = %(kind)s AND state <> 'failed'",
            {"of": transfer.id, "kind": Kind.REVERSAL},
        )
    )
    minor = min(most.minor, left(dispute.id), transfer.amount_minor - asked)
    amount = Money(max(minor, 0), dispute.currency)
    if not amount.is_positive:
        return amount
    loss = booking.loss_account(dispute.currency)
    planned = planning.plan_reversal(
        of=transfer.id,
        subject_id=dispute.id,
        amount=amount,
        credit_account=loss,
        purpose=PURPOSE,
        cause=f"dispute:{dispute.id}",
        description=f"Chargeback {dispute.ref}",
        sequence=1 + int(scalar(_REVERSALS, {"dispute": dispute.id, "purpose": PURPOSE})),
    )
    _insert(
        dispute, route="reversal", account=loss, back_to=back_to, amount=amount,
        person_id=transfer.person_id, instruction_id=planned, now=now,
    )  # fmt: skip
    return amount


@step
def note_reversal(instruction_id: UUID, *, landed: bool, now: datetime) -> UUID | None:
    """Note what became of a reversal; returns its dispute, None if that was known."""
    dispute_id: UUID | None = scalar(
        "UPDATE escrow_recovery SET state = %(state)s, finished_at = %(now)s"
        " WHERE instruction_id = %(id)s AND state = 'waiting' RETURNING dispute_id",
        {"state": "taken" if landed else "failed", "now": now, "id": instruction_id},
    )
    if dispute_id is not None and landed:
        minor = scalar(
            "SELECT amount_minor FROM escrow_recovery WHERE instruction_id = %(id)s",
            {"id": instruction_id},
        )
        _count(dispute_id, int(minor))
    return dispute_id


@step
def stop_reversals(dispute: Dispute, now: datetime) -> bool:
    """Stop the reversals nobody was asked for yet; whether others are still under way."""
    waiting = [each for each in disputes.recoveries(dispute.id) if each.state == "waiting"]
    open_ones = False
    for each in waiting:
        if each.instruction_id is None or not call_off(
            each.instruction_id, reason="dispute_won", now=now
        ):
            open_ones = True
        else:
            note_reversal(each.instruction_id, landed=False, now=now)
    return open_ones


@step
def give_back(dispute: Dispute, now: datetime) -> list[Recovery]:
    """Give everybody back what they were charged; returns what went back now."""
    found = taken(dispute)
    for each in found:
        booking.book_giving_back(each, dispute, now)
        execute(
            "UPDATE escrow_recovery SET state = 'given_back' WHERE id = %(id)s", {"id": each.id}
        )
        _count(dispute.id, -each.amount_minor)
    return found


def taken(dispute: Dispute) -> list[Recovery]:
    """Return what was taken for a dispute and not given back."""
    return [each for each in disputes.recoveries(dispute.id) if each.state == "taken"]


@step
def redirect(dispute: Dispute, *, back_to: int, person_id: UUID | None) -> None:
    """Decide anew to whom all that was taken will go back."""
    execute(
        "UPDATE escrow_recovery SET back_account = %(back)s, person_id = %(person)s"
        " WHERE dispute_id = %(id)s AND state = 'taken'",
        {"back": back_to, "person": person_id, "id": dispute.id},
    )


@step
def conclude(dispute_id: UUID, recovery: RecoveryState) -> None:
    """Write down how far the recovery is."""
    execute(
        "UPDATE escrow_dispute SET recovery = %(recovery)s WHERE id = %(id)s",
        {"recovery": recovery, "id": dispute_id},
    )


@step
def stop_refunds(dispute: Dispute, now: datetime) -> bool:
    """Stop what is planned to be refunded of a payment that is gone; False if one was sent."""
    stopped = [
        call_off(each.id, reason="disputed", now=now)
        for each in queries.following(dispute.instruction_id)
        if each.kind == Kind.REFUND and each.state not in {State.SUCCEEDED, State.RETURNED}
    ]
    return all(stopped)


@step
def locked(dispute_id: UUID) -> Dispute:
    """Return a dispute, locked until the end of the transaction."""
    return disputing.locked(dispute_id)


@step
def left(dispute_id: UUID) -> int:
    """Return what of a loss is neither recovered nor asked back, in minor units."""
    return int(
        scalar(
            """
            SELECT d.amount_minor - coalesce(sum(r.amount_minor), 0) FROM escrow_dispute d
            LEFT JOIN escrow_recovery r ON r.dispute_id = d.id AND r.state IN ('taken', 'waiting')
            WHERE d.id = %(id)s GROUP BY d.id
            """,
            {"id": dispute_id},
        )
    )


def _count(dispute_id: UUID, minor: int) -> None:
    execute(
        "UPDATE escrow_dispute SET recovered_minor = recovered_minor + %(minor)s WHERE id = %(id)s",
        {"minor": minor, "id": dispute_id},
    )


def _insert(
    dispute: Dispute,
    *,
    route: str,
    account: int,
    back_to: int,
    amount: Money,
    person_id: UUID | None,
    instruction_id: UUID | None,
    now: datetime,
) -> Recovery:
    row = Recovery(
        id=new_id(),
        dispute_id=dispute.id,
        route=route,
        from_account=account,
        back_account=back_to,
        person_id=person_id,
        instruction_id=instruction_id,
        amount_minor=amount.minor,
        state="taken" if instruction_id is None else "waiting",
        created_at=now,
        finished_at=now if instruction_id is None else None,
    )
    execute(
        """
        INSERT INTO escrow_recovery (id, dispute_id, route, from_account, back_account, person_id,
            instruction_id, amount_minor, state, created_at, finished_at)
        VALUES (%(id)s, %(dispute_id)s, %(route)s, %(from_account)s, %(back_account)s,
            %(person_id)s, %(instruction_id)s, %(amount_minor)s, %(state)s, %(created_at)s,
            %(finished_at)s)
        """,
        {name: getattr(row, name) for name in Recovery.__dataclass_fields__},
    )
    return row
