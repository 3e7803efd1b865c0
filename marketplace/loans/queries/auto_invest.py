"""A lender's own rules for auto-invest, what they ordered, and what they left and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.matching import HAND_SHARE_BPS, Listing, Rule

PAGE_SIZE: Final = 20
LOOKED_BACK: Final = timedelta(days=90)
PAST_MAX: Final = 2_000
"""So many listings of the past a dry run looks at."""
_WHOLE_BPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class OwnRule:
    """One of my rules, with what it ordered so far. Terms as they were written down."""

    id: UUID
    lender_id: UUID
    name: str
    state: str
    currency: str
    grades: list[str]
    purposes: list[str]
    products: list[str]
    rate_min: Decimal
    term_max_months: int | None
    amount_minor: int
    borrower_max_minor: int | None
    grade_max_minor: int | None
    reserve_minor: int
    month_max_minor: int | None
    terms_hash: str
    created_at: datetime
    activated_at: datetime | None
    waiting_since: datetime | None
    ended_at: datetime | None
    orders: int
    ordered_minor: int

    @property
    def ref(self) -> str:
        """The public id."""
        return rule_ref(self.id)

    @property
    def amount(self) -> Money:
        """What is ordered of one loan, at most."""
        return Money(self.amount_minor, self.currency)

    @property
    def ordered(self) -> Money:
        """What was ordered so far, orders that came back included."""
        return Money(self.ordered_minor, self.currency)

    def money(self, minor: int) -> Money:
        """Return an amount of the rule's currency."""
        return Money(minor, self.currency)

    def as_rule(self) -> Rule:
        """Return the rule as it is matched."""
        return Rule(
            id=self.id,
            lender_id=self.lender_id,
            waiting_since=self.waiting_since or self.created_at,
            currency=self.currency,
            amount_minor=self.amount_minor,
            grades=self.grades,
            purposes=self.purposes,
            products=self.products,
            rate_min=self.rate_min,
            term_max_months=self.term_max_months,
            borrower_max_minor=self.borrower_max_minor,
            grade_max_minor=self.grade_max_minor,
            reserve_minor=self.reserve_minor,
            month_max_minor=self.month_max_minor,
        )


_RULE: Final = """
    SELECT r.id, r.lender_id, r.name, r.state, r.currency, r.grades, r.purposes, r.products,
        r.rate_min, r.term_max_months, r.amount_minor, r.borrower_max_minor, r.grade_max_minor,
        r.reserve_minor, r.month_max_minor, r.terms_hash, r.created_at, r.activated_at,
        r.waiting_since, r.ended_at, coalesce(o.orders, 0)::int AS orders,
        coalesce(o.minor, 0)::bigint AS ordered_minor
    FROM auto_invest_rule r LEFT JOIN LATERAL (
        SELECT count(*) AS orders, sum(amount_minor) AS minor FROM auto_invest_outcome
        WHERE rule_id = r.id AND outcome = 'ordered') o ON true
"""


def rule_ref(rule_id: UUID) -> str:
    """Return the public id of a rule."""
    return public_id("rule", rule_id)


def own_rules(lender_id: UUID) -> list[OwnRule]:
    """Return my rules, those that may still order first, then the newest first."""
    sql = _RULE + "WHERE r.lender_id = %s ORDER BY r.state = 'ended', r.id DESC LIMIT 50"
    return rows(sql, (lender_id,), into=OwnRule)


def own_rule(rule_id: UUID, lender_id: UUID) -> OwnRule:
    """Return my rule; anybody else's is `NotFound`."""
    sql = _RULE + "WHERE r.id = %s AND r.lender_id = %s"
    found = row(sql, (rule_id, lender_id), into=OwnRule)
    if found is None:
        raise NotFound(str(rule_id))
    return found


