"""The form of stretch goals: a row for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from wtforms import StringField, TextAreaField

from marketplace.campaigns.forms.rows import RowsForm, rows_form
from marketplace.campaigns.queries.stretching import StretchRow
from marketplace.campaigns.rules.stretching import GOALS_MAX, TEXT_MAX, TITLE_MAX, Stretch
from marketplace.web.forms import MoneyField, longest
from marketplace.web.locale import _l

REFUSALS: Final = {
    "stretch_too_late": _l("The campaign has ended. Its stretch goals stay as they are."),
    "stretch_before_goal": _l("Set the goal first: a stretch goal lies above it."),
    "stretch_not_above": _l("Enter more than the goal of %(goal)s: a stretch goal lies above it."),
    "stretch_amount_missing": _l("Enter the amount, or empty the row."),
    "stretch_untitled": _l("Say what becomes possible, or empty the row."),
    "stretch_twice": _l("Two stretch goals have the same amount. Change one of them."),
    "stretch_reached": _l("A stretch goal that was reached stays what it was. Put it back."),
}


class StretchForm(RowsForm):
    """Rows of amount, title and text."""

    cells: ClassVar = {
        "amount": lambda: MoneyField(_l("Amount"), optional=True),
        "title": lambda: StringField(_l("What becomes possible"), [longest(TITLE_MAX)]),
        "text": lambda: TextAreaField(_l("More about it"), [longest(TEXT_MAX)]),
    }

    @property
    def goals(self) -> list[Stretch]:
        """What was typed, row by row."""
        return [
            Stretch(amount.money, title.data or "", text.data or "")
            for amount, title, text in self.rows
        ]


def stretch_form(shown: Sequence[StretchRow], currency: str) -> StretchForm:
    """Return a form of the rows that stand there and as many empty ones as still fit."""
    form = rows_form(StretchForm, GOALS_MAX, [(row.amount, row.title, row.text) for row in shown])
    form.price_in(currency)
    return form
