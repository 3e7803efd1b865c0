"""What backers have coming: one pledge's, a sponsor's board, and what is objected to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.queries.surveys import ASKED
from marketplace.campaigns.states.fulfilments import FULFILMENT, UNHELD, FulfilmentState
from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class FulfilmentRow:
    """What one pledge has coming, and what of it is held until it was inspected."""

    pledge_id: UUID
    campaign_id: UUID
    state: str
    promised_for: date | None
    shipped_at: datetime | None
    inspect_until: datetime | None
    carrier: str
    tracking: str
    ended_at: datetime | None
    held_minor: int
    currency: str
    leave_by: date | None
    asked: int  # how many questions of the sponsor, answered or not

    @property
    def held(self) -> Money:
        """What is held until it was inspected."""
        return Money(self.held_minor, self.currency)

    @property
    def is_open(self) -> bool:
        """Whether its backer still waits for it, or looks at it."""
        return self.ended_at is None

    @property
    def is_unheld(self) -> bool:
        """Whether its share could be held no longer: owed, or sent after that."""
        return self.state in UNHELD

    @property
    def can_accept(self) -> bool:
        """Whether its backer may say that it is there."""
        return FULFILMENT.can(FulfilmentState(self.state), "accept", by={"backer"})


_ONE: Final = f"""
    SELECT f.pledge_id, f.campaign_id, f.state, f.promised_for, f.shipped_at, f.inspect_until,
        f.carrier, f.tracking, f.ended_at, p.currency, i.leave_by,
        (SELECT count(*) FROM survey_question q
            WHERE q.campaign_id = f.campaign_id AND {ASKED})::int AS asked,
        coalesce((SELECT sum(part.amount_minor) FROM pledge_part part
            JOIN release_part r ON r.id = part.part_id AND r.kind = 'inspection'
            WHERE part.pledge_id = f.pledge_id AND part.state = 'held'), 0)::bigint AS held_minor
    FROM fulfilment f JOIN pledge p ON p.id = f.pledge_id
    LEFT JOIN escrow_instruction i ON i.id = p.checkout_id
    WHERE f.pledge_id = %s
"""  # noqa: S608 - our own constant


def of_pledge(pledge_id: UUID) -> FulfilmentRow | None:
    """Return what a pledge has coming; None where nothing was promised."""
    return row(_ONE, (pledge_id,), into=FulfilmentRow)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One line of a sponsor's board. Who wants to stay unnamed is named here: it is a parcel."""

    pledge_id: UUID
    backer: str
    reward_title: str
    amount_minor: int
    currency: str
    country: str | None
    state: str
    promised_for: date | None
    shipped_at: datetime | None
    inspect_until: datetime | None
    carrier: str
    tracking: str
    held_minor: int

    @property
    def amount(self) -> Money:
        """What was pledged."""
        return Money(self.amount_minor, self.currency)

    @property
    def held(self) -> Money:
        """What is held until it was inspected."""
        return Money(self.held_minor, self.currency)


_BOARD: Final = """
    SELECT f.pledge_id, person.name AS backer, coalesce(p.reward_title, '') AS reward_title,
        p.amount_minor, p.currency, p.country, f.state, f.promised_for, f.shipped_at,
        f.inspect_until, f.carrier, f.tracking,
        coalesce((SELECT sum(part.amount_minor) FROM pledge_part part
            WHERE part.pledge_id = f.pledge_id AND part.state = 'held'), 0)::bigint AS held_minor
    FROM fulfilment f JOIN pledge p ON p.id = f.pledge_id
    JOIN person ON person.id = f.backer_id
    WHERE f.campaign_id = %(campaign)s AND f.state = ANY(%(states)s)
        AND (%(after)s::uuid IS NULL OR f.pledge_id > %(after)s)
    ORDER BY f.pledge_id LIMIT %(limit)s
"""


def board(
    campaign_id: UUID, states: Sequence[str], *, after: UUID | None = None, limit: int | None = None
) -> list[BoardRow]:
    """Return what is owed, oldest pledge first; all of it where no `limit` is given."""
    facts = {"campaign": campaign_id, "states": list(states), "after": after, "limit": limit}
    return rows(_BOARD, facts, into=BoardRow)


