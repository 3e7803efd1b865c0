"""What finance officers do about dead letters with four eyes: resolve them, or give them up.

One officer proposes with a reason, another one decides. The provider is asked before anything is
believed: what is said to have been settled by hand must be there, with the amount; what is to be
given up must not be there. Who comes second to the same decision changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow import gateway, queries
from marketplace.escrow.gateway import TOO_MANY, Never, Seen, Standing
from marketplace.escrow.queries import Instruction, remedies
from marketplace.escrow.queries.remedies import RemedyRow
from marketplace.escrow.services import applying, dispatching
from marketplace.escrow.services.proposals import (
    DECIDERS,
    PROPOSERS,
    Wish,
    decide,
    failed_delivery,
    must_be,
    open_one,
    stuck,
    write,
)
from marketplace.escrow.states import Kind, RemedyKind, RemedyState, State
from marketplace.infra.commands import command, step
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, ProviderTrouble, Refusal
from marketplace.kernel.ids import parse_public_id

REF_MAX: Final = 200
GIVEN_UP: Final = "given_up"


def propose_resolve(
    officer: Actor, instruction_id: UUID, *, provider_ref: str, reason: str, now: datetime
) -> UUID:
    """Propose that the provider's `provider_ref` is what we asked for. Outside any transaction.

    Refused where the provider does not show it with our amount.
    """
    must_be(officer, PROPOSERS)
    ref = " ".join(provider_ref.split())[:REF_MAX]
    _shown(queries.instruction(instruction_id), ref)
    wish = Wish(RemedyKind.RESOLVE, reason, instruction_id, provider_ref=ref)
    return _propose(officer, wish, instruction_id, now)


def propose_cancel(officer: Actor, instruction_id: UUID, *, reason: str, now: datetime) -> UUID:
    """Propose that it shall not be done; of what has failed, that nothing more is to do."""
    must_be(officer, PROPOSERS)
    wish = Wish(RemedyKind.CANCEL, reason, instruction_id)
    return _propose(officer, wish, instruction_id, now)


@command
def propose_dropping(officer: Actor, delivery_id: UUID, *, reason: str, now: datetime) -> UUID:
    """Propose to leave a notice as it is."""
    must_be(officer, PROPOSERS)
    failed_delivery(delivery_id)
    return write(officer, Wish(RemedyKind.CANCEL, reason, delivery_id=delivery_id), now)


def approve(officer: Actor, remedy_id: UUID, now: datetime) -> None:
    """Do what another officer proposed. Outside any transaction: the provider is asked first.

    Refused for one's own proposal, for one already decided, and where the provider shows
    something else than was said.
    """
    proposal = remedies.remedy(remedy_id)
    _may_decide(officer, proposal)
    if proposal.instruction_id is None:
        _drop(officer, remedy_id, now)
        return
    known = queries.instruction(proposal.instruction_id)
    if proposal.kind == RemedyKind.RESOLVE:
        seen = _shown(known, proposal.provider_ref or "")
        _resolve(officer, remedy_id, seen, now)
        return
    found = _found_after_all(known)
    if found is None:
        _cancel(officer, remedy_id, now)
        return
    applying.record(known.id, found, now)
    _refuse_moot(officer, remedy_id, now)
    raise Refusal("remedy_found", ref=found.ref)


@command
def refuse(officer: Actor, remedy_id: UUID, now: datetime) -> None:
    """Take a proposal off the table; one's own too."""
    must_be(officer, DECIDERS)
    decide(officer, open_one(remedy_id), RemedyState.REFUSED, now)


@command
def _propose(officer: Actor, wish: Wish, instruction_id: UUID, now: datetime) -> UUID:
    instruction = stuck(instruction_id, now)
    if wish.kind is RemedyKind.RESOLVE and instruction.state == State.FAILED:
        raise Refusal("remedy_over", state=instruction.state)
    return write(officer, wish, now)


