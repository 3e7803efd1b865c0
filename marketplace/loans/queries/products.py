"""What can be borrowed, and the published table of grades."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.days import Period, Unit
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.loans.rules import Limits


@dataclass(frozen=True, slots=True)
class Product:
    """A loan product as people see it."""

    id: UUID
    code: str
    currency: str
    name: str
    amount_min_minor: int
    amount_max_minor: int
    instalments_min: int
    instalments_max: int
    origination_fee_bps: int
    lender_fee_bps: int
    fraction_min_minor: int
    funding_days: int
    offer_days: int
    bill_lead_days: int
    method: str
    day_count: str
    rounding_mode: str
    period_every: int
    period_unit: str

    @property
    def period(self) -> Period:
        """How often an instalment falls due."""
        return Period(self.period_every, Unit(self.period_unit))

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


_COLUMNS = """
    id, code, currency, name, amount_min_minor, amount_max_minor, instalments_min,
    instalments_max, origination_fee_bps, lender_fee_bps, fraction_min_minor, funding_days,
    offer_days, bill_lead_days, method, day_count, rounding_mode,
    period_every, period_unit
"""


def products() -> list[Product]:
    """Return what can be borrowed now, the newest version of each, by currency."""
    return rows(
        f"""
        SELECT DISTINCT ON (code, currency) {_COLUMNS} FROM loan_product
        WHERE active ORDER BY code, currency, version DESC
        """,  # noqa: S608 - a constant
        into=Product,
    )


def product(product_id: UUID) -> Product:
    """Return one product, whether it is still offered or not."""
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
