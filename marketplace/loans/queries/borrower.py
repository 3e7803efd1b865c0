"""A borrower's own loans: whole, and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.days import Period, Unit
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.pricing import LoanTerms, terms_by


@dataclass(frozen=True, slots=True)
class OwnLoan:
    """One of my loans, with everything I told and was told.

    `line_id` is the credit line it was drawn on; `asks_line` says that it is a request for one.
    """

    id: UUID
    product_id: UUID
    line_id: UUID | None
    asks_line: bool
    borrower_id: UUID
    state: str
    title: str
    story: str
    purpose: str
    amount_minor: int
    currency: str
    term_months: int
    instalments: int
    period_every: int
    period_unit: str
    employment: str
    employed_years: int
    housing: str
    income_minor: int
    obligations_minor: int
    grade: str | None
    annual_rate: Decimal | None
    method: str
    day_count: str
    rounding_mode: str
    calendar: str
    origination_fee_bps: int
    bill_lead_days: int
    late_fee_minor: int
    late_grace_days: int
    penalty_bps_per_year: int
    prepayment_fee_bps: int
    decline_code: str | None
    committed_minor: int
    reserved_minor: int
    lenders: int
    principal_repaid_minor: int
    interest_repaid_minor: int
    repayments: int
    disbursed_on: date | None
    disburse_attempts: int
    created_at: datetime
    changed_at: datetime
    submitted_at: datetime | None
    offered_at: datetime | None
    offer_until: datetime | None
    listed_at: datetime | None
    funding_until: datetime | None
    funded_at: datetime | None
    closed_at: datetime | None
    withdrawn_at: datetime | None
    written_off_at: datetime | None
    next_due_on: date | None
    next_due_minor: int | None
    at_bank_minor: int

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("ln", self.id)

    @property
    def amount(self) -> Money:
        """What was asked for."""
        return Money(self.amount_minor, self.currency)

    @property
    def reserved(self) -> Money:
        """What lenders have paid in."""
        return Money(self.reserved_minor, self.currency)

    @property
    def income(self) -> Money:
        """Monthly income."""
        return Money(self.income_minor, self.currency)

    @property
    def obligations(self) -> Money:
        """What is owed others a month."""
        return Money(self.obligations_minor, self.currency)

    @property
    def outstanding(self) -> Money:
        """The principal still owed."""
        return Money(self.amount_minor - self.principal_repaid_minor, self.currency)

    @property
    def next_due(self) -> Money | None:
        """The amount of the next instalment that is not paid."""
        return None if self.next_due_minor is None else Money(self.next_due_minor, self.currency)

    @property
    def at_bank(self) -> Money:
        """What I showed vouchers of and what does not count yet."""
        return Money(self.at_bank_minor, self.currency)

    @property
    def period(self) -> Period:
        """How often an instalment falls due."""
        return Period(self.period_every, Unit(self.period_unit))

    @property
    def terms(self) -> LoanTerms | None:
        """The terms offered, once there are any."""
        if self.annual_rate is None:
            return None
        return terms_by(self, self.amount, self.annual_rate, self.instalments)


_OWN = """
    SELECT l.id, l.product_id, l.line_id,
        l.line_id IS NULL AND p.draw_months IS NOT NULL AS asks_line, l.borrower_id, l.state,
        l.title, l.story, l.purpose,
        l.amount_minor, l.currency, l.term_months, l.instalments, l.period_every,
        l.period_unit, l.employment, l.employed_years, l.housing,
        l.income_minor, l.obligations_minor, l.grade, l.annual_rate, l.method, l.day_count,
        l.rounding_mode, l.calendar, l.origination_fee_bps, l.bill_lead_days, l.late_fee_minor,
        l.late_grace_days, l.penalty_bps_per_year, l.prepayment_fee_bps, l.decline_code,
        l.committed_minor, l.reserved_minor, l.lenders, l.principal_repaid_minor,
        l.interest_repaid_minor, l.repayments, l.disbursed_on, l.disburse_attempts,
        l.created_at, l.changed_at,
        l.submitted_at, l.offered_at, l.offer_until, l.listed_at, l.funding_until, l.funded_at,
        l.closed_at, l.withdrawn_at, l.written_off_at, next.due_on AS next_due_on,
        next.total AS next_due_minor,
        (SELECT coalesce(sum(v.amount_minor), 0)::bigint FROM voucher v WHERE v.loan_id = l.id
            AND v.state IN ('uploaded', 'matched', 'confirmed', 'final')) AS at_bank_minor
    FROM loan l JOIN loan_product p ON p.id = l.product_id LEFT JOIN LATERAL (
        SELECT i.due_on, i.principal_minor + i.interest_minor - i.paid_minor AS total
        FROM instalment i
        WHERE i.loan_id = l.id AND i.paid_minor < i.principal_minor + i.interest_minor
        ORDER BY i.n LIMIT 1) next ON true
