"""Writes down what the provider shall do: steps that commit with the caller's reason.

Planning the same thing twice is one plan: an instruction is one of its kind, purpose, subject
and sequence number. Planning *another* thing under the same four is a mistake in our code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.queries import SELECT, Instruction
from marketplace.escrow.services import booking, mass_refunds
from marketplace.escrow.services.dispatching import wake
from marketplace.escrow.states import ENDS, Kind, State
from marketplace.infra.commands import step
from marketplace.infra.database import execute, row, scalar
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId, new_id
from marketplace.kernel.money import Money

_INSERT = """
    INSERT INTO escrow_instruction (id, kind, purpose, subject_id, sequence, person_id, of_id,
        provider, amount_minor, currency, state, account_id, cause, description, return_path,
        cancel_path, expires_at, created_at)
    VALUES (%(id)s, %(kind)s, %(purpose)s, %(subject_id)s, %(sequence)s, %(person_id)s, %(of_id)s,
        %(provider)s, %(amount_minor)s, %(currency)s, 'planned', %(account_id)s, %(cause)s,
        %(description)s, %(return_path)s, %(cancel_path)s, %(expires_at)s, %(created_at)s)
    ON CONFLICT (kind, purpose, subject_id, sequence) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """One refund of many: give `amount` of the checkout `of` back, out of `debit_account`."""

    of: InstructionId
    subject_id: UUID
    amount: Money
    debit_account: int
    purpose: str
    cause: str
    reason: str
    sequence: int = 1


@dataclass(frozen=True, slots=True)
class _Draft:
    kind: Kind
    purpose: str
    subject_id: UUID
    sequence: int
    amount: Money
    account_id: int
    cause: str
    description: str
    person_id: UUID | None = None
    of_id: UUID | None = None
    return_path: str | None = None
    cancel_path: str | None = None
    expires_at: datetime | None = None


@step
def plan_checkout(
    *,
    purpose: str,
    subject_id: UUID,
    person_id: UUID,
    amount: Money,
    credit_account: int,
    description: str,
    return_path: str,
    cancel_path: str,
    expires_at: datetime,
    cause: str,
) -> InstructionId:
    """Plan that a person pays `amount` on the provider's page; paid money goes to `credit_account`.

    While an unfinished checkout of the same amount exists for the subject, it is the answer;
    after one has expired or failed, a new one is planned. Call `dispatch` after the commit.
    """
    latest = _latest_checkout(purpose, subject_id)
    if latest is not None and _still_good(latest, amount, credit_account, clock.now()):
        return latest.id
    return _insert(
        _Draft(
            kind=Kind.CHECKOUT,
            purpose=purpose,
            subject_id=subject_id,
            sequence=latest.sequence + 1 if latest else 1,
            amount=amount,
            account_id=credit_account,
            cause=cause,
            description=description,
            person_id=person_id,
            return_path=return_path,
            cancel_path=cancel_path,
            expires_at=expires_at,
        )
    ).id


@step
def plan_refund(
    *,
    of: InstructionId,
    subject_id: UUID,
    amount: Money,
    debit_account: int,
    purpose: str,
    cause: str,
    reason: str,
    sequence: int = 1,
) -> InstructionId:
    """Plan to give `amount` of the paid checkout `of` back; the money is set aside at once.

    The same call again is the same refund. A further one for the subject (a second part, or
    another try after `RefundFailed`) takes the next `sequence`.
    """
    plan = RefundPlan(of, subject_id, amount, debit_account, purpose, cause, reason, sequence)
    planned = _refund(plan)
    wake(planned)
    return planned


@step
def plan_refunds(plans: Sequence[RefundPlan]) -> list[InstructionId]:
    """Plan many refunds at once, in a few statements and with one job for all of them."""
    if not plans:
        return []
    planned = mass_refunds.plan_all(plans)
    wake()
    return planned


