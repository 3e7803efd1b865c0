"""Reads of disputes: payments that somebody had their bank take back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow.states import OPEN_DISPUTES, DisputeState
from marketplace.infra.database import row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money

PREFIX: Final = "dsp"

SELECT: Final = """
    SELECT d.id, d.provider, d.provider_ref, d.instruction_id, d.amount_minor, d.currency, d.state,
        d.reason, d.opened_at, d.respond_by, d.withdrawn, d.recovered_minor, d.recovery, d.answer,
        d.evidence, d.answered_by, d.answered_at, d.answer_sent_at, d.conceding_by,
        d.conceding_at, d.closed_at, i.purpose, i.subject_id, i.person_id,
        i.amount_minor AS paid_minor, i.finished_at AS paid_at, i.method
    FROM escrow_dispute d JOIN escrow_instruction i ON i.id = d.instruction_id
"""
_RECOVERY: Final = """
    SELECT id, dispute_id, route, from_account, back_account, person_id, instruction_id,
        amount_minor, state, created_at, finished_at
    FROM escrow_recovery
"""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute as it stands, with what was paid. `withdrawn`: its money is gone just now."""

    id: UUID
    provider: str
    provider_ref: str
    instruction_id: InstructionId
    amount_minor: int
    currency: str
    state: str
    reason: str
    opened_at: datetime
    respond_by: datetime | None
    withdrawn: bool
    recovered_minor: int
    recovery: str
    answer: str | None
    evidence: str | None
    answered_by: UUID | None
    answered_at: datetime | None
    answer_sent_at: datetime | None
    conceding_by: UUID | None
    conceding_at: datetime | None
    closed_at: datetime | None
    purpose: str
    subject_id: UUID
    person_id: UUID
    paid_minor: int
    paid_at: datetime | None
    method: str | None

    @property
    def ref(self) -> str:
        """Its public id."""
        return public_id(PREFIX, self.id)

    @property
    def amount(self) -> Money:
        """What is disputed."""
        return Money(self.amount_minor, self.currency)

    @property
    def recovered(self) -> Money:
        """What was charged to those who had the money."""
        return Money(self.recovered_minor, self.currency)

    @property
    def loss(self) -> Money:
        """What the house bears just now."""
        gone = self.amount_minor if self.withdrawn else 0
        return Money(max(gone - self.recovered_minor, 0), self.currency)

    @property
    def is_open(self) -> bool:
        """Whether the bank has not decided yet."""
        return DisputeState(self.state) in OPEN_DISPUTES

    @property
    def can_answer(self) -> bool:
        """Whether an officer can still answer."""
        return self.state == DisputeState.NEEDS_RESPONSE and self.answer is None

    def left(self, now: datetime) -> timedelta | None:
        """Return how long there is still to answer."""
        return self.respond_by - now if self.respond_by and self.can_answer else None


@dataclass(frozen=True, slots=True)
class Recovery:
    """One amount somebody was charged for a dispute."""

    id: UUID
    dispute_id: UUID
    route: str
    from_account: int
    back_account: int
    person_id: UUID | None
    instruction_id: UUID | None
    amount_minor: int
    state: str
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Exposure:
    """What of one currency is disputed and not decided, and what of it is gone already."""

    currency: str
    count: int
    disputed_minor: int
    gone_minor: int


def dispute(dispute_id: UUID) -> Dispute:
    """Return one dispute; `NotFound` if there is none."""
    found = row(f"{SELECT} WHERE d.id = %(id)s", {"id": dispute_id}, into=Dispute)
    if found is None:
        raise NotFound(str(dispute_id))
    return found


def disputes(
    states: Sequence[str] = (), *, before: UUID | None = None, limit: int = 50
) -> list[Dispute]:
    """Return the newest disputes, all or those in `states`; the most urgent of the open first."""
    return rows(
        f"{SELECT} WHERE (%(any)s OR d.state = ANY(%(states)s))"
        " AND (%(before)s::uuid IS NULL OR d.id < %(before)s)"
        " ORDER BY d.closed_at IS NOT NULL, CASE WHEN d.closed_at IS NULL THEN d.respond_by END,"
        " d.id DESC LIMIT %(limit)s",
        {"any": not states, "states": list(states), "before": before, "limit": limit},
        into=Dispute,
    )


def of_subject(subject_id: UUID) -> list[Dispute]:
    """Return the disputes about what was paid for one pledge, commitment, bill or order."""
    return rows(
        f"{SELECT} WHERE i.subject_id = %(id)s ORDER BY d.opened_at, d.id",
        {"id": subject_id},
        into=Dispute,
    )


def unrecovered(limit: int = 200) -> list[UUID]:
    """Return the disputes whose loss is still to be charged, or to be given back."""
    return [
        found.id
        for found in rows(
            f"{SELECT} WHERE d.recovery IN ('due', 'waiting') ORDER BY d.opened_at LIMIT %(limit)s",
            {"limit": limit},
            into=Dispute,
        )
    ]


def recoveries(dispute_id: UUID) -> list[Recovery]:
    """Return what was charged for a dispute, oldest first."""
    return rows(
        f"{_RECOVERY} WHERE dispute_id = %(id)s ORDER BY id",
        {"id": dispute_id},
        into=Recovery,
    )


def keeps_refund(instruction_id: UUID) -> bool:
    """Whether a payment must not be refunded: it is disputed, or its bank has taken it back."""
    return bool(
        scalar(
            "SELECT EXISTS (SELECT FROM escrow_dispute"
            " WHERE instruction_id = %(id)s AND state <> 'won')",
            {"id": instruction_id},
        )
    )


def is_recovered(instruction_id: UUID) -> bool:
    """Whether a payment was taken out of what it had paid for, because its bank took it back."""
    return bool(
        scalar(
            "SELECT EXISTS (SELECT FROM escrow_dispute d JOIN escrow_recovery r"
            " ON r.dispute_id = d.id AND r.state = 'taken' WHERE d.instruction_id = %(id)s)",
            {"id": instruction_id},
        )
    )


def owed_by(person_id: UUID, currency: str) -> Money:
    """Return what a person's wallet is still to be charged for disputes."""
    minor = scalar(
        """
        SELECT coalesce(sum(d.amount_minor - d.recovered_minor), 0)
        FROM escrow_dispute d JOIN escrow_instruction i ON i.id = d.instruction_id
        WHERE i.person_id = %(person)s AND d.currency = %(currency)s AND d.withdrawn
            AND d.recovery = 'waiting' AND i.purpose <> 'pledge'
        """,
        {"person": person_id, "currency": currency},
    )
    return Money(int(minor), currency)


def exposures() -> list[Exposure]:
    """Return what is disputed and not decided, by currency."""
    return rows(
        """
        SELECT currency, count(*) AS count, sum(amount_minor)::bigint AS disputed_minor,
            coalesce(sum(amount_minor) FILTER (WHERE withdrawn), 0)::bigint AS gone_minor
        FROM escrow_dispute WHERE closed_at IS NULL GROUP BY currency ORDER BY currency
        """,
        into=Exposure,
    )


def to_read(now: datetime, limit: int = 50) -> list[Dispute]:
    """Return the open disputes that were not read for a day, or whose time to answer is over."""
    return rows(
        f"{SELECT} WHERE d.closed_at IS NULL AND (d.read_at <= %(day)s"
        " OR (d.respond_by <= %(now)s AND d.read_at <= %(hour)s))"
        " ORDER BY d.read_at LIMIT %(limit)s",
        {
            "now": now,
            "day": now - timedelta(days=1),
            "hour": now - timedelta(hours=1),
            "limit": limit,
        },
        into=Dispute,
    )
