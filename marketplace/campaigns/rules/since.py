"""What a sponsor may add to answers and timeline once everybody can see a campaign. Pure.

Neither is what was promised: goal, deadline, delivery months, story and risks change only as a
material change does. So nobody has to agree, and nothing of it is ever done in silence: each act
stands on the page with its day, nothing is taken away, and who backs it is told of later months.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from marketplace.campaigns import rules
from marketplace.campaigns.rules import drafting
from marketplace.campaigns.rules.claims import claims
from marketplace.campaigns.rules.drafting import Entry
from marketplace.kernel.errors import Refusal

ANSWERS_MAX: Final = 60
YEARS_AHEAD_MAX: Final = 10
MOVES_A_DAY: Final = 3
"""So often in 24 hours months can move: each time everybody who backs it is written to."""


class Mark(NamedTuple):
    """What is to be true of a step of a timeline."""

    month: date | None
    is_done: bool


class Standing(NamedTuple):
    """A step as it stands."""

    position: int
    title: str
    month: date
    is_done: bool


def month_field(position: int) -> str:
    """Return the name of the field in which a step's month is asked for."""
    return drafting.row_field("month", position)


def answer_refusals(entry: Entry, known: int) -> list[Refusal]:
    """Return what keeps an answer from being shown, beside so many that are `known`."""
    question, answer = entry.question.strip(), entry.answer.strip()
    found = rules.text_refusals([("question", question, drafting.QUESTION_MAX)])
    found += rules.text_refusals([("answer", answer, drafting.ANSWER_MAX)])
    if not question:
        found.append(Refusal("faq_question_empty", "question"))
    if not answer:
        found.append(Refusal("faq_answer_empty", "answer"))
    if known >= ANSWERS_MAX:
        found.append(Refusal("answers_full", "question", most=ANSWERS_MAX))
    for name, text in (("question", question), ("answer", answer)):
        found += [
            Refusal("claim_in_faq", name, word=claim.word, around=claim.around)
            for claim in claims(text)
        ]
    return found


def moved(standing: Sequence[Standing], wanted: Mapping[int, Mark]) -> list[Standing]:
    """Return the steps that are to come in another month."""
    return [
        step
        for step in standing
        if (mark := wanted.get(step.position)) and mark.month not in {None, step.month}
    ]


def turned(standing: Sequence[Standing], wanted: Mapping[int, Mark]) -> list[Standing]:
    """Return the steps that are done and were not, or that are not done after all."""
    return [
        step
        for step in standing
        if (mark := wanted.get(step.position)) and mark.is_done != step.is_done
    ]


def step_refusals(
    standing: Sequence[Standing], wanted: Mapping[int, Mark], reason: str, today: date
) -> list[Refusal]:
    """Return what keeps the steps of a timeline from being marked like this."""
    others = moved(standing, wanted)
    found = [
        Refusal("step_month_gone", month_field(step.position))
        for step in standing
        if step.position in wanted and wanted[step.position].month is None
    ]
    if not (found or others or turned(standing, wanted)):
        return [Refusal("steps_same")]
    for step in others:
        found += _month_refusals(step, wanted[step.position], today)
    if others and not reason.strip():
        found.append(Refusal("move_reason_missing", "reason"))
    return found + rules.text_refusals([("reason", reason, rules.REASON_MAX)])


def _month_refusals(step: Standing, mark: Mark, today: date) -> list[Refusal]:
    name, month = month_field(step.position), mark.month or step.month
    if step.is_done and mark.is_done:
        return [Refusal("step_done", name)]
    if month < today.replace(day=1):
        return [Refusal("step_past", name)]
    if month.year > today.year + YEARS_AHEAD_MAX:
        return [Refusal("step_far", name, years=YEARS_AHEAD_MAX)]
    return []
