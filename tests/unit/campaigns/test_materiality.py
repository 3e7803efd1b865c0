"""What may change of what was promised, and what never may."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.campaigns.rules import materiality
from marketplace.campaigns.rules.change_parts import difference, merged
from marketplace.campaigns.rules.materiality import Standing, Terms, delivery_field
from marketplace.campaigns.states import CampaignState
from marketplace.kernel.money import Money

NOW = datetime(2027, 3, 10, 12, tzinfo=UTC)
LAMP = UUID(int=7)
TERMS = Terms(
    Money(100_000, "EUR"), NOW + timedelta(days=20), "<p>Clay.</p>", "It may crack.",
    {LAMP: date(2027, 9, 1)},
)  # fmt: skip
STANDING = Standing(
    CampaignState.LIVE,
    suspended_at=None,
    launched_at=NOW - timedelta(days=10),
    longest=timedelta(days=60),
    floor=Money(60_000, "EUR"),
    story_words=40,
)


def codes(*, is_wording: bool = False, standing: Standing = STANDING, **later: Any) -> list[str]:
    found = materiality.proposal_refusals(
        TERMS, replace(TERMS, **later), standing, NOW, is_wording=is_wording
    )
    return [refusal.code for refusal in found]


@pytest.mark.parametrize(
    ("later", "code"),
    [
        ({}, "change_nothing"),
        ({"goal": Money(100_001, "EUR")}, "goal_only_down"),
        ({"goal": Money(59_999, "EUR")}, "goal_below_floor"),
        ({"deadline": NOW + timedelta(days=5, seconds=-1)}, "deadline_leaves_no_time"),
        ({"deadline": NOW + timedelta(days=51)}, "deadline_beyond"),
        ({"risks": ""}, "risks_missing"),
        ({"deliveries": {LAMP: None}}, "delivery_missing"),
        ({"deliveries": {LAMP: date(2027, 2, 1)}}, "delivery_past"),
    ],
)
def test_what_cannot_change_is_said(later: dict[str, Any], code: str) -> None:
    assert codes(**later) == [code]


def test_goal_down_deadline_delivery_story_and_risks_may_change_together() -> None:
    later: dict[str, Any] = {
        "goal": Money(60_000, "EUR"),
        "deadline": NOW + timedelta(days=50),
        "story": "<p>Stone.</p>",
        "risks": "It may break.",
        "deliveries": {LAMP: date(2028, 1, 1)},
    }

    assert codes(**later) == []
    assert materiality.changed_parts(TERMS, replace(TERMS, **later)) == [
        *("goal", "deadline", "story", "risks", "delivery")
    ]


def test_nothing_changes_when_nobody_could_be_asked_before_the_end() -> None:
    soon = replace(TERMS, deadline=NOW + timedelta(days=4))

    found = materiality.proposal_refusals(
        soon, replace(soon, risks="Other."), STANDING, NOW, is_wording=False
    )

    assert [refusal.code for refusal in found] == ["deadline_leaves_no_time"]


def test_nothing_changes_after_the_end_or_while_it_is_suspended() -> None:
    closed = replace(STANDING, state=CampaignState.CLOSING)
    suspended = replace(STANDING, suspended_at=NOW)

    assert codes(standing=closed, risks="Other.") == ["change_not_live"]
    assert codes(standing=suspended, risks="Other.") == ["change_suspended"]


def test_only_story_and_risks_can_be_other_words_for_the_same() -> None:
    assert codes(is_wording=True, story="<p>A clay.</p>") == []
    assert codes(is_wording=True, goal=Money(90_000, "EUR")) == ["change_is_no_wording"]


def test_an_approved_change_needs_the_time_and_what_it_was_to_change() -> None:
    late = replace(TERMS, deadline=NOW + timedelta(days=4))

    def found(terms: Terms, *, is_stale: bool) -> list[str]:
        refusals = materiality.effect_refusals(terms, STANDING, NOW, is_stale=is_stale)
        return [refusal.code for refusal in refusals]

    assert found(TERMS, is_stale=False) == []
    assert found(TERMS, is_stale=True) == ["change_stale"]
    assert found(late, is_stale=False) == ["deadline_leaves_no_time"]


def test_only_backers_of_a_reward_that_comes_later_are_touched_by_that() -> None:
    assert not materiality.touches_everybody(["delivery"])
    assert materiality.touches_everybody(["delivery", "goal"])


def test_the_time_to_answer_is_over_at_its_last_instant() -> None:
    def found(state: str, now: datetime) -> list[str]:
        return [refusal.code for refusal in materiality.answer_refusals(state, NOW, now)]

    assert found("held", NOW - timedelta(seconds=1)) == []
    assert found("promised", NOW) == ["answer_too_late"]
    assert found("awaiting_payment", NOW - timedelta(days=1)) == ["answer_not_asked"]


def test_a_kept_change_holds_only_what_differs_and_gives_the_later_terms_again() -> None:
    later = replace(
        TERMS, goal=Money(80_000, "EUR"), deadline=NOW, deliveries={LAMP: date(2028, 1, 1)}
    )

    before, after = difference(TERMS, later)

    assert before == {
        "goal": 100_000,
        "deadline": "2027-03-30T12:00:00+00:00",
        "delivery": {str(LAMP): "2027-09-01"},
    }
    assert merged(TERMS, after) == later
    assert delivery_field(LAMP) == f"delivery-{LAMP.hex}"
