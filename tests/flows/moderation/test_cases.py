"""Cases: opened once, decided by one, undone in time, effective once, appealed against."""

from __future__ import annotations

import functools
from uuid import UUID

import pytest

from marketplace.campaigns.services import moderating, submitting, suspending
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal
from marketplace.moderation import queries
from marketplace.moderation.queries import CaseRow
from marketplace.moderation.services import appealing, deciding, reporting
from marketplace.moderation.services.reporting import Subject
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_moderator, a_person, an_actor
from tests.builders.moderation import take_effect
from tests.builders.races import outcomes


def waiting(sponsor: Actor | None = None) -> UUID:
    sponsor = sponsor or an_actor("Sponsor Sol")
    return build.submitted(build.a_draft(sponsor), sponsor)


def a_decider(name: str = "Mo Derator") -> Actor:
    return a_moderator(name).as_actor()


def approve(campaign_id: UUID, moderator: Actor | None = None) -> UUID:
    return moderating.decide(
        moderator or a_decider(), campaign_id, outcome="approve", now=clock.now()
    )


def queue() -> list[CaseRow]:
    found = queries.queue()
    db.session.rollback()
    return found


def report(campaign_id: UUID, sponsor: Actor, code: str, by: Actor | None = None) -> None:
    reporting.report(
        by.person_id if by else None,
        Subject("campaign", campaign_id, sponsor.known(), "A lamp"),
        code=code,
        words="The picture is from a shop.",
        form_key=build.form_key(),
        now=clock.now(),
    )


def suspend_by_report(campaign_id: UUID, moderator: Actor) -> UUID:
    return deciding.decide(
        moderator,
        queue()[0].id,
        outcome="suspend",
        code="misleading",
        words="It is a picture from a shop.",
        now=clock.now(),
    )


def overturn(case_id: UUID, moderator: Actor) -> None:
    deciding.decide(
        moderator, case_id, outcome="overturn", words="They showed it.", now=clock.now()
    )


