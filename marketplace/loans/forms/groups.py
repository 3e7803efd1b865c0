"""A group of questions: saved as far as it can be read, shown again as it was typed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from wtforms import StringField
from wtforms.validators import ValidationError

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans.answers import LINE_LENGTH_MAX, Collateral, Credit, Person, Wish
from marketplace.loans.queries.applications import Application
from marketplace.loans.queries.products import Product
from marketplace.web.forms import Form, MoneyField, longest
from marketplace.web.refusals import sentence

_DIGITS_MAX: Final = 4
_SUM_MAX_MINOR: Final = 10**13
_DAY: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}", re.ASCII)


class WholeField(StringField):
    """A small whole number of at most `most`; `whole` is 0 while nothing is typed."""

    whole: int = 0

    def __init__(self, label: Any = None, *, most: int = 9999, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(label, **kwargs)
        self.most = most

    def process_data(self, value: object) -> None:
        """Show a number as digits, and zero as nothing typed."""
        self.data = str(value) if value else ""

    def pre_validate(self, _form: object) -> None:
        """Read the number, or say how to write it."""
        text = (self.data or "").strip()
        if text and not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX):
            raise ValidationError(sentence(Refusal("whole_unreadable")))
        if text and int(text) > self.most:
            raise ValidationError(sentence(Refusal("whole_too_large", at_most=self.most)))
        self.whole = int(text) if text else 0


class BornField(StringField):
    """A day in the past, typed as year-month-day; `day` is None while nothing is typed."""

    day: date | None = None

    def process_data(self, value: object) -> None:
        """Show a day as it is typed."""
        self.data = value.isoformat() if isinstance(value, date) else ""

    def pre_validate(self, _form: object) -> None:
        """Read the day, or say how to write it."""
        text, self.day = (self.data or "").strip(), None
        if not text:
            return
        try:
            if not _DAY.fullmatch(text):
                raise ValueError(text)
            self.day = date(*map(int, text.split("-")))
        except ValueError:
            raise ValidationError(sentence(Refusal("day_unreadable"))) from None


class SumField(MoneyField):
    """An amount of an application: small enough to be added to others."""

    def pre_validate(self, form: object) -> None:
        """Read the amount, or say what is wrong with it."""
        super().pre_validate(form)
        if self.money is not None and self.money.minor > _SUM_MAX_MINOR:
            self.money = None
            raise ValidationError(sentence(Refusal("amount_too_large")))


def line(label: Any, limit: int = LINE_LENGTH_MAX, **kwargs: Any) -> StringField:  # noqa: ANN401
    """Return a field for one line of text."""
    return StringField(label, validators=[longest(limit)], **kwargs)


class GroupForm(Form):
    """The questions of one group. Nothing is required before the request is sent."""

    @classmethod
    def of(cls, told: Application, products: Sequence[Product]) -> GroupForm:
        """Return the form as it was left, what could not be read included."""
        form = cls(data=cls.known(told))
        form.prepare(told, products)
        if not form.is_submitted():
            form.show_again(told.unread)
        return form

    @staticmethod
    def known(told: Application) -> dict[str, Any]:
        """Return the answers that were saved, by field."""
        raise NotImplementedError

    def prepare(self, told: Application, _products: Sequence[Product]) -> None:
        """Tell the fields what they depend on; amounts are in the application's currency."""
        for field in self:
            if isinstance(field, MoneyField):
                field.currency = told.currency

    def show_again(self, unread: Mapping[str, str]) -> None:
        """Put answers back that were saved as typed, with what is wrong with them."""
        for name in unread:
            field = self._fields.get(name)
            if field is not None:
                field.data = unread[name]
                field.validate(self)

    def saves(self) -> bool:
        """Whether the page was sent from here, so that what can be read of it is saved."""
        if not self.is_submitted():
            return False
        self.validate()
        return not self.csrf_token.errors

    @property
    def answers(self) -> Person | Credit | Collateral | Wish:
        """The answers of the group that can be read; the others are empty."""
        raise NotImplementedError

    @property
    def unread(self) -> dict[str, str | None]:
        """Each field of the group: as typed if it cannot be read, else None."""
        own = [field for field in self if field.name not in {"csrf_token", "form_key"}]
        return {field.name: _typed(field) if field.errors else None for field in own}

    def text(self, name: str) -> str:
        """Return what was typed in one line, spaces folded; empty if it cannot be kept."""
        field = self._fields[name]
        return "" if field.errors else " ".join(str(field.data or "").split())

    def long_text(self, name: str) -> str:
        """Return a text of several lines; empty if it cannot be kept."""
        field = self._fields[name]
        return "" if field.errors else str(field.data or "").strip()

    def chosen(self, name: str, among: Mapping[str, Any] | Sequence[str]) -> str:
        """Return a choice, or nothing for what is none."""
        value = str(self._fields[name].data or "")
        return value if value in among else ""

    def money(self, name: str) -> Money:
        """Return an amount; zero while there is none that can be read."""
        field: Any = self._fields[name]
        return field.money or Money.zero(field.currency)

    def whole(self, name: str) -> int:
        """Return a whole number; zero while there is none that can be read."""
        field: Any = self._fields[name]
        return 0 if field.errors else int(field.whole)


def _typed(field: Any) -> str:  # noqa: ANN401 - any field
    return str((field.raw_data or [field.data or ""])[0])
