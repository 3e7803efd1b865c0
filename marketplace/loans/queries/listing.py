"""The public list of loans. Nothing here says who the borrower is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from marketplace.infra.database import rows, scalar
from marketplace.kernel.days import Period, Unit
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.kernel.money import Money
from marketplace.loans.queries import valuations
from marketplace.loans.valuation import worth_of

PAGE_SIZE: Final = 24


@dataclass(frozen=True, slots=True)
class Filters:
    """What a visitor narrowed the list to; empty means all. `shelf` is open, running or repaid.

    Rates are shares of a year. `almost`: at least four fifths are paid in. `ends_by`: who wants
    to take part has until then at most.
    """

    shelf: str = "open"
    grades: tuple[str, ...] = ()
    purpose: str = ""
    currency: str = ""
    term_max_months: int | None = None
    product: str = ""
    method: str = ""
    rate_from: Decimal | None = None
    rate_to: Decimal | None = None
    almost: bool = False
    ends_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of the list: an expression, the type a cursor's value is read as, a direction."""

    expression: str
    type: str
    descending: bool


SORTS: Final[dict[str, Sort]] = {
    "ending": Sort("funding_until", "timestamptz", descending=False),
    "newest": Sort("listed_at", "timestamptz", descending=True),
    "rate": Sort("annual_rate", "numeric", descending=True),
    "-rate": Sort("annual_rate", "numeric", descending=False),
    "amount": Sort("amount_minor", "bigint", descending=True),
    "-amount": Sort("amount_minor", "bigint", descending=False),
    "term": Sort("term_months", "int", descending=False),
    "-term": Sort("term_months", "int", descending=True),
    "grade": Sort("grade", "text", descending=False),
    "-grade": Sort("grade", "text", descending=True),
    "funded": Sort("reserved_minor * 10000 / amount_minor", "bigint", descending=True),
    "-funded": Sort("reserved_minor * 10000 / amount_minor", "bigint", descending=False),
}
_DIGITS_MAX: Final = 20
# Written out, not handed in: so that the planner sees that partial indexes hold all of a shelf.
_SHELVES: Final = {
    "open": "state = 'listed'",
    "running": "state IN ('funded', 'disbursing', 'active')",
    "repaid": "state = 'paid_off'",
}
# What each filter that was set asks of a loan.
_FILTERS: Final = (
    ("grades", "grade = ANY(%(grades)s)"),
    ("purpose", "purpose = %(purpose)s"),
    ("currency", "currency = %(currency)s"),
    ("term_max_months", "term_months <= %(term_max_months)s"),
    ("product", "product_id IN (SELECT id FROM loan_product WHERE code = %(product)s)"),
    ("method", "method = %(method)s"),
    ("rate_from", "annual_rate >= %(rate_from)s"),
    ("rate_to", "annual_rate <= %(rate_to)s"),
    ("almost", "%(almost)s AND reserved_minor * 5 >= amount_minor * 4"),
    ("ends_by", "funding_until <= %(ends_by)s"),
)


@dataclass(frozen=True, slots=True)
class ListedLoan:
    """A row of the list, with the valuation that counts where something stands behind it."""

    id: UUID
    title: str
    purpose: str
    state: str
    amount_minor: int
    currency: str
    annual_rate: Decimal
    term_months: int
    instalments: int
    period_every: int
    period_unit: str
    method: str
    grade: str
    reserved_minor: int
    committed_minor: int
    funding_until: datetime
    lenders: int
    value_minor: int | None
    haircut_bps: int | None
    valued_on: date | None
    valid_until: date | None
    cursor: str

    @property
    def ltv_bps(self) -> int | None:
        """How much of the collateral's counted value the loan takes; None where it has none."""
        worth = worth_of(self)
        return None if worth is None else worth.ltv_bps(self.amount)

    @property
    def period(self) -> Period:
        """How often an instalment falls due."""
        return Period(self.period_every, Unit(self.period_unit))

    @property
    def amount(self) -> Money:
        """What the borrower asks for."""
        return Money(self.amount_minor, self.currency)

    @property
    def reserved(self) -> Money:
        """What lenders have paid in."""
        return Money(self.reserved_minor, self.currency)

    @property
    def left(self) -> Money:
        """What can still be lent."""
        return Money(self.amount_minor - self.committed_minor, self.currency)

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("ln", self.id)


def shelf_count(filters: Filters) -> int:
    """Return how many loans the filters let through."""
    where, params = _where(filters)
    return int(scalar(f"SELECT count(*) FROM loan WHERE {where}", params))  # noqa: S608


