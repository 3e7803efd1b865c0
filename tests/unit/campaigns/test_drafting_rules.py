"""What a sponsor says beside the story, and how far a draft is."""

from __future__ import annotations

from datetime import date

from marketplace.campaigns.rules.completeness import completeness, unfinished
from marketplace.campaigns.rules.drafting import (
    ROWS_MAX,
    Entry,
    Line,
    Step,
    allot,
    budget_refusals,
    faq_refusals,
    timeline_refusals,
)
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

TODAY = date(2026, 3, 2)


def euros(amount: str) -> Money:
    return Money.of(amount, "EUR")


def said(found: list[Refusal]) -> list[tuple[str, str | None]]:
    return [(refusal.code, refusal.field) for refusal in found]


class TestRows:
    def test_empty_rows_are_nothing_to_complain_about(self) -> None:
        assert faq_refusals([Entry("", " "), Entry("Safe?", "Yes.")]) == []
        assert budget_refusals([Line("", None)], "EUR") == []
        assert timeline_refusals([Step(" ", None)], TODAY) == []

    def test_half_a_row_is_said_where_the_other_half_is_missing(self) -> None:
        halves = [Entry("Safe?", ""), Entry("", "Yes.")]
        assert said(faq_refusals(halves)) == [
            ("faq_answer_missing", "answer_1"),
            ("faq_question_missing", "question_2"),
        ]
        assert said(budget_refusals([Line("Clay", None), Line("", euros("1"))], "EUR")) == [
            ("line_amount_missing", "amount_1"),
            ("line_untitled", "title_2"),
        ]
        assert said(timeline_refusals([Step("Kiln", None), Step("", TODAY)], TODAY)) == [
            ("step_month_missing", "month_1"),
            ("step_untitled", "title_2"),
        ]

    def test_a_budget_is_in_the_currency_of_the_goal(self) -> None:
        (refusal,) = budget_refusals([Line("Clay", Money.of("1", "USD"))], "EUR")

        assert (refusal.code, refusal.field) == ("currency_other", "amount_1")

    def test_a_timeline_begins_with_the_month_of_today(self) -> None:
        steps = [Step("Before", date(2026, 2, 1)), Step("Now", date(2026, 3, 1))]

        assert said(timeline_refusals(steps, TODAY)) == [("step_past", "month_1")]

    def test_there_is_an_end_to_rows_and_to_words(self) -> None:
        rows = [Entry("Safe?", "Yes.")] * (ROWS_MAX + 1)
        assert said(faq_refusals(rows)) == [("rows_full", None)]
        assert said(faq_refusals([Entry("x" * 201, "y" * 2_001)])) == [
            ("text_too_long", "question_1"),
            ("text_too_long", "answer_1"),
        ]


class TestWhereTheGoalGoes:
    def test_what_no_line_is_for_is_left(self) -> None:
        found = allot([euros("700"), euros("200")], euros("1000"), euros("50"))

        assert (found.lines, found.left) == (euros("900"), euros("50"))

    def test_a_goal_that_does_not_reach_lacks_the_difference(self) -> None:
        assert allot([euros("990")], euros("1000"), euros("50")).left == -euros("40")


class TestHowFarADraftIs:
    def test_what_is_wrong_with_the_goal_is_mended_on_its_page(self) -> None:
        assert unfinished([Refusal("goal_too_small", "goal"), Refusal("x", "story")]) == {
            "funding",
            "story",
        }

    def test_needed_and_other_parts_count_for_the_whole(self) -> None:
        found = completeness(wrong={"story"}, filled={"faq", "budget"})

        assert (found.needed_done, found.needed) == (4, 5)
        assert (found.done, found.percent) == (6, 100 * 6 // found.all)
