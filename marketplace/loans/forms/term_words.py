"""Terms as people say them: how long, how often, by which method; nothing assumes months."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from marketplace.kernel.days import Period, Unit
from marketplace.loans.schedule import Method
from marketplace.web.locale import _, _l, ngettext

if TYPE_CHECKING:
    from marketplace.loans.forms.words import Words

_QUARTER: Final = Period(3, Unit.MONTHS)


class HasTerm(Protocol):
    """Whatever knows how many periods it runs, and how long one is."""

    @property
    def instalments(self) -> int:
        """How many periods."""

    @property
    def period(self) -> Period:
        """How long one is."""


def term(one: HasTerm) -> str:
    """Return how long a loan runs: 12 months, 26 weeks."""
    return length(one.instalments, one.period)


def length(instalments: int, period: Period) -> str:
    """Return what so many periods come to, in the unit they are counted in."""
    count = instalments * period.every
    if period.unit is Unit.WEEKS:
        return ngettext("%(num)s week", "%(num)s weeks", count)
    return ngettext("%(num)s month", "%(num)s months", count)


def rhythm(period: Period, method: str = "") -> str:
    """Return how often it is paid: every month, every week, every 3 months, once at the end."""
    if method == Method.BULLET:
        return _("once, at the end")
    if period.unit is Unit.WEEKS:
        return ngettext("every week", "every %(num)s weeks", period.every)
    return ngettext("every month", "every %(num)s months", period.every)


def payments(instalments: int, method: str) -> int:
    """Return how many payments there will be: a bullet loan has one, however long it runs."""
    return 1 if method == Method.BULLET else instalments


def instalment_label(period: Period, method: str = "") -> str:
    """Return what an instalment is called beside its amount."""
    if method == Method.BULLET:
        return _("Paid back at the end")
    if period == _QUARTER:
        return _("Instalment each quarter")
    if period.unit is Unit.WEEKS:
        return ngettext("Instalment each week", "Instalment every %(num)s weeks", period.every)
    return ngettext("Instalment each month", "Instalment every %(num)s months", period.every)


def comes_back(instalments: int, period: Period, method: str) -> str:
    """Return when a lender's money comes back, for the label beside one part of it."""
    if method == Method.BULLET:
        return _("Comes back at the end, about")
    if method in {Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY}:
        return _("Comes back with the first of %(times)s instalments, about", times=instalments)
    if period.unit is Unit.WEEKS:
        return ngettext(
            "Comes back each week, about, %(times)s times",
            "Comes back every %(num)s weeks, about, %(times)s times",
            period.every,
            times=instalments,
        )
    return ngettext(
        "Comes back each month, about, %(times)s times",
        "Comes back every %(num)s months, about, %(times)s times",
        period.every,
        times=instalments,
    )


METHODS: Final[Words] = {
    "equal_instalment": _l("Equal instalments"),
    "equal_principal": _l("Equal repayments, falling interest"),
    "interest_only": _l("Interest only, repaid at the end"),
    "bullet": _l("Everything at the end"),
    "flat": _l("Flat: interest on the first amount"),
}

METHOD_HINTS: Final[Words] = {
    "equal_instalment": _l("The same amount each time; the part that repays grows."),
    "equal_principal": _l("The same part is repaid each time; the interest on the rest falls."),
    "interest_only": _l("Interest each time, the whole loan with the last payment."),
    "bullet": _l("One payment: the loan and all its interest."),
    "flat": _l(
        "Interest on the whole loan in every period, however much is repaid. "
        "The APR is about twice the rate."
    ),
}

DAY_COUNTS: Final[Words] = {
    "EQUAL_PERIOD": _l("Equal periods: a month is a twelfth of a year"),
    "ACT/365F": _l("Real days over 365"),
    "ACT/360": _l("Real days over 360"),
    "ACT/ACT ISDA": _l("Real days over 365 or 366"),
    "30E/360": _l("Months of 30 days over 360"),
}

ROUNDINGS: Final[Words] = {
    "HALF_UP": _l("Half a unit up"),
    "HALF_DOWN": _l("Half a unit down"),
    "HALF_EVEN": _l("Half a unit to the even one"),
    "UP": _l("Always up"),
    "DOWN": _l("Always down"),
    "CEILING": _l("Towards more"),
    "FLOOR": _l("Towards less"),
}

CALENDARS: Final[Words] = {
    "": _l("None: every day is a day to pay"),
    "TARGET": _l("Euro payments (TARGET)"),
    "US": _l("United States, federal holidays"),
    "GB": _l("England and Wales, bank holidays"),
    "CN": _l("China"),
    "HK": _l("Hong Kong"),
}

UNITS: Final[Words] = {"MONTHS": _l("Months"), "WEEKS": _l("Weeks")}

FEE_CAPS: Final[Words] = {
    "interest_saved": _l("Never more than the interest saved"),
    "eu_consumer": _l("EU consumer credit: 1 %, in the last year 0.5 %, never more than saved"),
    "none": _l("None"),
}

PORTIONS: Final[Words] = {
    "penalty": _l("Penalty"),
    "fee": _l("Fees"),
    "interest": _l("Interest"),
    "principal": _l("Principal"),
}

MODES: Final[Words] = {
    "instalment_first": _l("Finish the oldest instalment first"),
    "portion_first": _l("Each portion across all that is due"),
}
