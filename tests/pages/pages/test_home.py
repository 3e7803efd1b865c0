"""The front page and its proof: true totals, whatever there is to show."""

from __future__ import annotations

import re

from marketplace.escrow import reconcile
from marketplace.infra.database import db
from marketplace.kernel import clock
from tests.builders import campaigns
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.town import Town
from tests.page_client import Page, PageClient, words
from tests.statements import PAGE_MAX, listening


def _totals(page: Page) -> list[str]:
    return [
        words(element) for element in page.tree.iter("p") if element.get("class") == "totals__value"
    ]


def test_an_empty_site_says_what_will_be_here(visitor: PageClient) -> None:
    home = visitor.get("/")

    assert home.h1 == "Back what should exist. Lend to those who can repay."
    assert "No project is open right now" in home.text
    assert "No loan is looking for lenders right now" in home.text
    assert _totals(home) == []
    assert "No money has moved yet" in visitor.get("/proof").text


def test_the_front_page_shows_both_products_and_three_totals(
    visitor: PageClient, town: Town
) -> None:
    home = visitor.get("/")

    assert home.links["See the project"].startswith("/projects/cmp_")
    assert home.links["A wheel for the pottery"].startswith("/loans/ln_")
    assert "1 project is open" in home.text
    assert "1 loan is looking for lenders" in home.text
    assert "Harbour Escrow (simulator)" in home.text
    assert _totals(home)[1] == "EUR 980.00"  # a loan of 1,000.00, less our fee of 2 %


def test_each_total_links_to_where_it_is_proved(visitor: PageClient, town: Town) -> None:
    home, proof = visitor.get("/"), visitor.get("/proof")

    ways = [link.get("href", "") for link in home.tree.iter("a") if "#" in link.get("href", "")]
    proofs = [way.removeprefix("/proof#") for way in ways if way.startswith("/proof#")]
    assert proofs == ["held", "released", "repaid"]
    assert {element.get("id") for element in proof.tree.iter()} >= set(proofs)
    for total in _totals(home):
        assert total in proof.text


def test_the_proof_shows_both_sides_and_that_they_agree(visitor: PageClient, town: Town) -> None:
    proof = visitor.get("/proof")

    assert re.search(r"Both sides are EUR\s[\d,.]+", proof.text)
    assert "Pledges held for projects" in proof.text
    assert "At the provider, available" in proof.text
    assert "Ledger and provider have not been compared yet" in proof.text


def test_the_light_turns_green_when_provider_and_ledger_were_compared(
    visitor: PageClient, world: World, town: Town, hand: clock.Hand
) -> None:
    world.deliver()
    reconcile.reconcile()
    db.session.rollback()
    fresh = visitor.get("/proof")
    hand.advance(hours=4)
    stale = visitor.get("/proof")

    assert "Ledger = provider" in fresh.text
    assert "no differences" in fresh.text
    assert "not compared lately" in stale.text


def test_a_campaign_near_its_goal_is_featured_before_one_that_passed_it(
    visitor: PageClient, world: World
) -> None:
    passed = campaigns.a_live_campaign(an_actor("A"), goal=campaigns.euros(100), title="Passed it")
    near = campaigns.a_live_campaign(an_actor("B"), goal=campaigns.euros(100), title="Nearly there")
    campaigns.a_live_campaign(an_actor("C"), goal=campaigns.euros(100), title="Far away")
    campaigns.pledged(world, passed, "150")
    campaigns.pledged(world, near, "90")

    home = visitor.get("/")

    headings = [words(element) for element in home.tree.iter("h2")]
    assert "Nearly there" in headings
    assert "Passed it" not in headings
    assert {"Passed it", "Far away"} <= {words(element) for element in home.tree.iter("h3")}


def test_a_campaign_whose_deadline_is_past_is_not_shown_as_open(
    visitor: PageClient, world: World, hand: clock.Hand
) -> None:
    campaigns.a_live_campaign(an_actor("A"), days=5, title="Over by now")
    hand.advance(days=5, minutes=1)

    assert "Over by now" not in visitor.get("/").text


def test_a_page_of_everything_stays_within_its_queries(visitor: PageClient, town: Town) -> None:
    for path in ("/", "/proof", "/how-it-works", "/fees", "/risks", "/who-holds-the-money"):
        with listening() as heard:
            visitor.get(path)

        assert len(heard) <= PAGE_MAX, "\n".join(heard)
