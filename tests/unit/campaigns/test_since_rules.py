"""What may be said after the launch without asking anybody."""

from __future__ import annotations

from datetime import date

import pytest

from marketplace.campaigns.rules import since
from marketplace.campaigns.rules.drafting import ANSWER_MAX, QUESTION_MAX, Entry
from marketplace.campaigns.rules.since import ANSWERS_MAX, Mark, Standing

TODAY = date(2026, 11, 27)
KILN = Standing(1, "Kiln", date(2027, 3, 1), is_done=False)
LAMPS = Standing(2, "Lamps", date(2027, 5, 1), is_done=True)
AS_IT_STANDS = {1: Mark(KILN.month, is_done=False), 2: Mark(LAMPS.month, is_done=True)}


def refused(wanted: dict[int, Mark], reason: str = "The clay is wet.") -> list[tuple[str, str]]:
    found = since.step_refusals([KILN, LAMPS], {**AS_IT_STANDS, **wanted}, reason, TODAY)
    return [(refusal.code, refusal.field or "") for refusal in found]


@pytest.mark.parametrize(
    ("entry", "known", "code"),
    [
        (Entry(" ", "Yes."), 0, ("faq_question_empty", "question")),
        (Entry("Hot?", "\n"), 0, ("faq_answer_empty", "answer")),
        (Entry("q" * (QUESTION_MAX + 1), "Yes."), 0, ("text_too_long", "question")),
        (Entry("Hot?", "a" * (ANSWER_MAX + 1)), 0, ("text_too_long", "answer")),
        (Entry("Hot?", "Guaranteed."), 0, ("claim_in_faq", "answer")),
        (Entry("Hot?", "Yes."), ANSWERS_MAX, ("answers_full", "question")),
    ],
)
def test_an_answer_is_whole_short_and_promises_nothing(
    entry: Entry, known: int, code: tuple[str, str]
) -> None:
    assert [(each.code, each.field) for each in since.answer_refusals(entry, known)] == [code]
    assert since.answer_refusals(Entry("Hot?", "Yes."), ANSWERS_MAX - 1) == []


def test_a_step_moves_to_a_month_that_is_to_come_with_a_reason_or_is_done() -> None:
    assert refused({}) == [("steps_same", "")]
    assert refused({1: Mark(date(2027, 4, 1), is_done=False)}) == []
    assert refused({1: Mark(date(2026, 11, 1), is_done=False)}) == []
    assert refused({1: Mark(KILN.month, is_done=True)}, reason="") == []
    assert refused({2: Mark(date(2027, 6, 1), is_done=False)}) == []


def test_a_step_does_not_go_away_nor_back_into_the_past_nor_move_in_silence() -> None:
    later = {1: Mark(date(2027, 4, 1), is_done=False)}
    assert refused(later, reason=" ") == [("move_reason_missing", "reason")]
    gone = {1: Mark(None, is_done=False)}
    assert refused(gone) == [("step_month_gone", "month_1")]
    assert refused({1: Mark(date(2026, 10, 1), is_done=False)}) == [("step_past", "month_1")]
    assert refused({1: Mark(date(2037, 1, 1), is_done=False)}) == [("step_far", "month_1")]
    assert refused({2: Mark(date(2027, 6, 1), is_done=True)}) == [("step_done", "month_2")]
