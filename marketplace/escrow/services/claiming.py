"""Takes instructions in hand and puts them back: the short transactions around each call.

A lease says that somebody is calling right now. It runs on the machine's time, since it
measures a process and not the business; everything else runs on the business clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.queries import COLUMNS, Instruction
from marketplace.escrow.services import applying
from marketplace.escrow.services.ordering import Errand
from marketplace.escrow.states import INSTRUCTION, Move, State
from marketplace.infra import transitions
from marketplace.infra.commands import command
from marketplace.infra.database import column, execute, rows
from marketplace.kernel import clock
from marketplace.kernel.actors import CLOCK, PROVIDER

LEASE: Final = timedelta(seconds=60)  # a call gives up after ten
BATCH: Final = 20
WEB_FIRST: Final = timedelta(minutes=1)  # the page that planned a checkout dispatches it itself
RETRY_FIRST: Final = timedelta(seconds=5)
RETRY_MAX: Final = timedelta(hours=1)

_CLAIM: Final = f"""
    UPDATE escrow_instruction SET state = 'sent', attempts = attempts + 1,
        sent_at = coalesce(sent_at, %(now)s), lease_until = %(lease)s, not_before = NULL
    WHERE id IN (
        SELECT i.id FROM escrow_instruction i
        WHERE i.state = 'planned' AND i.provider = %(provider)s
          AND (i.not_before IS NULL OR i.not_before <= %(now)s)
          AND (i.expires_at IS NULL OR i.expires_at > %(now)s)
          AND (i.kind <> 'transfer' OR EXISTS (
                SELECT FROM escrow_payee p WHERE p.person_id = i.person_id
                AND p.provider = i.provider AND p.state = 'ready'))
          AND {{which}}
        ORDER BY i.created_at, i.id LIMIT %(limit)s FOR UPDATE {{others}})
    RETURNING {COLUMNS}
"""  # noqa: S608 - our own constants
# Who asks for one waits until it is known whose it is; who takes what comes leaves what is taken.
_CLAIM_ONE: Final = _CLAIM.format(which="i.id = %(only)s", others="")
_CLAIM_DUE: Final = _CLAIM.format(
    which="(i.kind NOT IN ('checkout', 'setup') OR i.created_at <= %(patient)s)",
    others="SKIP LOCKED",
)

_TARGETS: Final = """
    SELECT i.id, CASE i.kind WHEN 'refund' THEN o.payment_ref
        WHEN 'charge' THEN o.payment_ref WHEN 'reversal' THEN o.provider_ref
        WHEN 'transfer' THEN p.provider_ref END AS ref
    FROM escrow_instruction i
    LEFT JOIN escrow_instruction o ON o.id = i.of_id
    LEFT JOIN escrow_payee p ON p.person_id = i.person_id AND p.provider = i.provider
    WHERE i.id = ANY(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class _Target:
    id: UUID
    ref: str | None


@command
def claim(only: UUID | None = None) -> list[Errand]:
    """Take one planned instruction, or a batch of those that are due, as `sent` under a lease."""
    now = clock.now()
    params = {
        "now": now,
        "lease": clock.wall() + LEASE,
        "provider": gateway.current().name,
        "only": only,
        "patient": now - WEB_FIRST,
        "limit": BATCH,
    }
    claimed = rows(_CLAIM_ONE if only else _CLAIM_DUE, params, into=Instruction)
    if not claimed:
        return []
    for instruction in claimed:
        _trail(instruction.id, State.PLANNED, Move.SEND, now)
    found = rows(_TARGETS, {"ids": [one.id for one in claimed]}, into=_Target)
    targets = {target.id: target.ref for target in found}
    claimed.sort(key=lambda one: (one.created_at, one.id))
    return [Errand(one, targets[one.id]) for one in claimed]


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
            lease_until = NULL, not_before = %(later)s, last_error = %(reason)s WHERE id = %(id)s
        """,
        {"id": instruction_id, "later": now + backoff(instruction.attempts), "reason": reason},
    )


@command
def lose(instruction_id: UUID, reason: str, now: datetime) -> None:
    """Nobody answered: it may or may not have happened."""
    instruction = applying.locked(instruction_id)
    if instruction.state != State.SENT or instruction.provider_ref is not None:
        return
    applying.move(instruction, Move.LOSE, by=CLOCK, at=now, reason=reason)
    execute(
        "UPDATE escrow_instruction SET state = 'unknown', lease_until = NULL,"
        " last_error = %(reason)s WHERE id = %(id)s",
        {"id": instruction_id, "reason": reason},
    )


@command
def put_back(instruction_id: UUID, now: datetime) -> None:
    """The provider has never heard of it: plan it again, under the same key."""
    instruction = applying.locked(instruction_id)
    if instruction.state != State.UNKNOWN:
        return
    applying.move(instruction, Move.ABSENT, by=PROVIDER, at=now, reason="")
    execute(
        "UPDATE escrow_instruction SET state = 'planned', lease_until = NULL,"
        " not_before = %(later)s WHERE id = %(id)s",
        {"id": instruction_id, "later": now + backoff(instruction.attempts)},
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
        UPDATE escrow_instruction SET lease_until = %(lease)s, not_before = %(later)s
        WHERE id IN (
            SELECT id FROM escrow_instruction
            WHERE provider = %(provider)s
              AND (lease_until IS NULL OR lease_until <= %(wall)s)
              AND (state = 'unknown'
                   OR (state = 'sent' AND provider_ref IS NOT NULL AND not_before <= %(now)s))
            ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        RETURNING id
        """,
        {
            "provider": gateway.current().name,
            "wall": clock.wall(),
            "lease": clock.wall() + LEASE,
            "now": clock.now(),
            "later": clock.now() + applying.LOOK_AGAIN,
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


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after `attempts` tries: 5 s, 10 s, 20 s … one hour."""
    return min(RETRY_FIRST * (1 << min(max(attempts - 1, 0), 12)), RETRY_MAX)


def _trail(instruction_id: UUID, source: State, move: Move, at: datetime) -> None:
    transitions.record(
        INSTRUCTION.name,
        instruction_id,
        move=move,
        from_state=source,
        to_state=INSTRUCTION.go(source, move, by=CLOCK.roles),
        actor=CLOCK,
        at=at,
    )
