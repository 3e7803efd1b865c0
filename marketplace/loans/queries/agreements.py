"""Reads: the terms a loan is signed under, and who agreed to them with their orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.contracts.consents import Consent, How
from marketplace.infra.database import column, row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.loans.agreement import Agreed

_AGREED: Final = """
    SELECT l.id, l.borrower_id, coalesce(nullif(a.legal_name, ''), p.name) AS borrower_name,
        l.state, l.purpose, l.title, l.amount_minor,
        coalesce(l.asked_minor, l.amount_minor) AS asked_minor, l.take_min_minor AS least_minor,
        l.currency, l.annual_rate, l.instalments, l.method, l.day_count, l.rounding_mode,
        l.period_every, l.period_unit, l.calendar, l.origination_fee_bps, l.lender_fee_bps,
        l.late_fee_minor, l.late_grace_days, l.penalty_bps_per_year, l.prepayment_fee_bps,
        l.prepayment_fee_cap, l.allocation_due, l.allocation_in_advance, l.allocation_mode,
        l.reflection_days, l.sign_days
    FROM loan l JOIN person p ON p.id = l.borrower_id
    LEFT JOIN loan_applicant a ON a.loan_id = l.id
    WHERE l.id = %s AND l.annual_rate IS NOT NULL
"""


def agreed(loan_id: UUID) -> Agreed:
    """Return the terms of a loan; before an offer there are none, which is `NotFound`."""
    found = row(_AGREED, (loan_id,), into=Agreed)
    if found is None:
        raise NotFound(str(loan_id))
    return found


@dataclass(frozen=True, slots=True)
class PartAgreed:
    """One lender's part of a funded loan, and how they agreed; None where nothing is kept."""

    lender_id: UUID
    name: str
    amount_minor: int
    currency: str
    how: str | None
    given_at: datetime | None
    session_hash: str | None
    address_hash: str | None
    shown_hash: str | None

    @property
    def part(self) -> Money:
        """What they lend."""
        return Money(self.amount_minor, self.currency)

    def consent(self, shown_hash: str) -> Consent | None:
        """Return the agreement, if it is one to these very terms."""
        if self.how is None or self.given_at is None or self.shown_hash != shown_hash:
            return None
        return Consent(
            How(self.how),
            self.given_at,
            self.session_hash or "",
            self.address_hash or "",
            self.shown_hash,
        )


def parts(loan_id: UUID) -> list[PartAgreed]:
    """Return the lenders of a loan, each once with all they lend, in the order of their parts.

    Who ordered twice agreed twice: the earliest agreement counts.
    """
    return rows(
        """
        SELECT c.lender_id, p.name, sum(c.amount_minor)::bigint AS amount_minor,
            min(c.currency)::text AS currency,
            (array_agg(a.how ORDER BY c.id) FILTER (WHERE a.how IS NOT NULL))[1] AS how,
            min(a.given_at) AS given_at,
            (array_agg(a.session_hash ORDER BY c.id) FILTER (WHERE a.how IS NOT NULL))[1]
                AS session_hash,
            (array_agg(a.address_hash ORDER BY c.id) FILTER (WHERE a.how IS NOT NULL))[1]
                AS address_hash,
            CASE WHEN count(a.shown_hash) = count(*) AND count(DISTINCT a.shown_hash) = 1
                THEN min(a.shown_hash) END AS shown_hash
        FROM commitment c JOIN person p ON p.id = c.lender_id
        LEFT JOIN commitment_consent a ON a.commitment_id = c.id
        WHERE c.loan_id = %s AND c.state IN ('reserved', 'converted')
        GROUP BY c.lender_id, p.name ORDER BY min(c.id::text)
        """,
        (loan_id,),
        into=PartAgreed,
    )


def to_be_drafted(limit: int) -> list[UUID]:
    """Return funded loans that have no contract."""
    return column(
        """
        SELECT id FROM loan l WHERE state = 'funded'
          AND NOT EXISTS (SELECT FROM contract c WHERE c.subject_id = l.id AND c.state <> 'void')
        ORDER BY funded_at, id LIMIT %s
        """,
        (limit,),
    )


def called_off(limit: int) -> list[UUID]:
    """Return the funded loans their borrowers no longer want."""
    return column(
        """
        SELECT id FROM loan WHERE withdrawn_at IS NOT NULL AND state = 'funded'
        ORDER BY id LIMIT %s
        """,
        (limit,),
    )


def unsigned(now: datetime, limit: int) -> list[UUID]:
    """Return funded loans whose borrower has not signed in time."""
    return column(
        """
        SELECT c.subject_id FROM contract c JOIN loan l ON l.id = c.subject_id
        WHERE c.state = 'drafted' AND c.sign_by <= %s AND l.state = 'funded'
        ORDER BY c.sign_by, c.id LIMIT %s
        """,
        (now, limit),
    )
