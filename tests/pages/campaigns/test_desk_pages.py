"""The sponsor's desk of a campaign that runs or is over, its updates, and payouts."""

from __future__ import annotations

from marketplace.escrow.services import payees
from marketplace.identity.queries import PersonRow
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.builders.loans import onboard
from tests.pages.campaigns.addresses import desk_path
from tests.pages.campaigns.conftest import Reader


class TestDesk:
    def test_it_shows_the_curve_the_forecast_the_stock_and_what_is_to_do(
        self, world: World, reader: Reader, sponsor: PersonRow, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign(
            sponsor.as_actor(), goal=build.euros(1000), days=20, tiers=[build.a_tier("25", 50)]
        )
        (reward,) = build.reward_ids(made)
        for amount in ("100", "50", "75", "125"):
            build.pledged(world, made, amount, backer=an_actor("Open Olga"), reward_id=reward)
            hand.advance(days=1)
        build.pledged(world, made, "26", backer=an_actor("Shy Shu"), anonymous=True)

        page = reader.get(desk_path(made))

        for part in (
            "EUR 376.00",
            "Today EUR 26.00",
            "Backers 5",
            "Goal EUR 1,000.00",
            "At this pace it ends near EUR 1,780",
            "above the goal",
            "46 of 50 left",
            "Set up payouts",
            "You have not posted any update yet",
            "Platform fee, 5.00 %",
            "EUR 18.80",
            "EUR 357.20",
            "Open Olga",
        ):
            assert part in page.plain, part
        assert "Shy Shu" not in page.markup

    def test_on_its_first_day_it_does_not_pretend_to_know(
        self, reader: Reader, sponsor: PersonRow
    ) -> None:
        made = build.a_live_campaign(sponsor.as_actor())

        page = reader.get(desk_path(made))

        assert "At this pace" not in page.text
        assert "Nobody yet. Share the public page." in page.text

    def test_success_is_told_to_the_cent_until_it_is_paid_out(
        self, world: World, reader: Reader, sponsor: PersonRow, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign(sponsor.as_actor(), goal=build.euros(100), days=5)
        build.pledged(world, made, "116.67")
        hand.advance(days=5)
        runner.run(clock.now())

        waiting = reader.get(desk_path(made))
        for part in ("EUR 116.67", "EUR 5.83", "EUR 110.84", "waits for your payout details"):
            assert part in waiting.plain

        onboard(world, sponsor.as_actor())
        build.arrive(world, hand)
        paid = reader.get(desk_path(made))
        assert "Funded and paid out" in paid.text
        assert "Provider’s number" in paid.text

    def test_a_missed_goal_costs_nothing(
        self, world: World, reader: Reader, sponsor: PersonRow, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(10))
        made = build.a_live_campaign(sponsor.as_actor(), goal=build.euros(100), days=5)
        build.pledged(world, made, "60")
        hand.advance(days=5)
        runner.run(clock.now())

        assert "No fee is taken" in reader.get(desk_path(made)).text

    def test_my_campaigns_lists_all_of_them(
        self, world: World, reader: Reader, sponsor: PersonRow
    ) -> None:
        build.a_draft(sponsor.as_actor(), title="Only a draft")
        made = build.a_live_campaign(sponsor.as_actor(), title="Already live")
        build.pledged(world, made, "25")

        page = reader.get("/my/campaigns")

        for part in ("Only a draft", "Already live", "EUR 25.00", "Set up your payouts"):
            assert part in page.plain


class TestUpdates:
    def test_news_are_posted_and_shown(self, reader: Reader, sponsor: PersonRow) -> None:
        made = build.a_live_campaign(sponsor.as_actor())
        form = reader.get(desk_path(made, "/updates/new"))

        done = reader.follow(
            reader.send(form, "/updates/new", title="Hot", body="<p>The kiln is hot.</p>")
        )
        assert "Update posted" in done.text
        reader.send(form, "/updates/new", title="Hot", body="<p>The kiln is hot.</p>")

        shown = reader.get(f"/projects/{public_id('cmp', made)}/updates")
        assert shown.text.count("The kiln is hot.") == 1

    def test_an_empty_one_is_kept_for_mending(self, reader: Reader, sponsor: PersonRow) -> None:
        made = build.a_live_campaign(sponsor.as_actor())
        form = reader.get(desk_path(made, "/updates/new"))

        page = reader.send(form, "/updates/new", status=422, title="Hot", body=" ")

        assert page.errors == ["Write something to tell."]
        assert page.form("/updates/new").fields["title"] == "Hot"

    def test_a_draft_has_nothing_to_tell(self, reader: Reader, sponsor: PersonRow) -> None:
        made = build.a_draft(sponsor.as_actor())
        form = reader.get(desk_path(made, "/updates/new"))

        page = reader.send(form, "/updates/new", status=422, title="Hot", body="<p>x</p>")

        assert page.errors == ["Updates can be posted once the campaign is live."]


class TestPayouts:
    def test_a_sponsor_is_led_to_the_provider_and_comes_back_ready(
        self, world: World, reader: Reader, sponsor: PersonRow
    ) -> None:
        page = reader.get("/account/payouts")
        assert "Not set up" in page.text
        away = reader.send(page, "/account/payouts")
        assert away.location.startswith("http://bank.test/")
        assert "Begun" in reader.get("/account/payouts").text

        early = reader.follow(reader.get("/account/payouts/return", status=303))
        assert "not done yet" in early.text
        ref = payees.payee(sponsor.id).provider_ref
        db.session.rollback()
        world.teller.onboard(ref or "", "1000000001")
        back = reader.follow(reader.get("/account/payouts/return", status=303))

        assert "Your payouts are set up." in back.text
        assert str(ref) in back.text

    def test_a_silent_provider_changes_nothing(self, world: World, reader: Reader) -> None:
        page = reader.get("/account/payouts")
        world.wire.trouble = ["refused"]

        silent = reader.send(page, "/account/payouts", status=503)

        assert "does not answer right now" in silent.text
        assert "Nothing was sent to it" in silent.text
        world.wire.trouble = []
        assert reader.send(silent, "/account/payouts").location.startswith("http://bank.test/")
