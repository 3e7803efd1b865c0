"""A suspension as staff decide on it and as everybody reads of it."""

from __future__ import annotations

from marketplace.campaigns.services import suspending
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_finance_officer, a_moderator, a_person
from tests.pages.campaigns.conftest import Enter, Reader


def test_a_campaign_is_suspended_asked_to_end_and_ended_by_another(
    world: World, enter: Enter, passer_by: Reader
) -> None:
    made = build.a_live_campaign()
    build.pledged(world, made, "40")
    ref = public_id("cmp", made)
    moderator, officer = enter(a_moderator()), enter(a_finance_officer())
    place = f"/staff/suspensions/{ref}"

    page = moderator.get(place)
    assert "This campaign was never suspended." in page.text
    refused = moderator.send(page, place, code="misleading", words="", status=422)
    assert "Say why, in a sentence or two." in refused.text
    page = moderator.follow(
        moderator.send(refused, place, code="misleading", words="A drawing, no lamp.")
    )
    assert "Frozen: no pledge, no charge" in page.text

    seen = passer_by.get(f"/projects/{ref}")
    assert "This project is suspended" in seen.text
    assert "The deadline has passed" not in seen.text
    assert "A drawing, no lamp." not in seen.text

    assert "Frozen" in officer.get("/staff/suspensions").text
    assert "Agree: end it" not in officer.get(place).text
    decision = f"{place}/decision"
    page = moderator.follow(
        moderator.send(page, decision, press=("decision", "propose"), words="Nothing was shown.")
    )
    assert "You asked for the end." in page.text
    page = officer.get("/staff/suspensions")
    assert "Waits for a second person" in page.text
    page = officer.follow(officer.send(officer.get(place), decision, press=("decision", "agree")))
    assert "Everything that was paid is on its way back" in page.text
    world.deliver()

    seen = passer_by.get(f"/projects/{ref}")
    assert "This project was ended by us" in seen.text
    assert "The goal was missed" not in seen.text


def test_backer_and_sponsor_read_on_their_own_pages_what_stands_still_and_why(
    world: World, enter: Enter
) -> None:
    sponsor, backer = a_person("Sponsor Sol"), a_person("Backer Bo")
    made = build.a_live_campaign(sponsor.as_actor())
    held = build.pledged(world, made, "40", backer=backer.as_actor())
    moderator = a_moderator().as_actor()
    words = "Show us the mould you write about."
    suspending.suspend(moderator, made, code="misleading", words=words, now=clock.now())

    pledge = enter(backer).get(f"/pledges/{public_id('pl', held)}")
    assert "This project is suspended" in pledge.plain
    assert words not in pledge.text
    desk = enter(sponsor).get(f"/my/campaigns/{public_id('cmp', made)}")
    assert "Your project is suspended" in desk.plain
    assert words in desk.text

    suspending.lift(moderator, made, words="Seen.", now=clock.now())
    assert "suspended" not in enter(sponsor).get(f"/my/campaigns/{public_id('cmp', made)}").text
