"""Following a campaign or a sponsor."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.commands import command
from marketplace.infra.database import execute, scalar
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal

FOLLOWED_MAX: Final = 500


@command
def follow(actor: Actor, subject_type: str, subject_id: UUID, now: datetime) -> None:
    """Follow something; following it already changes nothing."""
    person_id = actor.known()
    if scalar("SELECT count(*) FROM follow WHERE person_id = %s", (person_id,)) >= FOLLOWED_MAX:
        raise Refusal("follows_too_many", most=FOLLOWED_MAX)
    execute(
        "INSERT INTO follow (person_id, subject_type, subject_id, at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        (person_id, subject_type, subject_id, now),
    )


@command
def unfollow(actor: Actor, subject_type: str, subject_id: UUID) -> None:
    """Follow something no longer."""
    execute(
        "DELETE FROM follow WHERE person_id = %s AND subject_type = %s AND subject_id = %s",
        (actor.known(), subject_type, subject_id),
    )
