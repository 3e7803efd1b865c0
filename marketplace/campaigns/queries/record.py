"""What became of a sponsor's promises: facts, counted, and nobody's opinion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Facts:
    """A sponsor's campaigns, and what backers of the funded ones were promised.

    A promise is late when it left after the month it was for, or has not left since that month
    ended. `median_delay_days` is over all that left or are late; None where nothing did.
    """

    name: str
    since: datetime
    launched: int
    funded: int
    missed: int
    promised: int
    delivered: int
    on_time: int
    late: int
    back: int
    median_delay_days: int | None


@dataclass(frozen=True, slots=True)
class Past:
    """One campaign of a sponsor as everybody may see it."""

    id: UUID
    title: str
    state: str
    collection: str
    launched_at: datetime
    currency: str
    goal_minor: int
    raised_minor: int
    promised: int
    delivered: int

    @property
    def raised(self) -> Money:
        """What it raised, or has so far."""
        return Money(self.raised_minor, self.currency)

    @property
    def goal(self) -> Money:
        """What it needed."""
        return Money(self.goal_minor, self.currency)


# Received without ever being marked as sent counts from the day its backer said so.
_PROMISES: Final = """
    SELECT f.campaign_id, f.state, f.left_on, CASE
            WHEN f.promised_for IS NULL THEN NULL
            WHEN f.left_on IS NOT NULL THEN greatest(f.left_on - f.last_day, 0)
            WHEN f.state IN ('to_ship', 'owed') AND %(today)s::date > f.last_day
                THEN %(today)s::date - f.last_day
        END AS delay
    FROM (
        SELECT campaign_id, state, promised_for,
            (date_trunc('month', promised_for) + interval '1 month - 1 day')::date AS last_day,
            (coalesce(shipped_at, CASE WHEN state IN ('accepted', 'auto_accepted')
                THEN ended_at END) AT TIME ZONE 'UTC')::date AS left_on
        FROM fulfilment WHERE state <> 'void'
            AND campaign_id IN (SELECT id FROM campaign WHERE sponsor_id = %(sponsor)s)
    ) f
"""
_FACTS: Final = f"""
    SELECT p.name, c.since, c.launched, c.funded, c.missed, d.promised, d.delivered, d.on_time,
        d.late, d.back, d.median_delay_days
    FROM person p CROSS JOIN LATERAL (
        SELECT min(launched_at) AS since, count(launched_at) AS launched,
            count(*) FILTER (WHERE state IN ('funded', 'paid_out')) AS funded,
            count(*) FILTER (WHERE state IN ('unfunded', 'refunded')) AS missed
        FROM campaign WHERE sponsor_id = p.id
    ) c CROSS JOIN (
        SELECT count(*) AS promised, count(left_on) AS delivered,
            count(*) FILTER (WHERE left_on IS NOT NULL AND coalesce(delay, 0) = 0) AS on_time,
            count(*) FILTER (WHERE delay > 0) AS late,
            count(*) FILTER (WHERE state IN ('returned', 'partly_released')) AS back,
            percentile_disc(0.5) WITHIN GROUP (ORDER BY delay) AS median_delay_days
        FROM ({_PROMISES}) promise
    ) d
    WHERE p.id = %(sponsor)s AND c.launched > 0
"""  # noqa: S608 - our own constant
_CAMPAIGNS: Final = """
    SELECT c.id, c.title, c.state, c.collection, c.launched_at, c.currency, c.goal_minor,
        t.raised_minor, coalesce(f.promised, 0) AS promised, coalesce(f.delivered, 0) AS delivered
    FROM campaign c JOIN campaign_total t ON t.campaign_id = c.id
    LEFT JOIN LATERAL (
        SELECT count(*) AS promised, count(*) FILTER (WHERE shipped_at IS NOT NULL
            OR state IN ('accepted', 'auto_accepted')) AS delivered
        FROM fulfilment WHERE campaign_id = c.id AND state <> 'void'
    ) f ON true
    WHERE c.sponsor_id = %s AND c.launched_at IS NOT NULL
    ORDER BY c.launched_at DESC, c.id DESC LIMIT 100
"""


def facts(sponsor_id: UUID, today: date) -> Facts:
    """Return the record of somebody who has launched a campaign; anybody else is `NotFound`."""
    found = row(_FACTS, {"sponsor": sponsor_id, "today": today}, into=Facts)
    if found is None:
        raise NotFound(str(sponsor_id))
    return found


def campaigns(sponsor_id: UUID) -> list[Past]:
    """Return the campaigns a sponsor has launched, the latest first."""
    return rows(_CAMPAIGNS, (sponsor_id,), into=Past)
