"""Reads of the disbursement desk: funded loans with all that must hold, and what was proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.loans.preconditions import Case
from marketplace.loans.queries import valuations

_CASE: Final = f"""
    SELECT l.id, l.borrower_id, coalesce(nullif(a.legal_name, ''), p.name) AS borrower_name,
        l.title, l.state, l.amount_minor, l.reserved_minor, l.currency, l.origination_fee_bps,
        l.lenders, l.collateral, l.funded_at, l.offered_at, l.payable_account,
        l.disburse_attempts, l.first_reviewer_id, one.name AS first_reviewer,
        l.second_reviewer_id, two.name AS second_reviewer,
        (SELECT r.at FROM loan_review v JOIN risk_report r ON r.id = v.risk_report_id
            WHERE v.loan_id = coalesce(l.application_id, l.id) AND v.decision = 'offered'
            ORDER BY v.round DESC LIMIT 1) AS risk_at,
        (SELECT coalesce(sum(c.amount_minor), 0)::bigint FROM commitment c
            WHERE c.loan_id = l.id AND c.state = 'in_reflection') AS reflecting_minor,
        k.id AS contract_id, k.state AS contract_state, k.document_hash AS contract_hash,
        k.signed_at AS contract_signed_at,
        e.state AS payee_state, e.provider_ref AS payee_ref, e.holder AS payee_name,
        e.account_ending, g.id AS registration_id, g.office AS registration_office,
        g.number AS registration_number, g.checked_at AS registration_checked_at,
        l.ltv_max_bps, v.value_minor, v.haircut_bps, v.valued_on, v.valid_until
    FROM loan l JOIN person p ON p.id = l.borrower_id
    LEFT JOIN loan_applicant a ON a.loan_id = l.id
    LEFT JOIN person one ON one.id = l.first_reviewer_id
    LEFT JOIN person two ON two.id = l.second_reviewer_id
    LEFT JOIN contract k ON k.subject_id = l.id AND k.state <> 'void'
    LEFT JOIN escrow_payee e ON e.person_id = l.borrower_id AND e.provider = %(provider)s
    LEFT JOIN collateral_registration g ON g.loan_id = l.id AND g.struck_at IS NULL
    LEFT JOIN LATERAL {valuations.COUNTING} v ON true
"""  # noqa: S608 - our own constants


def case(loan_id: UUID) -> Case:
    """Return one loan as the desk sees it; `NotFound` if there is none."""
    sql = _CASE + " WHERE l.id = %(id)s"
    found = row(sql, {"id": loan_id, "provider": gateway.current().name}, into=Case)
    if found is None:
        raise NotFound(str(loan_id))
    return _with_held([found])[0]


def queue(*, after: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[Case]:
    """Return the loans that wait to be paid out or are just being paid, the oldest first."""
    sql = (
        _CASE
        + """ WHERE l.state IN ('funded', 'disbursing') AND l.funded_at IS NOT NULL
            AND (%(at)s::timestamptz IS NULL OR (l.funded_at, l.id) > (%(at)s, %(id)s))
            ORDER BY l.funded_at, l.id LIMIT %(limit)s"""
    )
    at, last = after or (None, None)
    facts = {"at": at, "id": last, "limit": limit, "provider": gateway.current().name}
    return _with_held(rows(sql, facts, into=Case))


def _with_held(cases: Sequence[Case]) -> list[Case]:
    """Return the cases with what the ledger holds for each borrower; one loan has one account."""
    held = ledger.balances_of("borrower:payable", [each.id for each in cases])
    return [
        replace(each, held_minor=held[each.id].available_minor if each.id in held else 0)
        for each in cases
    ]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an officer proposed, and what became of it."""

    id: UUID
    loan_id: UUID
    state: str
    amount_minor: int
    currency: str
    payee_ref: str
    payee_name: str
    account_ending: str
    bound_hash: str
    note: str
    proposed_by: UUID
    proposed_at: datetime
    expires_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    reason: str | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("dp", self.id)

    @property
    def amount(self) -> Money:
        """What was proposed to be paid."""
        return Money(self.amount_minor, self.currency)

    @property
    def is_open(self) -> bool:
        """Whether it is on the table, or agreed and not overtaken."""
        return self.state in {"proposed", "approved"}


_PROPOSAL: Final = """
    SELECT id, loan_id, state, amount_minor, currency, payee_ref, payee_name, account_ending,
        bound_hash, note, proposed_by, proposed_at, expires_at, decided_by, decided_at, reason
    FROM disbursement_proposal
"""


CHANGED: Final = "changed"
"""Why a proposal is void whose amount, payee or contract is another one now."""


def proposals(loan_id: UUID, *, limit: int = 50) -> list[Proposal]:
    """Return what was proposed for a loan, the newest first."""
    sql = _PROPOSAL + " WHERE loan_id = %s ORDER BY id DESC LIMIT %s"
    return rows(sql, (loan_id, limit), into=Proposal)


def on_the_table(loan_ids: Sequence[UUID]) -> dict[UUID, Proposal]:
    """Return what is proposed or approved, by loan."""
    sql = _PROPOSAL + " WHERE loan_id = ANY(%s) AND state IN ('proposed', 'approved')"
    return {each.loan_id: each for each in rows(sql, (list(loan_ids),), into=Proposal)}


def overtaken(loan_ids: Sequence[UUID]) -> dict[UUID, Proposal]:
    """Return the last proposal by loan, where it is void because what it was bound to changed."""
    sql = f"""
        SELECT * FROM (
            SELECT DISTINCT ON (loan_id) * FROM ({_PROPOSAL} WHERE loan_id = ANY(%s)) each
            ORDER BY loan_id, id DESC) last
        WHERE state = 'void' AND reason = '{CHANGED}'
    """  # noqa: S608 - our own constants
    return {each.loan_id: each for each in rows(sql, (list(loan_ids),), into=Proposal)}


def proposal(proposal_id: UUID, *, locked: bool = False) -> Proposal:
    """Return one proposal, `locked` for a decision on it; `NotFound` if there is none."""
    sql = _PROPOSAL + " WHERE id = %s" + (" FOR UPDATE" if locked else "")
    found = row(sql, (proposal_id,), into=Proposal)
    if found is None:
        raise NotFound(str(proposal_id))
    return found


def overdue(now: datetime) -> list[Proposal]:
    """Return proposals nobody decided on in time."""
    sql = _PROPOSAL + " WHERE state = 'proposed' AND expires_at <= %s ORDER BY id LIMIT 500"
    return rows(sql, (now,), into=Proposal)


@dataclass(frozen=True, slots=True)
class Registration:
    """A collateral registered at an office: by whom it was written down, and looked up."""

    id: UUID
    loan_id: UUID
    office: str
    number: str
    registered_on: date
    recorded_by: UUID
    recorded_at: datetime
    checked_by: UUID | None
    checked_at: datetime | None


def registration(loan_id: UUID) -> Registration | None:
    """Return the registration of a loan's collateral, checked or not."""
    return row(
        """
        SELECT id, loan_id, office, number, registered_on, recorded_by, recorded_at, checked_by,
            checked_at
        FROM collateral_registration WHERE loan_id = %s AND struck_at IS NULL
        """,
        (loan_id,),
        into=Registration,
    )


def lends(person_id: UUID, loan_id: UUID) -> bool:
    """Whether somebody has a part of a loan."""
    sql = """
        SELECT id FROM commitment WHERE loan_id = %s AND lender_id = %s
          AND state IN ('in_reflection', 'reserved', 'converted') LIMIT 1
    """
    return bool(rows(sql, (loan_id, person_id), into=dict))
