"""How far a campaign is with charging the cards that were saved for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Progress:
    """The promised pledges of one campaign, by what became of their cards so far.

    `repairing` are declined too: their backers have the page open on which they pay.
    """

    currency: str
    collected_minor: int
    collected: int
    charging_minor: int
    charging: int
    failing_minor: int
    failing: int
    repairing_minor: int
    repairing: int

    @property
    def promised(self) -> Money:
        """All of it."""
        parts = (self.collected_minor, self.charging_minor, self.failing_minor)
        return self.money(sum(parts) + self.repairing_minor)

    @property
    def pledges(self) -> int:
        """How many pledges that are."""
        return self.collected + self.charging + self.failing + self.repairing

    def money(self, minor: int) -> Money:
        """Return `minor` in the campaign's currency."""
        return Money(minor, self.currency)


_REPAIRING: Final = """
    (p.state = 'declined' AND EXISTS (
        SELECT FROM escrow_instruction i WHERE i.kind = 'checkout' AND i.purpose = 'pledge'
          AND i.subject_id = p.id AND i.state IN ('planned', 'sent', 'unknown')
          AND i.expires_at > %(now)s))
"""
_PROGRESS: Final = f"""
    SELECT currency,
        coalesce(sum(amount_minor) FILTER (WHERE state = 'held'), 0)::bigint AS collected_minor,
        count(*) FILTER (WHERE state = 'held') AS collected,
        coalesce(sum(amount_minor) FILTER (WHERE state = 'charging'), 0)::bigint
            AS charging_minor,
        count(*) FILTER (WHERE state = 'charging') AS charging,
        coalesce(sum(amount_minor) FILTER (WHERE state = 'declined' AND NOT open), 0)::bigint
            AS failing_minor,
        count(*) FILTER (WHERE state = 'declined' AND NOT open) AS failing,
        coalesce(sum(amount_minor) FILTER (WHERE open), 0)::bigint AS repairing_minor,
        count(*) FILTER (WHERE open) AS repairing
    FROM (
        SELECT p.state, p.amount_minor, p.currency, {_REPAIRING} AS open
        FROM pledge p WHERE p.campaign_id = %(campaign)s
          AND p.state IN ('held', 'charging', 'declined')
    ) found GROUP BY currency
"""  # noqa: S608 - our own constants


def progress(campaign_id: UUID, now: datetime) -> Progress | None:
    """Return how far it is; None while nothing is promised or paid."""
    return row(_PROGRESS, {"campaign": campaign_id, "now": now}, into=Progress)


@dataclass(frozen=True, slots=True)
class Reason:
    """How many cards were declined for one reason, by the provider's code."""

    code: str
    count: int


def reasons(campaign_id: UUID) -> list[Reason]:
    """Return why cards that still wait were declined, most frequent first."""
    sql = """
        SELECT decline_reason AS code, count(*) AS count FROM pledge
        WHERE campaign_id = %s AND state = 'declined'
        GROUP BY decline_reason ORDER BY count(*) DESC, decline_reason
    """
    return rows(sql, (campaign_id,), into=Reason)


@dataclass(frozen=True, slots=True)
class SurplusRow:
    """A payment that a pledge did not need."""

    instruction_id: UUID
    amount_minor: int
    currency: str
    paid_at: datetime
    refund_id: UUID | None
    ended_at: datetime | None

    @property
    def amount(self) -> Money:
        """What was paid too much."""
        return Money(self.amount_minor, self.currency)


def surplus(pledge_id: UUID) -> list[SurplusRow]:
    """Return what was paid for a pledge that was paid already, oldest first."""
    sql = """
        SELECT instruction_id, amount_minor, currency, paid_at, refund_id, ended_at
        FROM pledge_surplus WHERE pledge_id = %s ORDER BY paid_at, instruction_id
    """
    return rows(sql, (pledge_id,), into=SurplusRow)