@dataclass(frozen=True, slots=True)
class PastListing:
    """A loan that was listed, as rules see it, and what of it a rule ordered, if it is asked."""

    id: UUID
    title: str
    borrower_id: UUID
    currency: str
    grade: str
    purpose: str
    product: str
    annual_rate: Decimal
    term_months: int
    amount_minor: int
    fraction_min_minor: int
    listed_at: datetime
    outcome: str | None
    ordered_minor: int | None
    commitment_id: UUID | None
    at: datetime | None

    @property
    def ref(self) -> str:
        """The loan's public id."""
        return public_id("ln", self.id)

    @property
    def month(self) -> str:
        """The month in which it was listed, UTC."""
        return f"{self.listed_at.astimezone(UTC):%Y-%m}"

    @property
    def as_listing(self) -> Listing:
        """Return it as it stood when it was new: nothing lent, a part kept for people's hands."""
        room = self.amount_minor * (_WHOLE_BPS - HAND_SHARE_BPS) // _WHOLE_BPS
        return Listing(
            id=self.id,
            borrower_id=self.borrower_id,
            currency=self.currency,
            grade=self.grade,
            purpose=self.purpose,
            product=self.product,
            annual_rate=self.annual_rate,
            term_months=self.term_months,
            left_minor=self.amount_minor,
            room_minor=room,
            fraction_min_minor=self.fraction_min_minor,
        )


_PAST: Final = """
    SELECT l.id, l.title, l.borrower_id, l.currency, l.grade, l.purpose, p.code AS product,
        l.annual_rate, l.term_months, l.amount_minor, l.fraction_min_minor, l.listed_at,
        o.outcome, o.amount_minor AS ordered_minor, o.commitment_id, o.at
    FROM loan l JOIN loan_product p ON p.id = l.product_id
    LEFT JOIN auto_invest_outcome o ON o.loan_id = l.id AND o.rule_id = %(rule)s
"""


def listed_lately(rule: OwnRule, *, now: datetime) -> list[PastListing]:
    """Return what was listed in the rule's currency in the last ninety days, the oldest first."""
    sql = (
        _PAST
        + """
        WHERE l.listed_at IS NOT NULL AND l.listed_at > %(since)s AND l.listed_at <= %(now)s
          AND l.currency = %(currency)s ORDER BY l.listed_at DESC, l.id DESC LIMIT %(limit)s
    """
    )
    facts = {"rule": None, "since": now - LOOKED_BACK, "now": now, "currency": rule.currency}
    return rows(sql, {**facts, "limit": PAST_MAX}, into=PastListing)[::-1]


def seen_by(
    rule: OwnRule,
    *,
    now: datetime,
    before: tuple[datetime, UUID] | None = None,
    limit: int = PAGE_SIZE,
) -> list[PastListing]:
    """Return what was open to orders while a rule was on, the newest first; each once.

    That is what was listed since, and what the rule was tried on although it was listed before.
    """
    if rule.activated_at is None:
        return []
    at, loan_id = before or (None, None)
    sql = (
        _PAST
        + """
        WHERE l.listed_at IS NOT NULL AND l.currency = %(currency)s
          AND l.listed_at <= %(until)s AND (l.listed_at >= %(since)s OR o.loan_id IS NOT NULL)
          AND (%(at)s::timestamptz IS NULL OR (l.listed_at, l.id) < (%(at)s, %(loan)s::uuid))
        ORDER BY l.listed_at DESC, l.id DESC LIMIT %(limit)s
    """
    )
    facts: dict[str, Any] = {
        "rule": rule.id,
        "currency": rule.currency,
        "since": rule.activated_at,
        "until": rule.ended_at or now,
        "at": at,
        "loan": loan_id,
        "limit": limit,
    }
    return rows(sql, facts, into=PastListing)


@dataclass(frozen=True, slots=True)
class Fired:
    """The rule that placed an order."""

    rule_id: UUID
    name: str

    @property
    def ref(self) -> str:
        """The rule's public id."""
        return rule_ref(self.rule_id)


def fired(commitment_id: UUID) -> Fired | None:
    """Return the rule by which an order was placed; None for one placed by hand."""
    return row(
        """
        SELECT o.rule_id, r.name
        FROM auto_invest_outcome o JOIN auto_invest_rule r ON r.id = o.rule_id
        WHERE o.commitment_id = %s AND o.outcome = 'ordered'
        """,
        (commitment_id,),
        into=Fired,
    )
