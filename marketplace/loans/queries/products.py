"""What can be borrowed, the published table of grades, and how products became what they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.infra.database import column, row, rows
from marketplace.kernel.days import Period, Unit
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.loans.backtest import Past
from marketplace.loans.pricing import LoanTerms, terms_by
from marketplace.loans.rules import Limits


@dataclass(frozen=True, slots=True)
class Product:
    """A version of a loan product as people see it."""

    id: UUID
    code: str
    version: int
    currency: str
    name: str
    summary: str
    active: bool
    amount_min_minor: int
    amount_max_minor: int
    instalments_min: int
    instalments_max: int
    period_every: int
    period_unit: str
    method: str
    day_count: str
    rounding_mode: str
    calendar: str
    origination_fee_bps: int
    lender_fee_bps: int
    fraction_min_minor: int
    funding_min_bps: int
    funding_days: int
    offer_days: int
    reflection_days: int
    sign_days: int
    bill_lead_days: int
    late_fee_minor: int
    late_grace_days: int
    penalty_bps_per_year: int
    prepayment_fee_bps: int
    prepayment_fee_cap: str
    interest_to_date: str
    allocation_due: Sequence[str]
    allocation_in_advance: Sequence[str]
    allocation_mode: str
    documents: Sequence[str]
    collateral: bool
    ltv_max_bps: int
    haircut_bps: int
    exposure_max_minor: int
    draw_months: int | None
    draw_min_minor: int | None
    statement_day: int | None
    published_at: datetime | None

    @property
    def limits(self) -> Limits:
        """What may be asked for."""
        return Limits(
            Money(self.amount_min_minor, self.currency),
            Money(self.amount_max_minor, self.currency),
            self.instalments_min,
            self.instalments_max,
        )

    @property
    def fraction_min(self) -> Money:
        """The smallest part a lender can take."""
        return Money(self.fraction_min_minor, self.currency)

    @property
    def period(self) -> Period:
        """How often an instalment falls due."""
        return Period(self.period_every, Unit(self.period_unit))

    def terms(self, amount: Money, annual_rate: Decimal, instalments: int) -> LoanTerms:
        """Return the terms a loan of this product would have."""
        return terms_by(self, amount, annual_rate, instalments)


@dataclass(frozen=True, slots=True)
class Grade:
    """One line of the grade table; rates are shares a year."""

    grade: str
    rate_from: Decimal
    rate_to: Decimal
    loss_rate: Decimal

    @property
    def rate_middle(self) -> Decimal:
        """The middle of the band, for examples."""
        return (self.rate_from + self.rate_to) / 2


_COLUMNS = ", ".join(field.name for field in fields(Product))
# The one everybody knows comes first.
_ORDER = "ORDER BY code <> 'personal', name, currency"


def products(currency: str | None = None) -> list[Product]:
    """Return what can be borrowed now, the newest version of each, the personal loan first."""
    return rows(
        f"""
        SELECT * FROM (
            SELECT DISTINCT ON (code, currency) {_COLUMNS} FROM loan_product
            WHERE active AND (%(currency)s::text IS NULL OR currency = %(currency)s)
            ORDER BY code, currency, version DESC) newest {_ORDER}
        """,  # noqa: S608 - constants
        {"currency": currency},
        into=Product,
    )


def currencies() -> list[str]:
    """Return the currencies in which anything can be borrowed."""
    return column("SELECT DISTINCT currency FROM loan_product WHERE active ORDER BY currency")


def offered(code: str, currency: str) -> Product | None:
    """Return the version of a product that is offered now, if there is one."""
    found = [one for one in products(currency) if one.code == code]
    return found[0] if found else None


def product(product_id: UUID) -> Product:
    """Return one version, whether it is still offered or not."""
    found = row(
        f"SELECT {_COLUMNS} FROM loan_product WHERE id = %s",  # noqa: S608 - a constant
        (product_id,),
        into=Product,
    )
    if found is None:
        raise NotFound(str(product_id))
    return found


def grades(product_id: UUID) -> list[Grade]:
    """Return the grade table of a product, best first."""
    return rows(
        """
        SELECT grade, rate_from, rate_to, loss_rate FROM loan_grade
        WHERE product_id = %s ORDER BY grade
        """,
        (product_id,),
        into=Grade,
    )


@dataclass(frozen=True, slots=True)
class Shelf:
    """A product in the list of the staff: its newest version, and what is made of it."""

    product: Product
    loans: int
    waits: bool  # a proposal waits for a second person


def shelf() -> list[Shelf]:
    """Return every product, the newest version of each, offered or not."""
    newest = rows(
        f"""
        SELECT * FROM (
            SELECT DISTINCT ON (code, currency) {_COLUMNS} FROM loan_product
            ORDER BY code, currency, version DESC) newest {_ORDER}
        """,  # noqa: S608 - constants
        into=Product,
    )
    counted = {
        (one.code, one.currency): one
        for one in rows(
            """
            SELECT p.code, p.currency, count(l.id) AS loans,
                EXISTS (SELECT FROM loan_product_proposal o
                    JOIN loan_product b ON b.id = o.base_id WHERE o.state = 'proposed'
                    AND b.code = p.code AND b.currency = p.currency) AS waits
            FROM loan_product p
            LEFT JOIN loan l ON l.product_id = p.id AND l.state NOT IN ('draft', 'withdrawn')
            GROUP BY p.code, p.currency
            """,
            into=_Count,
        )
    }
    return [
        Shelf(one, counted[one.code, one.currency].loans, counted[one.code, one.currency].waits)
        for one in newest
    ]


@dataclass(frozen=True, slots=True)
class _Count:
    code: str
    currency: str
    loans: int
    waits: bool


def versions(code: str, currency: str) -> list[Product]:
    """Return all versions of a product, the newest first; one that never was is `NotFound`."""
    found = rows(
        f"""
        SELECT {_COLUMNS} FROM loan_product WHERE code = %s AND currency = %s
        ORDER BY version DESC
        """,  # noqa: S608 - a constant
        (code, currency),
        into=Product,
    )
    if not found:
        raise NotFound(f"{code} {currency}")
    return found


@dataclass(frozen=True, slots=True)
class GradeOf:
    """A grade with the version whose it is."""

    product_id: UUID
    grade: str
    rate_from: Decimal
    rate_to: Decimal
    loss_rate: Decimal


def grades_of(product_ids: Sequence[UUID]) -> dict[UUID, list[GradeOf]]:
    """Return the grade tables of many versions at once."""
    found: dict[UUID, list[GradeOf]] = {one: [] for one in product_ids}
    for line in rows(
        """
        SELECT product_id, grade, rate_from, rate_to, loss_rate FROM loan_grade
        WHERE product_id = ANY(%s) ORDER BY product_id, grade
        """,
        (list(product_ids),),
        into=GradeOf,
    ):
        found[line.product_id].append(line)
    return found


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version that somebody proposed, and what became of it."""

    id: UUID
    state: str
    code: str
    currency: str
    base_id: UUID
    columns: dict[str, Any]
    grades: dict[str, list[str]]
    note: str
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    product_id: UUID | None


