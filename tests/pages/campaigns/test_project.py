"""The pages of one campaign: story, rewards, updates, money, backers."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from marketplace.campaigns.queries import one
from marketplace.campaigns.services import picturing, telling
from marketplace.identity.queries import PersonRow
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from marketplace.media import services as media
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.escrow import World, a_top_up
from tests.builders.holdback import Success
from tests.builders.identity import a_person, an_actor
from tests.pages.campaigns.addresses import project_path
from tests.pages.campaigns.conftest import Reader

TABS = ("", "/rewards", "/updates", "/money", "/backers")


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_keeps_the_pledge_panel_in_sight(
    world: World, passer_by: Reader, tab: str
) -> None:
    made = build.a_live_campaign(an_actor("Sponsor Sol"), tiers=[build.a_tier()])
    build.pledged(world, made, "250")

    page = passer_by.get(project_path(made, tab))

    assert page.h1.startswith("A lamp for every window")
    for part in (
        "Light without a wire.",
        "by Sponsor Sol",
        "EUR 250.00",
        "raised of EUR 1,000.00",
        "25 % of the goal",
        "1 Apr 2026, 09:00 UTC",
        "30 days left 1 Apr 2026, 09:00 UTC",
        "returned to you in full if not",
    ):
        assert part in page.plain
    form = page.form("/pledge", method="get")
    assert form.fields["amount"]
    assert [name for name in ("Story", "Updates 0", "Money") if name not in page.links] == []


def test_the_story_is_shown_clean_with_risks_and_pictures(world: World, passer_by: Reader) -> None:
    del world
    sponsor = an_actor("Sponsor Sol")
    made = build.a_live_campaign(sponsor, story=build.STORY + "<script>alert(1)</script>")

    page = passer_by.get(project_path(made))

    assert "burns for a night" in page.text
    assert "The kiln may crack." in page.text
    assert "alert(1)" not in page.markup
    assert page.markup.count("/media/") >= 1


def test_pictures_are_served_for_ever_as_what_they_are(world: World, passer_by: Reader) -> None:
    del world
    made = build.a_live_campaign()
    page = passer_by.get(project_path(made))
    source = next(
        image.get("src", "") for image in page.tree.iter("img") if "/media/" in image.get("src", "")
    )

    with passer_by.client.get(source) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/webp")
        assert "immutable" in answer.headers["Cache-Control"]
    for evil in ("/media/../../config.py", "/media/x.webp", "/media/" + "0" * 64 + ".webp"):
        assert passer_by.client.get(evil).status_code == 404


def test_rewards_show_price_stock_and_delivery_and_lead_to_the_pledge(
    world: World, passer_by: Reader
) -> None:
    made = build.a_live_campaign(
        tiers=[build.a_tier("25", 1, "First lamp"), build.a_tier("40", 50, "Second lamp")]
    )
    first, second = build.reward_ids(made)
    build.pledged(world, made, "25", reward_id=first)
    build.pledged(world, made, "40", reward_id=second)

    page = passer_by.get(project_path(made, "/rewards"))

    for part in ("EUR 40.00", "49 of 50 left", "March 2027", "All taken", "Fired at 1,000"):
        assert part in page.plain
    chosen = [href for href in page.links.values() if "reward=" in href]
    assert chosen == [f"{project_path(made)}/pledge?reward={public_id('rwd', second)}"]


def test_updates_are_shown_newest_first(world: World, passer_by: Reader, hand: clock.Hand) -> None:
    del world
    sponsor = an_actor("Sponsor Sol")
    made = build.a_live_campaign(sponsor)
    assert "update" in passer_by.get(project_path(made, "/updates")).text.lower()
    for title in ("The clay is here", "The kiln is hot"):
        hand.advance(hours=1)
        telling.post_update(
            sponsor, made, title=title, body="<p>Yes.</p>", form_key=title, now=clock.now()
        )

    text = passer_by.get(project_path(made, "/updates")).text

    assert text.index("The kiln is hot") < text.index("The clay is here")


class TestMoney:
    def test_while_it_runs_all_of_it_is_held(self, world: World, passer_by: Reader) -> None:
        made = build.a_live_campaign(goal=build.euros(100))
        build.pledged(world, made, "60")

        page = passer_by.get(project_path(made, "/money"))

        for part in ("A backer paid", "EUR 60.00", "Held", "5.00 %"):
            assert part in page.plain
        assert "escrow.charged:" in page.text

    def test_after_success_every_part_is_named_to_the_cent(
        self, world: World, passer_by: Reader, hand: clock.Hand
    ) -> None:
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        build.pledged(world, made, "116.67")
        hand.advance(days=5)
        runner.run(clock.now())

        page = passer_by.get(project_path(made, "/money"))

        for part in ("Released, not paid out yet EUR 110.84", "Platform fee EUR 5.83"):
            assert part in page.plain
        owed = passer_by.get(page.links["The sponsor's"])
        for part in ("Released to the sponsor", "EUR 110.84", "settlement.release:"):
            assert part in owed.plain

    def test_after_a_miss_it_shows_what_went_back(
        self, world: World, passer_by: Reader, hand: clock.Hand
    ) -> None:
        a_top_up(build.euros(10))
        made = build.a_live_campaign(goal=build.euros(100), days=5)
        build.pledged(world, made, "60")
        hand.advance(days=5)
        runner.run(clock.now())
        assert "goal was missed" in passer_by.get(project_path(made)).text
        build.arrive(world, hand)

        page = passer_by.get(project_path(made, "/money"))

        for part in ("Back to a backer", "EUR 60.00"):
            assert part in page.plain

    def test_what_is_held_back_has_lines_and_a_plan_of_its_own(
        self, world: World, passer_by: Reader, found: Success
    ) -> None:
        holdback.ship(found, found.first)
        holdback.decided(holdback.objected(found), 1_000)
        world.work()

        page = passer_by.get(project_path(found.campaign_id, "/money"))
        for part in (
            "Collected EUR 300.00",
            "Held back EUR 30.00",
            "Released, not paid out yet EUR 19.00",
            "Paid out to the sponsor EUR 228.00",
            "Platform fee EUR 13.00",
            "Refunded EUR 10.00",
            "Ever paid in EUR 300.00",
        ):
            assert part in page.plain, part
        kept = passer_by.get(page.links["Held back"])

        for part in ("Held back until it was inspected", "after the inspection", "EUR 30.00"):
            assert part in kept.plain

    def test_before_the_first_pledge_it_says_so(self, passer_by: Reader) -> None:
        page = passer_by.get(project_path(build.a_live_campaign(), "/money"))

        assert "EUR 0.00" in page.plain

    def test_a_forged_place_in_the_lines_is_the_beginning(self, passer_by: Reader) -> None:
        made = build.a_live_campaign()

        for after in ("x", "1-x", "9" * 30 + "-1", "%00"):
            passer_by.get(project_path(made, f"/money?after={after}&account={after}"))


class TestBackers:
    def test_names_are_shown_only_of_who_wants_it(self, world: World, passer_by: Reader) -> None:
        made = build.a_live_campaign()
        build.pledged(world, made, "25", backer=an_actor("Open Olga"))
        build.pledged(world, made, "26", backer=an_actor("Shy Shu"), anonymous=True)

        page = passer_by.get(project_path(made, "/backers"))

        for part in ("Open Olga", "Somebody who chose not to be named", "EUR 26.00"):
            assert part in page.plain
        assert "Shy Shu" not in page.markup

    def test_nobody_yet_is_said(self, passer_by: Reader) -> None:
        page = passer_by.get(project_path(build.a_live_campaign(), "/backers"))

        assert "Nobody has backed this yet" in page.text

    def test_a_long_list_is_paged(self, world: World, passer_by: Reader) -> None:
        made, backer = build.a_live_campaign(goal=build.euros(9000)), an_actor("Backer Bo")
        for _ in range(51):
            build.pledged(world, made, "25", backer=backer)

        page = passer_by.get(project_path(made, "/backers"))
        older = passer_by.get(page.links["Older"])

        assert page.text.count("Backer Bo") == 50
        assert older.text.count("Backer Bo") == 1


@pytest.mark.parametrize("tab", TABS)
def test_what_is_not_public_does_not_exist(
    enter: Callable[[PersonRow], Reader], passer_by: Reader, tab: str
) -> None:
    sponsor = a_person("Sponsor Sol")
    draft = build.a_draft(sponsor.as_actor())
    waiting = build.submitted(build.a_draft(sponsor.as_actor()), sponsor.as_actor())

    for made in (draft, waiting):
        passer_by.get(project_path(made, tab), status=404)
        enter(sponsor).get(project_path(made, tab), status=404)
    for forged in ("cmp_0", "pl_" + public_id("cmp", draft)[4:], "x"):
        passer_by.get(f"/projects/{forged}{tab}", status=404)


def test_the_record_of_a_sponsor_is_told(world: World, passer_by: Reader, hand: clock.Hand) -> None:
    sponsor = an_actor("Sponsor Sol")
    assert "first campaign here" in passer_by.get(project_path(build.a_live_campaign(sponsor))).text
    made = build.a_live_campaign(sponsor, goal=build.euros(100), days=5)
    build.pledged(world, made, "100")
    hand.advance(days=5)
    runner.run(clock.now())

    page = passer_by.get(project_path(made))

    assert "1 of 2 campaigns funded" in page.text
    assert "released to the sponsor" in page.text


def test_a_dozen_pictures_cost_no_more_than_one(world: World, passer_by: Reader) -> None:
    del world
    sponsor = an_actor("Sponsor Sol")
    made = build.a_draft(sponsor)
    _many_pictures(sponsor, made)
    build.approved(made, sponsor)

    assert len(one.picture_ids(made)) == 6
    db.session.rollback()
    passer_by.get(project_path(made))


def _many_pictures(sponsor: Actor, made: UUID) -> None:
    for number in range(5):
        kept = media.prepare(build.picture_bytes(300 + number))
        picturing.add_picture(
            sponsor, made, kept, alt=f"Lamp {number}", focus=(50, 50), now=clock.now()
        )
