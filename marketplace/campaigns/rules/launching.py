"""When a campaign may begin. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from marketplace.campaigns import rules
from marketplace.campaigns.states import CampaignState
from marketplace.kernel.errors import Refusal

AHEAD_MAX: Final = timedelta(days=90)

# While a moderator looks nothing of it changes; once it is live it has begun.
PLANNABLE: Final = frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED})


def is_coming(state: str, announced_at: datetime | None) -> bool:
    """Whether everybody sees that a campaign comes: it is approved, waits, and shows itself."""
    return state == CampaignState.SCHEDULED and announced_at is not None


def plan_refusals(
    launch_at: datetime | None,
    deadline: datetime | None,
    now: datetime,
    *,
    state: CampaignState,
    most: timedelta,
) -> list[Refusal]:
    """Return what is wrong with the hour at which a campaign is to begin; None: at its approval.

    `most` is how long it may last. Its deadline may still be missing, not its hour once approved.
    """
    if state not in PLANNABLE:
        return [Refusal("draft_locked")]
    if launch_at is None:
        return [Refusal("launch_missing", "launch_at")] if state is CampaignState.SCHEDULED else []
    if launch_at <= now:
        return [Refusal("launch_past", "launch_at")]
    if launch_at > now + AHEAD_MAX:
        return [Refusal("launch_too_far", "launch_at", days=AHEAD_MAX.days)]
    return _length_refusals(launch_at, deadline, most)


def launch_refusals(
    deadline: datetime, now: datetime, *, state: CampaignState, most: timedelta
) -> list[Refusal]:
    """Return what keeps an approved campaign from beginning at `now`."""
    if state is not CampaignState.SCHEDULED:
        return [Refusal("launch_not_approved")]
    if deadline < now + rules.DURATION_MIN:
        return [Refusal("launch_too_late")]
    return [Refusal("launch_too_early", days=most.days)] if deadline > now + most else []


def _length_refusals(
    launch_at: datetime, deadline: datetime | None, most: timedelta
) -> list[Refusal]:
    if deadline is None:
        return []
    if deadline < launch_at + rules.DURATION_MIN:
        return [Refusal("launch_after_deadline", "launch_at", deadline=deadline)]
    if deadline > launch_at + most:
        return [Refusal("launch_long_before", "launch_at", days=most.days, deadline=deadline)]
    return []
