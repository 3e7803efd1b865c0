"""Visits are counted without a person in them, and a sponsor reads by what they came."""

from __future__ import annotations

from uuid import UUID

from marketplace.campaigns.queries import sources
from marketplace.campaigns.rules.prices import Extras
from marketplace.campaigns.rules.sources import A_DAY_MAX
from marketplace.campaigns.services import counting
from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.kernel.actors import ANONYMOUS
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_person
from tests.page_client import alone
from tests.pages.campaigns.conftest import Enter, Reader


def look(reader: Reader, made: UUID, *, step: str = "visit", via: str = "", came: str = "") -> int:
    """What the script of a page tells."""
    path = f"/projects/{public_id('cmp', made)}/seen"
    told = {"step": step, "via": via, "from": came}
    return alone(reader.client.post, path, data=told).status_code


def counted(made: UUID) -> dict[str, tuple[int, int]]:
    found = {each.source: (each.visits, each.starts) for each in sources.of_campaign(made)}
    db.session.rollback()
    return found


def test_a_sponsor_reads_by_what_people_came_and_how_many_pledged(
    world: World, enter: Enter, passer_by: Reader
) -> None:
    sponsor = a_person("Sponsor Sol")
    made = build.a_live_campaign(sponsor.as_actor())
    reader = enter(sponsor)
    place = f"/my/campaigns/{public_id('cmp', made)}/sources"
    assert "Nobody has looked yet" in reader.get(place).text

    for came in ("https://www.google.com/", "https://www.google.com/", ""):
        assert look(passer_by, made, came=came) == 204
    look(passer_by, made, via="Radio")
    look(passer_by, made, via="radio", step="start")
    look(reader, made)
    look(passer_by, made, step="no such step")
    build.pledged(world, made, "40", extras=Extras(source="radio"))
    build.pledged(world, made, "25")

    page = reader.get(place)
    for part in (
        "radio 1 1 1 EUR 40.00",
        "Search engines 2 0",
        "Typed or saved address 1 0",
        "All 4 1 2 EUR 65.00",
    ):
        assert part in page.plain, part
    assert "?via=newsletter" in page.text
    enter(a_person("Otto Other")).get(place, status=404)


def test_what_is_kept_is_a_number_and_made_up_tags_do_not_fill_the_table(
    world: World, passer_by: Reader, hand: clock.Hand
) -> None:
    del world
    made = build.a_live_campaign(days=5)
    now = clock.now()
    for number in range(A_DAY_MAX + 3):
        counting.count(ANONYMOUS, made, source=f"via:tag{number}", step="visit", now=now)

    found = counted(made)

    assert len(found) == A_DAY_MAX + 1
    assert found["other"] == (3, 0)
    kept = column(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'visit_day'"
    )
    db.session.rollback()
    assert set(kept) == {"campaign_id", "day", "source", "visits", "starts"}
    hand.advance(days=5)
    look(passer_by, made)
    assert "direct" not in counted(made)


def test_who_comes_from_what_is_no_address_is_counted_as_coming_from_none(
    world: World, passer_by: Reader
) -> None:
    del world
    made = build.a_live_campaign()

    for came in ("http://[", "https://[no]/", "no address"):
        assert look(passer_by, made, came=came) == 204

    assert counted(made) == {"direct": (3, 0)}


def test_another_site_cannot_count_here(world: World, passer_by: Reader) -> None:
    del world
    made = build.a_live_campaign()
    path = f"/projects/{public_id('cmp', made)}/seen"

    answer = alone(
        passer_by.client.post,
        path,
        data={"step": "visit"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403
    assert counted(made) == {}


def test_who_goes_from_tab_to_tab_still_pledges_by_the_link_they_came_by(
    world: World, passer_by: Reader, enter: Enter
) -> None:
    made = build.a_live_campaign(tiers=[build.a_tier("25")])
    path = f"/projects/{public_id('cmp', made)}"
    plain = passer_by.get(path)
    assert "via=" not in plain.markup
    backer = enter(a_person("Backer Bo"))

    page = backer.get(f"{path}?via=Our+Letter")
    assert page.form("/pledge", method="get").fields["via"] == "our-letter"
    assert f'data-seen="{path}/seen"' in page.markup
    for tab in ("Updates 0", "Money", "Backers 0", "Questions 0", "Comments 0", "Rewards 1"):
        page = backer.get(page.links[tab])
    assert page.links["Pledge without a reward"] == f"{path}/pledge?via=our-letter"
    (way,) = [href for href in page.links.values() if "reward=" in href and "/pledge" in href]
    check = backer.follow(backer.send(backer.get(way), "/pledge"))
    backer.send(check, "/pledge")
    world.deliver()

    assert look(passer_by, made, via="Our Letter", came="https://radio.example/") == 204
    look(passer_by, made, via="our-letter", came="http://localhost/projects")  # from tab to tab
    found = {each.source: (each.visits, each.pledges) for each in sources.of_campaign(made)}
    db.session.rollback()
    assert found["site"] == (1, 0)
    kept = column("SELECT source FROM pledge WHERE campaign_id = %s", (made,))
    db.session.rollback()
    assert kept == ["our-letter"]
    assert found["via:our-letter"][0] == 1
