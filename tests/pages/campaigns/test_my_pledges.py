"""A backer's own pledges: the receipt with its timeline, paying, taking back, the list."""

from __future__ import annotations

from uuid import UUID

from marketplace.campaigns.services import inspecting
from marketplace.escrow import queries as escrow
from marketplace.escrow.services import dispatching
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.holdback import Success
from tests.builders.identity import a_person
from tests.page_client import Page
from tests.pages.campaigns.conftest import Enter, Reader


class TestOnePledge:
    def page(self, reader: Reader, pledge: UUID, tail: str = "") -> Page:
        return reader.get(f"/pledges/{public_id('pl', pledge)}{tail}")

    def test_one_that_is_not_paid_can_be_paid_or_dropped(self, world: World, enter: Enter) -> None:
        del world
        person = a_person("Backer Bo")
        reader = enter(person)
        placed = build.place(build.a_live_campaign(), backer=person.as_actor())

        page = self.page(reader, placed.pledge_id)
        assert page.h1 == "Your pledge is not paid yet"
        assert "Nothing has been charged" in page.text
        assert reader.send(page, "/pay").location.startswith("http://bank.test/")

        asked = reader.get(page.links["Drop this pledge"])
        dropped = reader.follow(reader.send(asked, "/cancel"))
        assert dropped.h1 == "Your pledge is cancelled"
        assert "You were not charged" in dropped.text

    def test_a_paid_one_is_taken_back_with_every_step_told(
        self, world: World, enter: Enter, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(10))
        person = a_person("Backer Bo")
        reader = enter(person)
        made = build.a_live_campaign(tiers=[build.a_tier("25", 1)])
        (reward,) = build.reward_ids(made)
        pledge = build.pledged(world, made, "25", backer=person.as_actor(), reward_id=reward)

        asked = reader.get(self.page(reader, pledge).links["Take the pledge back"])
        for part in ("You get back EUR 25.00", "none", "One lamp", "goes back on the shelf"):
            assert part in asked.plain
        going = reader.follow(reader.send(asked, "/cancel"))
        assert going.h1 == "Your pledge is on its way back"
        assert "the money is on its way back to you" in going.text
        twice = reader.follow(reader.send(asked, "/cancel"))
        assert twice.h1 == going.h1

        build.arrive(world, hand)
        gone = self.page(reader, pledge)
        assert gone.h1 == "Your pledge was refunded"
        (refund,) = [found for found in escrow.instructions_for(pledge) if found.kind == "refund"]
        for part in ("You took the pledge back", "Refunded to the card", str(refund.provider_ref)):
            assert part in gone.text
        prove(world)

    def test_after_the_deadline_it_cannot_be_taken_back(
        self, world: World, enter: Enter, hand: clock.Hand
    ) -> None:
        person = a_person("Backer Bo")
        reader = enter(person)
        made = build.a_live_campaign(days=5)
        pledge = build.pledged(world, made, backer=person.as_actor())
        asked = self.page(reader, pledge, "/cancel")
        hand.advance(days=5)

        refused = reader.send(asked, "/cancel", status=422)

        assert "The deadline has passed" in refused.text
        assert "can no longer be taken back" in self.page(reader, pledge, "/cancel").text
        assert build.state_of(pledge) == "held"

    def test_success_and_payout_are_told(
        self, world: World, enter: Enter, hand: clock.Hand
    ) -> None:
        person = a_person("Backer Bo")
        reader = enter(person)
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        pledge = build.pledged(world, made, "100", backer=person.as_actor())
        hand.advance(days=5)
        runner.run(clock.now())

        page = self.page(reader, pledge)

        assert page.h1 == "Your pledge reached the sponsor"
        for part in ("Goal reached: released to the sponsor", "Payout to the sponsor"):
            assert part in page.text

    def test_a_missed_goal_is_told(self, world: World, enter: Enter, hand: clock.Hand) -> None:
        a_top_up(build.euros(10))
        person = a_person("Backer Bo")
        reader = enter(person)
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        pledge = build.pledged(world, made, "60", backer=person.as_actor())
        hand.advance(days=5)
        runner.run(clock.now())

        going = self.page(reader, pledge)
        assert "The goal was missed" in going.text
        build.arrive(world, hand)
        assert self.page(reader, pledge).h1 == "Your pledge was refunded"

    def test_one_that_expired_says_that_nothing_was_charged(
        self, world: World, enter: Enter, hand: clock.Hand
    ) -> None:
        person = a_person("Backer Bo")
        reader = enter(person)
        placed = build.place(build.a_live_campaign(), backer=person.as_actor())
        dispatching.dispatch(placed.checkout_id)
        hand.advance(minutes=31)
        assert "We are asking the provider" in self.page(reader, placed.pledge_id).text
        world.deliver()

        page = self.page(reader, placed.pledge_id)
        assert page.h1 == "Your pledge expired"
        assert "You were not charged" in page.text
        token = reader.get("/my/campaigns/new").form("/new").fields["csrf_token"]
        ref = public_id("pl", placed.pledge_id)
        assert reader.post(f"/pledges/{ref}/pay", {"csrf_token": token}).location.endswith(ref)

    def test_somebody_elses_does_not_exist(self, world: World, enter: Enter) -> None:
        sponsor = a_person("Sponsor Sol")
        made = build.a_live_campaign(sponsor.as_actor())
        pledge = build.pledged(world, made)

        for person in (a_person("Mal"), sponsor, a_person("Mo", role="moderator")):
            reader = enter(person)
            token = reader.get("/account/name").form("/name").fields["csrf_token"]
            for forged in (public_id("pl", pledge), "pl_x", public_id("cmp", pledge)):
                for tail in ("", "/return", "/cancel"):
                    reader.get(f"/pledges/{forged}{tail}", status=404)
                for tail in ("/pay", "/cancel"):
                    reader.post(f"/pledges/{forged}{tail}", {"csrf_token": token}, status=404)
        assert build.state_of(pledge) == "held"


