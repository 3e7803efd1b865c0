"""The borrower's request: four groups of questions, saved as often as one likes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans.forms import words
from marketplace.loans.forms.currencies import CurrencyField
from marketplace.loans.rules import STORY_LENGTH_MAX, TITLE_LENGTH_MAX, Request
from marketplace.web.forms import Form, MoneyField, longest
from marketplace.web.locale import _l
from marketplace.web.refusals import sentence

_DIGITS_MAX = 4


class WholeField(StringField):
    """A small whole number; `whole` is 0 while nothing is typed."""

    whole: int = 0

    def process_data(self, value: object) -> None:
        """Show a number as digits, and zero as nothing typed."""
        self.data = str(value) if value else ""

    def pre_validate(self, _form: object) -> None:
        """Read the number, or say how to write it."""
        text = (self.data or "").strip()
        if text and not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX):
            raise ValidationError(sentence(Refusal("whole_unreadable")))
        self.whole = int(text) if text else 0


class RequestForm(Form):
    """All questions of a request. Nothing is required before it is sent to the reviewers."""

    currency = CurrencyField(_l("Currency"))
    amount = MoneyField(_l("How much do you need?"), optional=True)
    instalments = WholeField(_l("Months to repay"))
    purpose = SelectField(
        _l("What is it for?"), choices=words.options(words.PURPOSES, empty=_l("Choose"))
    )
    title = StringField(
        _l("In one line"),
        description=_l("Lenders read this first. Do not name yourself or anybody else."),
        validators=[longest(TITLE_LENGTH_MAX)],
    )
    story = TextAreaField(
        _l("What will you do with the money?"), validators=[longest(STORY_LENGTH_MAX)]
    )
    employment = SelectField(
        _l("Where does your income come from?"),
        choices=words.options(words.EMPLOYMENTS, empty=_l("Choose")),
    )
    employed_years = WholeField(
        _l("For how many years?"), description=_l("Whole years; 0 if less than one.")
    )
    housing = RadioField(_l("How do you live?"), choices=[], validate_choice=False)
    income = MoneyField(_l("Monthly income after tax"), optional=True, positive=False)
    obligations = MoneyField(
        _l("Monthly rent, loans and other obligations"), optional=True, positive=False
    )

    def __init__(self, *args: Any, currencies: Sequence[str], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.housing.choices = words.options(
            {"own": _l("I own my home"), "rent": _l("I rent"), "family": _l("With family")}
        )
        chosen = self.currency.offer(currencies)
        for field in (self.amount, self.income, self.obligations):
            field.currency = chosen

    @property
    def asked(self) -> Request:
        """The answers of a validated form; what is missing is zero or empty."""
        currency = str(self.currency.data)
        zero = Money.zero(currency)
        return Request(
            amount=self.amount.money or zero,
            instalments=self.instalments.whole,
            purpose=self.purpose.data or "",
            title=" ".join((self.title.data or "").split()),
            story=(self.story.data or "").strip(),
            employment=self.employment.data or "",
            employed_years=self.employed_years.whole,
            housing=self.housing.data if self.housing.data in words.HOUSINGS else "",
            income=self.income.money or zero,
            obligations=self.obligations.money or zero,
        )
