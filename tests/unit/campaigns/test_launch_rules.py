"""When a campaign may begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.campaigns import rules
from marketplace.campaigns.rules import launching
from marketplace.campaigns.states import CampaignState

NOW = datetime(2027, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MOST = timedelta(days=60)


@pytest.mark.parametrize(
    ("launch_at", "deadline", "codes"),
    [
        (None, NOW + 30 * DAY, []),
        (NOW + DAY, None, []),
        (NOW + DAY, NOW + 30 * DAY, []),
        (NOW, NOW + 30 * DAY, ["launch_past"]),
        (NOW + 91 * DAY, NOW + 120 * DAY, ["launch_too_far"]),
        (NOW + 30 * DAY, NOW + 30 * DAY, ["launch_after_deadline"]),
        (NOW + 10 * DAY, NOW + 71 * DAY, ["launch_long_before"]),
        (NOW + 10 * DAY, NOW + 70 * DAY, []),
    ],
)
def test_an_hour_leaves_a_day_and_no_more_than_a_campaign_may_last(
    launch_at: datetime | None, deadline: datetime | None, codes: list[str]
) -> None:
    found = launching.plan_refusals(launch_at, deadline, NOW, state=CampaignState.DRAFT, most=MOST)

    assert [refusal.code for refusal in found] == codes


@pytest.mark.parametrize(
    ("state", "launch_at", "code"),
    [
        (CampaignState.SCHEDULED, None, "launch_missing"),
        (CampaignState.IN_REVIEW, NOW + DAY, "draft_locked"),
        (CampaignState.LIVE, NOW + DAY, "draft_locked"),
    ],
)
def test_what_is_approved_keeps_an_hour_and_what_is_looked_at_or_live_keeps_its_own(
    state: CampaignState, launch_at: datetime | None, code: str
) -> None:
    found = launching.plan_refusals(launch_at, NOW + 30 * DAY, NOW, state=state, most=MOST)

    assert [refusal.code for refusal in found] == [code]


@pytest.mark.parametrize(
    ("state", "deadline", "codes"),
    [
        (CampaignState.SCHEDULED, NOW + 30 * DAY, []),
        (CampaignState.DRAFT, NOW + 30 * DAY, ["launch_not_approved"]),
        (CampaignState.SCHEDULED, NOW + DAY / 2, ["launch_too_late"]),
        (CampaignState.SCHEDULED, NOW + 61 * DAY, ["launch_too_early"]),
    ],
)
def test_a_campaign_begins_only_approved_and_with_time_to_be_backed(
    state: CampaignState, deadline: datetime, codes: list[str]
) -> None:
    found = launching.launch_refusals(deadline, NOW, state=state, most=MOST)

    assert [refusal.code for refusal in found] == codes


def test_an_hour_that_passed_before_the_approval_is_the_approval() -> None:
    assert rules.starts_at(NOW - DAY, NOW) == NOW
    assert rules.starts_at(None, NOW) == NOW
    assert rules.starts_at(NOW + DAY, NOW) == NOW + DAY
