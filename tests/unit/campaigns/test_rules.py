"""What may be submitted, approved, pledged and taken back, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from marketplace.campaigns import rules
from marketplace.campaigns.rules import DraftFacts, PledgeFacts
from marketplace.campaigns.states import CampaignState
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DEADLINE = NOW + timedelta(days=30)
SPONSOR, BACKER = UUID(int=1), UUID(int=2)


def euros(text: str) -> Money:
    return Money.of(text, "EUR")


def codes(refusals: list[Refusal]) -> list[str]:
    return [found.code for found in refusals]


DRAFT = DraftFacts(
    title="A lamp",
    tagline="Light without a wire.",
    category="design",
    story_words=rules.STORY_WORDS_MIN,
    risks="It may crack.",
    goal=euros("1000"),
    deadline=DEADLINE,
    has_cover=True,
    rewards=0,
)
PLEDGE = PledgeFacts(
    amount=euros("25"),
    campaign_currency="EUR",
    campaign_state=CampaignState.LIVE,
    deadline=DEADLINE,
    sponsor_id=SPONSOR,
    backer_id=BACKER,
    reward_price=None,
    reward_left=None,
)


class TestSubmitting:
    def test_a_draft_with_nothing_missing_may_go(self) -> None:
        assert rules.submission_refusals(DRAFT, NOW) == []

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"title": ""}, "basics_missing"),
            ({"tagline": ""}, "basics_missing"),
            ({"category": "weapons"}, "basics_missing"),
            ({"story_words": rules.STORY_WORDS_MIN - 1}, "story_too_short"),
            ({"has_cover": False}, "cover_missing"),
            ({"goal": None}, "funding_missing"),
            ({"deadline": None}, "funding_missing"),
            ({"risks": ""}, "risks_missing"),
        ],
    )
    def test_whatever_is_missing_is_named(self, change: dict[str, object], code: str) -> None:
        facts = replace(DRAFT, **change)  # type: ignore[arg-type]

        assert codes(rules.submission_refusals(facts, NOW)) == [code]

    def test_everything_missing_is_named_at_once_in_the_order_of_the_tasks(self) -> None:
        empty = DraftFacts("", "", "", 0, "", None, None, has_cover=False, rewards=0)

        assert codes(rules.submission_refusals(empty, NOW)) == [
            "basics_missing",
            "story_too_short",
            "cover_missing",
            "funding_missing",
            "risks_missing",
        ]

    def test_a_deadline_that_passed_while_drafting_is_noticed(self) -> None:
        assert codes(rules.submission_refusals(DRAFT, DEADLINE)) == ["deadline_past"]


class TestGoalAndDeadline:
    @pytest.mark.parametrize(
        ("goal", "code"),
        [
            (euros("99.99"), "goal_too_small"),
            (euros("100.00"), None),
            (euros("10000000.00"), None),
            (euros("10000000.01"), "goal_too_large"),
            (Money.of("9999", "JPY"), "goal_too_small"),
            (Money.of("10000", "JPY"), None),
        ],
    )
    def test_a_goal_lies_between_its_limits(self, goal: Money, code: str | None) -> None:
        assert codes(rules.goal_refusals(goal)) == ([code] if code else [])

    @pytest.mark.parametrize(
        ("ahead", "code"),
        [
            (timedelta(0), "deadline_past"),
            (timedelta(days=1) - timedelta(seconds=1), "deadline_too_near"),
            (timedelta(days=1), None),
            (timedelta(days=60), None),
            (timedelta(days=60, seconds=1), "deadline_too_far"),
        ],
    )
    def test_a_deadline_is_one_to_sixty_days_ahead(
        self, ahead: timedelta, code: str | None
    ) -> None:
        assert codes(rules.deadline_refusals(NOW + ahead, NOW)) == ([code] if code else [])

    def test_where_the_provider_holds_money_for_less_a_deadline_is_nearer(self) -> None:
        most = rules.longest("now", 33)

        assert codes(rules.deadline_refusals(NOW + timedelta(days=33), NOW, most)) == []
        assert codes(rules.deadline_refusals(NOW + timedelta(days=34), NOW, most)) == [
            "deadline_past_holding"
        ]

    def test_sixty_days_stay_the_most_and_who_charges_at_the_end_holds_nothing(self) -> None:
        assert rules.longest("now", 300) == rules.DURATION_MAX
        assert rules.longest("deadline", 33) == rules.DURATION_MAX


class TestRewards:
    @pytest.mark.parametrize(
        ("price", "quantity", "delivery", "code"),
        [
            (euros("0.99"), None, None, "pledge_too_small"),
            (euros("10000.01"), None, None, "pledge_too_large"),
            (Money.of("25", "USD"), None, None, "currency_other"),
            (euros("25"), 0, None, "quantity_outside"),
            (euros("25"), -1, None, "quantity_outside"),
            (euros("25"), rules.QUANTITY_MAX + 1, None, "quantity_outside"),
            (euros("25"), None, date(2026, 2, 1), "delivery_past"),
            (euros("25"), 1, date(2026, 3, 1), None),
        ],
    )
    def test_a_tier_can_be_kept(
        self, price: Money, quantity: int | None, delivery: date | None, code: str | None
    ) -> None:
        found = rules.reward_refusals(price, quantity, delivery, currency="EUR", today=NOW.date())

        assert codes(found) == ([code] if code else [])


class TestPledging:
    def test_a_pledge_is_taken(self) -> None:
        assert rules.pledge_refusals(PLEDGE, NOW) == []

    @pytest.mark.parametrize(
        ("seconds", "expected"), [(-1, []), (0, ["campaign_closed"]), (1, ["campaign_closed"])]
    )
    def test_the_deadline_is_exact_to_the_second(self, seconds: int, expected: list[str]) -> None:
        at = DEADLINE + timedelta(seconds=seconds)

        assert codes(rules.pledge_refusals(PLEDGE, at)) == expected

    @pytest.mark.parametrize("state", [one for one in CampaignState if one != CampaignState.LIVE])
    def test_only_a_live_campaign_takes_pledges(self, state: CampaignState) -> None:
        facts = replace(PLEDGE, campaign_state=state)

        assert codes(rules.pledge_refusals(facts, NOW)) == ["campaign_closed"]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"backer_id": SPONSOR}, "own_campaign"),
            ({"amount": Money.of("25", "USD")}, "currency_other"),
            ({"amount": euros("0.99")}, "pledge_too_small"),
            ({"amount": euros("10000.01")}, "pledge_too_large"),
            ({"reward_price": euros("25.01")}, "below_reward"),
            ({"reward_price": euros("25"), "reward_left": 0}, "reward_gone"),
        ],
    )
    def test_every_refusal_has_its_reason(self, change: dict[str, object], code: str) -> None:
        facts = replace(PLEDGE, **change)  # type: ignore[arg-type]

        assert codes(rules.pledge_refusals(facts, NOW)) == [code]

    def test_the_limits_themselves_are_allowed(self) -> None:
        for amount in (rules.pledge_min("EUR"), rules.pledge_max("EUR")):
            assert rules.pledge_refusals(replace(PLEDGE, amount=amount), NOW) == []

    def test_a_reward_is_held_for_half_an_hour_and_never_past_the_deadline(self) -> None:
        assert rules.checkout_until(NOW, DEADLINE) == NOW + timedelta(minutes=30)
        assert rules.checkout_until(DEADLINE - timedelta(minutes=5), DEADLINE) == DEADLINE


class TestTakingBack:
    @pytest.mark.parametrize(
        ("seconds", "expected"), [(-1, []), (0, ["cancel_too_late"]), (1, ["cancel_too_late"])]
    )
    def test_it_is_possible_until_the_deadline(self, seconds: int, expected: list[str]) -> None:
        at = DEADLINE + timedelta(seconds=seconds)

        assert codes(rules.cancel_refusals(DEADLINE, at)) == expected


class TestDeciding:
    def refusals(self, *, moderator_id: UUID, deadline: datetime, approve: bool) -> list[str]:
        return codes(
            rules.decision_refusals(
                sponsor_id=SPONSOR,
                moderator_id=moderator_id,
                deadline=deadline,
                approve=approve,
                now=NOW,
            )
        )

    def test_a_campaign_that_would_collect_for_too_long_can_only_be_returned(self) -> None:
        far = rules.decision_refusals(
            sponsor_id=SPONSOR,
            moderator_id=BACKER,
            deadline=NOW + timedelta(days=34),
            approve=True,
            now=NOW,
            most=timedelta(days=33),
        )

        assert codes(far) == ["deadline_too_far_to_approve"]

    @pytest.mark.parametrize("approve", [True, False])
    def test_nobody_decides_on_an_own_campaign(self, *, approve: bool) -> None:
        found = self.refusals(moderator_id=SPONSOR, deadline=DEADLINE, approve=approve)

        assert found == ["own_campaign_decision"]

    def test_a_campaign_without_time_to_live_can_only_be_returned(self) -> None:
        soon = NOW + timedelta(hours=23)

        assert self.refusals(moderator_id=BACKER, deadline=soon, approve=True) == [
            "deadline_too_near_to_approve"
        ]
        assert self.refusals(moderator_id=BACKER, deadline=soon, approve=False) == []
