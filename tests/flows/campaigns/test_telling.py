"""News from the sponsor."""

from __future__ import annotations

from uuid import UUID

import pytest

from marketplace.campaigns import rules
from marketplace.campaigns.queries import one
from marketplace.campaigns.services import telling
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_person, an_actor


def tell(
    sponsor: Actor, made: UUID, title: str = "News", body: str = "<p>Hot.</p>", key: str = ""
) -> UUID:
    return telling.post_update(
        sponsor, made, title=title, body=body, form_key=key or build.form_key(), now=clock.now()
    )


def told(made: UUID) -> list[one.UpdateRow]:
    found = one.updates(made)
    db.session.rollback()
    return found


@pytest.mark.usefixtures("app")
class TestPosting:
    def test_it_is_cleaned_like_a_story(self) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)

        tell(sponsor, made, "  The  kiln ", "<p>Hot.</p><script>alert(1)</script>")

        assert [(row.title, row.body_html) for row in told(made)] == [("The kiln", "<p>Hot.</p>")]

    def test_the_same_form_sent_twice_is_posted_once(self) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)

        assert tell(sponsor, made, key="k") == tell(sponsor, made, key="k")
        assert len(told(made)) == 1

    @pytest.mark.parametrize(
        ("title", "body", "code"),
        [
            (" ", "<p>x</p>", "title_missing"),
            ("x" * 81, "<p>x</p>", "text_too_long"),
            ("News", "  ", "update_empty"),
            ("News", "<script>alert(1)</script>", "update_empty"),
            ("News", "x" * (rules.UPDATE_MAX + 1), "text_too_long"),
            ("News", "<b>" * 6_000, "markup_tangled"),
        ],
    )
    def test_a_bad_one_is_refused(self, title: str, body: str, code: str) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)

        with pytest.raises(Refusal, match=code):
            tell(sponsor, made, title, body)
        assert told(made) == []

    def test_a_draft_has_nothing_to_tell_yet(self) -> None:
        sponsor = an_actor()
        made = build.a_draft(sponsor)

        with pytest.raises(Refusal, match="update_before_live"):
            tell(sponsor, made)

    def test_backers_are_not_flooded(self, hand: clock.Hand) -> None:
        sponsor = an_actor()
        made = build.a_live_campaign(sponsor)
        for _ in range(telling.DAILY_MAX):
            tell(sponsor, made)

        with pytest.raises(Refusal, match="updates_too_many"):
            tell(sponsor, made)
        hand.advance(days=1, seconds=1)
        tell(sponsor, made)

        assert len(told(made)) == telling.DAILY_MAX + 1

    def test_nobody_speaks_for_another_sponsor(self) -> None:
        made = build.a_live_campaign(an_actor("Sponsor Sol"))

        with pytest.raises(NotFound):
            tell(an_actor("Mal"), made)


def test_every_paid_backer_gets_it_by_mail_once_and_nobody_else(world: World) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.a_live_campaign(sponsor)
    paid, unpaid, shy = a_person("Paid Pat"), a_person("Unpaid Uli"), a_person("Shy Shu")
    for _ in range(2):
        build.pledged(world, made, backer=paid.as_actor())
    build.pledged(world, made, backer=shy.as_actor(), anonymous=True)
    build.place(made, backer=unpaid.as_actor())

    tell(sponsor, made, "The kiln is hot")
    world.work()

    news = "News from “A lamp for every window”: The kiln is hot"
    assert build.subjects(paid.email).count(news) == 1
    assert build.subjects(shy.email).count(news) == 1
    assert news not in build.subjects(unpaid.email)