_PROPOSAL = """
    SELECT id, state, code, currency, base_id, columns, grades, note, proposed_by, proposed_at,
        decided_by, decided_at, product_id FROM loan_product_proposal
"""


def proposals(code: str, currency: str) -> list[Proposal]:
    """Return what was proposed for a product, or as a new one like it, the newest first."""
    return rows(
        f"""
        {_PROPOSAL} WHERE code = %(code)s AND currency = %(currency)s
            OR base_id IN (SELECT id FROM loan_product
                WHERE code = %(code)s AND currency = %(currency)s)
        ORDER BY id DESC LIMIT 50
        """,  # noqa: S608 - a constant
        {"code": code, "currency": currency},
        into=Proposal,
    )


def proposal(proposal_id: UUID) -> Proposal:
    """Return one proposal."""
    found = row(f"{_PROPOSAL} WHERE id = %s", (proposal_id,), into=Proposal)
    if found is None:
        raise NotFound(str(proposal_id))
    return found


def past_loans(code: str, currency: str, since: datetime) -> list[Past]:
    """Return the loans of a product that were offered since then, as far as prices go."""
    return rows(
        """
        SELECT l.amount_minor, l.instalments, l.annual_rate, l.grade
        FROM loan l JOIN loan_product p ON p.id = l.product_id
        WHERE p.code = %s AND p.currency = %s AND l.offered_at >= %s AND l.annual_rate IS NOT NULL
        """,
        (code, currency, since),
        into=Past,
    )


def waiting() -> list[Proposal]:
    """Return the proposals that wait for a second person, the oldest first."""
    return rows(f"{_PROPOSAL} WHERE state = 'proposed' ORDER BY id", into=Proposal)
