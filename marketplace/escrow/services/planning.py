"""Writes down what the provider shall do: steps that commit with the caller's reason.

Planning the same thing twice is one plan: an instruction is one of its kind, purpose, subject
and sequence number. Planning *another* thing under the same four is a mistake in our code.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypedDict, Unpack
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.queries import SELECT, Instruction
from marketplace.escrow.services import booking, mass_drafts
from marketplace.escrow.services.dispatching import wake
from marketplace.escrow.services.drafts import Draft, insert, set_aside
from marketplace.escrow.states import ENDS, PAYMENTS, Kind, State
from marketplace.infra.commands import step
from marketplace.infra.database import row, scalar
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId, new_id, public_id
from marketplace.kernel.money import Money

_BROUGHT: Final = """
    SELECT count(*) FROM escrow_instruction
    WHERE kind = 'top_up' AND purpose = %s AND subject_id = %s AND state = 'failed'
"""
_TOO_MUCH: Final = """
    SELECT paid.id FROM escrow_instruction paid JOIN escrow_instruction back ON back.of_id = paid.id
    WHERE paid.id = ANY(%(of)s) AND back.kind = 'refund' AND back.state <> 'failed'
    GROUP BY paid.id HAVING sum(back.amount_minor) > paid.amount_minor LIMIT 1
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

    def draft(self) -> Draft:
        """Return it as what every instruction is planned from."""
        return Draft(
            kind=Kind.REFUND,
            purpose=self.purpose,
            subject_id=self.subject_id,
            sequence=self.sequence,
            amount=self.amount,
            account_id=self.debit_account,
            cause=self.cause,
            description=self.reason,
            of_id=self.of,
        )


@dataclass(frozen=True, slots=True)
class ChargePlan:
    """One charge of many: take `amount` from the means saved by `of`, for `credit_account`."""

    of: InstructionId
    subject_id: UUID
    amount: Money
    credit_account: int
    purpose: str
    cause: str
    description: str
    sequence: int = 1

    def draft(self) -> Draft:
        """Return it as what every instruction is planned from."""
        return Draft(
            kind=Kind.CHARGE,
            purpose=self.purpose,
            subject_id=self.subject_id,
            sequence=self.sequence,
            amount=self.amount,
            account_id=self.credit_account,
            cause=self.cause,
            description=self.description,
            of_id=self.of,
        )


class HostedPage(TypedDict):
    """What a person is asked for on the provider's page; what is paid goes to `credit_account`."""

    purpose: str
    subject_id: UUID
    person_id: UUID
    amount: Money
    credit_account: int
    description: str
    return_path: str
    cancel_path: str
    expires_at: datetime
    cause: str


@step
def plan_checkout(**page: Unpack[HostedPage]) -> InstructionId:
    """Plan that a person pays `amount` on the provider's page; paid money goes to `credit_account`.

    While an unfinished checkout of the same amount exists for the subject, it is the answer;
    after one has expired or failed, a new one is planned. Call `dispatch` after the commit.
    """
    return _hosted(Kind.CHECKOUT, page)


@step
def plan_setup(**page: Unpack[HostedPage]) -> InstructionId:
    """Plan that a person saves a means of payment, from which `plan_charge` later takes `amount`.

    Nothing is charged now. Everything else is as with `plan_checkout`.
    """
    return _hosted(Kind.SETUP, page)


@step
def plan_charge(
    *,
    of: InstructionId,
    subject_id: UUID,
    amount: Money,
    credit_account: int,
    purpose: str,
    cause: str,
    description: str,
    sequence: int = 1,
) -> InstructionId:
    """Plan to charge the means saved by the setup `of`; the person is not present.

    It ends in `CheckoutPaid`, as if the person had paid on a page, or in `ChargeFailed`. Another
    try takes the next `sequence`; a person can always be asked by `plan_checkout` instead.
    """
    plan = ChargePlan(of, subject_id, amount, credit_account, purpose, cause, description, sequence)
    saved = _succeeded(of, (Kind.SETUP,))
    planned = insert(replace(plan.draft(), person_id=saved.person_id)).id
    wake(planned)
    return planned


