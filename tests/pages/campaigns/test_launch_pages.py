"""A campaign seen coming: by its sponsor, by a visitor, and by who comes with a mailed link."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from marketplace.campaigns.rules.models import PLAIN
from marketplace.campaigns.services import drafting, launching, moderating
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.moderation import queries as moderation
from marketplace.moderation.services import deciding
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_moderator, a_person, an_actor
from tests.builders.moderation import take_effect
from tests.pages.campaigns.conftest import Enter, Reader


def test_a_launch_is_planned_seen_coming_asked_about_and_begun(
    world: World, hand: clock.Hand, enter: Enter, passer_by: Reader
) -> None:
    sponsor, backer = a_person("Sponsor Sol"), a_person("Backer Bo")
    made = build.a_draft(sponsor.as_actor(), days=40)
    ref = public_id("cmp", made)
    owner, reader, desk = enter(sponsor), enter(backer), f"/my/campaigns/{ref}"

    page = owner.get(owner.get(desk).links["When it begins"])
    refused = owner.send(page, "/launch", when="later", launch_at="", status=422)
    assert refused.errors == ["Choose the day and time at which the campaign begins."]
    at = clock.now() + timedelta(days=10)
    refused = owner.send(
        refused, "/launch", launch_at=f"{at + timedelta(days=40):%Y-%m-%dT%H:%M}", status=422
    )
    assert "It must begin at least a day before." in refused.text
    owner.send(refused, "/launch", launch_at=f"{at:%Y-%m-%dT%H:%M}", announced="y")
    build.submitted(made, sponsor.as_actor())
    passer_by.get(f"/projects/{ref}", status=404)
    case = enter(a_moderator()).get(f"/staff/moderation/{ref}")
    assert "From the approval on everybody can see it coming." in case.text
    moderating.approve(a_moderator().as_actor(), made, clock.now())

    page = passer_by.get(f"/projects/{ref}")
    assert "Coming soon" in page.text
    assert "Nobody can pledge before." in page.text
    page = passer_by.get(
        passer_by.get("/projects").links["What is coming: projects that begin soon"]
    )
    page = passer_by.get(page.links[build.campaign(made).title])
    way = passer_by.get(page.links["Tell me when it begins"], status=303)
    assert "/sign-in" in way.location
    page = reader.follow(reader.send(reader.get(f"/projects/{ref}/notify-me"), "/notify-me"))
    assert "We write to you when it begins, once." in page.text
    assert "One person wants to be told." in owner.get(desk).text
    page = reader.follow(reader.send(page, "/notify-me/stop"))
    reader.send(page, "/notify-me")

    page = owner.follow(owner.send(owner.get(desk), "/launch/now"))
    assert "It has begun." in page.text
    assert "One person asked to be told of the launch" in page.text
    world.deliver()
    page = reader.follow(reader.get(f"/projects/{ref}/notify-me", status=303))
    assert "Your pledge" in page.text
    enter(a_person("Eve")).get(f"{desk}/launch", status=404)


def test_before_it_is_submitted_a_deadline_is_judged_by_the_planned_beginning(
    world: World, enter: Enter
) -> None:
    del world
    sponsor, now = a_person("Sponsor Sol"), clock.now()
    made, actor = build.a_draft(sponsor.as_actor(), days=40), sponsor.as_actor()
    late = now + timedelta(days=30)
    launching.plan_launch(actor, made, launch_at=late, announced=False, now=now)
    end = now + timedelta(days=80)
    drafting.write_funding(actor, made, goal=build.euros("1000"), deadline=end, now=now)

    page = enter(sponsor).get(f"/my/campaigns/{public_id('cmp', made)}/submit")

    assert "Something is still missing" not in page.text


def test_what_was_announced_and_taken_back_is_gone_and_says_nothing_of_what_it_was(
    world: World, hand: clock.Hand, enter: Enter, passer_by: Reader
) -> None:
    del world
    sponsor, backer = a_person("Sponsor Sol"), a_person("Backer Bo")
    withdrawn, quiet = (build.a_scheduled_campaign(sponsor.as_actor()) for _ in range(2))
    places = [f"/projects/{public_id('cmp', made)}" for made in (withdrawn, quiet)]
    assert "A lamp" in passer_by.get(places[0]).text
    hand.advance(days=1)
    later = clock.now() + timedelta(days=5)
    owner = enter(sponsor)

    owner.send(owner.get(f"/my/campaigns/{public_id('cmp', withdrawn)}"), "/withdraw")
    launching.plan_launch(
        sponsor.as_actor(), quiet, launch_at=later, announced=False, now=clock.now()
    )
    hand.advance(days=1)
    drafting.discard(sponsor.as_actor(), withdrawn, clock.now())

    for place in places:
        page = passer_by.get(place, status=410)
        assert page.h1 == "No longer announced"
        assert "took it back on 3 Mar 2026, before it began" in page.plain
        assert "lamp" not in page.text
        assert page.links["What is coming"] == "/projects/coming"
        enter(backer).get(f"{place}/notify-me", status=410)
        passer_by.get(f"{place}/rewards", status=404)  # that page never was
    assert "Nothing is announced right now" in passer_by.get("/projects/coming").text
    build.approved(build.a_draft(sponsor.as_actor()), sponsor.as_actor())
    assert "/projects/cmp_" in passer_by.client.get("/sitemap/1.xml").text
    for place in places:
        assert place not in passer_by.client.get("/sitemap/1.xml").text


def test_the_log_names_what_was_approved_only_while_it_can_be_seen(
    world: World, hand: clock.Hand, passer_by: Reader
) -> None:
    sponsor = an_actor("Sponsor Sol")
    made, now = build.a_draft(sponsor, days=40), clock.now()
    begins = now + timedelta(days=10)
    launching.plan_launch(sponsor, made, launch_at=begins, announced=True, now=now)
    build.submitted(made, sponsor)
    case = moderation.queue()[0].id
    deciding.decide(a_moderator().as_actor(), case, outcome="approve", now=clock.now())
    take_effect(world, hand)
    assert "A lamp for every window" in passer_by.get("/moderation-log").links

    launching.plan_launch(sponsor, made, launch_at=begins, announced=False, now=clock.now())

    log = passer_by.get("/moderation-log")
    assert "Approved" in log.text
    assert "A lamp" not in log.text


def test_what_nobody_shall_see_is_not_found(world: World, enter: Enter, passer_by: Reader) -> None:
    sponsor = a_person("Sponsor Sol")
    made = build.a_scheduled_campaign(sponsor.as_actor(), announced=False)
    place = f"/projects/{public_id('cmp', made)}"

    passer_by.get(place, status=404)
    assert "Nothing is announced right now" in passer_by.get("/projects/coming").text
    enter(a_person("Backer Bo")).get(f"{place}/notify-me", status=404)
    page = enter(sponsor).get(f"/my/campaigns/{public_id('cmp', made)}")
    assert "Nobody sees it before." in page.text


def test_the_hour_is_that_of_the_campaigns_own_place(world: World, enter: Enter) -> None:
    del world
    sponsor = a_person("Sponsor Sol")
    made = build.a_draft(sponsor.as_actor(), days=50, ending=replace(PLAIN, zone="Europe/Berlin"))
    owner, path = enter(sponsor), f"/my/campaigns/{public_id('cmp', made)}/launch"

    page = owner.get(path)
    assert "Day and time (Europe/Berlin)" in page.plain
    assert "21 Apr 2026, 11:00 in Europe/Berlin (21 Apr 2026, 09:00 UTC)" in page.plain
    gap = owner.send(page, "/launch", when="later", launch_at="2026-03-29T02:30", status=422)
    assert "02:30 never comes" in gap.errors[0]
    assert "01:30 CET (00:30 UTC) or as 03:30 CEST (01:30 UTC)" in gap.errors[0]
    owner.send(gap, "/launch", launch_at="2026-03-29T03:30")

    assert build.campaign(made).launch_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert owner.get(path).form("/launch").fields["launch_at"] == "2026-03-29T03:30"
