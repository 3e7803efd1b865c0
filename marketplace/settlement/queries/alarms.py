"""Who was told that money must leave, what officers propose, and what nobody takes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.settlement.queries.kinds import PREFIXES, HeldAs


@dataclass(frozen=True, slots=True)
class Alarm:
    """Somebody was told that money must leave soon: `days` is 14, 7 or 3."""

    kind: str
    subject_id: UUID
    person_id: UUID
    currency: str
    leave_by: date
    days: int
    amount_minor: int
    raised_at: datetime

    @property
    def amount(self) -> Money:
        """What had to leave by `leave_by`, as it was then."""
        return Money(self.amount_minor, self.currency)

    @property
    def ref(self) -> str:
        """The public id of its subject."""
        return public_id(PREFIXES[HeldAs(self.kind)], self.subject_id)


_ALARM: Final = """
    SELECT kind, subject_id, person_id, currency, leave_by, days, amount_minor, raised_at
    FROM holding_alarm
"""


def alarms_raised_at(moment: datetime, *, limit: int = 500) -> list[Alarm]:
    """Return the alarms of one look, the most urgent first."""
    return rows(
        f"{_ALARM} WHERE raised_at = %s ORDER BY leave_by, kind, subject_id LIMIT %s",
        (moment, limit),
        into=Alarm,
    )


def of_subject(subject_id: UUID, kind: HeldAs, currency: str) -> list[Alarm]:
    """Return the alarms about one subject, the newest first."""
    return rows(
        f"{_ALARM} WHERE subject_id = %s AND kind = %s AND currency = %s"
        " ORDER BY raised_at DESC LIMIT 20",
        (subject_id, kind, currency),
        into=Alarm,
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """What an officer wants done with something that is held, and what became of that."""

    id: UUID
    kind: str
    subject_id: UUID
    currency: str
    choice: str
    reason: str
    state: str
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None


def decisions(subject_id: UUID, kind: HeldAs, currency: str) -> list[Decision]:
    """Return what was proposed about one subject, the newest first."""
    return rows(
        """
        SELECT id, kind, subject_id, currency, choice, reason, state, proposed_by, proposed_at,
            decided_by, decided_at
        FROM holding_decision WHERE subject_id = %s AND kind = %s AND currency = %s
        ORDER BY id DESC LIMIT 20
        """,
        (subject_id, kind, currency),
        into=Decision,
    )


def proposed(subject_ids: Collection[UUID]) -> set[tuple[str, UUID, str]]:
    """Return for which of these subjects a proposal waits for a second officer."""
    found = rows(
        "SELECT kind, subject_id, currency::text FROM holding_decision"
        " WHERE state = 'proposed' AND subject_id = ANY(%s)",
        (list(subject_ids),),
        into=_Key,
    )
    return {(each.kind, each.subject_id, each.currency) for each in found}


@dataclass(frozen=True, slots=True)
class _Key:
    kind: str
    subject_id: UUID
    currency: str


@dataclass(frozen=True, slots=True)
class Stranded:
    """What of a person's money nobody could be found to take, in one currency."""

    person_id: UUID
    currency: str
    amount_minor: int

    @property
    def amount(self) -> Money:
        """All of it."""
        return Money(self.amount_minor, self.currency)


def stranded(person_id: UUID | None = None) -> list[Stranded]:
    """Return what waits for somebody to say where it can go, of one person or of all."""
    return rows(
        """
        SELECT person_id, currency, sum(amount_minor)::bigint AS amount_minor
        FROM holding_stranded
        WHERE ended_at IS NULL AND (%(person)s::uuid IS NULL OR person_id = %(person)s)
        GROUP BY person_id, currency ORDER BY person_id, currency
        """,
        {"person": person_id},
        into=Stranded,
    )
