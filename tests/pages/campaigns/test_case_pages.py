"""Reports, cases, appeals and the log as people see them."""

from __future__ import annotations

from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_moderator, a_person
from tests.builders.moderation import take_effect
from tests.pages.campaigns.conftest import Enter, Reader


def test_from_a_visitors_report_to_a_suspension_an_appeal_and_the_public_log(
    world: World, enter: Enter, passer_by: Reader, hand: clock.Hand
) -> None:
    person = a_person("Sponsor Sol")
    made = build.a_live_campaign(person.as_actor())
    ref = public_id("cmp", made)
    page = passer_by.get(passer_by.get(f"/projects/{ref}").links["Report this project"])
    refused = passer_by.send(page, status=422)
    assert refused.errors == ["Choose what is wrong from the list."]
    done = passer_by.send(refused, code="fraud", words="It is a picture from a shop.")
    assert "A moderator looks at it." in passer_by.follow(done).text

    moderator = enter(a_moderator())
    queue = moderator.get("/staff/moderation?kind=report")
    assert "Urgent" in queue.text
    page = moderator.get(queue.links["A lamp for every window"])
    for part in ("Somebody is being cheated: It is a picture", "Without a name", "burns for a"):
        assert part in page.text, part
    refused = moderator.send(page, "/cases/", status=422, press=("decision", "suspend"))
    assert refused.errors == [
        "Choose what is wrong from the list.",
        "Say why, so that the person knows. They get it word for word.",
    ]
    sent = moderator.send(
        refused, "/cases/", press=("decision", "suspend"), code="misleading", words="From a shop."
    )
    assert "until then you can undo it" in moderator.follow(sent).text
    take_effect(world, hand)

    log = passer_by.get("/moderation-log")
    for part in ("A lamp for every window", "It promises what is not so", "Suspended"):
        assert part in log.text, part
    assert "from a shop" not in log.text
    sponsor = enter(person)
    place = sponsor.get("/my/decisions").links["Appeal"]
    page = sponsor.get(place)
    assert sponsor.send(page, "/appeal", words="", status=422).errors == [
        "Say why the decision was wrong."
    ]
    done = sponsor.follow(sponsor.send(page, "/appeal", words="It is our own picture."))
    assert "Another moderator looks at it and decides." in done.text
    page = moderator.get(
        moderator.get("/staff/moderation?kind=appeal").links["A lamp for every window"]
    )
    assert "It is our own picture." in page.text
    refused = moderator.send(
        page, "/cases/", press=("decision", "overturn"), words="Mine.", status=422
    )
    assert refused.errors == ["You took the decision yourself. Another moderator has to look."]
    enter(a_person("Backer Bo")).get("/staff/moderation", status=403)
    enter(a_person("Backer Bea")).get(place, status=404)
