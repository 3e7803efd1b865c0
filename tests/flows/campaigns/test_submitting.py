"""Asking the moderators for a decision, and taking the question back."""

from __future__ import annotations

from uuid import UUID

import pytest

from marketplace.campaigns.services import drafting, submitting
from marketplace.infra import transitions
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotFound, Refusal
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_person, an_actor


def moves(campaign_id: UUID) -> list[str]:
    found = [move.move for move in transitions.history("campaign", campaign_id)]
    db.session.rollback()
    return found


def submit(sponsor: Actor, made: UUID, *, fee_bps: int = 500, agreed: bool = True) -> None:
    submitting.submit(
        sponsor,
        made,
        fee_bps_shown=fee_bps,
        agreed=agreed,
        now=clock.now(),
    )


@pytest.mark.usefixtures("app")
class TestSubmitting:
    def test_the_fee_that_was_shown_is_frozen_on_the_campaign(self) -> None:
        sponsor = an_actor()
        made = build.a_draft(sponsor)

        submit(sponsor, made)
        build.set_fee(900)

        found = build.campaign(made)
        assert (found.state, found.fee_bps, found.submitted_at) == (
            "in_review",
            500,
            clock.now(),
        )
        assert moves(made) == ["submit"]

    def test_a_fee_that_changed_since_the_page_was_loaded_is_shown_first(self) -> None:
        sponsor = an_actor()
        made = build.a_draft(sponsor)
        build.set_fee(900)

        with pytest.raises(Refusal, match="fee_changed"):
            submit(sponsor, made, fee_bps=500)
        assert build.campaign(made).state == "draft"

        submit(sponsor, made, fee_bps=900)
        assert build.campaign(made).fee_bps == 900

    def test_without_the_sponsors_word_it_does_not_go(self) -> None:
        sponsor = an_actor()
        made = build.a_draft(sponsor)

        with pytest.raises(Refusal, match="terms_not_agreed"):
            submit(sponsor, made, agreed=False)
        assert build.campaign(made).state == "draft"

    def test_everything_missing_is_named_at_once(self) -> None:
        sponsor = an_actor()
        made = drafting.start_draft(
            sponsor, title="A lamp", category="tech", form_key="k", now=clock.now()
        )

        with pytest.raises(Refusal) as caught:
            submit(sponsor, made, agreed=False)

        refusals = caught.value.refusals  # type: ignore[attr-defined]
        assert [found.code for found in refusals] == [
            "basics_missing",
            "story_too_short",
            "cover_missing",
            "funding_missing",
            "risks_missing",
            "terms_not_agreed",
        ]

    def test_a_story_of_markup_and_no_words_is_too_short(self) -> None:
        sponsor = an_actor()
        made = build.a_draft(sponsor, story="<p></p>" * 200 + "<p>" + "word " * 29 + "</p>")

        with pytest.raises(Refusal, match="story_too_short"):
            submit(sponsor, made)

    def test_sent_twice_it_is_submitted_once(self) -> None:
        sponsor = an_actor()
        made = build.a_draft(sponsor)

        submit(sponsor, made)
        submit(sponsor, made)

        assert moves(made) == ["submit"]

    def test_a_live_campaign_is_not_submitted_again(self) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)

        with pytest.raises(IllegalMove):
            submit(sponsor, made)

    def test_somebody_elses_draft_does_not_exist(self) -> None:
        made = build.a_draft(an_actor("Sponsor Sol"))

        with pytest.raises(NotFound):
            submit(an_actor("Mal"), made)
        with pytest.raises(NotFound):
            submitting.withdraw(an_actor("Mal"), made, clock.now())
        assert build.campaign(made).state == "draft"


@pytest.mark.usefixtures("app")
class TestTakingItBack:
    def test_it_can_be_written_again(self) -> None:
        sponsor = an_actor()
        made = build.submitted(build.a_draft(sponsor), sponsor)

        submitting.withdraw(sponsor, made, clock.now())
        drafting.write_risks(sponsor, made, risks="More.", now=clock.now())

        assert build.campaign(made).state == "draft"
        assert moves(made) == ["submit", "withdraw"]

    def test_what_is_live_cannot_be_taken_back(self) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)

        with pytest.raises(IllegalMove):
            submitting.withdraw(sponsor, made, clock.now())


def test_the_sponsor_gets_a_letter(world: World) -> None:
    person = a_person("Sponsor Sol")
    build.submitted(build.a_draft(person.as_actor()), person.as_actor())
    world.work()

    assert build.subjects(person.email) == ["We have “A lamp for every window” and will read it"]
