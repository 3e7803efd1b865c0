"""Takes instructions in hand and puts them back: the short transactions around each call.

A lease says that somebody is calling right now. It runs on the machine's time, since it
measures a process and not the business; everything else runs on the business clock.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Final
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.queries import COLUMNS, Instruction
from marketplace.escrow.services import applying
from marketplace.escrow.services.ordering import Errand
from marketplace.escrow.states import INSTRUCTION, PAGES, Move, State
from marketplace.infra import transitions
from marketplace.infra.commands import command
from marketplace.infra.database import column, execute, row, scalar
from marketplace.infra.jobs import JobFunction, defer
from marketplace.kernel import clock
from marketplace.kernel.actors import CLOCK, PROVIDER
from marketplace.kernel.errors import Stale

# Longer than a call takes. Should one take longer still, it is repeated under the same key.
LEASE: Final = timedelta(seconds=30)
WEB_FIRST: Final = timedelta(minutes=1)  # the page that planned a checkout dispatches it itself
RETRY_FIRST: Final = timedelta(seconds=5)
RETRY_MAX: Final = timedelta(hours=1)
FAULTS_MAX: Final = 3  # answers to one key; then the key is spent
MEMORY_MARGIN: Final = timedelta(hours=1)

# `id = (…)` is looked up once; with `id IN (…)` it may be once a row, each taking another one.
_CLAIM: Final = f"""
    UPDATE escrow_instruction SET state = 'sent', attempts = attempts + 1,
        sent_at = coalesce(sent_at, %(now)s), keyed_at = coalesce(keyed_at, %(now)s),
        lease_until = %(lease)s, not_before = NULL
    WHERE id = (
        SELECT i.id FROM escrow_instruction i
        WHERE i.state = 'planned' AND i.provider = %(provider)s
          AND (i.not_before IS NULL OR i.not_before <= %(now)s)
          AND (i.expires_at IS NULL OR i.expires_at > %(now)s)
          AND (i.kind <> 'transfer' OR EXISTS (
                SELECT FROM escrow_payee p WHERE p.person_id = i.person_id
                AND p.provider = i.provider AND p.state = 'ready'))
          -- What its bank takes back, or may, must not go back twice.
          AND (i.kind <> 'refund' OR NOT EXISTS (
                SELECT FROM escrow_dispute d WHERE d.instruction_id = i.of_id
                AND d.state <> 'won'))
          AND i.provider || '.' || i.kind NOT IN (
                SELECT endpoint FROM escrow_pace WHERE closed_until > clock_timestamp())
          AND NOT EXISTS (SELECT FROM escrow_pace
                WHERE endpoint = %(provider)s AND closed_until > clock_timestamp())
          AND {{which}}
        ORDER BY i.created_at, i.id LIMIT 1 FOR UPDATE {{others}})
    RETURNING {COLUMNS}
"""  # noqa: S608 - our own constants
# Who asks for one waits until it is known whose it is; who takes what comes leaves what is taken.
_CLAIM_ONE: Final = _CLAIM.format(which="i.id = %(only)s", others="")
_CLAIM_DUE: Final = _CLAIM.format(
    which="(i.kind NOT IN ('checkout', 'setup') OR i.created_at <= %(patient)s)",
    others="SKIP LOCKED",
)

_TARGET: Final = """
    SELECT CASE i.kind WHEN 'refund' THEN o.payment_ref
        WHEN 'charge' THEN o.payment_ref WHEN 'reversal' THEN o.provider_ref
        WHEN 'transfer' THEN p.provider_ref END AS ref
    FROM escrow_instruction i
    LEFT JOIN escrow_instruction o ON o.id = i.of_id
    LEFT JOIN escrow_payee p ON p.person_id = i.person_id AND p.provider = i.provider
    WHERE i.id = %(id)s
"""
_OPENS_IN: Final = """
    SELECT extract(epoch FROM min(g.closed_until) - clock_timestamp())::float8
    FROM escrow_pace g WHERE g.closed_until > clock_timestamp() AND EXISTS (
        SELECT FROM escrow_instruction i WHERE i.state = 'planned' AND i.provider = %(provider)s
            AND (i.not_before IS NULL OR i.not_before <= %(now)s)
            AND g.endpoint IN (i.provider, i.provider || '.' || i.kind))
