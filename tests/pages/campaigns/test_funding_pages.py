"""The rule of a campaign as its sponsor chooses it, and as backers read it before they pledge."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from marketplace.campaigns.rules.models import Ending
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.settlement import runner
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_person, an_actor
from tests.page_client import Page
from tests.pages.campaigns.addresses import project_path
from tests.pages.campaigns.conftest import Enter, Reader

TWO = Ending("two_rounds", optimum=build.euros(2500), round_two_days=20)


def checked(reader: Reader, made: UUID, amount: str = "40") -> Page:
    """The last page before a pledge."""
    sent = reader.send(reader.get(project_path(made, "/pledge")), "/pledge", amount=amount)
    return reader.follow(sent)


class TestChoosing:
    def test_two_rounds_are_chosen_shown_and_kept(
        self, world: World, hand: clock.Hand, enter: Enter
    ) -> None:
        del world
        hand.set(datetime.fromisoformat("2027-03-01T12:00:00+00:00"))
        sponsor = an_actor("Sponsor Sol")
        draft = build.a_draft(sponsor, days=10)
        reader, ref = enter(sponsor), public_id("cmp", draft)
        path = f"/my/campaigns/{ref}/funding"
        typed: dict[str, Any] = {"model": "two_rounds", "optimum": "2500", "round_two_days": "20"}

        refused = reader.send(
            reader.get(path),
            "/funding",
            status=422,
            zone="Europe/Berlin",
            deadline="2027-03-28T02:30",
            **typed,
        )

        assert " ".join(refused.errors) == (
            "On this day the clocks in Europe/Berlin are put forward, so 02:30 never comes. It"
            " could be read as 01:30 CET (00:30 UTC) or as 03:30 CEST (01:30 UTC). Choose another"
            " time."
        )
        form = refused.form("/funding").fields
        assert {name: form[name] for name in typed} == typed
        reader.send(refused, "/funding", deadline="2027-03-28T03:30", late_days="30")
        kept = reader.get(path).form("/funding").fields
        assert (kept["deadline"], kept["zone"]) == ("2027-03-28T03:30", "Europe/Berlin")
        assert (kept["model"], kept["optimum"], kept["late_days"]) == (
            "two_rounds",
            "2500.00",
            "30",
        )
        shown = reader.get(f"/my/campaigns/{ref}/preview").plain
        assert "Rule Two rounds" in shown
        assert "goes on until 17 Apr 2027, towards EUR 2,500.00" in shown
        assert "late pledges are taken until 27 Apr 2027" in shown

    def test_everything_wrong_is_said_at_once_beside_its_field(
        self, world: World, enter: Enter
    ) -> None:
        del world
        sponsor = an_actor("Sponsor Sol")
        draft = build.a_draft(sponsor, days=10)
        reader = enter(sponsor)
        page = reader.get(f"/my/campaigns/{public_id('cmp', draft)}/funding")

        nonsense: dict[str, Any] = {
            "round_two_days": "soon",
            "zone": "Mars/Base",
            "late_days": "61",
        }
        unread = reader.send(page, "/funding", status=422, **nonsense)
        refused = reader.send(
            unread, "/funding", status=422, round_two_days="", floor="700", model="half"
        )
        again = reader.send(
            refused, "/funding", status=422, model="all_or_nothing", zone="Mars/Base"
        )

        assert unread.errors == ["Enter a whole number of days."]
        assert refused.errors == ["Choose by what the campaign is judged."]
        assert " ".join(again.errors) == (
            "Choose a time zone from the list. What is charged at once is collected at once. Leave"
            " this empty, or let cards be charged at the deadline. Enter a whole number of days up"
            " to 60, or leave it empty."
        )


@pytest.mark.parametrize(
    ("ending", "collection", "said", "row"),
    [
        (
            Ending("keep_what_you_raise"),
            "now",
            "and then it is the sponsor's even if EUR 1,000.00 is not reached.",
            None,
        ),
        (TWO, "now", "and if it is, it is the sponsor's on ", "the goal is missed"),
        (
            Ending(floor=build.euros(800)),
            "deadline",
            "if EUR 1,000.00 is promised by",
            "less than EUR 800.00 is collected from all cards",
        ),
    ],
)
def test_one_sentence_and_one_table_say_what_the_rule_means_for_a_pledge(  # noqa: PLR0917
    world: World, enter: Enter, ending: Ending, collection: str, said: str, row: str | None
) -> None:
    del world
    made = build.a_live_campaign(days=5, ending=ending, collection=collection)

    page = checked(enter(a_person("Backer Bo")), made)

    assert said in page.plain
    assert ("the goal is missed" in page.plain) == (row is not None)
    assert row is None or row in page.plain


def test_a_late_pledge_says_that_it_stands_and_is_shown_as_its_own_line(
    world: World, hand: clock.Hand, enter: Enter
) -> None:
    made = build.a_live_campaign(days=5, goal=build.euros(100), ending=Ending(late_days=9))
    build.pledged(world, made, "100")
    hand.advance(days=5)
    runner.run(clock.now())
    backer = an_actor("Backer Late")
    reader = enter(backer)
    assert "Late pledges until" in reader.get(project_path(made)).plain

    page = checked(reader, made)

    assert "is the sponsor's with the next daily release" in page.plain
    assert "you take it back" not in page.plain
    pledge = build.pledged(world, made, "40", backer=backer)
    own = reader.get(f"/pledges/{public_id('pl', pledge)}").plain
    assert "Released to the sponsor with the next daily release" in own
    shown = reader.get(project_path(made)).plain
    assert "Pledged late EUR 40.00" in shown
    assert "raised of EUR 100.00" in shown
    assert "Backers 1 " in shown, shown


def test_stretch_goals_are_written_and_shown_with_what_is_reached(
    world: World, enter: Enter
) -> None:
    sponsor = an_actor("Sponsor Sol")
    made = build.a_live_campaign(sponsor, goal=build.euros(100), days=5)
    reader, path = enter(sponsor), f"/my/campaigns/{public_id('cmp', made)}/stretch-goals"
    typed: dict[str, Any] = {
        "amount_2": "150",
        "title_2": "A second kiln",
        "text_2": "It burns at night.",
    }

    refused = reader.send(reader.get(path), "/stretch-goals", status=422, amount_1="90", **typed)
    assert len(refused.errors) == 2
    reader.send(refused, "/stretch-goals", amount_1="200", title_1="A glaze of our own")
    build.pledged(world, made, "150")

    shown = reader.get(project_path(made)).plain
    assert "Stretch goals What becomes possible with more than the goal." in shown
    assert shown.index("A second kiln") < shown.index("A glaze of our own")
