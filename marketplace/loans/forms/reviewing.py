"""What reviewers decide and write down."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.kernel.errors import Refusal
from marketplace.kernel.rates import percent
from marketplace.loans.forms import review_words, words
from marketplace.loans.pricing import GRADES
from marketplace.loans.rules import NOTES_LENGTH_MAX
from marketplace.web.forms import Form, MoneyField, longest
from marketplace.web.locale import _l
from marketplace.web.refusals import sentence

_DIGITS_MAX: Final = 9


class TicksField(SelectMultipleField):
    """Several boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CountField(StringField):
    """A whole number as typed; `count` is it after validation."""

    count: int = 0

    def pre_validate(self, _form: object) -> None:
        """Read the number, or say how to write it."""
        text = (self.data or "").strip()
        if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX):
            raise ValidationError(sentence(Refusal("whole_unreadable")))
        self.count = int(text)


class RateField(StringField):
    """Percent a year as typed; `rate` is the share of a year after validation."""

    rate: Decimal = Decimal(0)

    def pre_validate(self, _form: object) -> None:
        """Read the rate, or say what is wrong with it."""
        try:
            self.rate = percent(self.data or "") / 100
        except Refusal as refusal:
            raise ValidationError(sentence(refusal)) from None


class FirstReviewForm(Form):
    """The checklist and the notes for the second reviewer."""

    checked = TicksField(_l("What you have seen"), choices=words.options(review_words.CHECKS))
    notes = TextAreaField(
        _l("Notes for the second reviewer"), validators=[longest(NOTES_LENGTH_MAX)]
    )

    def ask_for(self, checks: Sequence[str]) -> None:
        """Show these boxes, which the score of the case asks for."""
        shown = {check: review_words.CHECKS[check] for check in checks}
        self.checked.choices = words.options(shown)


class OfferForm(Form):
    """Grade, rate and the reasons lenders will read; another amount or term is a counter-offer."""

    grade = SelectField(
        _l("Grade"), choices=words.options({grade: grade for grade in GRADES}, empty=_l("Choose"))
    )
    rate = RateField(_l("Rate, percent a year"))
    deviation = TextAreaField(
        _l("Why not the grade of the score"), validators=[longest(NOTES_LENGTH_MAX)]
    )
    amount = MoneyField(_l("Amount offered"))
    instalments = CountField(_l("Instalments offered"))
    counter_code = SelectField(
        _l("Why it is not what was asked for"),
        choices=words.options(review_words.COUNTERS, empty=_l("It is what was asked for")),
    )
    reasons = TicksField(_l("Why this grade"), choices=words.options(words.GRADE_REASONS))
    notes = TextAreaField(_l("Notes"), validators=[longest(NOTES_LENGTH_MAX)])


class AskForm(Form):
    """What is missing: the borrower reads it and sends the request again.

    It stands beside the other decisions on one page, so no field of theirs shares a name.
    """

    missing = TextAreaField(
        _l("What the borrower must add or explain"), validators=[longest(NOTES_LENGTH_MAX)]
    )


class DeclineForm(Form):
    """The reason the borrower will read, and notes that stay in the house.

    It stands beside the other decision on one page, so no field of theirs shares a name.
    """

    reason_code = SelectField(
        _l("Reason"), choices=words.options(words.DECLINES, empty=_l("Choose"))
    )
    decline_notes = TextAreaField(
        _l("Notes, seen by reviewers only"), validators=[longest(NOTES_LENGTH_MAX)]
    )
