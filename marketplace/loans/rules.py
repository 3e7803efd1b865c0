"""What may be asked, offered and lent: pure rules that return refusals, most useful first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

PURPOSES: Final = (
    "home",
    "energy",
    "vehicle",
    "education",
    "business",
    "equipment",
    "debt",
    "health",
    "family",
    "other",
)
EMPLOYMENTS: Final = ("employed", "self_employed", "civil_service", "retired", "student", "other")
HOUSINGS: Final = ("own", "rent", "family")

# What the first reviewer must have seen before a request may pass.
CHECKLIST: Final = ("identity", "income", "obligations", "purpose", "story")

DECLINE_CODES: Final = (
    "income_too_low",
    "obligations_too_high",
    "purpose_unclear",
    "facts_unverified",
    "identity_unverified",
    "outside_policy",
)

# Why a grade: +1 speaks for a better one, -1 for a worse one.
GRADE_REASONS: Final[dict[str, int]] = {
    "income_steady": 1,
    "burden_low": 1,
    "term_short": 1,
    "record_clean": 1,
    "home_owned": 1,
    "purpose_lasting": 1,
    "income_irregular": -1,
    "burden_high": -1,
    "term_long": -1,
    "record_short": -1,
    "amount_large": -1,
}

TITLE_LENGTH_MAX: Final = 80
STORY_LENGTH_MAX: Final = 2_000
NOTES_LENGTH_MAX: Final = 4_000
YEARS_MAX: Final = 70
FUNDING_CHECKOUT_MINUTES: Final = 45


@dataclass(frozen=True, slots=True)
class Limits:
    """What a product allows to be asked for."""

    amount_min: Money
    amount_max: Money
    instalments_min: int
    instalments_max: int


@dataclass(frozen=True, slots=True)
class Request:
    """What a borrower asks for, with the facts about the borrower."""

    amount: Money
    instalments: int
    purpose: str
    title: str
    story: str
    employment: str
    employed_years: int
    housing: str
    income: Money
    obligations: Money
    product: str = "personal"  # the code of a product


def request_refusals(asked: Request, limits: Limits) -> list[Refusal]:
    """Return everything that keeps `asked` from being sent in."""
    return [
        *product_refusals(asked.amount, asked.instalments, limits),
        *_word_refusals(asked),
        *_fact_refusals(asked),
    ]


def product_refusals(amount: Money, instalments: int, limits: Limits) -> list[Refusal]:
    """Return why a product does not allow so much, or over so many instalments."""
    found = []
    if amount.currency != limits.amount_min.currency:
        return [Refusal("loan_currency", "amount", currency=limits.amount_min.currency)]
    if not limits.amount_min <= amount <= limits.amount_max:
        found.append(
            Refusal(
                "loan_amount_outside",
                "amount",
                at_least=limits.amount_min,
                at_most=limits.amount_max,
            )
        )
    if not limits.instalments_min <= instalments <= limits.instalments_max:
        found.append(
            Refusal(
                "loan_term_outside",
                "instalments",
                at_least=limits.instalments_min,
                at_most=limits.instalments_max,
            )
        )
    return found


def _word_refusals(asked: Request) -> list[Refusal]:
    found = []
    if asked.purpose not in PURPOSES:
        found.append(Refusal("loan_purpose_missing", "purpose"))
    if not asked.title.strip():
        found.append(Refusal("loan_title_missing", "title"))
    if not asked.story.strip():
        found.append(Refusal("loan_story_missing", "story"))
    return found


def _fact_refusals(asked: Request) -> list[Refusal]:
    found = []
    if asked.employment not in EMPLOYMENTS:
        found.append(Refusal("loan_employment_missing", "employment"))
    if not 0 <= asked.employed_years <= YEARS_MAX:
        found.append(Refusal("loan_years_outside", "employed_years", at_most=YEARS_MAX))
    if asked.housing not in HOUSINGS:
        found.append(Refusal("loan_housing_missing", "housing"))
    if not asked.income.is_positive:
        found.append(Refusal("loan_income_missing", "income"))
    return found


def first_pass_refusals(checked: Sequence[str], notes: str) -> list[Refusal]:
    """Return why a first reviewer cannot pass a request yet."""
    found = []
    if not set(CHECKLIST) <= set(checked):
        found.append(Refusal("review_checklist_open", "checked"))
    if not notes.strip():
        found.append(Refusal("review_notes_missing", "notes"))
    return found


def decline_refusals(reason_code: str) -> list[Refusal]:
    """Return why a request cannot be declined like this."""
    return [] if reason_code in DECLINE_CODES else [Refusal("review_reason_missing", "reason_code")]


def reviewer_refusals(
    reviewer_id: UUID, borrower_id: UUID, first_reviewer_id: UUID | None
) -> list[Refusal]:
    """Return why this person may not decide: four eyes, and never one's own case."""
    if reviewer_id == borrower_id:
        return [Refusal("review_own_case")]
    if reviewer_id == first_reviewer_id:
        return [Refusal("review_same_person")]
    return []