@dataclass(frozen=True, slots=True)
class _Count:
    state: str
    count: int


def counts(campaign_id: UUID) -> dict[str, int]:
    """Return how many of a campaign's deliveries are in each state."""
    found = rows(
        "SELECT state, count(*) AS count FROM fulfilment WHERE campaign_id = %s GROUP BY state",
        (campaign_id,),
        into=_Count,
    )
    return {each.state: each.count for each in found}


@dataclass(frozen=True, slots=True)
class ObjectionRow:
    """An objection with what it is about."""

    id: UUID
    pledge_id: UUID
    campaign_id: UUID
    part_id: UUID | None
    code: str
    words: str
    state: str
    opened_at: datetime
    back_minor: int | None
    upheld: bool | None
    reason: str | None
    proposed_by: UUID | None
    proposed_at: datetime | None
    decided_by: UUID | None
    decided_at: datetime | None
    campaign_title: str
    sponsor_id: UUID
    backer_id: UUID
    amount_minor: int
    currency: str
    reward_title: str | None
    milestone: str | None
    held_minor: int
    leave_by: date | None

    @property
    def amount(self) -> Money:
        """What was pledged."""
        return Money(self.amount_minor, self.currency)

    @property
    def held(self) -> Money:
        """What is held, and so can be decided about."""
        return Money(self.held_minor, self.currency)

    @property
    def back(self) -> Money | None:
        """What shall go back to the backer, once somebody has proposed that."""
        return None if self.back_minor is None else Money(self.back_minor, self.currency)

    @property
    def is_open(self) -> bool:
        """Whether it still waits for somebody."""
        return self.decided_at is None


_OBJECTION: Final = """
    SELECT o.id, o.pledge_id, o.campaign_id, o.part_id, o.code, o.words, o.state, o.opened_at,
        o.back_minor, o.upheld, o.reason, o.proposed_by, o.proposed_at, o.decided_by, o.decided_at,
        c.title AS campaign_title, c.sponsor_id, p.backer_id, p.amount_minor, p.currency,
        p.reward_title, r.title AS milestone, i.leave_by,
        coalesce((SELECT sum(part.amount_minor) FROM pledge_part part
            JOIN release_part of ON of.id = part.part_id
            WHERE part.pledge_id = o.pledge_id AND part.state = 'held'
                AND CASE WHEN o.part_id IS NULL THEN of.kind = 'inspection'
                    ELSE part.part_id = o.part_id END), 0)::bigint AS held_minor
    FROM objection o JOIN campaign c ON c.id = o.campaign_id JOIN pledge p ON p.id = o.pledge_id
    LEFT JOIN release_part r ON r.id = o.part_id
    LEFT JOIN escrow_instruction i ON i.id = p.checkout_id
"""


def objection(objection_id: UUID) -> ObjectionRow:
    """Return one objection; `NotFound` where there is none."""
    found = row(f"{_OBJECTION} WHERE o.id = %s", (objection_id,), into=ObjectionRow)
    if found is None:
        raise NotFound(str(objection_id))
    return found


def open_objections(*, limit: int = 200) -> list[ObjectionRow]:
    """Return what waits for a moderator or a finance officer, longest waiting first."""
    return rows(
        f"{_OBJECTION} WHERE o.state IN ('open', 'proposed') ORDER BY o.opened_at LIMIT %s",
        (limit,),
        into=ObjectionRow,
    )


def decided_objections(*, limit: int = 50) -> list[ObjectionRow]:
    """Return what was decided lately, the latest first."""
    return rows(
        f"{_OBJECTION} WHERE o.state = 'decided' ORDER BY o.decided_at DESC LIMIT %s",
        (limit,),
        into=ObjectionRow,
    )


def objections_of(pledge_id: UUID) -> list[ObjectionRow]:
    """Return what a backer objected to, oldest first."""
    return rows(
        f"{_OBJECTION} WHERE o.pledge_id = %s ORDER BY o.opened_at",
        (pledge_id,),
        into=ObjectionRow,
    )
