"""What may be asked of backers and counts as an answer; when backers may ask for news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.campaigns.rules.lateness import QUIET, is_told, wish_refusals
from marketplace.campaigns.rules.surveys import answer_refusals, question_refusals

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("title", "choices", "count", "code"),
    [
        ("", [], 0, "survey_question_missing"),
        ("x" * 201, [], 0, "text_too_long"),
        ("Size?", ["S"], 0, "survey_choices_few"),
        ("Size?", ["S", "S"], 0, "survey_choices_few"),
        ("Size?", ["S", "x" * 121], 0, "text_too_long"),
        ("Size?", ["S", "M"], 20, "survey_full"),
    ],
)
def test_a_question_has_words_and_no_answer_or_several_different_ones(
    title: str, choices: list[str], count: int, code: str
) -> None:
    assert question_refusals("Size?", ["S", "M"], count=19) == []
    assert [each.code for each in question_refusals(title, choices, count=count)] == [code]


def test_an_answer_is_there_where_it_is_needed_and_one_of_the_choices() -> None:
    def codes(answer: str, *choices: str, required: bool = True) -> list[str]:
        found = answer_refusals("answer-1", answer, choices, is_required=required)
        return [each.code for each in found]

    assert codes("S", "S", "M") == codes("Ada") == codes("", required=False) == []
    assert codes("") == ["survey_answer_missing"]
    assert codes("L", "S", "M") == ["survey_answer_unknown"]
    assert codes("x" * 1_001) == ["text_too_long"]


def test_backers_ask_for_news_two_weeks_after_the_last_and_sponsors_hear_of_it_now_and_then() -> (
    None
):
    def codes(latest: datetime | None, *, backs: bool = True) -> list[str]:
        return [each.code for each in wish_refusals(latest, NOW, backs=backs)]

    assert codes(None) == codes(NOW - QUIET) == []
    assert codes(NOW - QUIET + timedelta(seconds=1)) == ["update_recent"]
    assert codes(None, backs=False) == ["wish_not_backer"]
    assert [count for count in range(200) if is_told(count)] == [1, 5, 25, 125]
