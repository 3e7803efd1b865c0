"""What a sponsor says beside the story: budget, timeline, questions. Pure.

Rows come as they were typed, the empty ones among them, so that what is wrong is said where it
stands; empty rows are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from marketplace.campaigns import rules
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

ROWS_MAX: Final = 20
LINE_MAX: Final = 120
QUESTION_MAX: Final = 200
ANSWER_MAX: Final = 2_000


class Entry(NamedTuple):
    """A question and its answer."""

    question: str
    answer: str

    def cleaned(self) -> Entry:
        """Return it as it is kept: the question one line, the answer with plain line ends."""
        return Entry(rules.one_line(self.question), self.answer.replace("\r\n", "\n").strip())


class Line(NamedTuple):
    """What a part of the goal is for."""

    title: str
    amount: Money | None


class Step(NamedTuple):
    """What will be reached in a month, given by its first day."""

    title: str
    month: date | None


def row_field(name: str, number: int) -> str:
    """Return the name of a field in a row; rows are counted from one."""
    return f"{name}_{number}"


def faq_refusals(entries: Sequence[Entry]) -> list[Refusal]:
    """Return what is wrong with questions and answers."""
    found = _count_refusals(sum(any(map(str.strip, entry)) for entry in entries))
    for number, (question, answer) in enumerate(entries, start=1):
        texts = [
            (row_field("question", number), question.strip(), QUESTION_MAX),
            (row_field("answer", number), answer.strip(), ANSWER_MAX),
        ]
        found += rules.text_refusals(texts)
        if answer.strip() and not question.strip():
            found.append(Refusal("faq_question_missing", row_field("question", number)))
        if question.strip() and not answer.strip():
            found.append(Refusal("faq_answer_missing", row_field("answer", number)))
    return found


def budget_refusals(lines: Sequence[Line], currency: str) -> list[Refusal]:
    """Return what is wrong with a budget in the campaign's currency."""
    found = _count_refusals(sum(bool(line.title.strip() or line.amount) for line in lines))
    for number, (title, amount) in enumerate(lines, start=1):
        found += rules.text_refusals([(row_field("title", number), title.strip(), LINE_MAX)])
        if amount is not None and not title.strip():
            found.append(Refusal("line_untitled", row_field("title", number)))
        if title.strip() and amount is None:
            found.append(Refusal("line_amount_missing", row_field("amount", number)))
        if amount is not None and amount.currency != currency:
            refusal = Refusal("currency_other", row_field("amount", number), currency=currency)
            found.append(refusal)
    return found


def timeline_refusals(steps: Sequence[Step], today: date) -> list[Refusal]:
    """Return what is wrong with a timeline: it tells what is still to come."""
    found = _count_refusals(sum(bool(step.title.strip() or step.month) for step in steps))
    for number, (title, month) in enumerate(steps, start=1):
        found += rules.text_refusals([(row_field("title", number), title.strip(), LINE_MAX)])
        if month is not None and not title.strip():
            found.append(Refusal("step_untitled", row_field("title", number)))
        if title.strip() and month is None:
            found.append(Refusal("step_month_missing", row_field("month", number)))
        if month is not None and month < today.replace(day=1):
            found.append(Refusal("step_past", row_field("month", number)))
    return found


@dataclass(frozen=True, slots=True)
class Allotted:
    """Where a goal goes: the lines of its budget, our fee, and what is left or lacking."""

    goal: Money
    lines: Money
    fee: Money

    @property
    def left(self) -> Money:
        """What no line is for; below zero where the goal does not reach."""
        return self.goal - self.lines - self.fee


def allot(amounts: Iterable[Money], goal: Money, fee: Money) -> Allotted:
    """Return where `goal` goes, when it is reached exactly."""
    return Allotted(goal, Money.total(amounts, goal.currency), fee)


def _count_refusals(count: int) -> list[Refusal]:
    return [Refusal("rows_full", most=ROWS_MAX)] if count > ROWS_MAX else []
