"""Paying a borrower: one officer proposes, another approves, both see exactly what.

A proposal is bound to the amount, the payee as the provider names them, and the contract. Should
any of them be another one by the time of the decision, or of the payout, it is void.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.infra import audit, transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import execute
from marketplace.infra.events import announce
from marketplace.kernel.actors import CLOCK, SETTLEMENT, Actor
from marketplace.kernel.errors import NotAllowed, Refusal, refuse_if
from marketplace.kernel.ids import new_id
from marketplace.loans.events import DisbursementApproved
from marketplace.loans.models import Loan
from marketplace.loans.preconditions import Case, unmet
from marketplace.loans.queries import disbursing as queries
from marketplace.loans.queries.disbursing import Proposal
from marketplace.loans.services.moving import locked_loan
from marketplace.loans.states import DISBURSEMENT, LoanState, ProposalState

GOOD_FOR: Final = timedelta(hours=24)
NOTE_MAX: Final = 2_000
_PROPOSE: Final = """
    INSERT INTO disbursement_proposal (id, loan_id, state, amount_minor, currency, payee_ref,
        payee_name, account_ending, contract_id, bound_hash, note, proposed_by, proposed_at,
        expires_at)
    VALUES (%s, %s, 'proposed', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""


@command
def propose(actor: Actor, loan_id: UUID, *, shown: str, note: str, now: datetime) -> UUID:
    """Put the payout of a funded loan before a second officer; good for a day.

    `shown` is what the officer saw (`Case.bound`). Refused for an own case, where anything that
    must hold does not (each is named), and where another proposal is on the table.
    """
    loan = locked_loan(loan_id)
    _may_decide(actor, loan)
    case = _ready(loan, now)
    if case.bound != shown:
        raise Refusal("disburse_changed")
    if len(note.strip()) > NOTE_MAX:
        raise Refusal("note_too_long", "note", most=NOTE_MAX)
    _clear_table(loan.id, case, now)
    made = new_id()
    done = execute(
        _PROPOSE,
        (
            *(made, loan.id, case.net.minor, case.currency, case.payee_ref),
            *(case.payee_name, case.account_ending or "", case.contract_id, case.bound),
            *(note.strip(), actor.known(), now, now + GOOD_FOR),
        ),
    )
    if not done:
        raise Refusal("disburse_proposed")
    facts = {"amount_minor": case.net.minor, "currency": case.currency, "payee": case.payee_ref}
    audit.record(actor, "disbursement.propose", "loan", loan.id, at=now, **facts)
    return made


def approve(actor: Actor, proposal_id: UUID, *, now: datetime) -> None:
    """Agree as the second officer to the very proposal that was read; the payout follows.

    Refused for the proposer, for an own case, once its day is over, and where something it was
    bound to has changed: then it is void, and one has to propose anew.
    """
    trouble = _approve(actor, proposal_id, now)
    if trouble is not None:
        raise trouble


@command
def _approve(actor: Actor, proposal_id: UUID, now: datetime) -> Refusal | None:
    """Decide; what ends the proposal is kept, so it is returned and not raised."""
    loan = locked_loan(queries.proposal(proposal_id).loan_id)
    found = queries.proposal(proposal_id, locked=True)
    _may_decide(actor, loan)
    if found.state != ProposalState.PROPOSED:
        raise Refusal("disburse_decided")
    if found.proposed_by == actor.known():
        raise Refusal("same_person")
    if found.expires_at <= now:
        _end(found, "expire", by="clock", actor=CLOCK, now=now)
        return Refusal("disburse_expired")
    if queries.case(loan.id).bound != found.bound_hash:
        _end(found, "void", by="house", actor=actor, now=now, reason=queries.CHANGED)
        return Refusal("disburse_changed_since")
    _ready(loan, now)
    _end(found, "approve", by="checker", actor=actor, now=now)
    audit.record(actor, "disbursement.approve", "loan", loan.id, at=now, proposal=found.ref)
    announce(DisbursementApproved(loan.id, loan.borrower_id))
    return None


@command
def refuse(actor: Actor, proposal_id: UUID, *, reason: str, now: datetime) -> None:
    """Turn a proposal down, or take one's own back; always with a reason."""
    loan = locked_loan(queries.proposal(proposal_id).loan_id)
    found = queries.proposal(proposal_id, locked=True)
    _may_decide(actor, loan)
    if found.state != ProposalState.PROPOSED:
        raise Refusal("disburse_decided")
    words = reason.strip()
    if not words:
        raise Refusal("disburse_reason_missing", "reason")
    if len(words) > NOTE_MAX:
        raise Refusal("note_too_long", "reason", most=NOTE_MAX)
    _end(found, "refuse", by="checker", actor=actor, now=now, reason=words)
    audit.record(actor, "disbursement.refuse", "loan", loan.id, at=now, proposal=found.ref)


@command
def expire_due(now: datetime) -> int:
    """End the proposals nobody decided on within their day; returns how many."""
    due = queries.overdue(now)
    for each in due:
        found = queries.proposal(each.id, locked=True)
        if found.state == ProposalState.PROPOSED:
            _end(found, "expire", by="clock", actor=CLOCK, now=now)
    return len(due)


@step
def holds_up(loan: Loan, now: datetime) -> str:
    """Return why a loan cannot be paid out yet, in the words of the operators' log; empty: it can.

    An approval that fits no longer is void from now on, whatever else is missing.
    """
    case = queries.case(loan.id)
    found = queries.on_the_table([loan.id]).get(loan.id)
    agreed = found if found is not None and found.state == ProposalState.APPROVED else None
    if agreed is not None and agreed.bound_hash != case.bound:
        _end(agreed, "void", by="house", actor=SETTLEMENT, now=now, reason=queries.CHANGED)
        return "changed since it was approved"
    if missing := unmet(case, now.date()):
        return f"missing: {', '.join(missing)}"
    return "" if agreed is not None else "not approved by two officers"


@step
def take_off_table(loan_id: UUID, *, reason: str, now: datetime) -> None:
    """Void whatever was proposed or approved for a loan that goes another way."""
    found = queries.on_the_table([loan_id]).get(loan_id)
    if found is not None:
        _end(found, "void", by="house", actor=SETTLEMENT, now=now, reason=reason)


def _ready(loan: Loan, now: datetime) -> Case:
    if loan.state != LoanState.FUNDED:
        raise Refusal("disburse_not_funded")
    case = queries.case(loan.id)
    refuse_if([Refusal(f"disburse_{check}") for check in unmet(case, now.date())])
    return case


@step
def _clear_table(loan_id: UUID, case: Case, now: datetime) -> None:
    """Take what has expired, or fits no longer, off the table."""
    found = queries.on_the_table([loan_id]).get(loan_id)
    if found is None:
        return
    if found.state == ProposalState.PROPOSED and found.expires_at <= now:
        _end(found, "expire", by="clock", actor=CLOCK, now=now)
    elif found.bound_hash != case.bound:
        _end(found, "void", by="house", actor=SETTLEMENT, now=now, reason=queries.CHANGED)


@step
def _end(
    found: Proposal, move: str, *, by: str, actor: Actor, now: datetime, reason: str | None = None
) -> None:
    after = transitions.go(
        DISBURSEMENT, found.id, found.state, move, by=(by,), actor=actor, at=now, reason=reason
    )
    # An approval that is void later keeps who gave it, and when.
    execute(
        """
        UPDATE disbursement_proposal SET state = %s, reason = %s,
            decided_by = coalesce(decided_by, %s), decided_at = coalesce(decided_at, %s)
        WHERE id = %s
        """,
        (after.value, reason, actor.person_id, now, found.id),
    )


def _may_decide(actor: Actor, loan: Loan) -> None:
    if not actor.has("finance_officer"):
        raise NotAllowed("finance.decide")
    if actor.known() == loan.borrower_id or queries.lends(actor.known(), loan.id):
        raise Refusal("disburse_own_case")
