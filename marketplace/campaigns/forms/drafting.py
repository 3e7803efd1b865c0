"""The forms of a draft's texts, and the sentences of what they are refused for.

Each remembers in `seen` what stood there when it was opened; a list has a row for each entry and
two empty ones.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Final

from flask import request
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import ValidationError

from marketplace.campaigns import rules
from marketplace.campaigns.forms import CATEGORY_LABELS, choose_one
from marketplace.campaigns.forms.rows import RowsForm
from marketplace.campaigns.rules import drafting
from marketplace.campaigns.rules.drafting import Entry, Line, Step
from marketplace.campaigns.rules.languages import LANGUAGES
from marketplace.web.forms import Form, MoneyField, longest, required
from marketplace.web.locale import _, _l

REFUSALS: Final = {
    "language_unknown": _l("Choose a language from the list."),
    "changed_elsewhere": _l(
        "This was saved somewhere else after you opened the page: in another window, or by"
        " somebody of your team. Nothing of yours is saved yet. Look at the difference below; if"
        " you save again, what you typed takes its place, and the other stays a version."
    ),
    "picture_in_story": _l("The story shows this picture. Take it out of the story first."),
    "claim_in_basics": _l(
        "Title or promise say “%(word)s”, which nobody can promise: “… %(around)s …”. Say what you"
        " do for it instead."
    ),
    "claim_in_story": _l(
        "The story says “%(word)s”, which nobody can promise: “… %(around)s …”. Say what you do for"
        " it instead."
    ),
    "claim_in_budget": _l(
        "The budget says “%(word)s”, which nobody can promise: “… %(around)s …”. Say what the money"
        " is for."
    ),
    "claim_in_rewards": _l(
        "A reward says “%(word)s”, which nobody can promise: “… %(around)s …”. Say what it is"
        " instead."
    ),
    "claim_in_timeline": _l(
        "The timeline says “%(word)s”, which nobody can promise: “… %(around)s …”. Say what you"
        " plan."
    ),
    "claim_in_faq": _l(
        "An answer says “%(word)s”, which nobody can promise: “… %(around)s …”. Say what you do for"
        " it instead."
    ),
    "preview_over": _l("Everybody can see this campaign already."),
    "preview_before_goal": _l("Set the goal and the deadline first; the page shows them."),
    "faq_question_missing": _l("Enter the question, or empty the answer."),
    "faq_answer_missing": _l("Answer the question, or empty it."),
    "line_untitled": _l("Say what the amount is for, or empty it."),
    "line_amount_missing": _l("Enter the amount, or empty the line."),
    "step_untitled": _l("Say what is reached in this month, or empty it."),
    "step_month_missing": _l("Enter the month, such as 2027-03, or empty the line."),
    "step_past": _l("This month is over. A timeline tells what is still to come."),
    "rows_full": _l("At most %(most)s rows fit. Take some out."),
    "currency_has_budget": _l(
        "The budget is in %(currency)s. Empty it before you change the currency."
    ),
    "budget_before_goal": _l("Set the goal first: the budget is in its currency."),
}

# What a draft is made of, in the order in which a sponsor finds it.
PART_LABELS: Final = {
    "basics": _l("Title, promise, category, language"),
    "story": _l("Story"),
    "pictures": _l("Pictures"),
    "film": _l("Film or sound"),
    "funding": _l("Goal and deadline"),
    "budget": _l("Budget"),
    "rewards": _l("Rewards"),
    "release": _l("When you get the money"),
    "timeline": _l("Timeline"),
    "risks": _l("Risks"),
    "faq": _l("Questions and answers"),
    "launch": _l("When it begins"),
}

_SPARE_ROWS: Final = 2


class PartForm(Form):
    """A part of a draft; `seen` is the mark of what stood there when the form was made."""

    seen = HiddenField()


class BasicsForm(PartForm):
    """What the card shows."""

    title = StringField(_l("Title"), [required(_l("Enter a title.")), longest(rules.TITLE_MAX)])
    tagline = StringField(
        _l("One-line promise"),
        [required(_l("Say in one line what backers make possible.")), longest(rules.TAGLINE_MAX)],
    )
    category = SelectField(_l("Category"), choices=choose_one(CATEGORY_LABELS))
    language = SelectField(
        _l("Language of the story"),
        choices=[SelectChoice(tag, name) for tag, name in LANGUAGES.items()],
    )


class CopyForm(Form):
    """The title of a draft that begins with what another one says."""

    title = StringField(_l("Title"), [required(_l("Enter a title.")), longest(rules.TITLE_MAX)])


class StoryForm(PartForm):
    """The story, as HTML or plain text."""

    story = TextAreaField(_l("Story"), [required(_l("Tell the story.")), longest(rules.STORY_MAX)])


class RisksForm(PartForm):
    """What can go wrong."""

    risks = TextAreaField(
        _l("Risks"),
        [
            required(_l("Say what can go wrong. Backers have a right to know.")),
            longest(rules.RISKS_MAX),
        ],
    )


class MonthField(StringField):
    """A month as typed, such as 2027-03; after validation its first day, or None, in `month`."""

    month: date | None = None

    def pre_validate(self, _form: object) -> None:
        """Read the month, or say how to write it."""
        self.month, plain = None, (self.data or "").strip()
        if not plain:
            return
        try:
            self.month = date.fromisoformat(f"{plain}-01")
        except ValueError:
            raise ValidationError(_("Enter year and month, such as 2027-03.")) from None


class FaqForm(PartForm, RowsForm):
    """What is often asked, and the answers."""

    cells: ClassVar = {
        "question": lambda: StringField(_l("Question"), [longest(drafting.QUESTION_MAX)]),
        "answer": lambda: TextAreaField(_l("Answer"), [longest(drafting.ANSWER_MAX)]),
    }

    @property
    def entries(self) -> list[Entry]:
        """What was typed, row by row."""
        return [Entry(question.data or "", answer.data or "") for question, answer in self.rows]


class BudgetForm(PartForm, RowsForm):
    """What the goal is for."""

    cells: ClassVar = {
        "title": lambda: StringField(_l("What for"), [longest(drafting.LINE_MAX)]),
        "amount": lambda: MoneyField(_l("Amount"), optional=True),
    }

    @property
    def lines(self) -> list[Line]:
        """What was typed, row by row."""
        return [Line(title.data or "", amount.money) for title, amount in self.rows]


class TimelineForm(PartForm, RowsForm):
    """What will be reached when."""

    cells: ClassVar = {
        "month": lambda: MonthField(_l("Month"), [longest(10)]),
        "title": lambda: StringField(_l("What is reached"), [longest(drafting.LINE_MAX)]),
    }

    @property
    def steps(self) -> list[Step]:
        """What was typed, row by row."""
        return [Step(title.data or "", month.month) for month, title in self.rows]


def rows_wanted(kept: int) -> int:
    """Return how many rows a form has: as many as were sent, or what is kept and two empty ones."""
    if request.method == "POST":
        numbers = [name.rpartition("_")[2] for name in request.form]
        sent = [int(text) for text in numbers if text.isascii() and text.isdecimal()]
        return min(max(sent, default=0), drafting.ROWS_MAX + _SPARE_ROWS)
    return min(kept + _SPARE_ROWS, drafting.ROWS_MAX)
