"""What reviewers decide and write down."""

from __future__ import annotations

from decimal import Decimal

from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.kernel.errors import Refusal
from marketplace.kernel.rates import percent
from marketplace.loans.forms import words
from marketplace.loans.pricing import GRADES
from marketplace.loans.rules import NOTES_LENGTH_MAX
from marketplace.web.forms import Form, longest
from marketplace.web.locale import _l
from marketplace.web.refusals import sentence


class TicksField(SelectMultipleField):
    """Several boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


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

    checked = TicksField(_l("What you have seen"), choices=words.options(words.CHECKS))
    notes = TextAreaField(
        _l("Notes for the second reviewer"), validators=[longest(NOTES_LENGTH_MAX)]
    )


class OfferForm(Form):
    """Grade, rate and the reasons lenders will read."""

    grade = SelectField(
        _l("Grade"), choices=words.options({grade: grade for grade in GRADES}, empty=_l("Choose"))
    )
    rate = RateField(_l("Rate, percent a year"))
    reasons = TicksField(_l("Why this grade"), choices=words.options(words.GRADE_REASONS))
    notes = TextAreaField(_l("Notes"), validators=[longest(NOTES_LENGTH_MAX)])


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
