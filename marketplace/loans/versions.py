"""Versions of a product: what may stand in one, and what one changed of the one before. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from marketplace.kernel.calendars import Calendar
from marketplace.kernel.days import DayCount, Unit
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.kernel.rates import BPS_WHOLE, Rounding
from marketplace.loans.pricing import GRADES
from marketplace.loans.schedule import Method
from marketplace.loans.terms import EU_CAP_BPS, FeeCap
from marketplace.loans.valuation import HAIRCUT_MAX_BPS
from marketplace.loans.waterfall import Mode, Portion

# What makes a product a credit line; None of a product that is a loan.
_LINE: Final = ("draw_months", "draw_min_minor", "statement_day")
# What a version holds besides its number: each a column of loan_product, in the order shown.
COLUMNS: Final = (
    *("name", "summary", "active"),
    *("amount_min_minor", "amount_max_minor", "exposure_max_minor"),
    *("instalments_min", "instalments_max", "period_every", "period_unit"),
    *("method", "day_count", "rounding_mode", "calendar"),
    *("origination_fee_bps", "lender_fee_bps"),
    *("late_fee_minor", "late_grace_days", "penalty_bps_per_year"),
    *("prepayment_fee_bps", "prepayment_fee_cap", "interest_to_date"),
    *("allocation_due", "allocation_in_advance", "allocation_mode"),
    *("fraction_min_minor", "funding_min_bps", "funding_days", "reflection_days"),
    *("offer_days", "sign_days", "bill_lead_days"),
    *("documents", "collateral", "ltv_max_bps", "haircut_bps"),
    *_LINE,
)

INSTALMENTS_MAX: Final = 600
AMOUNT_MAX_MINOR: Final = 1_000_000_000  # ten million: the product of two amounts is a bigint
NAME_LENGTH_MAX: Final = 60
SUMMARY_LENGTH_MAX: Final = 160
NOTE_LENGTH_MAX: Final = 1_000

# Whole numbers and the least and most each may be.
_SPANS: Final = {
    "period_every": (1, 12),
    "origination_fee_bps": (0, 2_000),
    "lender_fee_bps": (0, 5_000),
    "late_grace_days": (0, 60),
    "penalty_bps_per_year": (0, 10_000),
    "prepayment_fee_bps": (0, 10_000),
    "funding_min_bps": (1, 10_000),
    "funding_days": (1, 60),
    "reflection_days": (0, 30),
    "offer_days": (1, 60),
    "sign_days": (1, 60),
    "bill_lead_days": (0, 31),
    "ltv_max_bps": (0, BPS_WHOLE),
    "haircut_bps": (0, HAIRCUT_MAX_BPS),
}
_CHOICES: Final[dict[str, frozenset[str]]] = {
    "period_unit": frozenset({Unit.MONTHS, Unit.WEEKS}),
    "method": frozenset(Method),
    "day_count": frozenset(DayCount),
    "rounding_mode": frozenset(Rounding),
    "calendar": frozenset(Calendar),
    "prepayment_fee_cap": frozenset(FeeCap),
    "interest_to_date": frozenset({"", *DayCount}),
    "allocation_mode": frozenset(Mode),
}


@dataclass(frozen=True, slots=True)
class Band:
    """The rates a grade may have, and its published loss; shares a year."""

    rate_from: Decimal
    rate_to: Decimal
    loss_rate: Decimal


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one thing: a column, or a grade by its letter."""

    what: str
    before: Any
    after: Any


def version_refusals(
    columns: Mapping[str, Any], grades: Mapping[str, Band], currency: str
) -> list[Refusal]:
    """Return everything that keeps a version from being published."""
    return [
        *_word_refusals(columns),
        *_size_refusals(columns, currency),
        *_span_refusals(columns),
        *_rule_refusals(columns),
        *_line_refusals(columns, currency),
        *_grade_refusals(grades),
    ]


def changes(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    grades_before: Mapping[str, Band],
    grades_after: Mapping[str, Band],
) -> list[Change]:
    """Return what differs between two versions, in the order of `COLUMNS`, grades last."""
    found = [
        Change(name, before[name], after[name])
        for name in COLUMNS
        if _plain(before[name]) != _plain(after[name])
    ]
    return found + [
        Change(grade, grades_before.get(grade), grades_after.get(grade))
        for grade in GRADES
        if grades_before.get(grade) != grades_after.get(grade)
    ]


def _plain(value: Any) -> Any:  # noqa: ANN401 - a column of any kind
    return list(value) if isinstance(value, (list, tuple)) else value


def _word_refusals(columns: Mapping[str, Any]) -> Iterator[Refusal]:
    if not columns["name"].strip():
        yield Refusal("product_name_missing", "name")
    if not columns["summary"].strip():
        yield Refusal("product_summary_missing", "summary")


