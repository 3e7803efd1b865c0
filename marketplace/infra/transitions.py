"""The trail of state machines: who moved what, when and why. Append-only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from marketplace.infra.commands import step
from marketplace.infra.database import rows, write
from marketplace.kernel.actors import Actor
from marketplace.kernel.machines import Machine

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Transition:
    """One move that was made. `actor_id` is None for the house itself."""

    at: datetime
    move: str
    from_state: str
    to_state: str
    actor: str
    actor_id: UUID | None
    reason: str | None


@step
def go(
    machine: Machine[S],
    subject_id: UUID,
    state: str,
    move: str,
    *,
    by: Iterable[str],
    actor: Actor,
    at: datetime,
    reason: str | None = None,
) -> S:
    """Make one move of `machine` and append it; returns the state for the subject's row.

    `by` is what the actor is to the subject. `IllegalMove` where the machine has no such move,
    `ValueError` for a `state` it does not know.
    """
    source = machine.states(state)
    target = machine.go(source, move, by=by)
    record(
        machine.name,
        subject_id,
        move=move,
        from_state=source.value,
        to_state=target.value,
        actor=actor,
        at=at,
        reason=reason,
    )
    return target


@step
def record(
    subject_type: str,
    subject_id: UUID,
    *,
    move: str,
    from_state: str,
    to_state: str,
    actor: Actor,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Append one move of `subject_type` (a machine's name) in the open transaction."""
    # Straight to the driver: the row being moved may be half written, and need not be sent yet.
    write(
        """
        INSERT INTO state_transition
            (subject_type, subject_id, move, from_state, to_state, actor, actor_id, reason, at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            *(subject_type, subject_id, move, from_state, to_state),
            *(actor.label, actor.person_id, reason, at),
        ),
    )


@step
def record_all(
    subject_type: str,
    subject_ids: Sequence[UUID],
    *,
    move: str,
    from_state: str,
    to_state: str,
    actor: Actor,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Append the same move for many things at once, in their order."""
    write(
        """
        INSERT INTO state_transition
            (subject_type, subject_id, move, from_state, to_state, actor, actor_id, reason, at)
        SELECT %s, id, %s, %s, %s, %s, %s, %s, %s FROM unnest(%s::uuid[]) AS id
        """,
        (
            *(subject_type, move, from_state, to_state),
            *(actor.label, actor.person_id, reason, at),
            list(subject_ids),
        ),
    )


def history(subject_type: str, subject_id: UUID, *, limit: int = 200) -> list[Transition]:
    """Return the moves of one thing, oldest first."""
    return rows(
        """
        SELECT at, move, from_state, to_state, actor, actor_id, reason FROM state_transition
        WHERE subject_type = %s AND subject_id = %s ORDER BY id LIMIT %s
        """,
        (subject_type, subject_id, limit),
        into=Transition,
    )
