"""The forms of answers and timeline once everybody can see them, and what they refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from wtforms import BooleanField, HiddenField, StringField, TextAreaField

from marketplace.campaigns import rules
from marketplace.campaigns.forms.drafting import MonthField
from marketplace.campaigns.rules import drafting
from marketplace.campaigns.rules.drafting import Entry, row_field
from marketplace.campaigns.rules.since import Mark, month_field
from marketplace.web.forms import Form, longest
from marketplace.web.locale import _l

REFUSALS: Final = {
    "told_before_live": _l(
        "Nobody can see the campaign yet. Write this on the drafting table instead."
    ),
    "faq_question_empty": _l("Write the question, as somebody would ask it."),
    "faq_answer_empty": _l("Write the answer."),
    "answers_full": _l("At most %(most)s answers fit. Put a known one in other words instead."),
    "answer_changed_elsewhere": _l(
        "Somebody has changed this answer since you opened the page. Nothing of yours is saved"
        " yet. What it says now stands above the form: save again, and yours takes its place."
    ),
    "question_not_answered": _l("This question has no answer yet."),
    "steps_same": _l("Nothing is different yet. Change a month or a tick, and save again."),
    "step_month_gone": _l("A step that was told can move, but not be left without a month."),
    "step_far": _l("Choose a month within the next %(years)s years."),
    "step_done": _l("This step is done. Take the tick away if it is to come later."),
    "move_reason_missing": _l(
        "Say why it comes in another month. Everybody who backs the project reads it."
    ),
    "moves_too_many": _l(
        "Months have moved %(most)s times within a day, and your backers were written to each"
        " time. Move the others tomorrow; steps can be marked as done at any time."
    ),
}


class AnswerForm(Form):
    """A question and its answer; `seen` is the mark of what stood there."""

    seen = HiddenField()
    question = StringField(_l("Question"), [longest(drafting.QUESTION_MAX)])
    answer = TextAreaField(_l("Answer"), [longest(drafting.ANSWER_MAX)])

    @property
    def entry(self) -> Entry:
        """What was typed."""
        return Entry(self.question.data or "", self.answer.data or "")


class StepsForm(Form):
    """A month and a tick for each step of a timeline; `steps_form` makes it."""

    reason = TextAreaField(_l("Why months change"), [longest(rules.REASON_MAX)])

    def marks(self, positions: Sequence[int]) -> dict[int, Mark]:
        """Return what is to be true of the steps at these positions."""
        return {
            at: Mark(self[month_field(at)].month, self[done_field(at)].data) for at in positions
        }


def done_field(position: int) -> str:
    """Return the name of the field that says whether a step is done."""
    return row_field("done", position)


def steps_form(labels: Mapping[int, tuple[str, str]], shown: Mapping[int, Mark]) -> StepsForm:
    """Return the form with these labels of month and tick by position, filled with what stands."""
    fields: dict[str, Any] = {}
    for at, (month, done) in labels.items():
        fields[month_field(at)] = MonthField(month, [longest(10)])
        fields[done_field(at)] = BooleanField(done)
    data: dict[str, Any] = {}
    for at, mark in shown.items():
        data[month_field(at)] = _typed(mark.month)
        data[done_field(at)] = mark.is_done
    made: type[StepsForm] = type("StepsOfTimeline", (StepsForm,), fields)
    return made(data=data)


def _typed(month: date | None) -> str:
    return month.strftime("%Y-%m") if month else ""
