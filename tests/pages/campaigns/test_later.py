"""Campaigns that charge at their deadline, in a browser: sponsor, moderator, backer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.campaigns.services import drafting
from marketplace.escrow import queries as escrow
from marketplace.escrow.services import dispatching
from marketplace.identity import queries as identity
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal
from marketplace.kernel.ids import public_id
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import a_person, an_actor
from tests.page_client import local
from tests.pages.campaigns.addresses import project_path
from tests.pages.campaigns.conftest import Enter

BROKE = "4000000000000341"


def receipt(pledge_id: UUID) -> str:
    return f"/pledges/{public_id('pl', pledge_id)}"


@pytest.fixture
def made(world: World) -> UUID:
    del world
    return build.a_live_campaign(
        goal=build.euros(100), days=5, collection="deadline", tiers=[build.a_tier("25", 3)]
    )


@pytest.fixture
def declined(world: World, hand: clock.Hand, made: UUID) -> tuple[Actor, UUID]:
    """A backer whose card was declined, beside 60.00 that were collected."""
    backer = an_actor("Backer Bo")
    build.promised(world, made, "60")
    pledge = build.promised(world, made, "40", backer=backer, card=BROKE)
    hand.advance(days=5)
    runner.run(clock.now())
    dispatching.dispatch_due()
    world.deliver()
    return backer, pledge


class TestChoosing:
    def test_a_sponsor_chooses_when_money_is_taken_and_a_moderator_sees_it(
        self, world: World, enter: Enter
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        draft = build.a_draft(sponsor, days=10)
        ref = public_id("cmp", draft)
        reader = enter(sponsor)
        funding = reader.get(f"/my/campaigns/{ref}/funding")
        assert "Of the cards charged at the end some are declined" in funding.plain

        reader.send(funding, "/funding", collection="deadline")
        assert build.campaign(draft).collection == "deadline"
        rules = reader.get(f"/my/campaigns/{ref}/submit").plain
        assert "seven days to pay another way" in rules
        build.submitted(draft, sponsor)

        moderator = enter(a_person("Mo Derator", role="moderator"))
        case = moderator.get(f"/staff/moderation/{ref}").plain
        assert "Backers are charged At the deadline" in case
        del world

    def test_once_live_it_stands(self, world: World) -> None:
        del world
        sponsor = an_actor("Sponsor Sol")
        made = build.a_live_campaign(sponsor, collection="deadline")

        with pytest.raises(Refusal, match="draft_locked"):
            drafting.write_funding(
                sponsor,
                made,
                goal=build.euros(1000),
                deadline=clock.now() + timedelta(days=9),
                collection="now",
                now=clock.now(),
            )

    def test_nonsense_is_refused(self, world: World, enter: Enter) -> None:
        del world
        sponsor = an_actor("Sponsor Sol")
        draft = build.a_draft(sponsor, days=10)
        reader = enter(sponsor)
        path = f"/my/campaigns/{public_id('cmp', draft)}/funding"

        refused = reader.send(reader.get(path), "/funding", status=422, collection="tomorrow")

        assert refused.errors == ["Choose when backers are charged."]


class TestPledging:
    def test_a_backer_is_told_what_is_charged_when_and_when_not_at_every_step(
        self, world: World, made: UUID, enter: Enter
    ) -> None:
        reader = enter(a_person("Backer Bo"))
        public = reader.get(project_path(made)).plain
        assert "You save a card now and are not charged" in public
        assert "Collected nothing yet" in public

        sent = reader.send(reader.get(project_path(made, "/pledge")), "/pledge", amount="40")
        check = reader.follow(sent)
        assert (
            "Your card is saved now and nothing is charged: if EUR 100.00 is promised by"
            in check.plain
        )
        assert "you are never charged" in check.plain
        away = reader.send(check, "/pledge/check")

        pledge = UUID(str(scalar("SELECT id FROM pledge")))
        setup = build.pledge(pledge).setup_id
        assert setup is not None
        assert away.location.endswith(escrow.instruction(setup).url or "?")
        db.session.rollback()
        world.save_card(setup)
        kept = reader.follow(reader.get(f"{receipt(pledge)}/return", status=303))

        assert "Your pledge is in" in kept.plain
        assert "Your card will be charged EUR 40.00 on" in kept.plain
        assert "If not, you never pay anything." in kept.plain
        assert "EUR 40.00" in reader.get("/my/pledges").plain
        money = reader.get(project_path(made, "/money")).plain
        assert "Promised, not charged" in money

        asked = reader.get(f"{receipt(pledge)}/cancel")
        assert "Taking the pledge back costs nothing" in asked.plain
        gone = reader.follow(reader.send(asked, "/cancel"))
        assert "You were not charged" in gone.plain
        prove(world)


class TestMending:
    def test_a_declined_backer_reads_why_and_by_when_and_pays(
        self, world: World, declined: tuple[Actor, UUID], enter: Enter
    ) -> None:
        backer, pledge = declined
        reader = enter(backer)
        shown = reader.get(receipt(pledge))
        assert shown.h1 == "We could not charge your card"
        assert "There was not enough money on the card." in shown.plain
        assert "Pay by 14 Mar 2026" in shown.plain
        assert "Your card was declined" in reader.get("/my/money").plain

        reader.send(shown, "/mend")
        page = [one for one in escrow.instructions_for(pledge) if one.kind == "checkout"][-1]
        db.session.rollback()
        world.pay(page.id)
        paid = reader.follow(reader.get(f"{receipt(pledge)}/return", status=303))

        assert paid.h1 == "Your pledge is in"
        assert "Your card was not charged" in paid.plain
        assert "Paid, and held by" in paid.plain
        prove(world)

    def test_when_the_window_is_over_nothing_can_be_paid(
        self, world: World, hand: clock.Hand, declined: tuple[Actor, UUID], enter: Enter
    ) -> None:
        backer, pledge = declined
        reader = enter(backer)
        open_before = reader.get(receipt(pledge))
        hand.advance(days=7)
        assert "The time to pay is over" in reader.get(receipt(pledge)).plain

        back = reader.send(open_before, "/mend")

        assert local(back.location) == receipt(pledge)
        runner.run(clock.now())
        assert "You were never charged" in reader.get(receipt(pledge)).plain
        del world

    def test_somebody_elses_pledge_cannot_be_mended(
        self, world: World, declined: tuple[Actor, UUID], enter: Enter
    ) -> None:
        del world
        _backer, pledge = declined
        eve = enter(a_person("Eve"))

        eve.get(receipt(pledge), status=404)
        token = eve.get("/my/pledges").form().fields["csrf_token"]
        eve.post(f"{receipt(pledge)}/mend", {"csrf_token": token}, status=404)


class TestCollecting:
    def test_everybody_sees_until_when_and_the_sponsor_sees_how_far(
        self, world: World, made: UUID, declined: tuple[Actor, UUID], enter: Enter
    ) -> None:
        del world
        backer, pledge = declined
        public = enter(a_person("Passer By")).get(project_path(made)).plain
        assert "Collecting until 14 Mar 2026" in public
        assert "EUR 60.00 collected" in public

        sponsor = identity.person(build.campaign(made).sponsor_id)
        assert sponsor is not None
        desk = enter(sponsor).get(f"/my/campaigns/{public_id('cmp', made)}").plain
        assert "EUR 60.00 of EUR 100.00 collected, 7 days left" in desk
        assert "Declined, the backer has a link to pay 1 EUR 40.00" in desk
        assert "There was not enough money on the card." in desk

        mender = enter(backer)
        mender.send(mender.get(receipt(pledge)), "/mend")
        desk = enter(sponsor).get(f"/my/campaigns/{public_id('cmp', made)}").plain
        assert "Declined, the backer is paying right now 1 EUR 40.00" in desk

    def test_a_missed_goal_says_that_nobody_pays(
        self, world: World, hand: clock.Hand, made: UUID, enter: Enter
    ) -> None:
        backer = an_actor("Backer Bo")
        pledge = build.promised(world, made, "40", backer=backer)
        hand.advance(days=5)
        runner.run(clock.now())
        reader = enter(backer)

        assert "Goal missed, nobody charged" in reader.get(project_path(made)).plain
        shown = reader.get(receipt(pledge)).plain
        assert "The goal was missed: nobody is charged" in shown
        assert "ended, you were not charged" in reader.get("/my/money").plain
