"""What a loan agreement says: the terms in words, the figures, the tables. Pure.

The terms are what every lender is shown and agrees to; the particulars follow from how much was
lent, and when. Words are in the language of the template, not in the reader's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from marketplace.contracts.wording import Template, read, terms_hash
from marketplace.infra.pdf import Block, Column, Facts, NewPage, Table
from marketplace.kernel.days import Period, Unit
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.pricing import LoanTerms, Quote, quote, terms_by

_WORDINGS: Final = Path(__file__).with_name("wordings")
CURRENT: Final = "loan.en.1"


@cache
def template(name: str = CURRENT) -> Template:
    """Return a text of ours."""
    return read((_WORDINGS / f"{name}.txt").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Agreed:
    """The terms of a loan as they stand since its offer was accepted."""

    id: UUID
    borrower_id: UUID
    borrower_name: str
    state: str
    purpose: str
    title: str
    amount_minor: int
    asked_minor: int
    least_minor: int | None
    currency: str
    annual_rate: Decimal
    instalments: int
    method: str
    day_count: str
    rounding_mode: str
    period_every: int
    period_unit: str
    calendar: str
    origination_fee_bps: int
    lender_fee_bps: int
    late_fee_minor: int
    late_grace_days: int
    penalty_bps_per_year: int
    prepayment_fee_bps: int
    prepayment_fee_cap: str
    allocation_due: list[str]
    allocation_in_advance: list[str]
    allocation_mode: str
    reflection_days: int
    sign_days: int

    @property
    def amount(self) -> Money:
        """What is lent."""
        return Money(self.amount_minor, self.currency)

    @property
    def period(self) -> Period:
        """How often an instalment falls due."""
        return Period(self.period_every, Unit(self.period_unit))

    @property
    def terms(self) -> LoanTerms:
        """What the schedule follows from."""
        return terms_by(self, self.amount, self.annual_rate, self.instalments)


@dataclass(frozen=True, slots=True)
class Lent:
    """One lender's part. `name` is masked where the parties do not know each other yet."""

    ref: str
    name: str
    part: Money
    agreed: str


def terms_values(loan: Agreed) -> dict[str, str]:
    """Return the terms in words: what a lender agrees to before anybody knows who lends."""
    return {
        "loan": public_id("ln", loan.id),
        "purpose": _PURPOSES.get(loan.purpose, loan.purpose),
        "asked": money_words(Money(loan.asked_minor, loan.currency)),
        "least": _least(loan),
        "rate": _percent(loan.annual_rate * 100),
        "instalments": _instalments(loan),
        "method": _METHODS[loan.method],
        "day_count": loan.day_count,
        "rounding": _ROUNDINGS[loan.rounding_mode],
        "calendar": _CALENDAR.format(loan.calendar) if loan.calendar else _NO_CALENDAR,
        "origination_fee": f"{_bps(loan.origination_fee_bps)} of it",
        "lender_fee": _lender_fee(loan.lender_fee_bps),
        "late_fee": _late_fee(loan),
        "penalty": _penalty(loan.penalty_bps_per_year),
        "prepayment": _prepayment(loan),
        "order_due": ", then ".join(_PORTIONS[each] for each in loan.allocation_due),
        "order_in_advance": ", then ".join(_PORTIONS[each] for each in loan.allocation_in_advance),
        "order_mode": _MODES[loan.allocation_mode],
        "reflection_days": str(loan.reflection_days),
        "sign_days": str(loan.sign_days),
    }


def shown_hash(loan: Agreed) -> str:
    """Return what stands for the terms a lender is shown: the same as long as they are the same."""
    return terms_hash(template(), terms_values(loan))


def particulars(loan: Agreed, on: date, *, number: str, platform: str) -> dict[str, str]:
    """Return what comes with the terms once it is known how much is lent."""
    cost = quote(loan.terms, on)
    return {
        "number": number,
        "platform": platform,
        "apr_us": _percent_or_none(cost.apr_pct),
        "apr_eu": _percent_or_none(cost.apr_eu_pct),
    }


def tables(
    loan: Agreed, on: date, lenders: Sequence[Lent], *, borrower: str, platform: str
) -> Mapping[str, Sequence[Block]]:
    """Return the tables of an agreement as if it were paid out on that day."""
    cost = quote(loan.terms, on)
    return {
        "parties": [
            Facts([("Borrower", borrower), ("Lenders", _count(lenders)), ("Agent", platform)])
        ],
        "loan": [Facts(_figures(loan, cost))],
        "lenders": [_lenders(lenders, loan)],
        "schedule": [_schedule(cost, on)],
        "signature_page": [NewPage()],
        "hands": [Facts([("Borrower", borrower), ("Agent of both", platform)])],
    }


def _figures(loan: Agreed, cost: Quote) -> list[tuple[str, str]]:
    return [
        ("Loan", public_id("ln", loan.id)),
        ("Lent", money_words(loan.amount)),
        ("Arrangement fee", money_words(cost.fee)),
        ("Paid out to the borrower", money_words(cost.paid_out)),
        ("Interest over the whole term", money_words(cost.interest)),
        ("To be repaid in all", money_words(cost.total)),
    ]


