"""What stands in a new version of a product, as somebody types it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import permutations
from typing import Any, Final

from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.kernel.rates import percent
from marketplace.loans.forms import application_words, term_words, words
from marketplace.loans.forms.product_words import LABELS
from marketplace.loans.forms.reviewing import TicksField
from marketplace.loans.pricing import GRADES
from marketplace.loans.versions import COLUMNS, NAME_LENGTH_MAX, SUMMARY_LENGTH_MAX, Band
from marketplace.loans.waterfall import Portion
from marketplace.web.forms import Form, MoneyField, longest
from marketplace.web.locale import _l
from marketplace.web.refusals import sentence

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,31}")
_DIGITS_MAX: Final = 4
_ORDERS: Final = [",".join(order) for order in permutations(Portion)]
_MONEY: Final = tuple(name.removesuffix("_minor") for name in COLUMNS if name.endswith("_minor"))


class CountField(StringField):
    """A small whole number that must be typed; `whole` holds it."""

    whole: int = 0

    def pre_validate(self, _form: object) -> None:
        """Read the number, or say how to write it."""
        text = str(self.data if self.data is not None else "").strip()
        if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX):
            raise ValidationError(sentence(Refusal("whole_unreadable")))
        self.whole = int(text)


class PercentField(StringField):
    """Percent as typed; `bps` holds basis points, or with finer ones `share` the share."""

    share: Decimal = Decimal(0)

    def __init__(self, label: Any = None, *, decimals: int = 2, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(label, **kwargs)
        self.decimals = decimals

    def process_data(self, value: object) -> None:
        """Show a share as percent, without zeros nobody needs."""
        self.data = f"{(value * 100).normalize():f}" if isinstance(value, Decimal) else ""

    def pre_validate(self, _form: object) -> None:
        """Read the percentage, or say what is wrong with it."""
        try:
            self.share = percent(self.data or "", decimals=self.decimals) / 100
        except Refusal as refusal:
            raise ValidationError(sentence(refusal)) from None

    @property
    def bps(self) -> int:
        """The share in basis points."""
        return int(self.share * 10_000)


def _orders() -> list[tuple[str, Any]]:
    return [
        (order, " → ".join(str(term_words.PORTIONS[one]) for one in order.split(",")))
        for order in _ORDERS
    ]


class VersionForm(Form):
    """A whole version: every column, and the grade table. Fields are named as the columns are."""

    name = StringField(LABELS["name"], validators=[longest(NAME_LENGTH_MAX)])
    summary = StringField(LABELS["summary"], validators=[longest(SUMMARY_LENGTH_MAX)])
    active = BooleanField(LABELS["active"])
    amount_min = MoneyField(LABELS["amount_min_minor"])
    amount_max = MoneyField(LABELS["amount_max_minor"])
    exposure_max = MoneyField(LABELS["exposure_max_minor"])
    instalments_min = CountField(LABELS["instalments_min"])
    instalments_max = CountField(LABELS["instalments_max"])
    period_every = CountField(LABELS["period_every"])
    period_unit = SelectField(LABELS["period_unit"], choices=words.options(term_words.UNITS))
    method = SelectField(LABELS["method"], choices=words.options(term_words.METHODS))
    day_count = SelectField(LABELS["day_count"], choices=words.options(term_words.DAY_COUNTS))
    rounding_mode = SelectField(
        LABELS["rounding_mode"], choices=words.options(term_words.ROUNDINGS)
    )
    calendar = SelectField(LABELS["calendar"], choices=words.options(term_words.CALENDARS))
    origination_fee_bps = PercentField(LABELS["origination_fee_bps"])
    lender_fee_bps = PercentField(LABELS["lender_fee_bps"])
    late_fee = MoneyField(LABELS["late_fee_minor"], positive=False)
    late_grace_days = CountField(LABELS["late_grace_days"])
    penalty_bps_per_year = PercentField(LABELS["penalty_bps_per_year"])
    prepayment_fee_bps = PercentField(LABELS["prepayment_fee_bps"])
    prepayment_fee_cap = SelectField(
        LABELS["prepayment_fee_cap"], choices=words.options(term_words.FEE_CAPS)
    )
    interest_to_date = SelectField(
        LABELS["interest_to_date"],
        choices=words.options(term_words.DAY_COUNTS, empty=_l("As in the schedule")),
    )
    allocation_due = SelectField(LABELS["allocation_due"], choices=_orders)
    allocation_in_advance = SelectField(LABELS["allocation_in_advance"], choices=_orders)
    allocation_mode = SelectField(
        LABELS["allocation_mode"], choices=words.options(term_words.MODES)
    )
    fraction_min = MoneyField(LABELS["fraction_min_minor"])
    funding_min_bps = PercentField(LABELS["funding_min_bps"])
    funding_days = CountField(LABELS["funding_days"])
    reflection_days = CountField(LABELS["reflection_days"])
    offer_days = CountField(LABELS["offer_days"])
    sign_days = CountField(LABELS["sign_days"])
    bill_lead_days = CountField(LABELS["bill_lead_days"])
    documents = TicksField(LABELS["documents"], choices=words.options(application_words.DOCUMENTS))
    collateral = BooleanField(LABELS["collateral"])
    ltv_max_bps = PercentField(LABELS["ltv_max_bps"])
    haircut_bps = PercentField(LABELS["haircut_bps"])
    draw_months = CountField(LABELS["draw_months"])
    draw_min = MoneyField(LABELS["draw_min_minor"], optional=True)
    statement_day = CountField(LABELS["statement_day"])
    code = StringField(
        _l("Product"),
        description=_l("Another name here makes a new product of its own, beginning at version 1."),
    )
    note = TextAreaField(_l("Why"))

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.currency = currency
        for name in _MONEY:
            self[name].currency = currency

    def validate_code(self, field: Any) -> None:  # noqa: ANN401 - WTForms' own
        """A code stands in addresses."""
        if not _CODE.fullmatch((field.data or "").strip()):
            raise ValidationError(sentence(Refusal("product_code_unreadable")))

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of a validated form."""
        return {name: _READ[name](self[name.removesuffix("_minor")]) for name in COLUMNS}

    @property
    def bands(self) -> dict[str, Band]:
        """The grade table of a validated form."""
        return {
            grade: Band(
                self[f"rate_from_{grade}"].share,
                self[f"rate_to_{grade}"].share,
                self[f"loss_{grade}"].share,
            )
            for grade in GRADES
        }


