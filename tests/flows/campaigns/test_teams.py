"""Others work on a campaign with some of its sponsor's rights, and none of the sponsor's money."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace.campaigns.queries import team
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import (
    changing,
    drafting,
    launching,
    rewarding,
    submitting,
    teams,
)
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from tests.builders import campaigns as build
from tests.builders.changes import a_proposal
from tests.builders.escrow import World
from tests.builders.identity import a_moderator, a_person, an_actor
from tests.builders.teams import on_the_team


class TestInviting:
    def test_who_was_asked_by_mail_joins_and_the_sponsor_hears_of_it(self, world: World) -> None:
        sponsor, person = a_person("Sponsor Sol"), a_person("Writer Wu")
        made = build.a_draft(sponsor.as_actor())
        asked = teams.invite(
            sponsor.as_actor(), made, email=person.email, rights=["story"], now=clock.now()
        )
        world.deliver()
        letter = build.last_letter(person.email)
        assert "Sponsor Sol asks you to work on" in letter
        assert "because somebody asks you to work on a project with them" in " ".join(
            letter.split()
        )
        with pytest.raises(Refusal, match="invitation_of_another"):
            teams.accept(an_actor("Eve"), asked, clock.now())

        assert teams.accept(person.as_actor(), asked, clock.now()) == made
        teams.accept(person.as_actor(), asked, clock.now())
        world.deliver()

        assert team.rights_of(made, person.id) == {Right.STORY}
        db.session.rollback()
        assert build.subjects(sponsor.email)[-1].startswith("Writer Wu is on the team")

    def test_asked_again_the_same_invitation_has_the_later_rights(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = build.a_draft(sponsor)

        def invite(*rights: str) -> object:
            return teams.invite(
                sponsor, made, email="new@example.org", rights=rights, now=clock.now()
            )

        first = invite("story")
        assert invite("talk", "fulfil") == first
        (found,) = team.invitations(made, clock.now())
        db.session.rollback()
        assert found.rights == ["fulfil", "talk"]
        world.deliver()
        assert len(build.subjects("new@example.org")) == 1
        hand.advance(days=14)
        assert invite("story") != first

    def test_what_is_taken_back_or_too_old_is_over_and_staff_never_joins(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor, person, moderator = an_actor("Sol"), a_person("Wu"), a_moderator()
        made = build.a_draft(sponsor)
        emails = (person.email, moderator.email)
        taken_back, of_staff = (
            teams.invite(sponsor, made, email=email, rights=["talk"], now=clock.now())
            for email in emails
        )
        teams.withdraw_invitation(sponsor, taken_back, clock.now())
        with pytest.raises(NotFound):
            teams.withdraw_invitation(person.as_actor(), of_staff, clock.now())

        with pytest.raises(Refusal, match="invitation_over"):
            teams.accept(person.as_actor(), taken_back, clock.now())
        with pytest.raises(Refusal, match="team_not_staff"):
            teams.accept(moderator.as_actor(), of_staff, clock.now())
        hand.advance(days=14)
        with pytest.raises(Refusal, match="invitation_over"):
            teams.accept(moderator.as_actor(), of_staff, clock.now())

    def test_a_member_asks_nobody_else(self, world: World) -> None:
        sponsor, person = an_actor("Sponsor Sol"), a_person("Writer Wu")
        made = build.a_draft(sponsor)
        on_the_team(sponsor, made, person, *(right.value for right in Right))

        with pytest.raises(NotFound):
            teams.invite(
                person.as_actor(), made, email="a@example.org", rights=["story"], now=clock.now()
            )
        with pytest.raises(NotFound):
            teams.change_rights(
                person.as_actor(), made, person.id, rights=["story"], now=clock.now()
            )


class TestWorking:
    def test_each_does_what_they_may_and_money_launch_and_promises_stay_the_sponsors(
        self, world: World
    ) -> None:
        sponsor, person = an_actor("Sponsor Sol"), a_person("Writer Wu")
        writer, now = person.as_actor(), clock.now()
        made = build.a_draft(sponsor)
        on_the_team(sponsor, made, person, *(right.value for right in Right))

        drafting.write_risks(writer, made, risks="It may crack twice.", now=now)
        rewarding.add_reward(writer, made, build.a_tier(), form_key="one", now=now)
        later = now + timedelta(days=20)
        for act in (
            lambda: drafting.write_funding(
                writer, made, goal=build.euros(500), deadline=later, now=now
            ),
            lambda: drafting.discard(writer, made, now),
            lambda: submitting.submit(writer, made, fee_bps_shown=500, agreed=True, now=now),
            lambda: launching.plan_launch(writer, made, launch_at=None, announced=False, now=now),
            lambda: launching.launch(writer, made, now),
            lambda: a_proposal(writer, made, goal=build.euros(500)),
            lambda: changing.withdraw(writer, made, now),
        ):
            with pytest.raises(NotFound):
                act()

    def test_other_rights_hold_at_once_and_removed_there_are_none(self, world: World) -> None:
        sponsor, person = an_actor("Sponsor Sol"), a_person("Writer Wu")
        made = build.a_draft(sponsor)
        on_the_team(sponsor, made, person, "story")
        teams.change_rights(sponsor, made, person.id, rights=["rewards"], now=clock.now())

        with pytest.raises(NotFound):
            drafting.write_risks(person.as_actor(), made, risks="Other.", now=clock.now())
        rewarding.add_reward(
            person.as_actor(), made, build.a_tier(), form_key="one", now=clock.now()
        )
        with pytest.raises(NotFound):
            teams.remove(an_actor("Eve"), made, person.id, clock.now())
        teams.remove(sponsor, made, person.id, clock.now())
        world.deliver()

        assert build.subjects(person.email)[-1].startswith("You are no longer on the team")
        with pytest.raises(NotFound):
            rewarding.add_reward(
                person.as_actor(), made, build.a_tier(), form_key="two", now=clock.now()
            )
        on_the_team(sponsor, made, person, "story")
        drafting.write_risks(person.as_actor(), made, risks="Other.", now=clock.now())

    def test_who_leaves_is_off_and_the_sponsor_hears_of_it(self, world: World) -> None:
        sponsor, person = a_person("Sponsor Sol"), a_person("Writer Wu")
        made = build.a_draft(sponsor.as_actor())
        on_the_team(sponsor.as_actor(), made, person, "story")

        teams.remove(person.as_actor(), made, person.id, clock.now())
        world.deliver()

        assert build.subjects(sponsor.email)[-1].startswith("Writer Wu has left the team")
        assert team.works_on(person.id) == []
