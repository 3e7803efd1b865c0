"""How far campaigns were on each of their days that went well, in the median of a category."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.queries.one import COUNTED
from marketplace.campaigns.rules.comparing import OTHERS_MIN
from marketplace.infra.database import rows

OTHERS_MAX: Final = 50
"""Of so many, the latest, the median is taken."""


class MedianDay(NamedTuple):
    """At the end of a day since the launch: the median share of the goal, and of how many.

    `kin` says how many of the category there are; where that is too few, it is of all categories.
    """

    day: int
    median_bps: int
    campaigns: int
    kin: int


_REACHED: Final = """
    SELECT c.id, (c.launched_at AT TIME ZONE 'UTC')::date AS began, t.goal_minor
    FROM campaign c JOIN campaign_total t ON t.campaign_id = c.id
    WHERE c.state IN ('funded', 'paid_out') AND c.id <> %(campaign)s
        AND t.raised_minor >= t.goal_minor {more}
    ORDER BY c.launched_at DESC, c.id DESC LIMIT %(most)s
"""
# One that was over before a day stands there with what it had at its end.
_MEDIANS: Final = f"""
    WITH kin AS MATERIALIZED ({_REACHED.format(more="AND c.category = %(category)s")}),
    other AS MATERIALIZED (
        SELECT * FROM kin WHERE (SELECT count(*) FROM kin) >= %(least)s
        UNION ALL
        SELECT * FROM ({_REACHED.format(more="")}) everything
            WHERE (SELECT count(*) FROM kin) < %(least)s
    ), came AS (
        SELECT o.id, (coalesce(promised_at, held_at) AT TIME ZONE 'UTC')::date - o.began AS day,
            sum(amount_minor) AS minor
        FROM other o JOIN pledge ON campaign_id = o.id
        WHERE {COUNTED} AND NOT is_late GROUP BY 1, 2
    ), stood AS (
        SELECT d.day, o.id, sum(coalesce(came.minor, 0)) OVER (PARTITION BY o.id ORDER BY d.day)
            * 10000 / o.goal_minor AS share
        FROM other o CROSS JOIN generate_series(0, %(last)s) AS d (day)
        LEFT JOIN came ON came.id = o.id AND came.day = d.day
    )
    SELECT day, percentile_cont(0.5) WITHIN GROUP (ORDER BY share)::bigint AS median_bps,
        count(*) AS campaigns, (SELECT count(*) FROM kin) AS kin
    FROM stood GROUP BY day ORDER BY day
"""  # noqa: S608 - our own clause


def medians(campaign_id: UUID, category: str, last_day: int) -> list[MedianDay]:
    """Return the median for each day from the launch to `last_day`; empty where there is none.

    Of the latest campaigns that reached their goal and are over, without this one: of its category
    where there are enough of those, else of all.
    """
    facts = {
        "campaign": campaign_id,
        "category": category,
        "last": last_day,
        "most": OTHERS_MAX,
        "least": OTHERS_MIN,
    }
    return rows(_MEDIANS, facts, into=MedianDay)
