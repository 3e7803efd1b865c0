"""An application as it was told so far: answers of all groups, papers, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from marketplace.infra.database import row
from marketplace.kernel.days import Period, Unit
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans import answers
from marketplace.loans.answers import Collateral, Credit, Person, Wish
from marketplace.loans.pricing import LoanTerms, terms_by
from marketplace.loans.rules import Limits, Request, request_refusals


@dataclass(frozen=True, slots=True)
class Application:
    """Everything that was told, and what the product asks for. Fields are columns."""

    id: UUID
    borrower_id: UUID
    state: str
    changed_at: datetime
    currency: str
    product_code: str
    product_name: str
    is_line: bool
    amount_min_minor: int
    amount_max_minor: int
    instalments_min: int
    instalments_max: int
    origination_fee_bps: int
    method: str
    day_count: str
    rounding_mode: str
    calendar: str
    period_every: int
    period_unit: str
    product_id: UUID
    has_collateral: bool
    exposure_max_minor: int
    documents: Sequence[str]
    given: Sequence[str]
    amount_minor: int
    instalments: int
    purpose: str
    title: str
    story: str
    employment: str
    employed_years: int
    housing: str
    income_minor: int
    obligations_minor: int
    legal_name: str
    born_on: date | None
    phone: str
    street: str
    postal_code: str
    city: str
    country: str
    dependants: int
    employer: str
    housing_cost_minor: int
    debts_minor: int
    unread: Mapping[str, str]
    collateral_kind: str
    description: str
    value_minor: int
    owner: str
    office: str
    number: str

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("ln", self.id)

    @property
    def period(self) -> Period:
        """How often an instalment would fall due."""
        return Period(self.period_every, Unit(self.period_unit))

    @property
    def limits(self) -> Limits:
        """What the product allows to be asked for."""
        return Limits(
            Money(self.amount_min_minor, self.currency),
            Money(self.amount_max_minor, self.currency),
            self.instalments_min,
            self.instalments_max,
        )

    @property
    def exposure_max(self) -> Money:
        """The most its borrower may owe here under its product."""
        return Money(self.exposure_max_minor, self.currency)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of questions, in their order."""
        return answers.groups(collateral=self.has_collateral)

    @property
    def person(self) -> Person:
        """The answers of the first group."""
        return Person(
            legal_name=self.legal_name,
            born_on=self.born_on,
            phone=self.phone,
            street=self.street,
            postal_code=self.postal_code,
            city=self.city,
            country=self.country,
            housing=self.housing,
            dependants=self.dependants,
        )

    @property
    def credit(self) -> Credit:
        """The answers of the second group."""
        home = Money(self.housing_cost_minor, self.currency)
        return Credit(
            employment=self.employment,
            employer=self.employer,
            employed_years=self.employed_years,
            income=Money(self.income_minor, self.currency),
            housing_cost=home,
            debt_payments=Money(self.obligations_minor, self.currency) - home,
            debts=Money(self.debts_minor, self.currency),
        )

    @property
    def pledged(self) -> Collateral:
        """The answers of the third group."""
        return Collateral(
            kind=self.collateral_kind,
            description=self.description,
            value=Money(self.value_minor, self.currency),
            owner=self.owner,
            office=self.office,
            number=self.number,
        )

    @property
    def wish(self) -> Wish:
        """The answers of the last group."""
        return Wish(
            product=self.product_code,
            amount=Money(self.amount_minor, self.currency),
            instalments=self.instalments,
            purpose=self.purpose,
            title=self.title,
            story=self.story,
        )

    @property
    def request(self) -> Request:
        """What lenders would see of it, and what its product limits."""
        return Request(
            amount=Money(self.amount_minor, self.currency),
            instalments=self.instalments,
            purpose=self.purpose,
            title=self.title,
            story=self.story,
            employment=self.employment,
            employed_years=self.employed_years,
            housing=self.housing,
            income=Money(self.income_minor, self.currency),
            obligations=Money(self.obligations_minor, self.currency),
            product=self.product_code,
        )

    @property
    def missing_documents(self) -> list[str]:
        """The kinds of papers the product asks for that are not there, or not readable."""
        return answers.missing_documents(self.documents, self.given)

    def terms(self, annual_rate: Any) -> LoanTerms | None:  # noqa: ANN401 - Decimal
        """Return the terms at a rate, once amount and term are answered."""
        if not self.amount_minor or not self.instalments:
            return None
        return terms_by(self, self.request.amount, annual_rate, self.instalments)

    def answer_refusals(self, on: date) -> list[Refusal]:
        """Return everything that is missing or wrong among the answers, in the groups' order."""
        pledged = answers.collateral_refusals(self.pledged) if self.has_collateral else []
        found = [
            *request_refusals(self.request, self.limits),
            *answers.person_refusals(self.person, on=on),
            *answers.credit_refusals(self.employment, self.employer),
            *pledged,
        ]
        unread = set(self.unread)
        asked = [one for one in found if one.field not in unread]
        return [*asked, *answers.unread_refusals(unread)]

    def refusals(self, on: date) -> list[Refusal]:
        """Return everything that keeps the request from being sent, but other loans."""
        papers = answers.document_refusals(self.documents, self.given)
        return [*self.answer_refusals(on), *papers]


