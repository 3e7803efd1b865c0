"""The form of what comes with a pledge: made of what its reward leaves to choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from marketplace.web.forms import Form, longest
from marketplace.web.locale import _, _l

COUNTRY = "country"


class ExtrasForm(Form):
    """Add-ons, choices and country; the fields are added by `extras_form`."""


def extras_form(
    *,
    counts: Mapping[str, str],
    choices: Mapping[str, tuple[str, Sequence[str]]],
    countries: Mapping[str, str],
    data: Mapping[str, str] | None,
) -> ExtrasForm:
    """Return a form of these fields: counted by label, chosen by label and ways, a country.

    `data` fills a form that is only shown; None reads what was sent.
    """
    fields: dict[str, Any] = {name: _choice(label, ways) for name, (label, ways) in choices.items()}
    fields |= {name: StringField(label, [longest(6)]) for name, label in counts.items()}
    if countries:
        fields[COUNTRY] = SelectField(
            _l("Sent to"),
            choices=[SelectChoice("", _("Choose a country")), *map(_option, countries.items())],
            validate_choice=False,
            default="",
        )
    made: type[ExtrasForm] = type("ChosenExtras", (ExtrasForm,), fields)
    return made() if data is None else made(formdata=None, data=dict(data))


def _choice(label: str, ways: Sequence[str]) -> SelectField:
    options = [SelectChoice("", _("Choose one")), *(SelectChoice(way, way) for way in ways)]
    return SelectField(label, choices=options, validate_choice=False, default="")


def _option(pair: tuple[str, str]) -> SelectChoice:
    return SelectChoice(*pair)
