"""Late pledges of funded campaigns: released in sets, once a day, as the plan of parts says.

They wait for the first payout: should the sponsor never be paid, they go back with all others.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Final
from uuid import UUID

from marketplace.campaigns.services import releasing_late
from marketplace.campaigns.services.moving import lock_campaign
from marketplace.campaigns.states import DECIDED_FOR
from marketplace.infra.commands import command
from marketplace.infra.database import column
from marketplace.settlement import deciding, releasing
from marketplace.settlement.deciding import line
from marketplace.settlement.lines import Line

BATCH: Final = 500
_DUE: Final = """
    SELECT DISTINCT c.id FROM pledge p JOIN campaign c ON c.id = p.campaign_id
    WHERE p.is_late AND p.state = 'held' AND p.held_at < %(before)s AND c.suspended_at IS NULL
        AND (c.state = 'paid_out' OR (c.state = 'funded' AND c.release_id IS NULL))
    ORDER BY c.id LIMIT %(limit)s
"""


def release_due(now: datetime) -> list[Line]:
    """Release what was pledged late on the days before.

    A campaign whose books do not add up is left as it is and named; the others go on.
    """
    due = column(_DUE, {"before": _today(now), "limit": BATCH})
    return deciding.take_each(due, lambda found: release_late(found, now))


@command
def release_late(campaign_id: UUID, now: datetime) -> list[Line]:
    """Release one campaign's set; nothing while it is suspended or its sponsor not paid."""
    campaign = lock_campaign(campaign_id)
    if campaign.suspended_at is not None or campaign.state not in DECIDED_FOR:
        return []
    if not releasing.is_paid(campaign):
        return []
    found = releasing_late.release(campaign, now, before=_today(now))
    if found is None:
        return []
    # A pledge is released once in its life: the first of a set names it.
    operation_id = f"settlement.late_release:{campaign.id}:{found.ids[0]}"
    paid = releasing.release(campaign, found.whole, now, operation_id=operation_id)
    note = f"{len(found.ids)} late pledges"
    head = line("campaign.late", campaign_id, amount=found.whole.gross, note=note)
    return [head, *deciding.kept_lines(campaign_id, found.whole, paid)]


def _today(now: datetime) -> datetime:
    """Return when the day began."""
    return datetime.combine(now.astimezone(UTC).date(), time(), UTC)