def listed(
    filters: Filters, sort: str, *, after: str = "", limit: int = PAGE_SIZE
) -> list[ListedLoan]:
    """Return one page of loans; `after` is the `cursor` of the last row seen.

    A cursor nobody gave out starts from the beginning.
    """
    order = SORTS.get(sort, SORTS["ending"])
    where, params = _where(filters)
    direction, compare = ("DESC", "<") if order.descending else ("ASC", ">")
    if (mark := _cursor(after, order)) is not None:
        where += f" AND ({order.expression}, id) {compare} (%(value)s::{order.type}, %(id)s)"
        params |= {"value": mark[0], "id": mark[1]}
    sql = f"""
        SELECT l.id, title, purpose, state, amount_minor, l.currency, annual_rate, term_months,
            instalments, period_every, period_unit, l.method, grade, reserved_minor,
            committed_minor, funding_until, lenders, v.value_minor, v.haircut_bps,
            v.valued_on, v.valid_until, place::text AS cursor
        FROM (
            SELECT *, {order.expression} AS place FROM loan WHERE {where}
            ORDER BY {order.expression} {direction}, id {direction} LIMIT %(limit)s
        ) l LEFT JOIN LATERAL {valuations.COUNTING} v ON l.collateral
        ORDER BY place {direction}, l.id {direction}
    """  # noqa: S608 - made of constants; what a visitor typed goes in as parameters
    found = rows(sql, {**params, "limit": limit}, into=ListedLoan)
    return [_with_cursor(loan) for loan in found]


def _with_cursor(loan: ListedLoan) -> ListedLoan:
    object.__setattr__(loan, "cursor", f"{loan.cursor}~{loan.ref}")
    return loan


def _cursor(text: str, order: Sort) -> tuple[Any, UUID] | None:
    value, mark, ref = text.rpartition("~")
    if not mark:
        return None
    try:
        known = parse_public_id("ln", ref)
        read = _read(value, order.type)
    except (NotFound, ValueError, ArithmeticError):
        return None
    return None if read is None else (read, known)


def _read(value: str, kind: str) -> Any:  # noqa: ANN401 - what the column holds
    """Return a cursor's value, None where no column holds it.

    The database gets what was read, never the text: the two do not read texts alike.
    """
    match kind:
        case "numeric":
            share = Decimal(value)
            return share if share.is_finite() and abs(share.adjusted()) < _DIGITS_MAX else None
        case "bigint" | "int":
            number = int(value)
            return number if abs(number) < (2**31 if kind == "int" else 2**63) else None
        case "timestamptz":
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo is not None else None
        case _:
            return value if len(value) <= 1 else None


def _where(filters: Filters) -> tuple[str, dict[str, Any]]:
    parts = [_SHELVES.get(filters.shelf, _SHELVES["open"])]
    params: dict[str, Any] = {}
    for name, condition in _FILTERS:
        value = getattr(filters, name)
        if value is not None and value is not False and value not in {(), ""}:
            parts.append(condition)
            params[name] = list(value) if isinstance(value, tuple) else value
    return " AND ".join(parts), params


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """One instalment of a running loan, with what became of it."""

    n: int
    due_on: date
    principal_minor: int
    interest_minor: int
    outstanding_minor: int
    paid_minor: int
    currency: str
    bill_id: UUID | None
    paid_at: datetime | None

    @property
    def principal(self) -> Money:
        """The part that repays the loan."""
        return Money(self.principal_minor, self.currency)

    @property
    def interest(self) -> Money:
        """The part that pays for it."""
        return Money(self.interest_minor, self.currency)

    @property
    def total(self) -> Money:
        """Both."""
        return self.principal + self.interest

    @property
    def outstanding(self) -> Money:
        """What is owed after this instalment."""
        return Money(self.outstanding_minor, self.currency)


def schedule(loan_id: UUID) -> list[ScheduleLine]:
    """Return the instalments of a loan that was paid out, in order."""
    return rows(
        """
        SELECT i.n, i.due_on, i.principal_minor, i.interest_minor, i.outstanding_minor,
               i.paid_minor, l.currency, b.id AS bill_id, b.paid_at
        FROM instalment i JOIN loan l ON l.id = i.loan_id
        LEFT JOIN bill b ON b.loan_id = i.loan_id AND b.n = i.n
        WHERE i.loan_id = %s ORDER BY i.n
        """,
        (loan_id,),
        into=ScheduleLine,
    )


def newest(limit: int) -> list[ListedLoan]:
    """Return the loans listed last that can still be lent to (home page)."""
    return listed(Filters(), "newest", limit=limit)