@step
def plan_charges(plans: Sequence[ChargePlan]) -> list[InstructionId]:
    """Plan many charges at once, in a few statements and with one job for all of them."""
    if not plans:
        return []
    planned = mass_drafts.insert_all(
        [plan.draft() for plan in plans],
        (Kind.SETUP,),
        missing="a charge is asked for of a means that nobody has saved",
    )
    wake()
    return planned.ids


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
    planned = mass_drafts.insert_all(
        [plan.draft() for plan in plans],
        PAYMENTS,
        missing="a refund is asked for of what nobody has paid",
    )
    booking.hold_refunds(planned.fresh, gateway.current().name, planned.at)
    _insist_on_enough([plan.of for plan in plans])
    wake()
    return planned.ids


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
    draft = Draft(
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
    planned = set_aside(draft)
    wake(planned)
    return planned


@step
def plan_reversal(
    *,
    of: InstructionId,
    subject_id: UUID,
    amount: Money,
    credit_account: int,
    purpose: str,
    cause: str,
    description: str,
    sequence: int = 1,
) -> InstructionId:
    """Plan to take `amount` of the transfer `of` back; it comes to `credit_account`.

    The payee may have spent it: then it ends in `ReversalFailed`.
    """
    paid = _succeeded(of, (Kind.TRANSFER,))
    draft = Draft(
        kind=Kind.REVERSAL,
        purpose=purpose,
        subject_id=subject_id,
        sequence=sequence,
        amount=amount,
        account_id=credit_account,
        cause=cause,
        description=description,
        person_id=paid.person_id,
        of_id=paid.id,
    )
    planned = insert(draft).id
    wake(planned)
    return planned


@step
def plan_payout(amount: Money, *, debit_account: int, description: str) -> InstructionId:
    """Plan to pay the platform's own money (its fees) out to its bank; set aside at once."""
    subject = new_id()
    draft = Draft(
        kind=Kind.PAYOUT,
        purpose="platform_payout",
        subject_id=subject,
        sequence=1,
        amount=amount,
        account_id=debit_account,
        cause=f"instruction:{subject}",
        description=description,
    )
    planned = set_aside(draft)
    wake(planned)
    return planned


@step
def plan_top_up(amount: Money, *, description: str) -> InstructionId:
    """Plan to put the platform's own money in, for refunds whose fees the provider kept."""
    subject = new_id()
    draft = Draft(
        kind=Kind.TOP_UP,
        purpose="refund_reserve",
        subject_id=subject,
        sequence=1,
        amount=amount,
        account_id=booking.reserve_account(amount.currency),
        cause=f"instruction:{subject}",
        description=description,
    )
    return insert(draft).id


@step
def plan_bringing_in(
    amount: Money,
    *,
    purpose: str,
    subject_id: UUID,
    credit_account: int,
    cause: str,
    description: str,
) -> InstructionId:
    """Plan to bring in what was collected at a bank: a top-up that `credit_account` owns.

    One for each subject; once one has failed, the next.
    """
    draft = Draft(
        kind=Kind.TOP_UP,
        purpose=purpose,
        subject_id=subject_id,
        sequence=1 + int(scalar(_BROUGHT, (purpose, subject_id))),
        amount=amount,
        account_id=credit_account,
        cause=cause,
        description=description,
    )
    planned = insert(draft).id
    wake(planned)
    return planned


def _refund(plan: RefundPlan) -> InstructionId:
    # Locked, so that two refunds of one payment see each other's amounts.
    paid = _succeeded(plan.of, PAYMENTS)
    planned = set_aside(replace(plan.draft(), person_id=paid.person_id))
    _insist_on_enough([paid.id])
    return planned


def _insist_on_enough(payments: Sequence[InstructionId]) -> None:
    if (beyond := scalar(_TOO_MUCH, {"of": list(payments)})) is not None:
        raise Broken(f"refunds of {public_id('ins', beyond)} exceed what was paid")


def _succeeded(of: InstructionId, kinds: Collection[Kind]) -> Instruction:
    done = row(f"{SELECT} WHERE id = %(id)s FOR UPDATE", {"id": of}, into=Instruction)
    if done is None or done.kind not in kinds or done.state != State.SUCCEEDED:
        raise Broken(f"{of} is no {' or '.join(kinds)} that succeeded")
    return done


def _hosted(kind: Kind, page: HostedPage) -> InstructionId:
    draft = Draft(
        kind=kind,
        purpose=page["purpose"],
        subject_id=page["subject_id"],
        sequence=1,
        amount=page["amount"],
        account_id=page["credit_account"],
        cause=page["cause"],
        description=page["description"],
        person_id=page["person_id"],
        return_path=page["return_path"],
        cancel_path=page["cancel_path"],
        expires_at=page["expires_at"],
    )
    latest = _latest(draft)
    if latest is None:
        return insert(draft).id
    if _still_good(latest, draft.amount, draft.account_id, clock.now()):
        return latest.id
    return insert(replace(draft, sequence=latest.sequence + 1)).id


def _latest(draft: Draft) -> Instruction | None:
    return row(
        f"{SELECT} WHERE kind = %(kind)s AND purpose = %(purpose)s AND subject_id = %(subject)s"
        " ORDER BY sequence DESC LIMIT 1 FOR UPDATE",
        {"kind": draft.kind, "purpose": draft.purpose, "subject": draft.subject_id},
        into=Instruction,
    )


def _still_good(latest: Instruction, amount: Money, account: int, now: datetime) -> bool:
    return (
        State(latest.state) not in ENDS
        and (latest.amount, latest.account_id) == (amount, account)
        and latest.expires_at is not None
        and latest.expires_at > now
    )
