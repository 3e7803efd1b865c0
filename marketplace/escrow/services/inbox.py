"""What the provider tells us: checked and stored at once, worked later, each notice once.

A webhook never acts. Its row is unique by the provider's event id, so the same notice fifty
times at once is one row; the worker applies it under a lock, so it is one effect. What has come
together is worked together; where that breaks, each by itself, so that one that cannot be applied
holds up nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.gateway import Delivery, Forged
from marketplace.escrow.queries import SELECT, Instruction
from marketplace.escrow.services import applying, disputing, payees
from marketplace.escrow.states import Inbox
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db, execute, rows
from marketplace.infra.jobs import defer, job
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id, parse_public_id

ATTEMPTS_MAX: Final = 10
BATCH: Final = 50
ERROR_MAX: Final = 500
GATHERED_S: Final = 0.05  # notices come one after the other, and are worked together
DOOR: Final = 0x696E626F78  # the key of the lock between those who store and those who look

log = logging.getLogger(__name__)

_Ours: TypeAlias = dict[UUID, Instruction | None]
"""Our instructions as they were locked; None for one to which something was applied since."""


@dataclass(frozen=True, slots=True)
class _Stored:
    id: UUID
    body: bytes


@dataclass(frozen=True, slots=True)
class _Worked:
    id: UUID
    state: Inbox
    instruction_id: UUID | None


@job("escrow.inbox", after_s=GATHERED_S)
def inbox_job() -> None:
    """Work everything that is stored."""
    work_inbox()


def receive(provider: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Check and store a notice; True if it is a new one.

    Raises `Forged` for one that cannot be trusted, `NotFound` for a provider we do not use.
    """
    if gateway.current().name != provider:
        raise NotFound(provider)
    now = clock.now()
    try:
        notice = _verified(body, headers, now)
    except Forged as forged:
        _turn_away(provider, forged.code, now)
        raise
    return _store(provider, notice, body, now)


@step
def wake() -> None:
    """Queue the working of what is stored, in the open transaction.

    Where that is queued already, whoever takes it up waits for this transaction before looking.
    """
    execute("SELECT pg_advisory_xact_lock_shared(%(door)s)", {"door": DOOR})
    _queue()


def work_inbox(limit: int | None = None) -> int:
    """Work stored notices in the order they came; returns how many were worked."""
    done = 0
    while limit is None or done < limit:
        waiting = _waiting()
        worked = _work_those(waiting)
        done += worked
        if not worked or len(waiting) < BATCH:  # who stores one after that look wakes again
            break
    return done


@command
def _store(provider: str, notice: Delivery, body: bytes, now: datetime) -> bool:
    fresh = execute(
        """
        INSERT INTO escrow_delivery (id, provider, provider_event_id, kind, body, verified_at,
            state)
        SELECT %(id)s, %(provider)s, %(event)s, %(kind)s, %(body)s, %(now)s, 'stored'
        FROM pg_advisory_xact_lock_shared(%(door)s)
        ON CONFLICT (provider, provider_event_id) DO NOTHING
        """,
        {
            "id": new_id(),
            "provider": provider,
            "event": notice.event_id,
            "kind": notice.kind,
            "body": body,
            "now": now,
            "door": DOOR,
        },
    )
    if fresh:
        _queue()
    return fresh == 1


@step
def _queue() -> None:
    """Queue the work; the door is held."""
    defer(inbox_job, key="escrow.inbox")


def _verified(body: bytes, headers: Mapping[str, str], now: datetime) -> Delivery:
    notice = gateway.current().verify_delivery(body, headers, now)
    if notice.account_ref is not None and not payees.is_ours(notice.account_ref):
        raise Forged("wrong_account")
    return notice


@command
def _turn_away(provider: str, reason: str, now: datetime) -> None:
    """Count what came with a false signature. What it said is not kept: anybody can post here."""
    execute(
        """
        INSERT INTO escrow_forgery AS f (provider, reason, hour, count, last_at)
        VALUES (%(provider)s, %(reason)s, date_trunc('hour', %(now)s::timestamptz), 1, %(now)s)
        ON CONFLICT (provider, reason, hour) DO UPDATE
        SET count = f.count + 1, last_at = greatest(f.last_at, excluded.last_at)
        """,
        {"provider": provider, "reason": reason, "now": now},
    )


def _work_those(waiting: Sequence[UUID]) -> int:
    """Work all of them in one transaction, or each by itself where one breaks.

    Returns how many were worked; what somebody else has in hand is left to them.
    """
    if not waiting:
        return 0
    try:
        return _work(waiting, clock.now())
    except Exception:
        log.exception("%s deliveries are worked one by one", len(waiting))
    for delivery_id in waiting:
        _work_safely(delivery_id)
    return len(waiting)


