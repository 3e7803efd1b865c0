"""What lenders ask, borrowers answer and members of staff take off the page."""

from __future__ import annotations

from typing import Any, Final

from wtforms import SelectField, TextAreaField

from marketplace.loans.forms import words
from marketplace.loans.questions import ANSWER_LENGTH_MAX, HIDE_REASONS, QUESTION_LENGTH_MAX
from marketplace.web.forms import Form, longest
from marketplace.web.locale import _l

HIDE_WORDS: Final[dict[str, Any]] = {
    "identity": _l("It says, or asks, who a person is."),
    "contact": _l("It asks to meet or to pay outside of this site."),
    "insult": _l("It is rude."),
    "advert": _l("It advertises something."),
    "off_topic": _l("It is not about the loan."),
}


class QuestionForm(Form):
    """A question everybody will read."""

    question = TextAreaField(_l("Your question"), validators=[longest(QUESTION_LENGTH_MAX)])


class AnswerForm(Form):
    """The borrower's answer, which everybody will read."""

    answer = TextAreaField(_l("Your answer"), validators=[longest(ANSWER_LENGTH_MAX)])


class HideForm(Form):
    """Why a question is taken off the page."""

    reason = SelectField(
        _l("Reason"),
        choices=words.options(
            {code: HIDE_WORDS[code] for code in HIDE_REASONS}, empty=_l("Choose")
        ),
    )
