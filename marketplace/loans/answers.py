"""What a borrower answers, in the four groups of an application, and what is still missing.

Each group is saved on its own and as incomplete as one likes; what is missing is named when the
request is sent. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

PERSON, CREDIT, COLLATERAL, LOAN = "person", "credit", "collateral", "loan"
GROUPS: Final = (PERSON, CREDIT, COLLATERAL, LOAN)

AGE_MIN: Final = 18
AGE_MAX: Final = 110
LINE_LENGTH_MAX: Final = 120
DESCRIPTION_LENGTH_MAX: Final = 1_000
DEPENDANTS_MAX: Final = 20
INSTALMENTS_MAX: Final = 600

COLLATERAL_KINDS: Final = ("real_estate", "vehicle", "machine", "receivable", "deposit", "other")
OWNERS: Final = ("borrower", "jointly", "other")
# What a product may ask for; "other" is for whatever else helps.
DOCUMENT_KINDS: Final = (
    "identity",
    "address",
    "income",
    "tax",
    "bank_statement",
    "accounts",
    "purpose",
    "collateral_title",
    "collateral_value",
    "collateral_photo",
    "other",
)
OTHER_DOCUMENT: Final = "other"
DOCUMENTS_MAX: Final = 40
REASON_LENGTH_MAX: Final = 300
MESSAGE_LENGTH_MAX: Final = 2_000
MESSAGES_A_DAY_MAX: Final = 50
# Whose employer is asked for: the others have none.
_EMPLOYED: Final = frozenset({"employed", "civil_service"})


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks. Lenders see none of it before the contract; `housing` they do."""

    legal_name: str = ""
    born_on: date | None = None
    phone: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    housing: str = ""
    dependants: int = 0


@dataclass(frozen=True, slots=True)
class Credit:
    """What comes in and goes out in a month, and what is owed elsewhere."""

    employment: str
    employer: str
    employed_years: int
    income: Money
    housing_cost: Money
    debt_payments: Money
    debts: Money

    @property
    def obligations(self) -> Money:
        """What has to be paid every month before an instalment."""
        return self.housing_cost + self.debt_payments


@dataclass(frozen=True, slots=True)
class Collateral:
    """What stands behind a loan, and where it is registered."""

    kind: str
    description: str
    value: Money
    owner: str
    office: str
    number: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for, under which product."""

    product: str
    amount: Money
    instalments: int
    purpose: str
    title: str
    story: str


# Which group a refusal of the whole request belongs to, by its field.
_GROUP_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys(("legal_name", "born_on", "phone", "street", "postal_code", "city"), PERSON),
    **dict.fromkeys(("country", "housing", "dependants"), PERSON),
    **dict.fromkeys(("employment", "employer", "employed_years", "income"), CREDIT),
    **dict.fromkeys(("housing_cost", "debt_payments", "debts"), CREDIT),
    **dict.fromkeys(("collateral_kind", "description", "value", "owner"), COLLATERAL),
    **dict.fromkeys(("office", "number"), COLLATERAL),
}


def group_of(refusal: Refusal) -> str:
    """Return the group whose page mends `refusal`."""
    return _GROUP_OF.get(refusal.field or "", LOAN)


def of_group(refusals: Iterable[Refusal], group: str) -> list[Refusal]:
    """Return the refusals that are mended on the page of `group`."""
    return [one for one in refusals if group_of(one) == group]


def groups(*, collateral: bool) -> tuple[str, ...]:
    """Return the groups of an application, in their order."""
    return tuple(one for one in GROUPS if one != COLLATERAL or collateral)


def person_refusals(person: Person, *, on: date) -> list[Refusal]:
    """Return what is missing of a person, or keeps one from borrowing."""
    found = []
    if not person.legal_name:
        found.append(Refusal("loan_name_missing", "legal_name"))
    found += _age_refusals(person.born_on, on)
    wanted = (
        ("loan_street_missing", "street", person.street),
        ("loan_postal_code_missing", "postal_code", person.postal_code),
        ("loan_city_missing", "city", person.city),
        ("loan_country_missing", "country", person.country),
    )
    return [*found, *(Refusal(code, field) for code, field, answer in wanted if not answer)]


def _age_refusals(born_on: date | None, on: date) -> list[Refusal]:
    if born_on is None:
        return [Refusal("loan_birth_missing", "born_on")]
    age = on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
    if not 0 <= age <= AGE_MAX:
        return [Refusal("loan_birth_unlikely", "born_on")]
    return [Refusal("loan_too_young", "born_on", at_least=AGE_MIN)] if age < AGE_MIN else []


def credit_refusals(employment: str, employer: str) -> list[Refusal]:
    """Return what is missing about the income beyond what every request says."""
    if employment in _EMPLOYED and not employer:
        return [Refusal("loan_employer_missing", "employer")]
    return []


def collateral_refusals(pledged: Collateral) -> list[Refusal]:
    """Return what is missing about a collateral."""
    found = []
    if pledged.kind not in COLLATERAL_KINDS:
        found.append(Refusal("collateral_kind_missing", "collateral_kind"))
    if not pledged.description:
        found.append(Refusal("collateral_description_missing", "description"))
    if not pledged.value.is_positive:
        found.append(Refusal("collateral_value_missing", "value"))
    if pledged.owner not in OWNERS:
        found.append(Refusal("collateral_owner_missing", "owner"))
    if not pledged.office:
        found.append(Refusal("collateral_office_missing", "office"))
    if not pledged.number:
        found.append(Refusal("collateral_number_missing", "number"))
    return found


def unread_refusals(unread: Iterable[str]) -> list[Refusal]:
    """Return one refusal for each answer that stands as typed because it could not be read."""
    return [Refusal("loan_answer_unread", field) for field in sorted(unread)]


def document_refusals(required: Sequence[str], given: Iterable[str]) -> list[Refusal]:
    """Return why a request cannot be sent: the papers its product asks for are not all there."""
    missing = missing_documents(required, given)
    return [Refusal("documents_missing", None, count=len(missing))] if missing else []


def missing_documents(required: Sequence[str], given: Iterable[str]) -> list[str]:
    """Return the kinds of papers still to be given, in the product's order."""
    there = set(given)
    return [kind for kind in required if kind not in there]


def kind_refusals(kind: str, required: Sequence[str]) -> list[Refusal]:
    """Return why a paper of this kind is not taken."""
    known = kind in DOCUMENT_KINDS or kind in required
    return [] if known else [Refusal("document_kind_missing", "kind")]


def body_refusals(body: str) -> list[Refusal]:
    """Return why a message cannot be sent."""
    return [] if body.strip() else [Refusal("message_missing", "body")]
