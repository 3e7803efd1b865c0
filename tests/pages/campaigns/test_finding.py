"""What finds projects beside the list: filters, trends, neighbours, and what machines read."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from marketplace.campaigns.queries import listing
from marketplace.campaigns.queries.listing import Wanted
from marketplace.campaigns.services import suspending
from marketplace.discovery.services import trending
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_moderator, an_actor
from tests.pages.campaigns.conftest import Reader


def titles(**asked: str) -> list[str]:
    found = [row.title for row in listing.find(Wanted.read(asked)).campaigns]
    db.session.rollback()
    return found


def test_many_people_today_come_before_more_last_week_and_before_much_money(
    world: World, hand: clock.Hand
) -> None:
    early = build.a_live_campaign(title="Last week")
    for n in range(4):
        build.pledged(world, early, "10", backer=an_actor(f"Early {n}"))
    hand.advance(days=4)
    build.a_live_campaign(title="Nobody")
    rich, many = build.a_live_campaign(title="Rich"), build.a_live_campaign(title="Many")
    build.pledged(world, rich, "900")
    backer = an_actor("Backer Bo")
    for _ in range(3):
        build.pledged(world, rich, "10", backer=backer)  # one person counts once
    for n in range(3):
        build.pledged(world, many, "10", backer=an_actor(f"Backer {n}"))

    trending.score(clock.now())

    assert titles(sort="trending") == ["Many", "Rich", "Last week", "Nobody"]


def test_filters_stand_in_the_address_and_keep_the_suspended_out(
    world: World, passer_by: Reader, hand: clock.Hand
) -> None:
    del world
    soon = build.a_live_campaign(title="Ends soon", days=2)
    build.a_live_campaign(title="Ends late", days=20)
    assert titles(ends="3") == ["Ends soon"]
    assert titles(model="keep_what_you_raise") == []
    page = passer_by.get("/projects?ends=3&sort=newest")
    assert "Ends soon" in page.text
    assert "Ends late" not in page.text
    moderator = a_moderator().as_actor()
    suspending.suspend(moderator, soon, code="other", words="A look.", now=clock.now())
    assert titles() == ["Ends late"]
    place = f"/projects/{public_id('cmp', soon)}"
    assert 'name="robots" content="noindex"' in passer_by.get(place).markup
    assert place not in passer_by.client.get("/sitemap/1.xml").text
    assert titles(state="all") == ["Ends late", "Ends soon"]


def test_a_story_is_found_by_its_language_and_read_in_it(world: World, passer_by: Reader) -> None:
    del world
    kite = build.a_live_campaign(title="潍坊的风筝", language="zh-Hans", category="film")
    build.a_live_campaign(title="Eine Lampe", language="de", category="film")
    assert titles(language="zh-Hans") == ["潍坊的风筝"]
    assert titles(language="de", category="design") == []
    assert titles(language="tlh") == titles()  # what is no language here narrows nothing

    page = passer_by.get("/projects?language=zh-Hans&category=film")
    assert "1 project" in page.plain
    assert page.form("/projects", method="get").fields["language"] == "zh-Hans"
    kept = page.links["Keep this search and hear of what is new"]
    assert kept == "/my/searches/new?category=film&language=zh-Hans"
    shown = passer_by.get(f"/projects/{public_id('cmp', kite)}")
    story = next(
        one for one in shown.tree.iter("div") if "prose--story" in (one.get("class") or "")
    )
    assert (story.get("lang"), next(shown.tree.iter("h1")).get("lang")) == ("zh-Hans", "zh-Hans")
    feed = passer_by.client.get("/projects.atom").text
    assert '<entry xml:lang="zh-Hans">' in feed


def test_every_page_of_the_list_knows_how_many_there_are_in_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    del world
    for days in (2, 3, 4):
        build.a_live_campaign(days=days)

    def counts(page_size: int) -> list[int]:
        monkeypatch.setattr(listing, "PAGE_SIZE", page_size)
        found = listing.find(Wanted())
        seen = [found.count]
        while found.older:
            found = listing.find(Wanted(after=found.older))
            seen.append(found.count)
        db.session.rollback()
        return seen

    assert [counts(page_size) for page_size in (1, 2, 3, 4)] == [[3, 3, 3], [3, 3], [3], [3]]


def test_a_project_shows_its_open_neighbours_nearest_first(world: World, passer_by: Reader) -> None:
    del world
    made = build.a_live_campaign(title="A lantern of brass for sailors")
    build.a_live_campaign(title="A chess set", story=build.STORY.replace("lamp", "pawn"))
    build.a_live_campaign(title="Another lantern for sailors")
    build.a_live_campaign(title="A lantern film", category="film")

    page = passer_by.get(f"/projects/{public_id('cmp', made)}")

    assert page.text.index("Another lantern for sailors") < page.text.index("A chess set")
    assert "A lantern film" not in page.text


def test_machines_read_what_it_is_and_where(world: World, passer_by: Reader) -> None:
    made = build.a_live_campaign(
        title="A lamp </script> & more", goal=build.euros(100), tiers=[build.a_tier("25")]
    )
    build.pledged(world, made, "50")
    ref = public_id("cmp", made)

    page = passer_by.get(f"/projects/{ref}")
    blocks = [one for one in page.tree.iter("script") if one.get("type") == "application/ld+json"]
    product, told, trail = json.loads(blocks[0].text or "")["@graph"]
    assert (product["name"], product["offers"][0]["price"]) == ("A lamp </script> & more", "25.00")
    assert (told["inLanguage"], told["mainEntity"]["@id"]) == ("en", product["@id"])
    assert trail["itemListElement"][2]["item"].endswith(f"/projects/{ref}")

    index = passer_by.client.get("/sitemap.xml").text
    assert "/sitemap/pages.xml" in index
    assert f"/projects/{ref}</loc>" in passer_by.client.get("/sitemap/1.xml").text
    assert passer_by.client.get("/sitemap/2.xml").status_code == 404
    assert "Sitemap: " in passer_by.client.get("/robots.txt").text


def test_the_card_moves_with_the_bar_and_the_frame_opens_elsewhere(
    world: World, passer_by: Reader, hand: clock.Hand
) -> None:
    made = build.a_live_campaign(goal=build.euros(100))
    place = f"/projects/{public_id('cmp', made)}"
    before = passer_by.client.get(f"{place}/card.png")
    picture = Image.open(io.BytesIO(before.data))
    assert (picture.format, picture.size) == ("PNG", (1200, 630))
    build.pledged(world, made, "50")
    assert passer_by.client.get(f"{place}/card.png").data != before.data

    frame = passer_by.client.get(f"{place}/widget")
    policy = frame.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "form-action 'none'" in policy
    assert "50" in frame.text
    assert "<form" not in frame.text
    assert "<script" not in frame.text
    assert (
        "frame-ancestors 'none'" in passer_by.client.get(place).headers["Content-Security-Policy"]
    )
