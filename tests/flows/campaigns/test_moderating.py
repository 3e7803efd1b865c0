"""A moderator's decision on somebody else's campaign."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from marketplace.campaigns import rules
from marketplace.campaigns.queries import listing, moderation, one
from marketplace.campaigns.queries.listing import Wanted
from marketplace.campaigns.services import drafting, moderating, submitting
from marketplace.infra import mail, transitions
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed, NotFound, Refusal
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_moderator, a_person, an_actor


def waiting(sponsor: Actor | None = None, days: float = 30) -> UUID:
    sponsor = sponsor or an_actor("Sponsor Sol")
    return build.submitted(build.a_draft(sponsor, days=days), sponsor)


def a_decider() -> Actor:
    return a_moderator().as_actor()


def found_in_list(words: str = "lamp") -> list[UUID]:
    found = [row.id for row in listing.find(Wanted(words=words)).campaigns]
    db.session.rollback()
    return found


@pytest.mark.usefixtures("app")
class TestApproving:
    def test_it_goes_live_at_once_and_is_found(self) -> None:
        made = waiting()
        assert found_in_list() == []

        moderating.approve(a_decider(), made, clock.now())

        now = build.campaign(made)
        assert (now.state, now.launched_at) == ("live", clock.now())
        assert now.takes_pledges(clock.now())
        assert found_in_list() == [made]
        assert found_in_list("kitchen windows") == [made]

    def test_two_moderators_at_the_same_case_decide_once(self) -> None:
        made = waiting()
        moderating.approve(a_decider(), made, clock.now())

        with pytest.raises(IllegalMove):
            moderating.approve(a_decider(), made, clock.now())
        with pytest.raises(IllegalMove):
            moderating.give_back(a_decider(), made, reason="Too late.", now=clock.now())
        assert build.campaign(made).state == "live"

    def test_one_whose_deadline_came_too_near_can_only_be_returned(self, hand: clock.Hand) -> None:
        made = waiting(days=3)
        hand.advance(days=2, seconds=1)

        with pytest.raises(Refusal, match="deadline_too_near_to_approve"):
            moderating.approve(a_decider(), made, clock.now())
        moderating.give_back(a_decider(), made, reason="Choose a later day.", now=clock.now())

        assert build.campaign(made).state == "draft"


@pytest.mark.usefixtures("app")
class TestReturning:
    def test_it_goes_back_with_the_reason_and_can_be_submitted_again(self) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = waiting(sponsor)

        moderating.give_back(a_decider(), made, reason="  Show a real lamp. ", now=clock.now())

        assert build.campaign(made).return_reason == "Show a real lamp."
        assert transitions.history("campaign", made)[-1].reason == "Show a real lamp."
        db.session.rollback()
        build.submitted(made, sponsor)
        assert build.campaign(made).return_reason is None
        assert [row.returned_before for row in moderation.review_queue()] == [1]

    @pytest.mark.parametrize(
        ("reason", "code"),
        [("  \n ", "reason_missing"), ("x" * (rules.REASON_MAX + 1), "text_too_long")],
    )
    def test_a_reason_is_needed_and_bounded(self, reason: str, code: str) -> None:
        made = waiting()

        with pytest.raises(Refusal, match=code):
            moderating.give_back(a_decider(), made, reason=reason, now=clock.now())
        assert build.campaign(made).state == "in_review"


@pytest.mark.usefixtures("app")
class TestWhoMayDecide:
    def test_nobody_on_an_own_campaign(self) -> None:
        both = a_moderator().as_actor()
        made = waiting(both)

        with pytest.raises(Refusal, match="own_campaign_decision"):
            moderating.approve(both, made, clock.now())
        with pytest.raises(Refusal, match="own_campaign_decision"):
            moderating.give_back(both, made, reason="x", now=clock.now())
        assert build.campaign(made).state == "in_review"

    @pytest.mark.parametrize("role", [None, "first_reviewer", "finance_officer", "admin"])
    def test_nobody_who_is_no_moderator(self, role: str | None) -> None:
        made = waiting()

        with pytest.raises(NotAllowed):
            moderating.approve(an_actor("Mal", role=role), made, clock.now())
        assert build.campaign(made).state == "in_review"

    @pytest.mark.parametrize("state", ["draft", "withdrawn"])
    def test_nobody_on_what_was_not_asked(self, state: str) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_draft(sponsor)
        if state == "withdrawn":
            build.submitted(made, sponsor)
            submitting.withdraw(sponsor, made, clock.now())

        with pytest.raises(IllegalMove):
            moderating.approve(a_decider(), made, clock.now())

    def test_what_does_not_exist_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            moderating.approve(a_decider(), uuid4(), clock.now())


@pytest.mark.usefixtures("app")
def test_the_queue_shows_who_waited_longest_first(hand: clock.Hand) -> None:
    first = waiting()
    hand.advance(hours=1)
    second = waiting()

    assert [row.id for row in moderation.review_queue()] == [first, second]
    moderating.approve(a_decider(), first, clock.now())
    assert [row.id for row in moderation.review_queue()] == [second]


@pytest.mark.usefixtures("app")
def test_a_draft_without_anything_cannot_be_decided_on() -> None:
    made = drafting.start_draft(
        an_actor(), title="A lamp", category="tech", form_key="k", now=clock.now()
    )

    with pytest.raises(IllegalMove):
        moderating.approve(a_decider(), made, clock.now())
    assert one.campaign(made).state == "draft"


def test_the_sponsor_hears_of_both_decisions(world: World, hand: clock.Hand) -> None:
    person = a_person("Sponsor Sol")
    made = waiting(person.as_actor())
    world.work()
    hand.advance(hours=1)

    moderating.give_back(a_decider(), made, reason="Show a real lamp.", now=clock.now())
    world.work()
    assert "Show a real lamp." in (mail.last_for(person.email) or "")

    hand.advance(hours=1)
    build.submitted(made, person.as_actor())
    world.work()
    hand.advance(hours=1)
    moderating.approve(a_decider(), made, clock.now())
    world.work()
    assert build.subjects(person.email)[-1] == "“A lamp for every window” is live"
    assert "1,000.00" in (mail.last_for(person.email) or "")
