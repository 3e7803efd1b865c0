"""Who may stand in the line before a reward, and how long a place is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from marketplace.campaigns.rules.rewards import OfferFacts
from marketplace.campaigns.rules.waiting import LineFacts, join_refusals, offer_until

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
OFFER = OfferFacts(
    is_addon=False,
    as_addon=False,
    opens_at=None,
    closes_at=None,
    withdrawn_at=None,
    secret_digest=None,
    shown_digest=None,
)
FACTS = LineFacts(
    person_id=UUID(int=1),
    sponsor_id=UUID(int=2),
    is_live=True,
    deadline=NOW + timedelta(days=9),
    offer=OFFER,
    left=0,
)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(FACTS, sponsor_id=UUID(int=1)), "own_campaign"),
        (replace(FACTS, is_live=False), "campaign_closed"),
        (replace(FACTS, deadline=NOW), "campaign_closed"),
        (replace(FACTS, offer=replace(OFFER, withdrawn_at=NOW)), "reward_withdrawn"),
        (replace(FACTS, offer=replace(OFFER, closes_at=NOW)), "reward_over"),
        (replace(FACTS, offer=replace(OFFER, secret_digest="x")), "reward_unknown"),
        (replace(FACTS, offer=replace(OFFER, is_addon=True)), "reward_unknown"),
        (replace(FACTS, left=1), "line_needless"),
        (replace(FACTS, left=None), "line_needless"),
    ],
)
def test_a_line_is_only_before_what_is_offered_and_all_taken(facts: LineFacts, code: str) -> None:
    assert join_refusals(FACTS, NOW) == []
    assert [refusal.code for refusal in join_refusals(facts, NOW)] == [code]


def test_a_place_is_kept_for_a_day_and_never_longer_than_it_can_be_taken() -> None:
    day, soon, sooner = NOW + timedelta(days=1), NOW + timedelta(hours=3), NOW + timedelta(hours=2)
    assert offer_until(NOW, NOW + timedelta(days=9), None) == day
    assert offer_until(NOW, soon, None) == soon
    assert offer_until(NOW, soon, sooner) == sooner