_APPLICATION = """
    SELECT l.id, l.borrower_id, l.state, l.changed_at, l.currency, p.code AS product_code,
        p.name AS product_name, p.draw_months IS NOT NULL AS is_line, p.amount_min_minor,
        p.amount_max_minor, p.instalments_min, p.instalments_max, l.origination_fee_bps,
        l.method, l.day_count, l.rounding_mode, l.calendar,
        l.period_every, l.period_unit, l.product_id, l.collateral AS has_collateral,
        l.exposure_max_minor, l.documents,
        ARRAY(SELECT DISTINCT d.kind FROM loan_document d WHERE d.loan_id = l.id
            AND d.removed_at IS NULL AND d.marked_at IS NULL) AS given,
        l.amount_minor, l.instalments, l.purpose, l.title, l.story, l.employment,
        l.employed_years, l.housing, l.income_minor, l.obligations_minor,
        coalesce(a.legal_name, '') AS legal_name, a.born_on, coalesce(a.phone, '') AS phone,
        coalesce(a.street, '') AS street, coalesce(a.postal_code, '') AS postal_code,
        coalesce(a.city, '') AS city, coalesce(a.country, '') AS country,
        coalesce(a.dependants, 0) AS dependants, coalesce(a.employer, '') AS employer,
        coalesce(a.housing_cost_minor, 0) AS housing_cost_minor,
        coalesce(a.debts_minor, 0) AS debts_minor, coalesce(a.unread, '{}') AS unread,
        coalesce(c.kind, '') AS collateral_kind, coalesce(c.description, '') AS description,
        coalesce(c.value_minor, 0) AS value_minor, coalesce(c.owner, '') AS owner,
        coalesce(c.office, '') AS office, coalesce(c.number, '') AS number
    FROM loan l JOIN loan_product p ON p.id = l.product_id
        LEFT JOIN loan_applicant a ON a.loan_id = l.id
        LEFT JOIN loan_collateral c ON c.loan_id = l.id
    WHERE l.id = %s
"""


def application(loan_id: UUID) -> Application:
    """Return an application, whoever's it is; whose it is asks `own_application`."""
    found = row(_APPLICATION, (loan_id,), into=Application)
    if found is None:
        raise NotFound(str(loan_id))
    return found


def own_application(loan_id: UUID, borrower_id: UUID) -> Application:
    """Return my application; anybody else's is `NotFound`."""
    found = application(loan_id)
    if found.borrower_id != borrower_id:
        raise NotFound(str(loan_id))
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """What somebody told about income the last time, in the same currency."""

    employment: str
    employed_years: int
    housing: str
    income_minor: int
    obligations_minor: int


def begun(borrower_id: UUID, product: str, currency: str) -> Request:
    """Return a request in which only what was told the last time stands."""
    known = row(
        """
        SELECT employment, employed_years, housing, income_minor, obligations_minor FROM loan
        WHERE borrower_id = %s AND currency = %s ORDER BY id DESC LIMIT 1
        """,
        (borrower_id, currency),
        into=Known,
    ) or Known("", 0, "", 0, 0)
    return Request(
        amount=Money.zero(currency),
        instalments=0,
        purpose="",
        title="",
        story="",
        employment=known.employment,
        employed_years=known.employed_years,
        housing=known.housing,
        income=Money(known.income_minor, currency),
        obligations=Money(known.obligations_minor, currency),
        product=product,
    )
