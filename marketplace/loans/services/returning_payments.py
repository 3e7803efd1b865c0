"""Payments that nobody owed go back whole: of a bill paid before, of a loan that is not repaid."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import planning
from marketplace.infra.commands import command, step
from marketplace.infra.database import scalar
from marketplace.kernel.actors import PROVIDER
from marketplace.kernel.errors import Broken
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move

PURPOSES: Final = frozenset({"bill", "prepayment"})


@command
def to_wallet(refund_id: UUID, *, amount: Money, now: datetime) -> None:
    """What was not owed could not go back to the means of payment: it goes to the wallet."""
    keep(refund_id, amount=amount, now=now)


@step
def keep(refund_id: UUID, *, amount: Money, now: datetime) -> None:
    """End the refund of a payment that was not owed in its payer's wallet."""
    refund = escrow.instruction(refund_id)
    if refund.person_id is None:
        raise Broken(f"refund {refund_id} is nobody's")
    ledger.post(
        f"loans.refund_to_wallet:{refund_id}",
        [
            Move(
                refund.account_id,
                ledger.account("person:wallet", amount.currency, refund.person_id),
                amount,
                "refund",
            )
        ],
        cause=refund.cause,
        actor=PROVIDER.label,
        happened_at=now,
    )


def loan_of(instruction_id: UUID) -> UUID:
    """Return the loan a payment was for, also where its bill is gone."""
    owner = ledger_queries.balance(escrow.instruction(instruction_id).account_id).owner_id
    if owner is None:
        raise Broken(f"payment {instruction_id} is for no loan")
    return owner


@step
def give_back(instruction_id: UUID, *, amount: Money) -> None:
    """Plan to give a payment back that nobody owed; again, it is the same refund."""
    payment = escrow.instruction(instruction_id)
    planning.plan_refund(
        of=payment.id,
        subject_id=payment.subject_id,
        amount=amount,
        debit_account=payment.account_id,
        purpose=payment.purpose,
        cause=payment.cause,
        reason="not_owed",
        sequence=_number(payment),
    )


@step
def _number(payment: Instruction) -> int:
    """Return which refund of its subject the payment's is; the same for the same payment."""
    sql = """
        SELECT coalesce(max(sequence) FILTER (WHERE of_id = %(of)s), max(sequence) + 1, 1)
        FROM escrow_instruction
        WHERE kind = 'refund' AND purpose = %(purpose)s AND subject_id = %(subject)s
    """
    facts = {"of": payment.id, "purpose": payment.purpose, "subject": payment.subject_id}
    return int(scalar(sql, facts))