@step
def plan_transfer(
    *,
    purpose: str,
    subject_id: UUID,
    person_id: UUID,
    amount: Money,
    debit_account: int,
    cause: str,
    description: str,
    sequence: int = 1,
) -> InstructionId:
    """Plan to pay `amount` to a person; the money is set aside at once.

    It waits for the person's onboarding and for available money, however long that takes. The
    same call again is the same transfer; a further one for the subject takes the next `sequence`.
    """
    draft = _Draft(
        kind=Kind.TRANSFER,
        purpose=purpose,
        subject_id=subject_id,
        sequence=sequence,
        amount=amount,
        account_id=debit_account,
        cause=cause,
        description=description,
        person_id=person_id,
    )
    planned = _outgoing(draft)
    wake(planned)
    return planned


@step
def plan_top_up(amount: Money, *, description: str) -> InstructionId:
    """Plan to put the platform's own money in, for refunds whose fees the provider kept."""
    subject = new_id()
    draft = _Draft(
        kind=Kind.TOP_UP,
        purpose="refund_reserve",
        subject_id=subject,
        sequence=1,
        amount=amount,
        account_id=booking.reserve_account(amount.currency),
        cause=f"instruction:{subject}",
        description=description,
    )
    return _insert(draft).id


def _refund(plan: RefundPlan) -> InstructionId:
    paid = _paid_checkout(plan.of)
    draft = _Draft(
        kind=Kind.REFUND,
        purpose=plan.purpose,
        subject_id=plan.subject_id,
        sequence=plan.sequence,
        amount=plan.amount,
        account_id=plan.debit_account,
        cause=plan.cause,
        description=plan.reason,
        person_id=paid.person_id,
        of_id=paid.id,
    )
    planned = _outgoing(draft)
    given_back = int(
        scalar(
            "SELECT coalesce(sum(amount_minor), 0) FROM escrow_instruction"
            " WHERE of_id = %(of)s AND kind = 'refund' AND state <> 'failed'",
            {"of": paid.id},
        )
    )
    if given_back > paid.amount_minor:
        raise Broken(f"refunds of {paid.operation_id} exceed what was paid")
    return planned


def _outgoing(draft: _Draft) -> InstructionId:
    instruction = _insert(draft)
    booking.hold_outgoing(instruction, instruction.created_at)
    return instruction.id


def _paid_checkout(of: InstructionId) -> Instruction:
    # Locked, so that two refunds of one payment see each other's amounts.
    paid = row(f"{SELECT} WHERE id = %(id)s FOR UPDATE", {"id": of}, into=Instruction)
    if paid is None or paid.kind != Kind.CHECKOUT or paid.state != State.SUCCEEDED:
        raise Broken(f"{of} is no paid checkout")
    return paid


def _latest_checkout(purpose: str, subject_id: UUID) -> Instruction | None:
    return row(
        f"{SELECT} WHERE kind = 'checkout' AND purpose = %(purpose)s AND subject_id = %(subject)s"
        " ORDER BY sequence DESC LIMIT 1 FOR UPDATE",
        {"purpose": purpose, "subject": subject_id},
        into=Instruction,
    )


def _still_good(latest: Instruction, amount: Money, account: int, now: datetime) -> bool:
    return (
        State(latest.state) not in ENDS
        and (latest.amount, latest.account_id) == (amount, account)
        and latest.expires_at is not None
        and latest.expires_at > now
    )


def _insert(draft: _Draft) -> Instruction:
    params = {name: getattr(draft, name) for name in _Draft.__dataclass_fields__}
    params |= {
        "id": new_id(),
        "provider": gateway.current().name,
        "amount_minor": draft.amount.minor,
        "currency": draft.amount.currency,
        "created_at": clock.now(),
    }
    del params["amount"]
    execute(_INSERT, params)
    kept = row(
        f"{SELECT} WHERE kind = %(kind)s AND purpose = %(purpose)s"
        " AND subject_id = %(subject_id)s AND sequence = %(sequence)s",
        {key: params[key] for key in ("kind", "purpose", "subject_id", "sequence")},
        into=Instruction,
    )
    if kept is None or not _same(kept, draft):
        raise Broken(f"another {draft.kind} is planned for {draft.purpose} {draft.subject_id}")
    return kept


def _same(kept: Instruction, draft: _Draft) -> bool:
    return (kept.amount, kept.account_id, kept.person_id, kept.of_id) == (
        draft.amount,
        draft.account_id,
        draft.person_id,
        draft.of_id,
    )
