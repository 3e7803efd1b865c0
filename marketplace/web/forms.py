"""Forms: what a person types, kept whatever happens, with a sentence for what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import uuid4

from babel.support import NullTranslations, Translations
from flask import request
from flask_babel import get_locale
from flask_wtf import FlaskForm
from wtforms import DateField, DateTimeLocalField, HiddenField, StringField
from wtforms.i18n import messages_path
from wtforms.validators import ValidationError

from marketplace.kernel.errors import Refusal, Refused
from marketplace.kernel.money import Money, parse_amount
from marketplace.web.locale import _, _l
from marketplace.web.refusals import sentence


@cache
def _catalogue(locale: str) -> NullTranslations:
    return Translations.load(messages_path(), [locale], domain="wtforms")


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form with CSRF token and a key that makes sending it twice the same as once."""

    form_key = HiddenField(default=lambda: uuid4().hex)

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """What the fields themselves say, in the page's language."""

        def get_translations(self, _form: object) -> NullTranslations:
            """Return the library's catalogue; Flask-WTF would read its file for each request."""
            return _catalogue(str(get_locale()))

    def refuse(self, refusal: Refusal) -> None:
        """Put a refusal beside its field, or above the form where it has none."""
        parts = refusal.refusals if isinstance(refusal, Refused) else [refusal]
        for part in parts:
            field = self._fields.get(part.field or "")
            text = sentence(part)
            if field is None:
                self.form_errors.append(text)
            else:
                field.errors = [*field.errors, text]

    def attempt(self, act: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the act returns
        """Return `act()`, or None after putting its refusal on the form."""
        try:
            return act()
        except Refusal as refusal:
            self.refuse(refusal)
            return None

    def succeeds(self, act: Callable[[], object]) -> bool:
        """Whether `act()` went through; its refusal is put on the form otherwise."""
        try:
            act()
        except Refusal as refusal:
            self.refuse(refusal)
            return False
        return True

    def ready(self) -> bool:
        """Whether the form was sent and holds nothing to correct."""
        return bool(self.is_submitted() and self.validate())

    @property
    def key(self) -> str:
        """The idempotency key of this act: the same form sent again with the same answers.

        Other answers are another act. Browsers bring hidden fields back with a page one returns
        to, and who then types another amount must not be sent to pay the first one.
        """
        said = [(field.name, _texts(field)) for field in self if field.name != "csrf_token"]
        given = self.form_key.data or uuid4().hex
        return hashlib.sha256(repr((given, said)).encode("utf-8", "replace")).hexdigest()

    @property
    def failures(self) -> list[tuple[str, str]]:
        """All errors as (field id, sentence), fields in page order, for the summary."""
        found = [("", str(text)) for text in self.form_errors]
        for field in self:
            found += [(field.id, str(text)) for text in _flat(field.errors)]
        return found


class MoneyField(StringField):
    """An amount as typed, in `data`; as `Money`, after validation, in `money`.

    `currency` may be set on the bound field before validation (`form.amount.currency = "EUR"`).
    """

    def __init__(
        self,
        label: Any = None,  # noqa: ANN401 - text or a lazy translation
        *,
        currency: str = "EUR",
        optional: bool = False,
        positive: bool = True,
        **kwargs: Any,  # noqa: ANN401 - WTForms' own
    ) -> None:
        super().__init__(label, **kwargs)
        self.currency = currency
        self.optional = optional
        self.positive = positive
        self.money: Money | None = None

    def process_data(self, value: object) -> None:
        """Show Money as plain digits when the form is filled from an object."""
        self.data = str(value.decimal()) if isinstance(value, Money) else value  # type: ignore[assignment]

    def pre_validate(self, _form: object) -> None:
        """Read the amount, or say what is wrong with it."""
        self.money = None
        if self.optional and not (self.data or "").strip():
            return
        try:
            self.money = parse_amount(self.data or "", self.currency, allow_zero=not self.positive)
        except Refusal as refusal:
            raise ValidationError(sentence(refusal)) from None

    @property
    def required_money(self) -> Money:
        """The amount of a validated, not optional field."""
        if self.money is None:
            raise ValueError("read after validation only")
        return self.money


class DayField(DateField):
    """A day, `YYYY-MM-DD`."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day, or say how to write it."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("Enter a day as year-month-day, such as 2027-03-31.")) from None


class MomentField(DateTimeLocalField):
    """A day and time in UTC; `moment` is the aware value."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms' own
        kwargs.setdefault("format", ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
        super().__init__(*args, **kwargs)

    def process_data(self, value: datetime | None) -> None:
        """Show an aware value as what it is in UTC."""
        if value is not None and value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        super().process_data(value)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the time, or say how to write it."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("Enter a day and time, such as 2027-03-31 18:00.")) from None

    @property
    def moment(self) -> datetime | None:
        """The time, aware and in UTC."""
        return self.data.replace(tzinfo=UTC) if self.data else None


def required(message: object) -> Any:  # noqa: ANN401 - a WTForms validator
    """Return a validator that insists on something typed, with its own sentence."""

    def check(_form: object, field: Any) -> None:  # noqa: ANN401
        if not field.raw_data or not str(field.raw_data[0]).strip():
            raise ValidationError(str(message))

    return check


def longest(limit: int) -> Any:  # noqa: ANN401 - a WTForms validator
    """Return a validator that bounds a text to `limit` characters."""

    def check(_form: object, field: Any) -> None:  # noqa: ANN401
        if len(field.data or "") > limit:
            raise ValidationError(_("Use %(limit)s characters or fewer.", limit=limit))

    check.limit = limit  # type: ignore[attr-defined]  # the count under a textarea reads it
    return check


def typed_files(name: str) -> list[Any]:
    """Return the files sent as `name`, those without a name left out."""
    return [found for found in request.files.getlist(name) if found.filename]


def _texts(field: Any) -> list[str]:  # noqa: ANN401 - any field of WTForms
    return [text for text in field.raw_data or () if isinstance(text, str)]


def _flat(errors: Iterable[Any]) -> list[Any]:
    flat: list[Any] = []
    for error in errors:
        flat.extend(_flat(error) if isinstance(error, list | tuple) else [error])
    return flat


CSRF_SENTENCE = _l("The page had been open too long. Nothing was sent; send the form again.")
