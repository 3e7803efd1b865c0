"""What two reviewers need before they decide, and what they may offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans.rules import (
    CHECKLIST,
    Limits,
    first_pass_refusals,
    offer_refusals,
)

# What borrowers are promised, for each stage.
PROMISED: Final = timedelta(days=2)
# How long a case stays with whoever took it.
CLAIM_FOR: Final = timedelta(hours=4)

# What must be ticked besides, where the score refers the case or speaks against it.
REFERRED, OVERRULED = "referred", "overruled"

# Why an offer is another than what was asked for: the borrower reads it.
COUNTER_CODES: Final = ("burden", "amount", "term", "collateral")


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies on a reviewer's desk: the risk report, as far as there is one."""

    report_id: UUID | None
    outcome: str | None
    grade: str | None
    is_waiting: bool
    is_fresh: bool

    @property
    def is_ready(self) -> bool:
        """Whether the case can be decided on."""
        return self.report_id is not None and self.is_fresh


NO_REPORT: Final = Desk(None, None, None, is_waiting=False, is_fresh=False)


def report_refusals(desk: Desk) -> list[Refusal]:
    """Return why nobody can pass this case yet: no report, none any more, or one that waits."""
    if desk.is_ready:
        return []
    if desk.is_waiting:
        return [Refusal("review_report_waits")]
    return [Refusal("review_report_stale" if desk.report_id else "review_report_missing")]


def checks_needed(outcome: str | None) -> tuple[str, ...]:
    """Return what the first reviewer must have seen, given what the score says."""
    return {
        "refer": (*CHECKLIST, REFERRED),
        "decline": (*CHECKLIST, REFERRED, OVERRULED),
    }.get(outcome or "", CHECKLIST)


def pass_refusals(checked: Sequence[str], notes: str, desk: Desk) -> list[Refusal]:
    """Return why a first reviewer cannot pass a request on yet."""
    found = [*report_refusals(desk), *first_pass_refusals(checked, notes)]
    if not found and not set(checks_needed(desk.outcome)) <= set(checked):
        found.append(Refusal("review_referral_open", "checked"))
    return found


@dataclass(frozen=True, slots=True)
class Wished:
    """What the borrower has asked for, and the product it was asked under."""

    amount: Money
    instalments: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class Offer:
    """What a second reviewer offers. The amount or the instalments may be others than asked."""

    grade: str
    annual_rate: Decimal
    amount: Money
    instalments: int
    reasons: Sequence[str]
    deviation: str = ""
    counter_code: str | None = None

    def differs(self, wished: Wished) -> bool:
        """Whether it is a counter-offer."""
        return (self.amount, self.instalments) != (wished.amount, wished.instalments)


def made_offer_refusals(
    offer: Offer, wished: Wished, desk: Desk, rate_from: Decimal, rate_to: Decimal
) -> list[Refusal]:
    """Return why this offer cannot be made: to the second reviewer, whatever is wrong at once."""
    found = [
        *report_refusals(desk),
        *offer_refusals(offer.annual_rate, rate_from, rate_to, offer.reasons),
        *_counter_refusals(offer, wished),
    ]
    if offer.grade != desk.grade and not offer.deviation.strip():
        found.append(Refusal("offer_deviation_missing", "deviation", grade=desk.grade or "-"))
    return found


def _counter_refusals(offer: Offer, wished: Wished) -> list[Refusal]:
    found = []
    limits = wished.limits
    at_least = min(limits.amount_min, wished.amount)
    if not at_least <= offer.amount <= wished.amount:
        found.append(
            Refusal("offer_amount_outside", "amount", at_least=at_least, at_most=wished.amount)
        )
    if not limits.instalments_min <= offer.instalments <= limits.instalments_max:
        found.append(
            Refusal(
                "offer_instalments_outside",
                "instalments",
                at_least=limits.instalments_min,
                at_most=limits.instalments_max,
            )
        )
    if offer.differs(wished) and offer.counter_code not in COUNTER_CODES:
        found.append(Refusal("offer_counter_code_missing", "counter_code"))
    return found


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works on a case, and until when nobody else may."""

    person_id: UUID
    name: str
    until: datetime

    def holds(self, now: datetime) -> bool:
        """Whether it still holds."""
        return now < self.until


def claim_refusals(claim: Claim | None, person_id: UUID, now: datetime) -> list[Refusal]:
    """Return why this person may not work on the case now: a colleague does."""
    if claim is None or claim.person_id == person_id or not claim.holds(now):
        return []
    return [Refusal("review_claimed", name=claim.name)]


@dataclass(frozen=True, slots=True)
class Change:
    """What one fact of a case was, and what it is. None: it was not there, or is no more."""

    field: str
    before: Any
    after: Any


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return what differs between two snapshots of a case, in the order of the later one."""
    names = [*after, *(name for name in before if name not in after)]
    return [
        Change(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]
