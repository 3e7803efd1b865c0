"""How much a lender may lend, has lent, and whether they know the risk."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from marketplace.infra.database import row, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.loans.funding import CONSENT_VERSION, Exposure, LendingLimits, least_allowed
from marketplace.loans.queries import open_shares


@dataclass(frozen=True, slots=True)
class _Limits:
    lender_max_minor: int | None
    borrower_max_minor: int | None


@dataclass(frozen=True, slots=True)
class _Lent:
    in_all: int
    with_borrower: int


@dataclass(frozen=True, slots=True)
class _Least:
    amount_minor: int
    funding_min_bps: int
    amount_min_minor: int
    currency: str


_LENT = f"""
    SELECT coalesce(sum(minor), 0)::bigint AS in_all,
        coalesce(sum(minor) FILTER (WHERE borrower_id = %(borrower)s), 0)::bigint AS with_borrower
    FROM (
        SELECT {open_shares.OUTSTANDING} AS minor, l.borrower_id
        FROM note n JOIN loan l ON l.id = n.loan_id
        WHERE n.lender_id = %(lender)s AND n.currency = %(currency)s
        UNION ALL
        SELECT c.amount_minor, l.borrower_id FROM commitment c JOIN loan l ON l.id = c.loan_id
        WHERE c.lender_id = %(lender)s AND c.currency = %(currency)s
          AND c.state IN ('awaiting_payment', 'in_reflection', 'reserved')
    ) part
"""  # noqa: S608 - our own constant


def limits(currency: str) -> LendingLimits:
    """Return the limits of a currency; none where none are set."""
    sql = "SELECT lender_max_minor, borrower_max_minor FROM lending_limit WHERE currency = %s"
    found = row(sql, (currency,), into=_Limits)
    if found is None:
        return LendingLimits(None, None)
    return LendingLimits(
        _money(found.lender_max_minor, currency), _money(found.borrower_max_minor, currency)
    )


def exposure(lender_id: UUID, borrower_id: UUID, currency: str) -> Exposure:
    """Return what a lender has at work or on its way, in all and with one borrower."""
    facts = {"lender": lender_id, "borrower": borrower_id, "currency": currency}
    found = row(_LENT, facts, into=_Lent) or _Lent(0, 0)
    return Exposure(Money(found.in_all, currency), Money(found.with_borrower, currency))


def least_of(loan_id: UUID) -> Money:
    """Return the least a borrower may agree to take of a loan that was offered."""
    found = row(
        """
        SELECT l.amount_minor, l.funding_min_bps, p.amount_min_minor, l.currency
        FROM loan l JOIN loan_product p ON p.id = l.product_id WHERE l.id = %s
        """,
        (loan_id,),
        into=_Least,
    )
    if found is None:
        raise NotFound(str(loan_id))
    amount, product_min = (
        Money(minor, found.currency) for minor in (found.amount_minor, found.amount_min_minor)
    )
    return least_allowed(amount, found.funding_min_bps, product_min)


def knows_risk(lender_id: UUID) -> bool:
    """Whether the lender has agreed to the present words about the risk."""
    sql = "SELECT EXISTS (SELECT FROM risk_consent WHERE person_id = %s AND version = %s)"
    return bool(scalar(sql, (lender_id, CONSENT_VERSION)))


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)
