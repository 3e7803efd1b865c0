"""In which parts a sponsor is paid, and where each part of a pledge is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class PlanPart:
    """One part of a campaign's plan, and where all the shares in it are, before our fee."""

    id: UUID
    position: int
    kind: str
    share_bps: int
    title: str
    due: date | None
    state: str | None
    evidence_html: str
    claimed_at: datetime | None
    objections_until: datetime | None
    decided_at: datetime | None
    reason: str | None
    held_minor: int
    released_minor: int
    back_minor: int
    charged_back_minor: int


_PLAN: Final = """
    SELECT r.id, r.position, r.kind, r.share_bps, r.title, r.due, r.state, r.evidence_html,
        r.claimed_at, r.objections_until, r.decided_at, r.reason,
        coalesce(p.held, 0)::bigint AS held_minor,
        coalesce(p.released, 0)::bigint AS released_minor,
        coalesce(p.back, 0)::bigint AS back_minor,
        coalesce(p.charged_back, 0)::bigint AS charged_back_minor
    FROM release_part r LEFT JOIN LATERAL (
        SELECT sum(amount_minor) FILTER (WHERE state = 'held') AS held,
            sum(amount_minor) FILTER (WHERE state = 'released') AS released,
            sum(amount_minor) FILTER (WHERE state IN ('returning', 'returned')) AS back,
            sum(amount_minor) FILTER (WHERE state = 'charged_back') AS charged_back
        FROM pledge_part WHERE part_id = r.id) p ON true
"""


def plan(campaign_id: UUID) -> list[PlanPart]:
    """Return the parts of a campaign's plan in their order; none: it is paid whole."""
    return rows(
        f"{_PLAN} WHERE r.campaign_id = %s ORDER BY r.position", (campaign_id,), into=PlanPart
    )


def milestone(part_id: UUID, campaign_id: UUID) -> PlanPart:
    """Return one milestone of this campaign; `NotFound` for any other part."""
    sql = f"{_PLAN} WHERE r.id = %s AND r.campaign_id = %s AND r.kind = 'milestone'"
    found = row(sql, (part_id, campaign_id), into=PlanPart)
    if found is None:
        raise NotFound(str(part_id))
    return found


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of one pledge. Amounts are gross: of what is released we take our fee."""

    id: UUID
    pledge_id: UUID
    part_id: UUID
    piece: int
    amount_minor: int
    fee_minor: int
    currency: str
    state: str
    refund_id: UUID | None
    ended_at: datetime | None

    @property
    def amount(self) -> Money:
        """All of it."""
        return Money(self.amount_minor, self.currency)

    @property
    def fee(self) -> Money:
        """What we take of it once it is released."""
        return Money(self.fee_minor, self.currency)


COLUMNS: Final = """
    part.id, part.pledge_id, part.part_id, part.piece, part.amount_minor, part.fee_minor,
    part.currency, part.state, part.refund_id, part.ended_at
"""


@dataclass(frozen=True, slots=True)
class PledgedPart:
    """One part of a pledge as its backer sees it, with how its milestone stands."""

    part_id: UUID
    kind: str
    title: str
    milestone: str | None
    objections_until: datetime | None
    amount_minor: int
    currency: str
    state: str
    refund_id: UUID | None
    ended_at: datetime | None

    @property
    def amount(self) -> Money:
        """All of it."""
        return Money(self.amount_minor, self.currency)


def of_pledge(pledge_id: UUID) -> list[PledgedPart]:
    """Return the parts of a pledge in the order of the plan; none: it is released whole."""
    return rows(
        """
        SELECT r.id AS part_id, r.kind, r.title, r.state AS milestone, r.objections_until,
            part.amount_minor, part.currency, part.state, part.refund_id,
            part.ended_at
        FROM pledge_part part JOIN release_part r ON r.id = part.part_id
        WHERE part.pledge_id = %s AND part.state <> 'divided' ORDER BY r.position, part.piece
        """,
        (pledge_id,),
        into=PledgedPart,
    )


def is_held_back(campaign_id: UUID) -> bool:
    """Whether a part of what a campaign raised is held."""
    sql = "SELECT EXISTS (SELECT FROM pledge_part WHERE campaign_id = %s AND state = 'held')"
    return bool(scalar(sql, (campaign_id,)))


def held_for_inspection(pledge_id: UUID) -> int:
    """Return what of a pledge is held until it was inspected, in minor units."""
    return int(
        scalar(
            """
            SELECT coalesce(sum(part.amount_minor), 0) FROM pledge_part part
            JOIN release_part r ON r.id = part.part_id AND r.kind = 'inspection'
            WHERE part.pledge_id = %s AND part.state = 'held'
            """,
            (pledge_id,),
        )
    )


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """One payout of a campaign that is paid in parts."""

    number: int
    kind: str
    gross_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    instruction_id: UUID | None
    planned_at: datetime
    ended_at: datetime | None


def payouts(campaign_id: UUID) -> list[PayoutRow]:
    """Return what a sponsor was paid, or is being paid, in order."""
    return rows(
        """
        SELECT number, kind, gross_minor, fee_minor, net_minor, currency, instruction_id,
            planned_at, ended_at
        FROM campaign_payout WHERE campaign_id = %s ORDER BY number
        """,
        (campaign_id,),
        into=PayoutRow,
    )
