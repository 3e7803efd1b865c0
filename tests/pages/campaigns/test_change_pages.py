"""A change of what was promised, as its sponsor, a moderator, everybody and a backer see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from marketplace.campaigns.queries import changes
from marketplace.campaigns.rules.models import PLAIN
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders import changes as make
from tests.builders.escrow import World
from tests.builders.identity import a_moderator, a_person
from tests.builders.moderation import take_effect
from tests.pages.campaigns.conftest import Enter, Reader


def test_a_change_is_proposed_looked_at_published_and_answered(
    world: World, hand: clock.Hand, enter: Enter, passer_by: Reader
) -> None:
    sponsor, backer = a_person("Sponsor Sol"), a_person("Backer Bo")
    made = build.a_live_campaign(sponsor.as_actor(), tiers=[build.a_tier("25")])
    tier = build.reward_ids(made)[0]
    pledge = build.pledged(world, made, "25", backer=backer.as_actor(), reward_id=tier)
    ref, place = public_id("cmp", made), f"/my/campaigns/{public_id('cmp', made)}/change"
    owner, reader = enter(sponsor), enter(backer)

    page = owner.get(place)
    assert "its price and what is in it stay" in page.text
    refused = owner.send(page, place, goal="1,200", reason="", status=422)
    assert "The goal of a live campaign can only go down." in refused.text
    month = f"delivery-{tier.hex}"
    typed: dict[str, Any] = {"goal": "600", month: "soon", "reason": "The kiln is lent to us."}
    mended: dict[str, Any] = {month: "2027-08"}
    refused = owner.send(refused, place, status=422, **typed)
    assert refused.errors == ["Enter year and month, such as 2027-03."]
    page = owner.follow(owner.send(refused, place, **mended))
    assert "A moderator looks at it" in page.text
    assert "EUR 1,000.00 EUR 600.00" in page.plain
    assert "600" not in passer_by.get(f"/projects/{ref}").text

    moderator = enter(a_moderator())
    case = next(
        href for href in moderator.get("/staff/moderation").links.values() if "/cases/" in href
    )
    page = moderator.get(case)
    assert "March 2027 August 2027" in page.plain
    assert "One backer has pledged so far." in page.text
    moderator.send(page, case, press=("decision", "approve"))
    take_effect(world, hand)

    page = passer_by.get(f"/projects/{ref}")
    page = passer_by.get(page.links["See what has changed"])
    assert "EUR 1,000.00 EUR 600.00" in page.plain
    assert "The kiln is lent to us." in page.text
    assert "Not answered yet 1" in owner.get(place).text

    page = reader.get(f"/pledges/{public_id('pl', pledge)}")
    page = reader.get(page.links["See what has changed, and answer"])
    assert "March 2027 August 2027" in page.plain
    page = reader.follow(reader.send(page, "/changed", press=("answer", "keep")))
    assert "Thank you: your pledge stands." in page.text
    page = reader.get(page.links["What has changed since you pledged"])
    page = reader.follow(reader.send(page, "/changed", press=("answer", "leave")))
    world.deliver()
    page = reader.get(page.path)
    assert "The project changed, and you did not stay" in page.text


def test_a_proposal_can_be_taken_back_and_is_nobody_elses(world: World, enter: Enter) -> None:
    sponsor = a_person("Sponsor Sol")
    made = build.a_live_campaign(sponsor.as_actor())
    make.a_proposal(sponsor.as_actor(), made, goal=build.euros(600))
    place = f"/my/campaigns/{public_id('cmp', made)}/change"
    owner = enter(sponsor)

    page = owner.follow(owner.send(owner.get(place), "/withdraw"))

    assert "Taken back. Nothing has changed." in page.text
    enter(a_person("Eve")).get(place, status=404)


def test_whoever_opened_the_check_page_before_a_change_reads_it_again(
    world: World, enter: Enter
) -> None:
    sponsor = a_person("Sponsor Sol")
    made = build.a_live_campaign(sponsor.as_actor())
    check = f"/projects/{public_id('cmp', made)}/pledge/check"
    backer = enter(a_person("Backer Bo"))
    page = backer.get(f"{check}?amount=25")
    make.a_change(sponsor.as_actor(), made, goal=build.euros(600))

    again = backer.send(page, check, status=422)

    assert "The project has changed since you opened the page." in again.text
    assert "EUR 600.00" in again.plain
    backer.send(again, check)


def test_a_deadline_moves_on_the_clocks_of_its_place_and_else_stays_to_the_second(
    world: World, hand: clock.Hand, enter: Enter
) -> None:
    del world
    hand.set(datetime(2026, 10, 1, 9, 0, 17, tzinfo=UTC))
    sponsor = a_person("Sponsor Sol")
    berlin = replace(PLAIN, zone="Europe/Berlin")
    made = build.a_live_campaign(sponsor.as_actor(), days=20, ending=berlin)
    owner, path = enter(sponsor), f"/my/campaigns/{public_id('cmp', made)}/change"

    page = owner.get(path)
    assert "Deadline (Europe/Berlin)" in page.plain
    same = owner.send(page, path, status=422, reason="Nothing.")
    assert same.errors == [
        "Nothing is different yet. Change what has to change, and send it again."
    ]
    twice = owner.send(page, path, status=422, deadline="2026-10-25T02:30", reason="More time.")
    assert "comes twice: as 02:30 CEST (00:30 UTC) and as 02:30 CET (01:30 UTC)" in twice.errors[0]
    owner.send(twice, path, deadline="2026-10-25T03:30")

    (row,) = changes.of_campaign(made)
    assert row.after == {"deadline": "2026-10-25T02:30:00+00:00"}
