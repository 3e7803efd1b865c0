"""The pictures of a draft."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from flask import Flask

from marketplace.campaigns import rules
from marketplace.campaigns.queries import one
from marketplace.campaigns.services import picturing
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.media import queries as media_queries
from marketplace.media import services as media
from tests.builders import campaigns as build
from tests.builders.identity import an_actor

pytestmark = pytest.mark.usefixtures("app")


def add(sponsor: Actor, made: UUID, width: int = 480, alt: str = "A lamp") -> UUID:
    kept = media.prepare(build.picture_bytes(width))
    return picturing.add_picture(sponsor, made, kept, alt=alt, focus=(50, 15), now=clock.now())


def ids(made: UUID) -> list[UUID]:
    found = one.picture_ids(made)
    db.session.rollback()
    return found


def test_the_first_picture_is_the_cover_until_another_is_chosen() -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor)
    first = build.campaign(made).cover_id

    second = add(sponsor, made, 500)
    assert build.campaign(made).cover_id == first
    picturing.choose_cover(sponsor, made, second, clock.now())

    assert build.campaign(made).cover_id == second


def test_the_next_picture_takes_the_covers_place_when_it_is_removed() -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor)
    second, third = add(sponsor, made, 500), add(sponsor, made, 510)
    first = build.campaign(made).cover_id
    assert first is not None

    picturing.remove_picture(sponsor, made, first, clock.now())

    assert ids(made) == [second, third]
    assert build.campaign(made).cover_id == second
    for picture in (second, third):
        picturing.remove_picture(sponsor, made, picture, clock.now())
    assert build.campaign(made).cover_id is None


def test_the_same_picture_sent_twice_stands_there_once() -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor)

    assert add(sponsor, made, 500) == add(sponsor, made, 500)
    assert len(ids(made)) == 2


def test_words_and_focus_can_be_changed() -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor)
    picture = add(sponsor, made, 500)

    picturing.describe_picture(
        sponsor, made, picture, alt="  A lamp  at night ", focus=(85, 85), now=clock.now()
    )

    found = media_queries.pictures([picture])[picture]
    assert (found.alt, found.focus) == ("A lamp at night", "bottom-right")


@pytest.mark.parametrize(
    ("alt", "code"), [("  ", "alt_missing"), ("x" * (media.ALT_MAX + 1), "alt_too_long")]
)
def test_a_picture_without_words_is_refused(alt: str, code: str) -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor)

    with pytest.raises(Refusal, match=code):
        add(sponsor, made, 500, alt=alt)
    assert len(ids(made)) == 1


def test_a_campaign_has_a_dozen_pictures_at_most() -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor)
    for number in range(rules.PICTURES_MAX - 1):
        add(sponsor, made, 300 + number)

    with pytest.raises(Refusal, match="campaign_pictures_full"):
        add(sponsor, made, 400)


def test_a_person_uploads_a_bounded_number_a_day(hand: clock.Hand) -> None:
    sponsor = an_actor()
    made = build.a_draft(sponsor)
    kept = media.prepare(build.picture_bytes(333))
    for _ in range(media.DAILY_MAX - 1):
        media.keep(sponsor.known(), kept, alt="x", focus=(50, 50), now=clock.now())

    with pytest.raises(Refusal, match="pictures_too_many"):
        add(sponsor, made, 400)
    hand.advance(days=1, seconds=1)
    add(sponsor, made, 400)
    assert len(ids(made)) == 2


def test_pictures_of_others_cannot_be_used_or_changed(app: Flask) -> None:
    del app
    sponsor, other = an_actor("Sponsor Sol"), an_actor("Other Ola")
    mine, theirs = build.a_draft(sponsor), build.a_draft(other)
    foreign = build.campaign(theirs).cover_id
    assert foreign is not None

    for picture in (foreign, uuid4()):
        with pytest.raises(NotFound):
            picturing.choose_cover(sponsor, mine, picture, clock.now())
        with pytest.raises(NotFound):
            picturing.remove_picture(sponsor, mine, picture, clock.now())
        with pytest.raises(NotFound):
            picturing.describe_picture(
                sponsor, mine, picture, alt="x", focus=(1, 1), now=clock.now()
            )
    with pytest.raises(NotFound):
        add(sponsor, theirs)

    assert media_queries.pictures([foreign])[foreign].alt == "A clay lamp"
