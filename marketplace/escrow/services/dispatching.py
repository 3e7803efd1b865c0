"""Calls the provider: claim and commit, call, record. No call is made inside a transaction.

Whoever dies between the call and its record leaves an instruction `sent` with a lease. When the
lease is over it is `unknown`, and it is read back before anything is repeated.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar
from uuid import UUID

from marketplace.escrow import gateway, queries
from marketplace.escrow.gateway import (
    TOO_MANY,
    Faulty,
    Never,
    NoAnswer,
    NotNow,
    Seen,
    Standing,
    Unasked,
)
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import applying, claiming, ordering, readiness
from marketplace.escrow.services.ordering import Errand
from marketplace.escrow.states import PAGES, Kind, State
from marketplace.infra.commands import rehearsing
from marketplace.infra.database import db
from marketplace.infra.jobs import defer, job
from marketplace.kernel import clock
from marketplace.kernel.errors import ProviderTrouble
from marketplace.kernel.ids import InstructionId

PATIENCE_S: Final = 5.0
PAUSE_S: Final = 0.05

T = TypeVar("T")
log = logging.getLogger(__name__)


@job("escrow.dispatch")
def dispatch_job(*, instruction_id: str | None = None) -> None:
    """Dispatch one instruction, or all that are due."""
    if instruction_id is None:
        dispatch_due()
    else:
        _take_up(UUID(instruction_id))


@job("escrow.look")
def look_job(*, instruction_id: str) -> None:
    """Read one instruction back."""
    refresh(UUID(instruction_id))


def look_soon(instruction_id: InstructionId) -> None:
    """Queue the reading back of one instruction, in the open transaction."""
    defer(look_job, instruction_id=str(instruction_id))


def wake(instruction_id: InstructionId | None = None) -> None:
    """Queue the dispatch of one instruction, or of all that are due, in the open transaction."""
    if instruction_id is None:
        defer(dispatch_job)
    else:
        defer(dispatch_job, instruction_id=str(instruction_id))


def dispatch(instruction_id: UUID) -> Instruction:
    """Call the provider for a planned instruction and return it as it then stands.

    To be called after the commit that planned it, outside any transaction. A checkout comes
    back with its `url`. Where somebody else is just calling for it, their answer is waited for.
    Without an answer it comes back without `url`, and is taken up again in the background.
    """
    if rehearsing():
        return queries.instruction(instruction_id)
    return _take_up(instruction_id) or _answered(instruction_id)


def dispatch_due(limit: int | None = None) -> int:
    """Call the provider for all that is due, one after the other; returns how many were called.

    Each is claimed just before its call, so that a lease covers one call and not a queue of
    them. All of it, even if one breaks.
    """
    if rehearsing():
        return 0
    errands = iter(claiming.claim, None)
    calls = each(_place, errands if limit is None else islice(errands, limit))
    claiming.come_back(dispatch_job)
    return calls


def expire_unsent() -> int:
    """End the checkouts whose time was over before anybody called; returns how many."""
    late = claiming.too_late()
    for instruction_id in late:
        applying.give_up(instruction_id, "too_late", clock.now())
    return len(late)


def refresh(instruction_id: UUID, *, again: bool = False) -> Instruction:
    """Read an instruction back, apply what the provider shows, and return it.

    One that has succeeded is looked at only `again`: what was paid may have come back. Quiet
    where the provider cannot be reached: then it comes back as it is known here.
    """
    known = queries.instruction(instruction_id)
    if not rehearsing():
        _look(known, again=again)
    return queries.instruction(instruction_id)


def withdraw(instruction_id: UUID) -> Instruction:
    """Close a checkout nobody shall pay any more; one that was paid meanwhile stays paid."""
    known = queries.instruction(instruction_id)
    if known.state == State.PLANNED:
        applying.give_up(known.id, "withdrawn", clock.now())
    elif known.state == State.SENT and known.provider_ref is not None and not rehearsing():
        _close(known, known.provider_ref)
    return queries.instruction(instruction_id)


def recover(limit: int = 200) -> int:
    """Read back what nobody answered and what was silent for long; returns how many."""
    if rehearsing():
        return 0
    claiming.lose_forsaken()
    due = claiming.claim_silent(limit)
    each(refresh, due)
    return len(due)


def _take_up(instruction_id: UUID) -> Instruction | None:
    errand = claiming.claim(instruction_id)
    return None if errand is None else _place(errand)


def _place(errand: Errand) -> Instruction | None:
    """Call the provider; returns the instruction as it then stands where that need not be read."""
    instruction_id = errand.instruction.id
    try:
        seen = _placed(errand)
    except Unasked as trouble:
        claiming.release(instruction_id, trouble.wait_s, clock.now())
    except NotNow as trouble:
        claiming.postpone(instruction_id, trouble.code or "not_now", clock.now())
    except Never as trouble:
        applying.give_up(instruction_id, trouble.code or "refused", clock.now())
    except NoAnswer as trouble:
        is_fault = isinstance(trouble, Faulty)
        claiming.lose(instruction_id, trouble.code or "no_answer", clock.now(), is_fault=is_fault)
    else:
        return _recorded(errand.instruction, seen, clock.now())
    return None


def _recorded(claimed: Instruction, seen: Seen, now: datetime) -> Instruction | None:
    if claimed.kind in PAGES and seen.standing is Standing.OPEN:
        accepted = applying.accept(claimed, seen, now)
        if accepted is not None:
            return accepted
    applying.record(claimed.id, seen, now)
    return None


def _placed(errand: Errand) -> Seen:
    """Place the order; one whose key is spent only after looking whether it has been done."""
    provider = gateway.current()
    if errand.is_key_spent:
        found = _sought(errand)
        if found is not None:
            return found
        errand = claiming.renew_key(errand)
    if errand.instruction.kind == Kind.TRANSFER:
        readiness.insist(provider, errand.instruction.person_id, errand.target)
    return ordering.place(provider, errand)


def _sought(errand: Errand) -> Seen | None:
    """Look for what may have been done. Who cannot look does not know: that is no answer."""
    try:
        return sought(errand.instruction)
    except Unasked:
        raise
    except ProviderTrouble as trouble:
        raise NoAnswer(str(trouble), code=trouble.code or "no_answer") from trouble


def sought(known: Instruction) -> Seen | None:
    """Ask the provider whether it has what we asked for, of which we have no reference."""
    hint = _hint(known)
    db.session.rollback()
    return gateway.current().find(Kind(known.kind), known.operation_id, hint)


def _look(known: Instruction, *, again: bool) -> None:
    db.session.rollback()  # the call must not happen inside a reading transaction
    looks = not known.is_finished or (again and known.state == State.SUCCEEDED)
    if not looks or known.state == State.PLANNED:
        return
    try:
        seen = _seen(known)
    except ProviderTrouble as trouble:
        log.warning("%s not read back: %s", known.operation_id, trouble)
        if trouble.code == TOO_MANY:
            claiming.cannot_look(known.id, trouble.code)
        return
    if seen is not None:
        applying.record(known.id, seen, clock.now())
    elif known.state == State.UNKNOWN:
        claiming.put_back(known.id, clock.now(), dispatch_job)


def _seen(known: Instruction) -> Seen | None:
    if known.provider_ref is not None:
        return gateway.current().read(Kind(known.kind), known.provider_ref)
    return sought(known)


def _hint(known: Instruction) -> str | None:
    if known.of_id is None:
        return known.cause
    origin = queries.instruction(known.of_id)
    by_payment = known.kind in {Kind.REFUND, Kind.CHARGE}
    return origin.payment_ref if by_payment else origin.provider_ref


def _close(known: Instruction, ref: str) -> None:
    db.session.rollback()
    try:
        seen = gateway.current().expire_checkout(ref, f"{known.operation_id}.close")
    except ProviderTrouble as trouble:
        log.warning("%s not closed: %s", known.operation_id, trouble)
        return
    applying.record(known.id, seen, clock.now())


def _answered(instruction_id: UUID) -> Instruction:
    """Wait a little while somebody else's call for it is under way."""
    pause = threading.Event()
    until = clock.monotonic() + PATIENCE_S
    while True:
        known = queries.instruction(instruction_id)
        db.session.rollback()
        under_way = known.state == State.SENT and known.provider_ref is None
        if not under_way or clock.monotonic() > until:
            return known
        pause.wait(PAUSE_S)


def each(act: Callable[[T], object], things: Iterable[T]) -> int:
    """Do all of them even if one breaks; then let the first break be heard. Returns how many."""
    broken: Exception | None = None
    done = 0
    for thing in things:
        done += 1
        try:
            act(thing)
        except Exception as error:
            log.exception("escrow: %s", thing)
            broken = broken or error
    if broken is not None:
        raise broken
    return done
