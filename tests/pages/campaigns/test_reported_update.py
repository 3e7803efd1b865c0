"""An update that is reported, judged and taken off the page."""

from __future__ import annotations

from marketplace.campaigns.services import telling
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.moderation.services import deciding
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_moderator, a_person
from tests.pages.campaigns.conftest import Enter, Reader


def test_a_reported_update_is_taken_off_and_the_page_says_that_something_was(
    world: World, enter: Enter, passer_by: Reader, hand: clock.Hand
) -> None:
    sponsor = a_person("Sponsor Sol")
    made = build.a_live_campaign(sponsor.as_actor())
    telling.post_update(
        sponsor.as_actor(),
        made,
        title="My neighbour",
        body="<p>He lives in Lane 4.</p>",
        form_key="k",
        now=clock.now(),
    )
    path = f"/projects/{public_id('cmp', made)}/updates"
    where = passer_by.get(path).links["Report “My neighbour”"]
    form = passer_by.get(where)
    passer_by.send(form, "/report/update/", code="private", words="That is my address.")

    moderator = enter(a_moderator())
    case = moderator.get(moderator.get("/staff/moderation").links["My neighbour"])
    assert "That is my address." in case.text
    moderator.send(case, "/cases/", press=("decision", "hide"), code="private", words="An address.")
    assert "Lane 4" in passer_by.get(path).text
    hand.advance(seconds=11)
    deciding.take_effect_due(clock.now())
    world.work()

    page = passer_by.get(path)
    assert "Lane 4" not in page.text
    assert "1 update was taken off by a moderator." in page.plain
    assert "No updates yet" not in page.plain
    assert telling.send_due(clock.now()) == 0  # nobody gets it by mail any more
    gone = passer_by.send(form, "/report/update/", code="private", words="It too.", status=410)
    assert "taken off on 2 Mar 2026 by one of our moderators" in gone.plain
    assert "My neighbour" not in passer_by.get(where, status=410).text
    assert "Hidden" in passer_by.get("/moderation-log").plain
