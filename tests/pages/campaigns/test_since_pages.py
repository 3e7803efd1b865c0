"""Answers and timeline of a live campaign: kept on the desk, read by everybody."""

from __future__ import annotations

from datetime import date

import pytest

from marketplace.campaigns.rules.drafting import Entry, Step
from marketplace.campaigns.services import explaining
from marketplace.identity.queries import PersonRow
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from tests.builders import campaigns as build
from tests.builders.identity import a_person
from tests.page_client import PageClient
from tests.pages.campaigns.addresses import desk_path
from tests.pages.campaigns.conftest import Enter, Reader


def test_what_is_asked_and_what_is_late_is_said_on_the_page_with_its_day(
    reader: Reader, sponsor: PersonRow, enter: Enter, passer_by: PageClient
) -> None:
    maker, now = sponsor.as_actor(), clock.now()
    draft = build.a_draft(maker)
    explaining.write_faq(maker, draft, [Entry("Is it hot?", "As a candle.")], now=now)
    explaining.write_timeline(maker, draft, [Step("Kiln", date(2026, 5, 1))], now=now)
    made = build.approved(draft, maker)
    project = f"/projects/{public_id('cmp', made)}"

    desk = reader.get(desk_path(made))
    page = reader.get(desk.links["Questions and answers"])
    empty = reader.send(page, "/answers", status=422, question="Is it red?")
    assert empty.errors == ["Write the answer."]
    page = reader.follow(reader.send(empty, "/answers", answer="Brown."))
    edited = reader.get(page.links["Put it in other words: Is it hot?"])
    reader.send(edited, "/answers/1", answer="As a hand.")
    other = reader.send(edited, "/answers/1", status=422, answer="As a stove.")
    assert "Somebody has changed this answer" in other.plain
    assert other.form("/answers/1").fields["answer"] == "As a stove."

    page = reader.get(desk.links["Timeline"])
    silent = reader.send(page, "/steps", status=422, month_1="2026-06")
    assert silent.errors[0].startswith("Say why it comes in another month.")
    reader.follow(reader.send(silent, "/steps", reason="The clay is wet."))

    story = passer_by.get(project)
    for words in ("Moved from May 2026 on 2 Mar 2026.", "Changed on 2 Mar 2026.", "Answered on"):
        assert words in story.plain
    changes = passer_by.get(story.links["What answers and timeline said before"])
    for words in ("“Kiln” moved from May 2026 to June 2026", "The clay is wet.", "As a candle"):
        assert words in changes.plain
    enter(a_person("Eve")).get(desk_path(made, "/answers"), status=404)


@pytest.mark.parametrize(
    ("question", "lands_on"),
    [("Why clay?", "/questions"), ("Why clay, and " + "really " * 40 + "clay?", "/answers?asked=")],
)
def test_an_answered_question_goes_among_the_answers_by_one_press_or_is_shortened_first(
    reader: Reader, sponsor: PersonRow, enter: Enter, question: str, lands_on: str
) -> None:
    made = build.a_live_campaign(sponsor.as_actor())
    path = f"/projects/{public_id('cmp', made)}/questions"
    asker = enter(a_person("Asker Asa"))
    asker.send(asker.get(path), "/questions", body=question)
    thread = reader.get(reader.get(path).links["Answer: Asker Asa"])
    tab = reader.follow(reader.send(thread, "/talk/", body="It keeps the heat."))
    assert "/answers/from/" not in asker.get(path).text

    there = reader.follow(reader.send(tab, "/answers/from/"))

    assert lands_on in there.path
    if "answers" in lands_on:
        assert there.form("/answers").fields["answer"] == "It keeps the heat."
        assert "Put it in other words first. Use 200 characters or fewer." in there.plain
    else:
        assert "It stands among the questions and answers" in there.plain
        assert "/answers/from/" not in there.text