"""


def own_loan(loan_id: UUID, borrower_id: UUID) -> OwnLoan:
    """Return my loan; anybody else's is `NotFound`."""
    sql = _OWN + "WHERE l.id = %s AND l.borrower_id = %s"
    found = row(sql, (loan_id, borrower_id), into=OwnLoan)
    if found is None:
        raise NotFound(str(loan_id))
    return found


def own_loans(borrower_id: UUID, *, limit: int = 100) -> list[OwnLoan]:
    """Return my loans, newest first."""
    sql = _OWN + "WHERE l.borrower_id = %s ORDER BY l.id DESC LIMIT %s"
    return rows(sql, (borrower_id, limit), into=OwnLoan)


@dataclass(frozen=True, slots=True)
class OpenBill:
    """A bill to be paid."""

    id: UUID
    loan_id: UUID
    n: int
    due_on: date
    principal_minor: int
    interest_minor: int
    penalty_minor: int
    fee_minor: int
    paid_minor: int
    charges_paid_minor: int
    currency: str
    instruction_id: UUID | None
    paid_at: datetime | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("bil", self.id)

    @property
    def principal(self) -> Money:
        """The part that repays the loan."""
        return Money(self.principal_minor, self.currency)

    @property
    def interest(self) -> Money:
        """The part that pays for it."""
        return Money(self.interest_minor, self.currency)

    @property
    def amount(self) -> Money:
        """What it asks for, what being late cost included."""
        return self.principal + self.interest + self.penalty + self.fee

    @property
    def penalty(self) -> Money:
        """Penalty interest to date."""
        return Money(self.penalty_minor, self.currency)

    @property
    def fee(self) -> Money:
        """The late fee, once the days of grace are over."""
        return Money(self.fee_minor, self.currency)

    @property
    def paid(self) -> Money:
        """What of it is paid."""
        return Money(self.paid_minor + self.charges_paid_minor, self.currency)

    @property
    def open(self) -> Money:
        """What of it is still due."""
        return self.amount - self.paid


_BILL = """
    SELECT id, loan_id, n, due_on, principal_minor, interest_minor, penalty_minor, fee_minor,
        paid_minor, charges_paid_minor, currency, instruction_id, paid_at FROM bill
"""


def open_bills(loan_id: UUID) -> list[OpenBill]:
    """Return the unpaid bills of a loan, oldest first."""
    return rows(
        _BILL + "WHERE loan_id = %s AND paid_at IS NULL ORDER BY n", (loan_id,), into=OpenBill
    )


def bill(bill_id: UUID, borrower_id: UUID) -> OpenBill:
    """Return my bill, paid or not; anybody else's is `NotFound`."""
    found = row(_BILL + "WHERE id = %s AND borrower_id = %s", (bill_id, borrower_id), into=OpenBill)
    if found is None:
        raise NotFound(str(bill_id))
    return found