class TestUndoing:
    def test_for_ten_seconds_nothing_happens_and_then_it_does(
        self, world: World, hand: clock.Hand
    ) -> None:
        made = waiting()
        approve(made)
        take_effect(world, hand, seconds=9)
        assert build.campaign(made).state == "in_review"
        take_effect(world, hand, seconds=1)
        assert build.campaign(made).state == "live"
        assert queue() == []

    def test_undone_in_time_the_case_waits_again_and_never_has_its_effect(
        self, world: World, hand: clock.Hand
    ) -> None:
        made, moderator = waiting(), a_decider()
        decision = approve(made, moderator)
        with pytest.raises(Refusal, match="undo_of_another"):
            deciding.undo(a_decider("Other Mo"), decision, clock.now())
        deciding.undo(moderator, decision, clock.now())
        take_effect(world, hand, seconds=60)

        assert build.campaign(made).state == "in_review"
        assert [row.subject_id for row in queue()] == [made]

    def test_after_its_effect_it_cannot_be_undone(self, world: World, hand: clock.Hand) -> None:
        made, moderator = waiting(), a_decider()
        decision = approve(made, moderator)
        hand.advance(seconds=10)
        with pytest.raises(Refusal, match="undo_too_late"):
            deciding.undo(moderator, decision, clock.now())
        take_effect(world, hand)
        with pytest.raises(Refusal, match="undo_too_late"):
            deciding.undo(moderator, decision, clock.now())
        assert build.campaign(made).state == "live"

    def test_what_its_sponsor_takes_back_meanwhile_stays_a_draft(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = waiting(sponsor)
        approve(made)
        submitting.withdraw(sponsor, made, clock.now())
        take_effect(world, hand)

        assert build.campaign(made).state == "draft"
        assert queue() == []


class TestDeciding:
    def test_of_two_moderators_at_once_one_decides(self, world: World, hand: clock.Hand) -> None:
        made = waiting()
        deciders = [a_decider(f"Mo {n}") for n in range(2)]

        found = outcomes(world, [functools.partial(approve, made, who) for who in deciders])

        assert found == {"done": 1, "illegal_move": 1}
        take_effect(world, hand)
        assert build.campaign(made).state == "live"

    def test_nobody_decides_on_their_own_and_only_moderators_decide(self, world: World) -> None:
        del world
        both = an_actor("Sponsor Mo", role="moderator")
        made = waiting(both)
        with pytest.raises(Refusal, match="own_campaign_decision"):
            approve(made, both)
        with pytest.raises(NotAllowed):
            approve(made, an_actor("Backer Bo"))
        with pytest.raises(Refusal, match="own_case"):
            deciding.decide(both, queue()[0].id, outcome="approve", now=clock.now())
        with pytest.raises(Refusal, match="outcome_unknown"):
            deciding.decide(a_decider(), queue()[0].id, outcome="suspend", now=clock.now())


class TestReporting:
    def test_all_reports_of_one_thing_are_one_case_as_urgent_as_the_worst(
        self, world: World
    ) -> None:
        del world
        sponsor = an_actor("Sponsor Sol")
        made, other = build.a_live_campaign(sponsor), waiting()
        reporter = an_actor("Backer Bo")
        report(made, sponsor, "spam", by=reporter)
        assert [(row.subject_id, row.priority) for row in queue()] == [(other, 3), (made, 3)]
        report(made, sponsor, "fraud")

        assert [(row.subject_id, row.priority, row.reports) for row in queue()] == [
            (made, 1, 2),
            (other, 3, 0),
        ]
        with pytest.raises(Refusal, match="reported_already"):
            report(made, sponsor, "other", by=reporter)
        with pytest.raises(Refusal, match="report_of_own"):
            report(made, sponsor, "other", by=sponsor)
        with pytest.raises(Refusal, match="report_code_missing"):
            report(made, sponsor, "", by=an_actor("Backer Bea"))

    def test_a_report_can_freeze_a_campaign_and_an_appeal_can_free_it(
        self, world: World, hand: clock.Hand
    ) -> None:
        person = a_person("Sponsor Sol")
        sponsor, moderator = person.as_actor(), a_decider()
        made, reporter = build.a_live_campaign(sponsor), a_person("Backer Bo")
        report(made, sponsor, "not_its_own", by=reporter.as_actor())
        decision = suspend_by_report(made, moderator)
        take_effect(world, hand)
        assert build.campaign(made).suspended_at is not None
        assert any("What became of your report" in one for one in build.subjects(reporter.email))

        with pytest.raises(NotFound):
            appealing.appeal(reporter.as_actor(), decision, words="No!", now=clock.now())
        appealing.appeal(sponsor, decision, words="It is our own picture.", now=clock.now())
        with pytest.raises(Refusal, match="appealed_already"):
            appealing.appeal(sponsor, decision, words="Again.", now=clock.now())
        case = queue()[0]
        assert (case.kind, case.owner_id) == ("appeal", sponsor.person_id)
        with pytest.raises(Refusal, match="appeal_needs_another"):
            overturn(case.id, moderator)
        overturn(case.id, a_decider("Second Mo"))
        take_effect(world, hand)

        assert build.campaign(made).suspended_at is None
        assert any("What became of your appeal" in one for one in build.subjects(person.email))

    def test_what_was_suspended_otherwise_meanwhile_is_not_suspended_twice(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor, moderator = an_actor("Sponsor Sol"), a_decider()
        made = build.a_live_campaign(sponsor)
        report(made, sponsor, "fraud")
        suspend_by_report(made, moderator)
        suspending.suspend(
            a_decider("Quick Mo"), made, code="other", words="At once.", now=clock.now()
        )
        take_effect(world, hand)

        assert build.campaign(made).suspended_at is not None
        assert queue() == []


def test_an_appeal_is_late_after_thirty_days(world: World, hand: clock.Hand) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = waiting(sponsor)
    decision = moderating.decide(
        a_decider(), made, outcome="return", code="other", reason="No.", now=clock.now()
    )
    with pytest.raises(Refusal, match="appeal_not_possible"):
        appealing.appeal(sponsor, decision, words="Why?", now=clock.now())
    take_effect(world, hand)
    hand.advance(days=31)
    with pytest.raises(Refusal, match="appeal_too_late"):
        appealing.appeal(sponsor, decision, words="Why?", now=clock.now())
