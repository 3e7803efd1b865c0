"""Nothing a sponsor wrote is lost: versions, two windows, the way back."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from marketplace.campaigns.queries import versions
from marketplace.campaigns.queries.told import told
from marketplace.campaigns.rules.drafting import Entry, Line, Step
from marketplace.campaigns.rules.versions import mark
from marketplace.campaigns.services import drafting, explaining, versioning
from marketplace.campaigns.services.saving import Save
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.money import Money
from tests.builders import campaigns as build
from tests.builders.identity import an_actor

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def sponsor() -> Actor:
    return an_actor("Sponsor Sol")


@pytest.fixture
def draft(sponsor: Actor) -> UUID:
    return build.a_draft(sponsor)


def numbers(campaign_id: UUID) -> list[int]:
    found = [version.number for version in versions.of_campaign(campaign_id)]
    db.session.rollback()
    return found


def seen(campaign_id: UUID, part: str) -> str:
    found = mark(versions.current(campaign_id)[part])
    db.session.rollback()
    return found


def in_dollars(sponsor: Actor, draft: UUID) -> None:
    now = clock.now()
    goal, deadline = Money.of("2000", "USD"), now + timedelta(days=20)
    drafting.write_funding(sponsor, draft, goal=goal, deadline=deadline, now=now)


def test_every_save_that_changes_something_is_a_version(sponsor: Actor, draft: UUID) -> None:
    before = numbers(draft)

    drafting.write_risks(sponsor, draft, risks="It may crack.", now=clock.now())
    drafting.write_risks(sponsor, draft, risks="It may crack.", now=clock.now())

    assert numbers(draft) == [before[0] + 1, *before]
    latest = versions.of_campaign(draft)[0]
    assert (latest.changed, latest.saved_by, latest.is_auto) == (["risks"], "Sponsor Sol", False)


def test_what_is_typed_on_and_on_leaves_one_version_for_ten_minutes(
    sponsor: Actor, draft: UUID
) -> None:
    count = len(numbers(draft))
    for number in range(5):
        words = f"It may crack {number} times."
        drafting.write_risks(sponsor, draft, risks=words, now=clock.now(), save=Save(is_auto=True))

    assert len(numbers(draft)) == count + 1
    assert versions.of_campaign(draft)[0].is_auto


class TestTwoWindows:
    def test_the_second_does_not_replace_what_it_has_not_seen(
        self, sponsor: Actor, draft: UUID
    ) -> None:
        opened = seen(draft, "risks")
        drafting.write_risks(sponsor, draft, risks="From here.", now=clock.now(), save=Save(opened))

        with pytest.raises(Refusal, match="changed_elsewhere"):
            drafting.write_risks(
                sponsor, draft, risks="From there.", now=clock.now(), save=Save(opened)
            )

        assert build.campaign(draft).risks == "From here."

    def test_another_part_is_no_hindrance_and_the_same_words_are_none(
        self, sponsor: Actor, draft: UUID
    ) -> None:
        opened = seen(draft, "risks")
        drafting.write_story(sponsor, draft, story="<p>Another story.</p>", now=clock.now())
        drafting.write_risks(sponsor, draft, risks="Same.", now=clock.now(), save=Save(opened))

        drafting.write_risks(sponsor, draft, risks="Same.", now=clock.now(), save=Save(opened))

        assert build.campaign(draft).risks == "Same."


class TestGoingBack:
    def write(self, sponsor: Actor, draft: UUID, words: str, amount: str) -> None:
        now = clock.now()
        language = "de" if words == "First" else "en"
        drafting.write_basics(
            sponsor, draft, title=words, tagline="", category="film", language=language, now=now
        )
        drafting.write_risks(sponsor, draft, risks=words, now=now)
        explaining.write_budget(sponsor, draft, [Line(words, build.euros(amount))], now=now)
        explaining.write_faq(sponsor, draft, [Entry(words, "Yes.")], now=now)
        explaining.write_timeline(sponsor, draft, [Step(words, date(2027, 3, 1))], now=now)

    def test_every_part_is_as_it_was_and_what_stood_there_stays_a_version(
        self, sponsor: Actor, draft: UUID
    ) -> None:
        self.write(sponsor, draft, "First", "700")
        then, number = versions.current(draft), numbers(draft)[0]
        self.write(sponsor, draft, "Second", "800")
        second = versions.current(draft)

        versioning.go_back(sponsor, draft, number, clock.now())

        assert versions.current(draft) == then
        assert versions.version(draft, numbers(draft)[1]) == second

    def test_a_budget_in_a_currency_that_is_gone_stays_where_it_is(
        self, sponsor: Actor, draft: UUID
    ) -> None:
        self.write(sponsor, draft, "First", "700")
        number = numbers(draft)[0]
        explaining.write_budget(sponsor, draft, [], now=clock.now())
        in_dollars(sponsor, draft)

        versioning.go_back(sponsor, draft, number, clock.now())

        assert told(draft).budget == []
        assert [entry.question for entry in told(draft).faq] == ["First"]

    def test_a_version_that_is_not_there_is_not_found_and_nothing_changes(
        self, sponsor: Actor, draft: UUID
    ) -> None:
        before = build.campaign(draft)

        with pytest.raises(NotFound):
            versioning.go_back(sponsor, draft, 999, clock.now())
        with pytest.raises(NotFound):
            versioning.go_back(an_actor("Mal"), draft, 1, clock.now())

        assert build.campaign(draft) == before


def test_the_currency_stays_while_a_budget_is_in_it(sponsor: Actor, draft: UUID) -> None:
    lines = [Line("Clay", build.euros("700"))]
    explaining.write_budget(sponsor, draft, lines, now=clock.now())

    with pytest.raises(Refusal, match="currency_has_budget"):
        in_dollars(sponsor, draft)


def test_a_timeline_is_kept_in_order_of_time(sponsor: Actor, draft: UUID) -> None:
    steps = [Step("Lamps", date(2027, 5, 1)), Step("", None), Step("Kiln", date(2027, 3, 1))]

    explaining.write_timeline(sponsor, draft, steps, now=clock.now())

    assert [step.title for step in told(draft).timeline] == ["Kiln", "Lamps"]
