"""What must hold before a borrower is paid: each thing by name, with what shows it. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from marketplace.contracts.consents import digest
from marketplace.escrow.states import PayeeState
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.kernel.rates import bps_of
from marketplace.loans.valuation import Worth, is_valid, is_within, worth_of
from marketplace.risk.rules import is_fresh


class Check(StrEnum):
    """What is looked at, in the order of the desk's list."""

    REVIEWS = "reviews"
    RISK = "risk"
    FUNDED = "funded"
    REFLECTION = "reflection"
    CONTRACT = "contract"
    PAYEE = "payee"
    NAME = "name"
    COLLATERAL = "collateral"
    VALUATION = "valuation"
    LTV = "ltv"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Case:
    """A funded loan as the disbursement desk sees it."""

    id: UUID
    borrower_id: UUID
    borrower_name: str
    title: str
    state: str
    amount_minor: int
    reserved_minor: int
    currency: str
    origination_fee_bps: int
    lenders: int
    collateral: bool
    funded_at: datetime | None
    offered_at: datetime | None
    payable_account: int | None
    disburse_attempts: int
    first_reviewer_id: UUID | None
    first_reviewer: str | None
    second_reviewer_id: UUID | None
    second_reviewer: str | None
    risk_at: datetime | None
    reflecting_minor: int
    contract_id: UUID | None
    contract_state: str | None
    contract_hash: str | None
    contract_signed_at: datetime | None
    payee_state: str | None
    payee_ref: str | None
    payee_name: str | None
    account_ending: str | None
    registration_id: UUID | None
    registration_office: str | None
    registration_number: str | None
    registration_checked_at: datetime | None
    ltv_max_bps: int
    value_minor: int | None
    haircut_bps: int | None
    valued_on: date | None
    valid_until: date | None
    held_minor: int = 0

    @property
    def ref(self) -> str:
        """The loan's public id."""
        return public_id("ln", self.id)

    @property
    def amount(self) -> Money:
        """What is lent."""
        return Money(self.amount_minor, self.currency)

    @property
    def fee(self) -> Money:
        """What the platform keeps."""
        return bps_of(self.amount, self.origination_fee_bps)

    @property
    def net(self) -> Money:
        """What the borrower is to get."""
        return self.amount - self.fee

    @property
    def held(self) -> Money:
        """What is held for the borrower by the ledger."""
        return Money(self.held_minor, self.currency)

    @property
    def worth(self) -> Worth | None:
        """What its collateral is worth by the newest valuation."""
        return worth_of(self)

    @property
    def bound(self) -> str:
        """What stands for what two officers decide on: amount, payee and contract, exactly."""
        return digest(
            [
                *(str(self.id), self.net.minor, self.currency),
                *(self.payee_ref, self.payee_name, self.account_ending, self.contract_hash),
            ]
        )


def unmet(case: Case, on: date) -> list[Check]:
    """Return what does not hold on a day, in the order of the list."""
    return [check for check in needed(case) if not _HOLDS[check](case, on)]


def needed(case: Case) -> list[Check]:
    """Return what is looked at for this loan: collateral only where its product has it."""
    return [check for check in Check if check not in _SECURED or case.collateral]


def same_person(one: str, other: str) -> bool:
    """Whether two spellings can be the same name: order, case and accents do not count.

    A middle name may be missing on one side, where two names are left.
    """
    first, second = _words(one), _words(other)
    if not first or not second:
        return False
    if "".join(first) == "".join(second) or set(first) == set(second):
        return True
    fewer, more = sorted((set(first), set(second)), key=len)
    return len(fewer) >= _WORDS_LEAST and fewer <= more


_WORDS_LEAST: Final = 2


def _words(name: str) -> list[str]:
    bare = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(
        letter if letter.isalnum() else " " for letter in bare if not unicodedata.combining(letter)
    )
    return letters.split()


_SECURED: Final = frozenset({Check.COLLATERAL, Check.VALUATION, Check.LTV})


def _reviewed(case: Case, _on: date) -> bool:
    both = {case.first_reviewer_id, case.second_reviewer_id}
    return None not in both and len(both) == 2 and case.borrower_id not in both


def _is_risk_fresh(case: Case, _on: date) -> bool:
    if case.risk_at is None or case.offered_at is None:
        return False
    return is_fresh(case.risk_at, case.offered_at)


_HOLDS: Final[Mapping[Check, Callable[[Case, date], bool]]] = {
    Check.REVIEWS: _reviewed,
    Check.RISK: _is_risk_fresh,
    Check.FUNDED: lambda case, _on: (
        case.reserved_minor == case.amount_minor and case.payable_account is not None
    ),
    Check.REFLECTION: lambda case, _on: case.reflecting_minor == 0,
    Check.CONTRACT: lambda case, _on: case.contract_state == "signed",
    Check.PAYEE: lambda case, _on: case.payee_state == PayeeState.READY,
    Check.NAME: lambda case, _on: same_person(case.borrower_name, case.payee_name or ""),
    Check.COLLATERAL: lambda case, _on: case.registration_checked_at is not None,
    Check.VALUATION: lambda case, on: is_valid(case.worth, on),
    Check.LTV: lambda case, _on: is_within(case.worth, case.amount, case.ltv_max_bps),
    Check.AMOUNT: lambda case, _on: case.net.is_positive and case.held == case.net,
}
