"""The forms of asking and answering, and the sentences of what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.campaigns.queries.surveys import AskedRow
from marketplace.campaigns.rules import surveys as rules
from marketplace.web.forms import Form, longest, required
from marketplace.web.locale import _, _l

REFUSALS: Final = {
    "survey_question_missing": _l("Write the question."),
    "survey_choices_few": _l("Write from two to %(most)s different answers, one a line, or none."),
    "survey_full": _l("A campaign can have %(most)s questions."),
    "survey_question_asked": _l("It was asked already, so it stays."),
    "survey_too_early": _l("Backers are asked once the campaign has succeeded."),
    "survey_empty": _l("There is nothing new to ask."),
    "survey_answer_missing": _l("The sponsor needs this to send the right thing."),
    "survey_answer_unknown": _l("Choose one of the answers."),
    "wish_not_backer": _l("Only who backs a project can ask for news of it."),
    "update_recent": _l("The latest update is from %(on)s. Ask again two weeks after it."),
}


class QuestionForm(Form):
    """One question to backers."""

    title = StringField(
        _l("Question"), [required(_l("Write the question.")), longest(rules.TITLE_MAX)]
    )
    choices = TextAreaField(_l("Answers to choose from"), [longest(4_000)])
    reward = SelectField(_l("Asked of"), validate_choice=False, choices=[])
    required = BooleanField(_l("It has to be answered"), default=True)

    def offer(self, tiers: Sequence[tuple[str, str]]) -> None:
        """Let the sponsor choose whose backers are asked, told by id and title."""
        everybody = SelectChoice("", _l("Everybody who gets something"))
        self.reward.choices = [everybody, *(SelectChoice(*tier) for tier in tiers)]


class AnswersForm(Form):
    """What a backer answers; the fields are added by `answers_form`."""


def answers_form(asked: Sequence[AskedRow]) -> AnswersForm:
    """Return a form with a field for each question, filled with what was answered before."""
    fields: dict[str, Any] = {
        rules.answer_field(question.id.hex): _field(question) for question in asked
    }
    made: type[AnswersForm] = type("AskedAnswers", (AnswersForm,), fields)
    return made()


def said(form: AnswersForm, asked: Sequence[AskedRow]) -> Mapping[Any, str]:
    """Return what was typed, by question."""
    return {
        question.id: str(form[rules.answer_field(question.id.hex)].data or "") for question in asked
    }


def _field(question: AskedRow) -> StringField | SelectField:
    if not question.choices:
        return StringField(question.title, [longest(rules.ANSWER_MAX)], default=question.answer)
    ways = [SelectChoice("", _("Choose one")), *(SelectChoice(w, w) for w in question.choices)]
    return SelectField(question.title, choices=ways, validate_choice=False, default=question.answer)
