"""Searches that are kept, and the letter about what is new."""

from __future__ import annotations

from marketplace.campaigns.jobs.searching import tell_searches
from marketplace.kernel import clock
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_person
from tests.pages.campaigns.conftest import Enter

KEEP = "Keep this search and hear of what is new"


def test_a_search_is_kept_and_what_is_new_is_told_once_a_day(
    world: World, enter: Enter, hand: clock.Hand
) -> None:
    build.a_live_campaign(title="A lamp of old")
    person = a_person("Seeker Sam")
    reader = enter(person)
    assert KEEP not in reader.get("/projects").links
    page = reader.get(reader.get("/projects?q=lamp&category=design").links[KEEP])
    wrong = reader.send(page, "/my/searches/new", status=422, name=" ")
    assert wrong.errors == ["Give it a name."]
    kept = reader.follow(reader.send(page, "/my/searches/new", name="Lamps"))
    assert kept.links["Lamps"] == "/projects?q=lamp&category=design"

    hand.advance(days=1)
    tell_searches()
    hand.advance(minutes=1)
    build.a_live_campaign(title="A lamp of glass")
    build.a_live_campaign(title="A lamp on film", category="film")
    hand.advance(hours=1)
    tell_searches()  # an hour later: not yet
    hand.advance(days=1)
    for _ in range(2):
        tell_searches()
    world.work()

    assert build.subjects(person.email) == ["1 new project for “Lamps”"]
    letter = build.last_letter(person.email)
    assert "A lamp of glass" in letter
    assert "of old" not in letter
    assert "on film" not in letter

    reader.send(reader.get("/my/searches"), "/quiet")
    assert "not by mail" in reader.get("/my/searches").plain
    build.a_live_campaign(title="A lamp of tin")
    hand.advance(days=2)
    tell_searches()
    world.work()
    assert len(build.subjects(person.email)) == 1
    reader.send(reader.get("/my/searches"), "/forget")
    assert "You keep no search" in reader.get("/my/searches").plain