def _waiting() -> list[UUID]:
    """Return what is stored; what is being stored just now is waited for."""
    execute("SELECT pg_advisory_xact_lock(%(door)s)", {"door": DOOR})
    found = column(
        "SELECT id FROM escrow_delivery WHERE state = 'stored'"
        " AND (not_before IS NULL OR not_before <= %(now)s) ORDER BY id LIMIT %(limit)s",
        {"now": clock.now(), "limit": BATCH},
    )
    db.session.rollback()
    return found


def _work_safely(delivery_id: UUID) -> None:
    try:
        _work([delivery_id], clock.now())
    except Exception as error:
        log.exception("delivery %s", delivery_id)
        _set_aside(delivery_id, repr(error)[:ERROR_MAX], clock.now())


@command
def _work(ids: Sequence[UUID], now: datetime) -> int:
    stored = rows(
        "SELECT id, body FROM escrow_delivery WHERE id = ANY(%(ids)s) AND state = 'stored'"
        " ORDER BY id FOR UPDATE SKIP LOCKED",
        {"ids": list(ids)},
        into=_Stored,
    )
    notices = [gateway.current().read_delivery(bytes(each.body)) for each in stored]
    ours = _locked_instructions(notices)
    worked = [
        _apply(each.id, notice, ours, now) for each, notice in zip(stored, notices, strict=True)
    ]
    _finish(worked, now)
    return len(worked)


def _locked_instructions(notices: Sequence[Delivery]) -> _Ours:
    """Return those of our instructions that notices name, locked in the same order by everybody."""
    named = [known for each in notices if (known := _named(each)) is not None]
    if not named:
        return {}
    found = f"{SELECT} WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"
    return {each.id: each for each in rows(found, {"ids": named}, into=Instruction)}


def _named(notice: Delivery) -> UUID | None:
    if notice.seen is None:
        return None
    try:
        return parse_public_id("ins", notice.seen.operation_id)
    except NotFound:
        return None


def _apply(delivery_id: UUID, notice: Delivery, ours: _Ours, now: datetime) -> _Worked:
    instruction_id = _instruction_of(notice, ours)
    if instruction_id is not None and notice.seen is not None:
        known, ours[instruction_id] = ours.get(instruction_id), None
        applying.apply_to(known or applying.locked(instruction_id), notice.seen, now)
        state = Inbox.APPLIED
    else:
        state = Inbox.APPLIED if _is_ours(notice, now) else Inbox.IGNORED
    return _Worked(delivery_id, state, instruction_id)


def _instruction_of(notice: Delivery, ours: _Ours) -> UUID | None:
    """Return the instruction a notice is about; None if it is none of ours."""
    if notice.dispute is not None:
        return disputing.payment_of(notice.dispute)
    named = _named(notice)
    return named if named in ours else None


@step
def _finish(worked: Sequence[_Worked], now: datetime) -> None:
    execute(
        """
        UPDATE escrow_delivery d SET state = w.state, attempts = d.attempts + 1,
            last_error = NULL, instruction_id = w.instruction_id, finished_at = %(now)s
        FROM unnest(%(ids)s::uuid[], %(states)s::text[], %(instructions)s::uuid[])
            AS w (id, state, instruction_id)
        WHERE d.id = w.id
        """,
        {
            "ids": [each.id for each in worked],
            "states": [each.state.value for each in worked],
            "instructions": [each.instruction_id for each in worked],
            "now": now,
        },
    )


def _is_ours(notice: Delivery, now: datetime) -> bool:
    """Apply a notice about something else; False if it is about nothing of ours."""
    if notice.dispute is not None:
        return disputing.apply_seen(notice.dispute, now)
    if notice.bounce is not None:
        return payees.note_bounce(notice.bounce, now)
    if notice.payee is not None:
        return payees.apply_seen(notice.payee, now)
    return notice.payee_ref is not None and payees.look_again(notice.payee_ref)


@command
def _set_aside(delivery_id: UUID, error: str, now: datetime) -> None:
    execute(
        """
        UPDATE escrow_delivery SET attempts = attempts + 1, last_error = %(error)s,
            not_before = %(now)s + (2 ^ least(attempts, 12)) * %(second)s::interval,
            state = CASE WHEN attempts + 1 >= %(max)s THEN 'failed' ELSE state END,
            finished_at = CASE WHEN attempts + 1 >= %(max)s THEN %(now)s END
        WHERE id = %(id)s AND state = 'stored'
        """,
        {"id": delivery_id, "error": error, "now": now, "second": timedelta(seconds=1),
         "max": ATTEMPTS_MAX},
    )  # fmt: skip