class TestMyPledges:
    def test_nothing_yet_leads_to_the_projects(self, backer: Reader) -> None:
        page = backer.get("/my/pledges")

        assert "You have not backed anything yet" in page.text
        assert page.links["Find a project"] == "/projects"

    def test_they_stand_by_state_with_their_sums(
        self, world: World, enter: Enter, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(10))
        person = a_person("Backer Bo")
        good = build.a_live_campaign(title="Came true", goal=build.euros(100), days=5)
        bad = build.a_live_campaign(title="Did not", goal=build.euros(1000), days=5)
        build.pledged(world, good, "100", backer=person.as_actor())
        build.pledged(world, bad, "60", backer=person.as_actor())
        hand.advance(days=5)
        runner.run(clock.now())
        build.arrive(world, hand)
        running = build.a_live_campaign(title="Still on")
        build.pledged(world, running, "25", backer=person.as_actor())
        build.pledged(world, running, "25.50", backer=person.as_actor())
        build.place(running, "77", backer=person.as_actor())

        page = enter(person).get("/my/pledges")

        for part in (
            "Came true",
            "Did not",
            "EUR 50.50",
            "2 pledges",
            "Not paid yet",
            "Released to sponsors",
            "Returned to you",
            "EUR 77.00",
        ):
            assert part in page.plain
        assert [href for href in page.links.values() if href.startswith("/pledges/pl_")]

    def test_what_is_to_do_stands_first_and_leads_to_where_it_is_done(
        self, enter: Enter, found: Success
    ) -> None:
        reader, ref = enter(found.backer), public_id("pl", found.first)

        page = reader.get("/my/pledges")
        assert "To answer: where shall it go?" in page.text
        assert page.links["A lamp for every window"] == f"/pledges/{ref}/address"
        holdback.ship(found, found.first)
        page = reader.get("/my/pledges")
        assert "To inspect: it is on its way" in page.text
        assert "Released to sponsors" not in page.text
        assert page.links["A lamp for every window"] == f"/pledges/{ref}/inspect"
        inspecting.accept(found.backer, found.first, clock.now())

        page = reader.get("/my/pledges")
        assert "To inspect" not in page.text
        assert page.links["A lamp for every window"] == f"/pledges/{ref}"
        sheet = reader.get(page.links["Save as CSV"]).response.get_data(as_text=True)
        [row] = sheet.splitlines()[1:]
        assert row.startswith(f"{ref},A lamp for every window,100.00,EUR,One lamp,")

    def test_several_currencies_are_summed_apart(self, world: World, enter: Enter) -> None:
        person = a_person("Backer Bo")
        yen = build.a_live_campaign(goal=Money.of("20000", "JPY"))
        build.pledged(world, yen, Money.of("3000", "JPY"), backer=person.as_actor())
        build.pledged(world, build.a_live_campaign(), "25", backer=person.as_actor())

        page = enter(person).get("/my/pledges")

        assert "All of it, by currency" in page.text
        assert "JPY 3,000" in page.plain
        assert "EUR 25.00" in page.plain


def test_pledges_beyond_the_first_fifty_are_one_link_away(world: World, enter: Enter) -> None:
    del world
    person, made = a_person("Backer Bo"), build.a_live_campaign()
    for _ in range(51):
        build.place(made, "25", backer=person.as_actor())
    reader = enter(person)

    page = reader.get("/my/pledges")
    older = reader.get(page.links["Older"])

    assert page.markup.count('href="/pledges/pl_') == 50
    assert older.markup.count('href="/pledges/pl_') == 1
    reader.get("/my/pledges?group=nonsense&after=nonsense")
