"""What may be asked of backers, and what counts as an answer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from marketplace.campaigns import rules
from marketplace.kernel.errors import Refusal

QUESTIONS_MAX: Final = 20
TITLE_MAX: Final = 200
CHOICES_MAX: Final = 30
CHOICE_MAX: Final = 120
ANSWER_MAX: Final = 1_000


def question_refusals(title: str, choices: Sequence[str], *, count: int) -> list[Refusal]:
    """Return what is wrong with a question, of which there are `count` already."""
    found = []
    if not title:
        found.append(Refusal("survey_question_missing", "title"))
    found += rules.text_refusals([("title", title, TITLE_MAX)])
    if choices and (not 2 <= len(choices) <= CHOICES_MAX or len(set(choices)) != len(choices)):
        found.append(Refusal("survey_choices_few", "choices", most=CHOICES_MAX))
    elif any(len(choice) > CHOICE_MAX for choice in choices):
        found.append(Refusal("text_too_long", "choices", most=CHOICE_MAX))
    if count >= QUESTIONS_MAX:
        found.append(Refusal("survey_full", most=QUESTIONS_MAX))
    return found


def answer_refusals(
    field: str, answer: str, choices: Sequence[str], *, is_required: bool
) -> list[Refusal]:
    """Return what is wrong with an answer; `field` is where it was typed."""
    if not answer:
        return [Refusal("survey_answer_missing", field)] if is_required else []
    if choices and answer not in choices:
        return [Refusal("survey_answer_unknown", field)]
    return rules.text_refusals([(field, answer, ANSWER_MAX)])


def answer_field(question_key: str) -> str:
    """Return the name of the field in which a question is answered."""
    return f"answer-{question_key}"