def _lenders(lenders: Sequence[Lent], loan: Agreed) -> Block:
    columns = [
        Column("Lender", 2.4),
        Column("Part", 1.2, figures=True),
        Column("Agreed", 2),
        Column("Reference", 2.6),
    ]
    rows = [[each.name, money_words(each.part), each.agreed, each.ref] for each in lenders]
    return Table(columns, rows, ["All", money_words(loan.amount), "", ""] if rows else None)


def _schedule(cost: Quote, on: date) -> Block:
    columns = [
        Column("No.", 0.6, figures=True),
        Column(f"Due, if paid out on {on.isoformat()}", 1.8),
        *(Column(name, 1.2, figures=True) for name in ("Principal", "Interest", "Instalment")),
        Column("Owed after", 1.3, figures=True),
    ]
    rows = [
        [
            str(row.n),
            row.due.isoformat(),
            *(_plain(each) for each in (row.principal, row.interest, row.total, row.outstanding)),
        ]
        for row in cost.rows
    ]
    lent = cost.total - cost.interest
    totals = ["", "All", *(_plain(each) for each in (lent, cost.interest, cost.total)), ""]
    return Table(columns, rows, totals)


def money_words(amount: Money) -> str:
    """Return `EUR 1,000.00`."""
    return f"{amount.currency} {_plain(amount)}"


def _plain(amount: Money) -> str:
    return f"{amount.decimal():,f}"


def _percent(value: Decimal) -> str:
    return f"{value:.2f} %"


def _percent_or_none(value: Decimal | None) -> str:
    return "no rate" if value is None else _percent(value)


def _bps(value: int) -> str:
    return _percent(Decimal(value) / 100)


def _count(lenders: Sequence[Lent]) -> str:
    people = len({each.name for each in lenders}) if lenders else 0
    return f"{people}, named in clause 2" if people else "those whose parts fund the loan"


def _least(loan: Agreed) -> str:
    if loan.least_minor is None or loan.least_minor >= loan.asked_minor:
        return "It is lent in full or not at all."
    least = money_words(Money(loan.least_minor, loan.currency))
    return f"The borrower also takes less, at least {least}, if no more is lent in time."


def _instalments(loan: Agreed) -> str:
    unit = _UNITS[loan.period_unit, loan.period_every == 1].format(loan.period_every)
    return f"{loan.instalments} instalment{'s' if loan.instalments > 1 else ''}, {unit}"


def _lender_fee(bps: int) -> str:
    return f"{_bps(bps)} of the interest and penalty interest they receive" if bps else "nothing"


def _late_fee(loan: Agreed) -> str:
    if not loan.late_fee_minor:
        return "No fee is charged for an instalment that comes late."
    fee = money_words(Money(loan.late_fee_minor, loan.currency))
    return (
        f"An instalment that is not paid within {loan.late_grace_days} days of its due day costs"
        f" a late fee of {fee}, once."
    )


def _penalty(bps: int) -> str:
    if not bps:
        return "No penalty interest is charged."
    return (
        f"Overdue principal and interest bear simple penalty interest of {_bps(bps)} a year"
        " (ACT/365F) from the day after the due day."
    )


def _prepayment(loan: Agreed) -> str:
    if not loan.prepayment_fee_bps:
        return "Paying early costs nothing."
    fee, cap = _bps(loan.prepayment_fee_bps), _CAPS[loan.prepayment_fee_cap]
    return f"It costs {fee} of what is repaid early{cap}."


_PURPOSES: Final = {
    "home": "home improvement",
    "energy": "saving energy",
    "vehicle": "a vehicle",
    "education": "education",
    "business": "business",
    "equipment": "tools and equipment",
    "debt": "replacing dearer debt",
    "health": "health",
    "family": "family",
    "other": "another purpose",
}
_METHODS: Final = {
    "equal_instalment": "equal instalments of interest and a growing part of principal",
    "equal_principal": "equal parts of principal, with interest on what is still owed",
    "interest_only": "interest each period, and the whole principal with the last instalment",
    "bullet": "principal and interest at once, at the end",
    "flat": "equal parts of principal, with interest on the original amount each period",
}
_ROUNDINGS: Final = {
    "HALF_UP": "halves upwards",
    "HALF_DOWN": "halves downwards",
    "HALF_EVEN": "halves to the even unit",
    "UP": "upwards",
    "DOWN": "downwards",
    "CEILING": "upwards",
    "FLOOR": "downwards",
}
_UNITS: Final[Mapping[tuple[str, bool], str]] = {
    ("MONTHS", True): "one each month",
    ("MONTHS", False): "one every {} months",
    ("WEEKS", True): "one each week",
    ("WEEKS", False): "one every {} weeks",
}
_PORTIONS: Final = {
    "penalty": "penalty interest",
    "fee": "fees",
    "interest": "interest",
    "principal": "principal",
}
_MODES: Final = {
    "instalment_first": "The oldest instalment is settled whole before the next one.",
    "portion_first": "Each kind is settled over all instalments before the next kind.",
}
_CALENDAR: Final = (
    "A due day that is no business day ({}) moves to the next one; the amounts stay the same."
)
_NO_CALENDAR: Final = "Due days are not moved for holidays."
_CAPS: Final[Mapping[str, Any]] = {
    "none": "",
    "interest_saved": ", and never more than the interest saved by it",
    "eu_consumer": (
        ", at most 1 % of it (0.5 % if a year or less of the term is left), and never more than"
        " the interest saved by it"
    ),
}
