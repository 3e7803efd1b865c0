"""Sponsors ask backers, backers answer, and both hear of what is late."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marketplace.campaigns.jobs.lateness import tell_late
from marketplace.campaigns.services import inspecting, surveying, telling
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.escrow import World
from tests.builders.holdback import Success
from tests.pages.campaigns.conftest import Enter

TITLE = "A lamp for every window"


def test_questions_are_asked_together_answered_and_stand_in_the_sheet(
    world: World, enter: Enter, found: Success, hand: clock.Hand
) -> None:
    sponsor, backer = enter(found.sponsor), enter(found.backer)
    desk = f"/my/campaigns/{public_id('cmp', found.campaign_id)}"
    mine = f"/pledges/{public_id('pl', found.first)}"
    backer.get(f"{mine}/survey", status=404)
    page = sponsor.get(f"{desk}/survey")
    wrong = sponsor.send(page, "/survey", status=422, title="Which colour?", choices="Red")
    assert wrong.errors == ["Write from two to 30 different answers, one a line, or none."]
    page = sponsor.follow(sponsor.send(page, "/survey", title="Why?"))
    page = sponsor.follow(sponsor.send(page, "/remove"))
    assert "Why?" not in page.text
    page = sponsor.follow(sponsor.send(page, "/survey", title="Which colour?", choices="Red\nBlue"))
    page = sponsor.follow(sponsor.send(page, "/survey", title="What to engrave?", required=[]))
    sponsor.send(page, "/survey/ask")
    world.work()

    assert f"“{TITLE}” asks you something" in build.letters_of(found.backer)
    assert f"“{TITLE}” asks you something" not in build.letters_of(found.backers[2])
    assert backer.get("/my/pledges").links[TITLE] == f"{mine}/survey"
    page = backer.get(backer.get(mine).links["What the sponsor needs to know"])
    empty = backer.send(page, "/survey", status=422)
    assert empty.errors == ["The sponsor needs this to send the right thing."]
    colour, words = (name for name in page.form("/survey").fields if name.startswith("answer-"))
    red: dict[str, Any] = {colour: "Red", words: "=Ada"}
    blue: dict[str, Any] = {colour: "Blue", words: ""}
    backer.send(page, "/survey", **red)
    backer.send(page, "/survey", **blue)
    assert backer.get("/my/pledges").links[TITLE] == f"{mine}/address"
    sheet = sponsor.get(f"{desk}/fulfilment?format=csv").response.get_data(as_text=True)
    assert sheet.splitlines()[0].endswith(",Which colour?,What to engrave?")
    assert sum(line.endswith(",Blue,") for line in sheet.splitlines()) == 1
    assert "1 has answered." in sponsor.get(f"{desk}/survey").plain

    holdback.ship(found, found.first)
    late = backer.send(page, "/survey", status=422, **red)
    assert "The answers stand" in late.plain
    inspecting.accept(found.backer, found.first, clock.now())
    hand.advance(days=179)
    assert surveying.forget_answers(clock.now()) == 0
    hand.advance(days=1)
    assert surveying.forget_answers(clock.now()) == 1


def test_what_is_late_is_told_after_1_14_and_30_days_and_backers_ask_for_news(
    world: World, enter: Enter, found: Success, hand: clock.Hand
) -> None:
    hand.set(datetime(2027, 4, 1, 9, tzinfo=UTC))
    tell_late()
    tell_late()
    world.work()
    assert build.subjects(build.address(found.sponsor)).count(f"“{TITLE}” is late") == 1
    assert f"“{TITLE}” is late" in build.letters_of(found.backer)
    assert "EUR 30.00 of your pledge is still held for you." in build.last_letter(
        build.address(found.backer)
    ).replace("\u00a0", " ")
    hand.advance(days=30)
    holdback.ship(found, found.first)
    tell_late()
    world.work()
    assert build.subjects(build.address(found.sponsor)).count(f"“{TITLE}” is late") == 2
    assert build.subjects(build.address(found.backer)).count(f"“{TITLE}” is late") == 1

    other = enter(found.backers[1])
    mine = f"/pledges/{public_id('pl', found.pledges[1])}"
    page = other.get(other.get(mine).links["Ask for news"])
    other.send(page, "/ask-for-news")
    other.send(page, "/ask-for-news")
    world.work()
    subject = f"Backers of “{TITLE}” ask for news"
    assert build.subjects(build.address(found.sponsor)).count(subject) == 1
    sponsor = enter(found.sponsor)
    desk = f"/my/campaigns/{public_id('cmp', found.campaign_id)}/updates/new"
    page = sponsor.get(desk)
    assert "1 backer asks for news" in page.plain
    sponsor.send(page, "/updates/new", title="We glaze", body="<p>Two weeks more.</p>")
    hand.advance(seconds=11)
    telling.send_due(clock.now())
    assert "asks for news" not in sponsor.get(desk).plain
    again = other.send(other.get(f"{mine}/ask-for-news"), "/ask-for-news", status=422)
    assert "Ask again two weeks after it." in again.errors[0]