def _size_refusals(columns: Mapping[str, Any], currency: str) -> Iterator[Refusal]:
    least, most = columns["amount_min_minor"], columns["amount_max_minor"]
    cap = Money(AMOUNT_MAX_MINOR, currency)
    if not 1 <= least <= most:
        yield Refusal("product_amounts_crossed", "amount_max")
    for name in ("amount_max", "exposure_max"):
        if columns[f"{name}_minor"] > AMOUNT_MAX_MINOR:
            yield Refusal("product_amount_huge", name, at_most=cap)
    if columns["exposure_max_minor"] < most:
        yield Refusal("product_exposure_small", "exposure_max", at_least=Money(most, currency))
    if not 1 <= columns["fraction_min_minor"] <= max(least, 1):
        yield Refusal("product_fraction_outside", "fraction_min", at_most=Money(least, currency))
    if columns["late_fee_minor"] > most:
        yield Refusal("product_late_fee_huge", "late_fee", at_most=Money(most, currency))
    if not 1 <= columns["instalments_min"] <= columns["instalments_max"] <= INSTALMENTS_MAX:
        yield Refusal("product_terms_crossed", "instalments_max", at_most=INSTALMENTS_MAX)


def _span_refusals(columns: Mapping[str, Any]) -> Iterator[Refusal]:
    for name, (least, most) in _SPANS.items():
        if not least <= columns[name] <= most:
            bps = name.endswith(("_bps", "_bps_per_year"))
            low, high = (f"{least / 100:g}", f"{most / 100:g}") if bps else (least, most)
            yield Refusal("product_outside", name, at_least=low, at_most=high)
    for name, known in _CHOICES.items():
        if columns[name] not in known:
            yield Refusal("product_choice_missing", name)


def _rule_refusals(columns: Mapping[str, Any]) -> Iterator[Refusal]:
    for name in ("allocation_due", "allocation_in_advance"):
        if sorted(columns[name]) != sorted(Portion):
            yield Refusal("product_order_incomplete", name)
    if columns["collateral"] and not columns["ltv_max_bps"]:
        yield Refusal("product_ltv_missing", "ltv_max_bps")
    eu_capped = columns["prepayment_fee_cap"] == FeeCap.EU_CONSUMER
    if eu_capped and columns["prepayment_fee_bps"] > EU_CAP_BPS:
        yield Refusal("product_prepayment_above_eu", "prepayment_fee_bps")
    if columns["period_unit"] == Unit.WEEKS:
        days = 7 * columns["period_every"]
        if columns["bill_lead_days"] >= days:
            yield Refusal("product_bill_before_the_last", "bill_lead_days", days=days)


def _line_refusals(columns: Mapping[str, Any], currency: str) -> Iterator[Refusal]:
    """Yield what is wrong with a credit line: it has all that makes one, or nothing of it."""
    months, draw_min, day = (columns[name] or 0 for name in _LINE)
    if not (months or draw_min or day):
        return
    for name, given, most in (("draw_months", months, 60), ("statement_day", day, 28)):
        if not 1 <= given <= most:
            yield Refusal("product_outside", name, at_least=1, at_most=most)
    least, most = columns["fraction_min_minor"], columns["amount_min_minor"]
    if not least <= draw_min <= most:
        facts = {"at_least": Money(least, currency), "at_most": Money(most, currency)}
        yield Refusal("product_draw_outside", "draw_min", **facts)
    if columns["collateral"]:
        # A draw is listed without another review, so nobody would value what secures it.
        yield Refusal("product_line_secured", "collateral")


def _grade_refusals(grades: Mapping[str, Band]) -> Iterator[Refusal]:
    if not grades:
        yield Refusal("product_grades_missing")
    last = Decimal(0)
    for grade in GRADES:
        if (band := grades.get(grade)) is None:
            continue
        if not 0 <= band.rate_from <= band.rate_to <= 1:
            yield Refusal("product_band_crossed", f"rate_to_{grade}", grade=grade)
        elif band.rate_from < last:
            yield Refusal("product_band_cheaper", f"rate_from_{grade}", grade=grade)
        if not 0 <= band.loss_rate <= 1:
            yield Refusal("product_loss_outside", f"loss_{grade}", grade=grade)
        last = max(last, band.rate_from)


def stored_bands(grades: Mapping[str, Band]) -> dict[str, list[str]]:
    """Return a grade table as it is kept with a proposal: decimals as text."""
    return {
        grade: [str(band.rate_from), str(band.rate_to), str(band.loss_rate)]
        for grade, band in grades.items()
    }


def read_bands(stored: Mapping[str, Sequence[str]]) -> dict[str, Band]:
    """Return a grade table from where it was kept."""
    return {grade: Band(*(Decimal(text) for text in band)) for grade, band in stored.items()}
