"""A sponsor's record: counted from deliveries, and told to everybody."""

from __future__ import annotations

from datetime import date

from marketplace.campaigns.queries import record
from marketplace.campaigns.services import inspecting
from marketplace.identity.queries import PersonRow
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders import holdback
from tests.builders.escrow import World
from tests.builders.holdback import Success
from tests.builders.identity import a_person
from tests.pages.campaigns.conftest import Reader


def path(person_id: object) -> str:
    return f"/people/{public_id('per', person_id)}"  # type: ignore[arg-type]


def facts(found: Success, today: date) -> tuple[int, int, int, int, int | None, int]:
    """Promised, delivered, on time, late, the median delay, and given back."""
    told = record.facts(found.sponsor.known(), today)
    db.session.rollback()
    return (
        told.promised,
        told.delivered,
        told.on_time,
        told.late,
        told.median_delay_days,
        told.back,
    )


def test_what_leaves_late_or_not_at_all_is_counted_by_the_day(
    world: World, passer_by: Reader, found: Success
) -> None:
    assert facts(found, clock.today()) == (2, 0, 0, 0, None, 0)
    # Both were promised for March 2027; one leaves ten days after its last day.
    assert facts(found, date(2027, 4, 10)) == (2, 0, 0, 2, 10, 0)

    holdback.ship(found, found.first)
    assert facts(found, clock.today()) == (2, 1, 1, 0, 0, 0)
    assert facts(found, date(2027, 4, 11)) == (2, 1, 1, 1, 0, 0)
    holdback.decided(holdback.objected(found), 1_000)
    inspecting.accept(found.backers[1], found.pledges[1], clock.now())
    world.work()
    assert facts(found, clock.today()) == (2, 2, 2, 0, 0, 1)

    project = passer_by.get(f"/projects/{public_id('cmp', found.campaign_id)}")
    page = passer_by.get(project.links["first campaign here"])
    for part in (
        "Sponsor Sol",
        "Funded 1 of 1",
        "Delivered 2 of 2",
        "On time 2 of 2",
        "Usual delay none",
        "Money back 1 of 2",
    ):
        assert part in page.plain, part


def test_who_never_launched_anything_has_no_record(world: World, passer_by: Reader) -> None:
    del world
    person: PersonRow = a_person("Sponsor Sol")
    build.a_draft(person.as_actor())

    passer_by.get(path(person.id), status=404)
    passer_by.get("/people/per_0", status=404)
