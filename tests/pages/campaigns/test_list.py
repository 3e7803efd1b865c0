"""The list of projects: found by words, narrowed, ordered, paged."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import pytest

from marketplace.campaigns.queries import listing
from marketplace.campaigns.services.cancelling import cancel_pledge
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.page_client import Page, words
from tests.pages.campaigns.conftest import Reader


def cards(page: Page) -> list[str]:
    """The titles of the cards, in order."""
    found: list[Element] = []
    for card in page.tree.iter("article"):
        if "card--campaign" in (card.get("class") or ""):
            found += list(card.iter("h2"))
    return [words(title) for title in found]


def test_a_card_says_what_a_backer_wants_to_know(world: World, passer_by: Reader) -> None:
    made = build.a_live_campaign(an_actor("Sponsor Sol"), goal=build.euros(1000), days=9.5)
    build.pledged(world, made, "620")

    page = passer_by.get("/projects")

    assert page.h1 == "Projects"
    for part in (
        "A lamp for every window",
        "Design",
        "Sponsor Sol",
        "EUR 620 of 1,000, 62 %, 9 days left",
        "1 project",
    ):
        assert part in page.plain


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("q=lamp", ["Oil lamps", "灯火 lamp"]),
        ("q=LAMPS", ["Oil lamps", "灯火 lamp"]),
        ("q=lam", ["Oil lamps", "灯火 lamp"]),
        ("q=oil+lamp", ["Oil lamps"]),
        ("q=灯", ["灯火 lamp"]),
        ("q=%E7%81%AF%E7%81%AB", ["灯火 lamp"]),
        ("q=nowhere", []),
        ("q=%00'%3B--", []),
        ("category=games", ["A chess set"]),
        ("category=weapons", ["Oil lamps", "灯火 lamp", "A chess set"]),
        ("currency=JPY", ["灯火 lamp"]),
        ("currency=JPY&category=games", []),
        ("sort=newest", ["A chess set", "灯火 lamp", "Oil lamps"]),
        ("sort=funded", ["灯火 lamp", "A chess set", "Oil lamps"]),
        ("sort=nonsense&state=nonsense", ["Oil lamps", "灯火 lamp", "A chess set"]),
        ("after=nonsense", ["Oil lamps", "灯火 lamp", "A chess set"]),
        ("after=2026~nonsense&before=%00", ["Oil lamps", "灯火 lamp", "A chess set"]),
        (
            f"sort=funded&after={2**63}~019e0000-0000-7000-8000-000000000000",
            ["灯火 lamp", "A chess set", "Oil lamps"],
        ),
    ],
)
def test_it_is_searched_narrowed_and_ordered(
    world: World, passer_by: Reader, hand: clock.Hand, asked: str, expected: list[str]
) -> None:
    story = "<p>" + "We make things by hand. " * 8 + "</p>"
    build.a_live_campaign(title="Oil lamps", days=10, story=story)
    hand.advance(hours=1)
    yen = build.a_live_campaign(
        title="灯火 lamp", goal=Money.of("20000", "JPY"), days=20, story=story
    )
    hand.advance(hours=1)
    chess = build.a_live_campaign(title="A chess set", days=30, category="games", story=story)
    build.pledged(world, yen, Money.of("19000", "JPY"))
    build.pledged(world, chess, "500")

    page = passer_by.get(f"/projects?{asked}")

    assert cards(page) == expected
    assert (f"{len(expected)} project" in page.text) or not expected


def test_what_is_over_is_found_by_its_outcome(
    world: World, passer_by: Reader, hand: clock.Hand
) -> None:
    a_top_up(build.euros(10))
    good = build.a_live_campaign(title="Came true", goal=build.euros(100), days=5)
    bad = build.a_live_campaign(title="Did not", goal=build.euros(100), days=5)
    build.pledged(world, good, "100")
    build.pledged(world, bad, "50")
    build.a_draft(title="Secret")
    hand.advance(days=5)
    runner.run(clock.now())

    assert cards(passer_by.get("/projects")) == []
    funded = passer_by.get("/projects?state=funded")
    assert cards(funded) == ["Came true"]
    assert "Funded" in funded.text
    assert cards(passer_by.get("/projects?state=unfunded")) == ["Did not"]
    assert sorted(cards(passer_by.get("/projects?state=all"))) == ["Came true", "Did not"]
    assert "Secret" not in passer_by.get("/projects?state=all&q=secret").text.replace(
        'value="secret"', ""
    )


def test_an_empty_list_says_what_will_be_there(passer_by: Reader) -> None:
    empty = passer_by.get("/projects")
    assert "No project is open right now" in empty.text
    assert empty.links["Show all projects"] == "/projects?state=all"

    nothing = passer_by.get("/projects?q=unicorn&category=film")
    assert "No project matches" in nothing.text
    assert nothing.form("/projects", method="get").fields["q"] == "unicorn"
    assert nothing.form("/projects", method="get").fields["category"] == "film"


@pytest.mark.parametrize("sort", ["ending", "newest", "funded"])
def test_every_campaign_is_on_exactly_one_page_forth_and_back(
    world: World, passer_by: Reader, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 3)
    made = [build.a_live_campaign(title=f"Number {n}", days=10 + n // 2) for n in range(8)]
    build.pledged(world, made[3], "40")

    page = passer_by.get(f"/projects?sort={sort}&state=all")
    seen, pages = cards(page), [cards(page)]
    while "Next" in page.links:
        page = passer_by.get(page.links["Next"])
        pages.append(cards(page))
        seen += cards(page)
    assert sorted(seen) == [f"Number {n}" for n in range(8)]
    assert [len(found) for found in pages] == [3, 3, 2]

    backwards = [cards(page)]
    while "Previous" in page.links:
        page = passer_by.get(page.links["Previous"])
        backwards.append(cards(page))
    assert backwards[::-1] == pages


def test_a_pledge_shows_and_a_pledge_taken_back_does_not(world: World, passer_by: Reader) -> None:
    backer, made = an_actor("Backer Bo"), build.a_live_campaign(goal=build.euros(100))
    pledge = build.pledged(world, made, "50", backer=backer)
    assert "50 %" in passer_by.get("/projects").plain

    cancel_pledge(backer, pledge, clock.now())

    assert "EUR 0 of 100, 0 %" in passer_by.get("/projects").plain
