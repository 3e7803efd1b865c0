"""What auto-invest is matched from: rules that wait, listings with room, what lenders have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.ledger import queries as ledger
from marketplace.loans.funding import held_until
from marketplace.loans.matching import Listing, Means, Rule, room
from marketplace.loans.queries import open_shares, wallet_age

_RULES = """
    SELECT id, lender_id, waiting_since, currency, amount_minor, grades, purposes, products,
        rate_min, term_max_months, borrower_max_minor, grade_max_minor, reserve_minor,
        month_max_minor
    FROM auto_invest_rule
"""


def waiting_rules() -> list[Rule]:
    """Return all rules that may order."""
    return rows(_RULES + "WHERE state = 'active'", into=Rule)


def waiting_rule(rule_id: UUID) -> Rule | None:
    """Return a rule that may order, locked until the command's end; None if it may not."""
    sql = _RULES + "WHERE id = %s AND state = 'active' FOR NO KEY UPDATE"
    return row(sql, (rule_id,), into=Rule)


@dataclass(frozen=True, slots=True)
class _ListingRow:
    id: UUID
    borrower_id: UUID
    currency: str
    grade: str
    purpose: str
    product: str
    annual_rate: Decimal
    term_months: int
    amount_minor: int
    left_minor: int
    fraction_min_minor: int
    listed_at: datetime
    funding_until: datetime
    reflection_days: int
    sign_days: int
    auto_minor: int

    def as_listing(self, now: datetime) -> Listing:
        age = now - self.listed_at
        return Listing(
            id=self.id,
            borrower_id=self.borrower_id,
            currency=self.currency,
            grade=self.grade,
            purpose=self.purpose,
            product=self.product,
            annual_rate=self.annual_rate,
            term_months=self.term_months,
            left_minor=self.left_minor,
            room_minor=room(self.amount_minor, self.left_minor, self.auto_minor, age),
            fraction_min_minor=self.fraction_min_minor,
            held_until=held_until(self.funding_until, self.reflection_days, self.sign_days),
        )


_LISTINGS = """
    SELECT l.id, l.borrower_id, l.currency, l.grade, l.purpose, p.code AS product, l.annual_rate,
        l.term_months, l.amount_minor, l.amount_minor - l.committed_minor AS left_minor,
        l.fraction_min_minor, l.listed_at, l.funding_until, l.reflection_days, l.sign_days,
        coalesce(auto.minor, 0) AS auto_minor
    FROM loan l JOIN loan_product p ON p.id = l.product_id
    LEFT JOIN LATERAL (
        SELECT sum(o.amount_minor)::bigint AS minor
        FROM auto_invest_outcome o JOIN commitment c ON c.id = o.commitment_id
        WHERE o.loan_id = l.id AND o.outcome = 'ordered'
          AND c.state IN ('awaiting_payment', 'in_reflection', 'reserved')
    ) auto ON true
    WHERE l.state = 'listed' AND l.funding_until > %(now)s AND l.committed_minor < l.amount_minor
      AND (%(loan)s::uuid IS NULL OR l.id = %(loan)s)
    ORDER BY l.listed_at, l.id
"""


def open_listings(now: datetime, loan_id: UUID | None = None) -> list[Listing]:
    """Return the listings that take money, the oldest first; or the one asked for."""
    found = rows(_LISTINGS, {"now": now, "loan": loan_id}, into=_ListingRow)
    return [one.as_listing(now) for one in found]


@dataclass(frozen=True, slots=True)
class _AtWork:
    lender_id: UUID
    borrower_id: UUID
    grade: str
    minor: int


_AT_WORK = f"""
    SELECT lender_id, borrower_id, grade, sum(minor)::bigint AS minor FROM (
        SELECT n.lender_id, l.borrower_id, l.grade,
            {open_shares.OUTSTANDING} AS minor
        FROM note n JOIN loan l ON l.id = n.loan_id
        WHERE n.lender_id = ANY(%(lenders)s) AND n.currency = %(currency)s
          AND n.principal_back_minor < n.principal_minor
        UNION ALL
        SELECT c.lender_id, l.borrower_id, l.grade, c.amount_minor
        FROM commitment c JOIN loan l ON l.id = c.loan_id
        WHERE c.lender_id = ANY(%(lenders)s) AND c.currency = %(currency)s
          AND c.state IN ('awaiting_payment', 'in_reflection', 'reserved')
    ) parts GROUP BY lender_id, borrower_id, grade
"""  # noqa: S608 - our own constant


@dataclass(frozen=True, slots=True)
class _Month:
    rule_id: UUID
    minor: int


_MONTH = """
    SELECT o.rule_id, sum(o.amount_minor)::bigint AS minor FROM auto_invest_outcome o
    WHERE o.rule_id = ANY(%(rules)s) AND o.outcome = 'ordered' AND o.at >= %(first)s GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class _Served:
    lender_id: UUID
    loan_id: UUID


_SERVED = """
    SELECT lender_id, loan_id FROM auto_invest_outcome
    WHERE loan_id = ANY(%s) AND outcome = 'ordered'
"""


def means(
    rules: Sequence[Rule], listings: Sequence[Listing], currency: str, now: datetime
) -> Means:
    """Return what the lenders of `rules` have in `currency`, as far as their rules ask for it."""
    capped = {rule.lender_id for rule in rules if rule.borrower_max_minor or rule.grade_max_minor}
    with_borrower: dict[tuple[UUID, UUID], int] = {}
    in_grade: dict[tuple[UUID, str], int] = {}
    facts = {"lenders": list(capped), "currency": currency}
    for one in rows(_AT_WORK, facts, into=_AtWork) if capped else ():
        borrower, grade = (one.lender_id, one.borrower_id), (one.lender_id, one.grade)
        with_borrower[borrower] = with_borrower.get(borrower, 0) + one.minor
        in_grade[grade] = in_grade.get(grade, 0) + one.minor
    lenders = sorted({rule.lender_id for rule in rules})
    held = ledger.balances_of("person:wallet", lenders, currency)
    served = rows(_SERVED, ([listing.id for listing in listings],), into=_Served)
    return Means(
        wallets={lender: balance.available_minor for lender, balance in held.items()},
        leaves=wallet_age.oldest_of(lenders, currency),
        month={one.rule_id: one.minor for one in _months(rules, now)},
        with_borrower=with_borrower,
        in_grade=in_grade,
        served=frozenset((one.lender_id, one.loan_id) for one in served),
    )


def _months(rules: Sequence[Rule], now: datetime) -> list[_Month]:
    limited = [rule.id for rule in rules if rule.month_max_minor is not None]
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return rows(_MONTH, {"rules": limited, "first": first}, into=_Month) if limited else []
