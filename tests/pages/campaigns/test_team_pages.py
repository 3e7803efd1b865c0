"""The team of a campaign: invited, joined, at work on exactly the pages it may see."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.campaigns.rules.rights import Right
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_person
from tests.builders.teams import on_the_team
from tests.pages.campaigns.conftest import Enter, Reader

# Every page of a sponsor's own, and the right that opens it to others; None: to nobody.
PAGES = {
    "basics": Right.STORY,
    "story": Right.STORY,
    "risks": Right.STORY,
    "pictures": Right.STORY,
    "budget": Right.STORY,
    "timeline": Right.STORY,
    "faq": Right.STORY,
    "stretch-goals": Right.STORY,
    "versions": Right.STORY,
    "preview": Right.STORY,
    "preview-link": Right.STORY,
    "film": Right.STORY,
    "rewards": Right.REWARDS,
    "rewards/new": Right.REWARDS,
    "files": Right.REWARDS,
    "updates/new": Right.TALK,
    "answers": Right.TALK,
    "steps": Right.TALK,
    "fulfilment": Right.FULFIL,
    "fulfilment/addresses": Right.FULFIL,
    "fulfilment/tracking": Right.FULFIL,
    "survey": Right.FULFIL,
    "parts": Right.SEE_MONEY,
    "backers": Right.SEE_BACKERS,
    "sources": Right.SEE_BACKERS,
    "funding": None,
    "release": None,
    "submit": None,
    "discard": None,
    "launch": None,
    "change": None,
    "team": None,
    "copy": None,
}


def test_no_page_of_a_sponsors_own_is_left_out(app: Flask) -> None:
    start = "/my/campaigns/<ref>/"
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(start)]

    pages = {
        rule.rule.removeprefix(start)
        for rule in rules
        if rule.arguments == {"ref"} and "GET" in (rule.methods or ())
    }

    assert pages == set(PAGES)


@pytest.mark.parametrize("right", list(Right))
def test_each_right_opens_its_pages_and_no_other(world: World, enter: Enter, right: Right) -> None:
    sponsor, person = a_person("Sponsor Sol"), a_person("Writer Wu")
    draft = build.a_draft(sponsor.as_actor())
    live = build.a_live_campaign(sponsor.as_actor())
    for made in (draft, live):
        on_the_team(sponsor.as_actor(), made, person, right.value)
    reader = enter(person)
    for made in (draft, live):
        reader.get(f"/my/campaigns/{public_id('cmp', made)}")

    opened = {
        name
        for name in PAGES
        for made in (draft, live)
        if reader.client.get(f"/my/campaigns/{public_id('cmp', made)}/{name}").status_code == 200
    }

    assert opened == {name for name, opens in PAGES.items() if opens is right}


def test_somebody_is_invited_joins_works_gets_other_rights_and_is_removed(
    world: World, enter: Enter, passer_by: Reader
) -> None:
    sponsor, person = a_person("Sponsor Sol"), a_person("Writer Wu")
    made = build.a_live_campaign(sponsor.as_actor())
    ref, place = public_id("cmp", made), f"/my/campaigns/{public_id('cmp', made)}/team"
    owner, member = enter(sponsor), enter(person)

    page = owner.get(place)
    refused = owner.send(page, place, email="nobody", status=422)
    assert refused.errors == [
        "Enter an e-mail address such as name@example.org.",
        "Choose at least one thing this person may do.",
    ]
    refused = owner.send(refused, place, email=sponsor.email, status=422)
    assert [error[:24] for error in refused.errors] == [
        "This is your own address",
        "Choose at least one thin",
    ]
    refused = owner.send(refused, place, email=person.email, status=422)
    assert refused.errors == ["Choose at least one thing this person may do."]
    page = owner.follow(owner.send(refused, place, rights=["talk", "see_money"]))
    assert person.email in page.text
    world.deliver()
    link = next(word for word in build.last_letter(person.email).split() if "/team/inv_" in word)
    path = link[link.index("/team/") :]
    assert "sent to another address" in enter(a_person("Eve")).get(path).text
    page = member.follow(member.send(member.get(path), path))
    assert "Welcome to the team." in page.text
    assert "Raised EUR 0.00" in page.plain
    assert "Post an update" in page.links
    assert "Send what you promised" not in page.links
    assert build.campaign(made).title in member.get("/my/campaigns").links
    assert "With Writer Wu" in passer_by.get(f"/projects/{ref}").text

    page = owner.get(place)
    change = next(href for href in page.links.values() if "/team/per_" in href)
    page = owner.get(change)
    page = owner.follow(owner.send(page, f"/{public_id('per', person.id)}", rights=["fulfil"]))
    assert "Send rewards" in page.text
    assert "Raised" not in member.get(f"/my/campaigns/{ref}").text
    owner.send(owner.get(change), "/remove")
    member.get(f"/my/campaigns/{ref}", status=404)
    assert "With Writer Wu" not in passer_by.get(f"/projects/{ref}").text


def test_a_member_leaves(world: World, enter: Enter) -> None:
    sponsor, person = a_person("Sponsor Sol"), a_person("Writer Wu")
    made = build.a_draft(sponsor.as_actor())
    on_the_team(sponsor.as_actor(), made, person, "story")
    member, desk = enter(person), f"/my/campaigns/{public_id('cmp', made)}"

    page = member.follow(member.send(member.get(desk), "/leave"))

    assert "You have left the team." in page.text
    member.get(desk, status=404)
