"""The form of stretch goals: a row for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from wtforms import StringField, TextAreaField

from marketplace.campaigns.queries.stretching import StretchRow
from marketplace.campaigns.rules.stretching import GOALS_MAX, TEXT_MAX, TITLE_MAX, Stretch, field
from marketplace.web.forms import Form, MoneyField, longest
from marketplace.web.locale import _l

REFUSALS: Final = {
    "stretch_too_late": _l("The campaign has ended. Its stretch goals stay as they are."),
    "stretch_before_goal": _l("Set the goal first: a stretch goal lies above it."),
    "stretch_amount_missing": _l("Enter the amount, or empty the row."),
    "stretch_untitled": _l("Say what becomes possible, or empty the row."),
    "stretch_twice": _l("Two stretch goals have the same amount. Change one of them."),
    "stretch_reached": _l("A stretch goal that was reached stays what it was. Put it back."),
}


class StretchForm(Form):
    """Rows of amount, title and text; the fields are added by `stretch_form`."""

    @property
    def rows(self) -> list[tuple[Any, Any, Any]]:
        """The fields of each row."""
        names = ("amount", "title", "text")
        found = [tuple(self[field(name, at)] for name in names) for at in _numbers()]
        return [(amount, title, text) for amount, title, text in found]

    @property
    def goals(self) -> list[Stretch]:
        """What was typed, row by row."""
        return [
            Stretch(amount.money, title.data or "", text.data or "")
            for amount, title, text in self.rows
        ]


def _numbers() -> range:
    return range(1, GOALS_MAX + 1)


def stretch_form(shown: Sequence[StretchRow], currency: str) -> StretchForm:
    """Return a form of the rows that stand there and as many empty ones as still fit."""
    fields: dict[str, Any] = {}
    for number in _numbers():
        fields[field("amount", number)] = MoneyField(_l("Amount"), optional=True)
        fields[field("title", number)] = StringField(
            _l("What becomes possible"), [longest(TITLE_MAX)]
        )
        fields[field("text", number)] = TextAreaField(_l("More about it"), [longest(TEXT_MAX)])
    data: dict[str, Any] = {}
    for number, row in enumerate(shown, start=1):
        named = {"amount": row.amount, "title": row.title, "text": row.text}
        data |= {field(name, number): value for name, value in named.items()}
    form: StretchForm = type("StretchRows", (StretchForm,), fields)(data=data)
    for amount, _title, _text in form.rows:
        amount.currency = currency
    return form