def offer_refusals(
    annual_rate: Decimal, rate_from: Decimal, rate_to: Decimal, reasons: Sequence[str]
) -> list[Refusal]:
    """Return why an offer cannot be made at this rate with these reasons."""
    found = []
    if not rate_from <= annual_rate <= rate_to:
        found.append(
            Refusal(
                "offer_rate_outside",
                "rate",
                at_least=_as_percent(rate_from),
                at_most=_as_percent(rate_to),
            )
        )
    if not reasons or not set(reasons) <= set(GRADE_REASONS):
        found.append(Refusal("offer_reasons_missing", "reasons"))
    return found


@dataclass(frozen=True, slots=True)
class Room:
    """What can still be lent to a loan, and by when."""

    left: Money
    fraction_min: Money
    until: datetime
    borrower_id: UUID
    open: bool


def commitment_refusals(amount: Money, room: Room, lender_id: UUID, now: datetime) -> list[Refusal]:
    """Return why `lender_id` cannot lend `amount` now, with what can be lent instead."""
    if lender_id == room.borrower_id:
        return [Refusal("lend_to_self")]
    if not room.open or now >= room.until:
        return [Refusal("lend_closed")]
    if amount.currency != room.left.currency:
        return [Refusal("lend_currency", "amount", currency=room.left.currency)]
    return _size_refusals(amount, room)


def _size_refusals(amount: Money, room: Room) -> list[Refusal]:
    if room.left.is_zero:
        return [Refusal("lend_full")]
    if amount > room.left:
        return [Refusal("lend_too_much", "amount", left=room.left)]
    if amount < room.fraction_min:
        return [Refusal("lend_too_little", "amount", at_least=room.fraction_min)]
    return _crumb_refusals(amount, room)


def _crumb_refusals(amount: Money, room: Room) -> list[Refusal]:
    """Nobody could lend a rest below the smallest part, so none may be left over."""
    rest = room.left - amount
    if rest.is_zero or rest >= room.fraction_min:
        return []
    most = room.left - room.fraction_min
    if most < room.fraction_min:
        return [Refusal("lend_all_or_none", "amount", left=room.left)]
    return [Refusal("lend_leaves_crumb", "amount", at_most=most, left=room.left)]


def bill_day(due_on: date, lead_days: int) -> date:
    """Return the day on which the bill of an instalment is issued."""
    return due_on - timedelta(days=lead_days)


def burden_pct(income: Money, obligations: Money, instalment: Money) -> Decimal:
    """Return obligations and instalment as percent of income, whole percent, rounded half up."""
    if not income.is_positive:
        return Decimal(100)
    share = Decimal((obligations + instalment).minor) * 100 / income.minor
    return share.quantize(Decimal(1), "ROUND_HALF_UP")


def _as_percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}"