@command
def _resolve(officer: Actor, remedy_id: UUID, seen: Seen, now: datetime) -> None:
    proposal = open_one(remedy_id)
    _may_decide(officer, proposal)
    instruction = _undecided(proposal, (State.PLANNED, State.UNKNOWN))
    # What was made by hand does not carry our mark: two officers say that it is ours.
    applying.apply(instruction.id, replace(seen, operation_id=instruction.operation_id), now)
    execute(
        "UPDATE escrow_movement SET instruction_id = %(id)s WHERE provider = %(provider)s"
        " AND instruction_id IS NULL AND source_ref = %(ref)s",
        {"id": instruction.id, "provider": instruction.provider, "ref": seen.ref},
    )
    decide(officer, proposal, RemedyState.APPLIED, now)


@command
def _cancel(officer: Actor, remedy_id: UUID, now: datetime) -> None:
    proposal = open_one(remedy_id)
    _may_decide(officer, proposal)
    instruction = _undecided(proposal, (State.PLANNED, State.UNKNOWN, State.FAILED))
    if not instruction.is_finished:
        applying.end(instruction.id, GIVEN_UP, now, officer=officer)
    decide(officer, proposal, RemedyState.APPLIED, now)


@command
def _drop(officer: Actor, remedy_id: UUID, now: datetime) -> None:
    proposal = open_one(remedy_id)
    _may_decide(officer, proposal)
    failed_delivery(proposal.delivery_id)
    execute(
        "UPDATE escrow_delivery SET state = 'ignored' WHERE id = %(id)s",
        {"id": proposal.delivery_id},
    )
    decide(officer, proposal, RemedyState.APPLIED, now)


@command
def _refuse_moot(officer: Actor, remedy_id: UUID, now: datetime) -> None:
    decide(officer, open_one(remedy_id), RemedyState.REFUSED, now)


def _shown(known: Instruction, ref: str) -> Seen:
    """Return what the provider shows under `ref`, if it can be what we asked for."""
    if not ref:
        raise Refusal("remedy_ref_missing", "provider_ref")
    taken = scalar(
        "SELECT id FROM escrow_instruction WHERE provider = %(provider)s"
        " AND provider_ref = %(ref)s AND id <> %(id)s",
        {"provider": known.provider, "ref": ref, "id": known.id},
    )
    db.session.rollback()  # the call must not happen inside a reading transaction
    if taken is not None:
        raise Refusal("remedy_ref_taken", "provider_ref")
    try:
        seen = gateway.current().read(Kind(known.kind), ref)
    except Never:
        raise Refusal("remedy_ref_unknown", "provider_ref", ref=ref) from None
    except ProviderTrouble as trouble:
        if trouble.code == "resource_missing":
            raise Refusal("remedy_ref_unknown", "provider_ref", ref=ref) from None
        raise Refusal("remedy_unread") from trouble
    if _is_of_another(seen.operation_id, known):
        raise Refusal("remedy_ref_taken", "provider_ref")
    if seen.amount != known.amount:
        raise Refusal("remedy_amount", "provider_ref", there=seen.amount, here=known.amount)
    if seen.standing not in {Standing.OPEN, Standing.SUCCEEDED}:
        raise Refusal("remedy_ref_failed", "provider_ref")
    return seen


def _found_after_all(known: Instruction) -> Seen | None:
    """Look whether the provider has what is to be given up; None if it surely has not.

    Where there is too much to look through, the two officers have looked.
    """
    if known.is_finished or known.attempts == 0:
        return None
    try:
        return dispatching.sought(known)
    except ProviderTrouble as trouble:
        if trouble.code == TOO_MANY:
            return None
        raise Refusal("remedy_unread") from trouble


@step
def _undecided(proposal: RemedyRow, states: tuple[State, ...]) -> Instruction:
    """Return the locked instruction if nothing has come of it meanwhile."""
    if proposal.instruction_id is None:
        raise NotFound(str(proposal.id))
    instruction = applying.locked(proposal.instruction_id)
    is_there = instruction.provider_ref is not None and not instruction.is_finished
    if is_there or State(instruction.state) not in states:
        raise Refusal("remedy_over", state=instruction.state)
    return instruction


def _may_decide(officer: Actor, proposal: RemedyRow) -> None:
    must_be(officer, DECIDERS)
    if proposal.proposed_by == officer.known():
        raise Refusal("same_person")


def _is_of_another(operation_id: str, known: Instruction) -> bool:
    """Whether the provider's thing carries the mark of another instruction of ours."""
    try:
        return parse_public_id("ins", operation_id) != known.id
    except NotFound:
        return False  # made by hand, or under a mark of somebody else