for _grade in GRADES:
    setattr(VersionForm, f"rate_from_{_grade}", PercentField(_l("From"), decimals=4))
    setattr(VersionForm, f"rate_to_{_grade}", PercentField(_l("To"), decimals=4))
    setattr(VersionForm, f"loss_{_grade}", PercentField(_l("Losses"), decimals=4))


def filled(columns: Mapping[str, Any], bands: Mapping[str, Band], currency: str) -> dict[str, Any]:
    """Return what a form shows of a version: `VersionForm(data=filled(...))`."""
    shown: dict[str, Any] = {}
    for name in COLUMNS:
        shown[name.removesuffix("_minor")] = _shown(name, columns[name], currency)
    for grade, band in bands.items():
        shown[f"rate_from_{grade}"] = band.rate_from
        shown[f"rate_to_{grade}"] = band.rate_to
        shown[f"loss_{grade}"] = band.loss_rate
    return shown


def _shown(name: str, held: Any, currency: str) -> Any:  # noqa: ANN401 - a column of any kind
    if held is None:
        return None if name.endswith("_minor") else 0
    if name.endswith("_minor"):
        return Money(held, currency)
    if name.endswith(("_bps", "_bps_per_year")):
        return Decimal(held) / 10_000
    if name.startswith("allocation_") and name != "allocation_mode":
        return ",".join(held)
    return list(held) if name == "documents" else held


_Read = Callable[[Any], Any]  # from a validated field to its column's value
_READ_BY_END: Final[dict[str, _Read]] = {
    "_minor": lambda field: field.required_money.minor,
    "_bps": lambda field: field.bps,
    "_bps_per_year": lambda field: field.bps,
    "_days": lambda field: field.whole,
}
_READ_BY_NAME: Final[dict[str, _Read]] = {
    "instalments_min": lambda field: field.whole,
    "instalments_max": lambda field: field.whole,
    "period_every": lambda field: field.whole,
    "allocation_due": lambda field: field.data.split(","),
    "allocation_in_advance": lambda field: field.data.split(","),
    "draw_months": lambda field: field.whole or None,
    "draw_min_minor": lambda field: field.money.minor if field.money else None,
    "statement_day": lambda field: field.whole or None,
    "documents": lambda field: list(field.data or ()),
    "active": lambda field: bool(field.data),
    "collateral": lambda field: bool(field.data),
}


def _reader(name: str) -> _Read:
    by_end = (read for end, read in _READ_BY_END.items() if name.endswith(end))
    return _READ_BY_NAME.get(name) or next(by_end, _text)


def _text(field: Any) -> str:  # noqa: ANN401 - any field
    return " ".join((field.data or "").split())


_READ: Final = {name: _reader(name) for name in COLUMNS}
