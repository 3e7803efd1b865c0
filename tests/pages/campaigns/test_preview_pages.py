"""A draft that is shown to whoever has its link."""

from __future__ import annotations

from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_person
from tests.page_client import Page, local
from tests.pages.campaigns.addresses import desk_path
from tests.pages.campaigns.conftest import Enter, Reader


def link_on(page: Page) -> str:
    (address,) = [
        "".join(element.itertext())
        for element in page.tree.iter("bdi")
        if "/preview/" in "".join(element.itertext())
    ]
    return local(address)


def test_a_link_shows_the_draft_until_it_is_ended_or_made_anew(
    world: World, enter: Enter, passer_by: Reader
) -> None:
    del world
    sponsor = a_person("Sponsor Sol")
    draft = build.a_draft(sponsor.as_actor(), tiers=[build.a_tier()])
    reader = enter(sponsor)
    page = reader.get(desk_path(draft, "/preview-link"))
    assert "No link shows the preview." in page.text

    first = link_on(reader.send(page, "/preview-link", status=200))

    seen = passer_by.get(first)
    assert "This is a preview" in seen.text
    assert "nothing can be pledged yet" in seen.text
    assert "One lamp" in seen.text
    assert seen.response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert seen.response.headers["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in seen.markup
    assert not [form for form in seen.forms if "/pledge" in form.action]

    again = reader.get(desk_path(draft, "/preview-link"))
    assert first.rpartition("/")[2] not in again.markup
    second = link_on(reader.send(again, "/preview-link", status=200))
    passer_by.get(first, status=404)
    passer_by.get(second)
    reader.follow(reader.send(reader.get(desk_path(draft, "/preview-link")), "/end"))
    passer_by.get(second, status=404)


def test_the_link_of_what_went_live_leads_to_its_page(
    world: World, enter: Enter, passer_by: Reader
) -> None:
    del world
    sponsor = a_person("Sponsor Sol")
    draft, reader = build.a_draft(sponsor.as_actor()), enter(sponsor)
    link = link_on(reader.send(reader.get(desk_path(draft, "/preview-link")), "-link", status=200))
    build.approved(draft, sponsor.as_actor())

    assert local(passer_by.get(link, status=303).location) == f"/projects/{public_id('cmp', draft)}"
    refused = reader.send(reader.get(desk_path(draft, "/preview-link")), "-link", status=422)
    assert refused.errors == ["Everybody can see this campaign already."]
    enter(a_person("Mal")).get(desk_path(draft, "/preview-link"), status=404)
