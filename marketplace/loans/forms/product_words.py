"""A version of a product in words: what each thing is called, and how its value is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from marketplace.kernel.money import Money
from marketplace.loans.forms import application_words, term_words
from marketplace.loans.versions import Band
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.rendering import money_text, percent

if TYPE_CHECKING:
    from marketplace.loans.forms.words import Words

LABELS: Final[Words] = {
    "name": _l("Name"),
    "summary": _l("What it is for"),
    "active": _l("Offered to borrowers"),
    "amount_min_minor": _l("Smallest amount"),
    "amount_max_minor": _l("Largest amount"),
    "exposure_max_minor": _l("Most one borrower may owe"),
    "instalments_min": _l("Fewest instalments"),
    "instalments_max": _l("Most instalments"),
    "period_every": _l("An instalment every"),
    "period_unit": _l("Months or weeks"),
    "method": _l("Method"),
    "day_count": _l("Days of interest"),
    "rounding_mode": _l("Rounding"),
    "calendar": _l("Holidays that shift due dates"),
    "origination_fee_bps": _l("Borrower’s fee, percent of the loan"),
    "lender_fee_bps": _l("Lenders’ fee, percent of their interest"),
    "late_fee_minor": _l("Fee for a late instalment"),
    "late_grace_days": _l("Days of grace"),
    "penalty_bps_per_year": _l("Interest on what is late, percent a year"),
    "prepayment_fee_bps": _l("Fee for paying early, percent of what is prepaid"),
    "prepayment_fee_cap": _l("Its limit"),
    "interest_to_date": _l("Days of interest at an early payoff"),
    "allocation_due": _l("Order in which a payment settles what is due"),
    "allocation_in_advance": _l("Order in which it settles what is not due yet"),
    "allocation_mode": _l("Which comes first"),
    "fraction_min_minor": _l("Smallest part a lender can take"),
    "funding_min_bps": _l("Least funded share, percent"),
    "funding_days": _l("Days to fund it"),
    "reflection_days": _l("Days of reflection for lenders"),
    "offer_days": _l("Days to answer an offer"),
    "sign_days": _l("Days to sign"),
    "bill_lead_days": _l("Days a bill comes before it is due"),
    "documents": _l("Documents"),
    "collateral": _l("Collateral"),
    "ltv_max_bps": _l("Largest loan to value, percent"),
    "haircut_bps": _l("Haircut on a collateral’s value, percent"),
    "draw_months": _l("Months in which a line may be drawn on"),
    "draw_min_minor": _l("Smallest draw"),
    "statement_day": _l("Day of the month of its statements"),
}

STATES: Final[Words] = {
    "proposed": _l("Waits for a second person"),
    "published": _l("Published"),
    "refused": _l("Refused"),
    "withdrawn": _l("Withdrawn"),
}

_CHOICES: Final[dict[str, Words]] = {
    "period_unit": term_words.UNITS,
    "method": term_words.METHODS,
    "day_count": term_words.DAY_COUNTS,
    "rounding_mode": term_words.ROUNDINGS,
    "calendar": term_words.CALENDARS,
    "prepayment_fee_cap": term_words.FEE_CAPS,
    "allocation_mode": term_words.MODES,
}


def label(what: str) -> str:
    """Return what a column is called; a grade is named by its letter."""
    return str(LABELS[what]) if what in LABELS else _("Grade %(grade)s", grade=what)


def value(what: str, held: Any, currency: str) -> str:  # noqa: ANN401 - a column of any kind
    """Return a column's value, or a grade's rates, as people read it."""
    if held is None:
        return _("none")
    if isinstance(held, Band):
        return band(held)
    return _say(what)(what, held, currency)


def band(held: Band) -> str:
    """Return a grade's rates and loss."""
    return _(
        "%(low)s to %(high)s, losses %(loss)s",
        low=percent(held.rate_from * 100),
        high=percent(held.rate_to * 100),
        loss=percent(held.loss_rate * 100),
    )


def rows(columns: Mapping[str, Any], currency: str) -> list[dict[str, str]]:
    """Return every column of a version as `{key, value}`."""
    return [{"key": label(name), "value": value(name, columns[name], currency)} for name in LABELS]


_Say = Callable[[str, Any, str], str]


def _say(what: str) -> _Say:
    if what in _CHOICES:
        return _choice
    if what.endswith("_minor"):
        return _money
    if what.endswith(("_bps", "_bps_per_year")):
        return _share
    if what.endswith("_days"):
        return _days
    return _OTHERS.get(what, _text)


def _choice(what: str, held: Any, _currency: str) -> str:  # noqa: ANN401
    return str(_CHOICES[what].get(held, held))


def _money(_what: str, held: Any, currency: str) -> str:  # noqa: ANN401
    return money_text(Money(held, currency))


def _share(_what: str, held: Any, _currency: str) -> str:  # noqa: ANN401
    return percent(Decimal(held) / 100)


def _days(_what: str, held: Any, _currency: str) -> str:  # noqa: ANN401
    return ngettext("%(num)s day", "%(num)s days", held)


def _yes(_what: str, held: Any, _currency: str) -> str:  # noqa: ANN401
    return _("Yes") if held else _("No")


def _portions(_what: str, held: Any, _currency: str) -> str:  # noqa: ANN401
    return " → ".join(str(term_words.PORTIONS[one]) for one in held)


def _documents(_what: str, held: Any, _currency: str) -> str:  # noqa: ANN401
    said = [str(application_words.DOCUMENTS.get(kind, kind)) for kind in held]
    return ", ".join(said) or _("none")


def _to_date(_what: str, held: Any, _currency: str) -> str:  # noqa: ANN401
    return str(term_words.DAY_COUNTS[held]) if held else _("As in the schedule")


def _text(_what: str, held: Any, _currency: str) -> str:  # noqa: ANN401
    return str(held)


_OTHERS: Final[dict[str, _Say]] = {
    "active": _yes,
    "collateral": _yes,
    "allocation_due": _portions,
    "allocation_in_advance": _portions,
    "documents": _documents,
    "interest_to_date": _to_date,
}