"""


@command
def claim(only: UUID | None = None) -> Errand | None:
    """Take a planned instruction as `sent` under a lease: that one, or the oldest that is due.

    None where nothing is due, or where nobody may call the provider for it just now.
    """
    now = clock.now()
    params = {
        "now": now,
        "lease": clock.wall() + LEASE,
        "provider": gateway.current().name,
        "only": only,
        "patient": now - WEB_FIRST,
    }
    claimed = row(_CLAIM_ONE if only else _CLAIM_DUE, params, into=Instruction)
    if claimed is None:
        return None
    _trail(claimed.id, State.PLANNED, Move.SEND, now)
    target = None if claimed.kind in PAGES else scalar(_TARGET, {"id": claimed.id})
    return Errand(claimed, target, is_key_spent=_is_spent(claimed, now))


@command
def renew_key(errand: Errand) -> Errand:
    """The provider surely has nothing under the spent key: go on with a fresh one."""
    now = clock.now()
    renewed = row(
        f"""
        UPDATE escrow_instruction SET refusals = refusals + 1, faults = 0, keyed_at = %(now)s
        WHERE id = %(id)s AND state = 'sent' RETURNING {COLUMNS}
        """,  # noqa: S608 - our own constant
        {"id": errand.instruction.id, "now": now},
        into=Instruction,
    )
    if renewed is None:
        raise Stale(errand.instruction.operation_id)
    return Errand(renewed, errand.target_ref, is_key_spent=False)


@command
def release(instruction_id: UUID, wait_s: float, now: datetime) -> None:
    """Nobody was called after all: it is as it was before it was claimed."""
    instruction = applying.locked(instruction_id)
    if instruction.state != State.SENT or instruction.provider_ref is not None:
        return
    applying.move(instruction, Move.POSTPONE, by=PROVIDER, at=now, reason="not_asked")
    execute(
        """
        UPDATE escrow_instruction SET state = 'planned', attempts = attempts - 1,
            sent_at = CASE WHEN attempts > 1 THEN sent_at END,
            keyed_at = CASE WHEN attempts > 1 THEN keyed_at END,
            lease_until = NULL, not_before = %(later)s, last_error = 'not_asked'
        WHERE id = %(id)s
        """,
        {"id": instruction_id, "later": now + timedelta(seconds=wait_s)},
    )


@command
def postpone(instruction_id: UUID, reason: str, now: datetime) -> None:
    """The provider refused for now and nothing happened: plan it again, later each time."""
    instruction = applying.locked(instruction_id)
    if instruction.state != State.SENT or instruction.provider_ref is not None:
        return  # a notice was faster than the answer
    applying.move(instruction, Move.POSTPONE, by=PROVIDER, at=now, reason=reason)
    execute(
        """
        UPDATE escrow_instruction SET state = 'planned', refusals = refusals + 1,
            faults = 0, keyed_at = NULL, lease_until = NULL, not_before = %(later)s,
            last_error = %(reason)s
        WHERE id = %(id)s
        """,
        {"id": instruction_id, "later": now + backoff(instruction.attempts), "reason": reason},
    )


@command
def lose(instruction_id: UUID, reason: str, now: datetime, *, is_fault: bool = False) -> None:
    """Nobody answered, or with a fault: it may or may not have happened."""
    instruction = applying.locked(instruction_id)
    if instruction.state != State.SENT or instruction.provider_ref is not None:
        return
    applying.move(instruction, Move.LOSE, by=CLOCK, at=now, reason=reason)
    execute(
        "UPDATE escrow_instruction SET state = 'unknown', lease_until = NULL, not_before = NULL,"
        " faults = faults + %(faults)s, last_error = %(reason)s WHERE id = %(id)s",
        {"id": instruction_id, "reason": reason, "faults": int(is_fault)},
    )


@command
def put_back(instruction_id: UUID, now: datetime, again: JobFunction) -> None:
    """The provider has never heard of it: plan it again, under the same key while it is good.

    `again` is queued to call for it as soon as it may be.
    """
    instruction = applying.locked(instruction_id)
    if instruction.state != State.UNKNOWN:
        return
    applying.move(instruction, Move.ABSENT, by=PROVIDER, at=now, reason="")
    wait = backoff(instruction.attempts)
    execute(
        "UPDATE escrow_instruction SET state = 'planned', lease_until = NULL,"
        " not_before = %(later)s WHERE id = %(id)s",
        {"id": instruction_id, "later": now + wait},
    )
    defer(again, delay_seconds=ceil(wait.total_seconds()), instruction_id=str(instruction_id))


@command
def cannot_look(instruction_id: UUID, reason: str) -> None:
    """There is too much to look through: it is not looked for each minute, a person must help."""
    execute(
        "UPDATE escrow_instruction SET last_error = %(reason)s"
        " WHERE id = %(id)s AND state = 'unknown'",
        {"id": instruction_id, "reason": reason},
    )


@command
def lose_forsaken() -> int:
    """Whoever held these leases has died in the middle of a call; returns how many."""
    now = clock.now()
    lost = column(
        """
        UPDATE escrow_instruction SET state = 'unknown', lease_until = NULL,
            last_error = 'no_answer'
        WHERE state = 'sent' AND provider_ref IS NULL AND lease_until <= %(wall)s
        RETURNING id
        """,
        {"wall": clock.wall()},
    )
    for instruction_id in lost:
        _trail(instruction_id, State.SENT, Move.LOSE, now)
    return len(lost)


@command
def claim_silent(limit: int) -> list[UUID]:
    """Take in hand what must be read back: the unknown, and the open ones silent for too long."""
    return column(
        """
        UPDATE escrow_instruction SET lease_until = %(lease)s,
            not_before = CASE WHEN state = 'unknown' AND last_error <> %(too_many)s
                THEN NULL ELSE %(later)s END
        WHERE id = ANY(ARRAY(
            SELECT id FROM escrow_instruction
            WHERE provider = %(provider)s
              AND (lease_until IS NULL OR lease_until <= %(wall)s)
              AND ((state = 'unknown' AND (not_before IS NULL OR not_before <= %(now)s))
                   OR (state = 'sent' AND provider_ref IS NOT NULL AND not_before <= %(now)s))
            ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
        RETURNING id
        """,
        {
            "provider": gateway.current().name,
            "wall": clock.wall(),
            "lease": clock.wall() + LEASE,
            "now": clock.now(),
            "later": clock.now() + applying.LOOK_AGAIN,
            "too_many": gateway.TOO_MANY,
            "limit": limit,
        },
    )


def too_late(limit: int = 200) -> list[UUID]:
    """Return the planned checkouts whose time was over before anybody called."""
    return column(
        "SELECT id FROM escrow_instruction WHERE state = 'planned' AND expires_at <= %(now)s"
        " ORDER BY created_at LIMIT %(limit)s",
        {"now": clock.now(), "limit": limit},
    )


@command
def come_back(again: JobFunction) -> None:
    """Queue `again` for when the provider may be called for what waits now."""
    facts = {"provider": gateway.current().name, "now": clock.now()}
    wait_s = scalar(_OPENS_IN, facts)
    if wait_s is not None:
        defer(again, key="escrow.dispatch.later", delay_seconds=ceil(max(wait_s, 0.0)) + 1)


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after `attempts` tries: 5 s, 10 s, 20 s … one hour."""
    return min(RETRY_FIRST * (1 << min(max(attempts - 1, 0), 12)), RETRY_MAX)


def _is_spent(claimed: Instruction, now: datetime) -> bool:
    """Whether the key must not simply be used again.

    Afterwards the provider may have forgotten it, so that a repetition would be a second order,
    or it answers with the same fault for ever.
    """
    memory = timedelta(hours=gateway.current().terms.key_memory_hours) - MEMORY_MARGIN
    since = claimed.keyed_at or now
    return claimed.faults >= FAULTS_MAX or now - since >= memory


def _trail(instruction_id: UUID, source: State, move: Move, at: datetime) -> None:
    transitions.go(INSTRUCTION, instruction_id, source, move, by=CLOCK.roles, actor=CLOCK, at=at)
