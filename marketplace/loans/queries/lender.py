"""A lender's own commitments and notes: nobody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.days import Period, Unit
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans.queries import open_shares, reversible
from marketplace.loans.states import CommitmentState

PAGE_SIZE: Final = 20


@dataclass(frozen=True, slots=True)
class OwnCommitment:
    """One of my orders, with its loan."""

    id: UUID
    loan_id: UUID
    lender_id: UUID
    title: str
    purpose: str
    grade: str
    annual_rate: Decimal
    instalments: int
    period_every: int
    period_unit: str
    loan_state: str
    funding_until: datetime
    source: str
    state: str
    amount_minor: int
    currency: str
    instruction_id: UUID | None
    created_at: datetime
    expires_at: datetime | None
    reserved_at: datetime | None
    reflect_until: datetime | None
    closed_at: datetime | None
    leave_by: date | None
    note_id: UUID | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("cmt", self.id)

    @property
    def loan_ref(self) -> str:
        """The loan's public id."""
        return public_id("ln", self.loan_id)

    @property
    def is_reflecting(self) -> bool:
        """Whether the lender was given time to think it over that nobody has noted the end of."""
        return self.state == CommitmentState.IN_REFLECTION

    @property
    def note_ref(self) -> str | None:
        """The public id of the note it became."""
        return None if self.note_id is None else public_id("nt", self.note_id)

    @property
    def period(self) -> Period:
        """How often an instalment falls due."""
        return Period(self.period_every, Unit(self.period_unit))

    @property
    def amount(self) -> Money:
        """The part ordered."""
        return Money(self.amount_minor, self.currency)


_COMMITMENT = """
    SELECT c.id, c.loan_id, c.lender_id, l.title, l.purpose, l.grade, l.annual_rate,
        l.instalments, l.period_every, l.period_unit, l.state AS loan_state, l.funding_until,
        c.source, c.state, c.amount_minor, c.currency, c.instruction_id, c.created_at,
        c.expires_at, c.reserved_at, c.reflect_until, c.closed_at,
        coalesce(c.leave_by, i.leave_by) AS leave_by, n.id AS note_id
    FROM commitment c JOIN loan l ON l.id = c.loan_id LEFT JOIN note n ON n.commitment_id = c.id
    LEFT JOIN escrow_instruction i ON i.id = c.instruction_id
"""


def own_commitment(commitment_id: UUID, lender_id: UUID) -> OwnCommitment:
    """Return my commitment; anybody else's is `NotFound`."""
    sql = _COMMITMENT + "WHERE c.id = %s AND c.lender_id = %s"
    found = row(sql, (commitment_id, lender_id), into=OwnCommitment)
    if found is None:
        raise NotFound(str(commitment_id))
    return found


def open_commitments(lender_id: UUID, *, limit: int = PAGE_SIZE) -> list[OwnCommitment]:
    """Return my orders that are not notes yet and whose money has not come back."""
    sql = (
        _COMMITMENT
        + """WHERE c.lender_id = %s AND c.state IN ('awaiting_payment', 'in_reflection',
            'reserved', 'refunding')
        ORDER BY c.id DESC LIMIT %s"""
    )
    return rows(sql, (lender_id, limit), into=OwnCommitment)


@dataclass(frozen=True, slots=True)
class OwnNote:
    """One of my notes. `next_*` is my share of what is open of the borrower's next instalment."""

    id: UUID
    loan_id: UUID
    lender_id: UUID
    commitment_id: UUID
    title: str
    purpose: str
    grade: str
    annual_rate: Decimal
    term_months: int
    loan_state: str
    disbursed_on: date | None
    position: int
    principal_minor: int
    currency: str
    principal_back_minor: int
    interest_back_minor: int
    penalty_back_minor: int
    fee_minor: int
    written_off_minor: int
    recovered_minor: int
    written_off_at: datetime | None
    created_at: datetime
    next_due_on: date | None
    next_share_minor: int | None
    next_fee_minor: int | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("nt", self.id)

    @property
    def loan_ref(self) -> str:
        """The loan's public id."""
        return public_id("ln", self.loan_id)

    @property
    def commitment_ref(self) -> str:
        """The public id of the order it came from."""
        return public_id("cmt", self.commitment_id)

    @property
    def invested(self) -> Money:
        """What I lent."""
        return Money(self.principal_minor, self.currency)

    @property
    def outstanding(self) -> Money:
        """What I still count on of what the borrower owes me."""
        owed = self.principal_minor - self.principal_back_minor
        return Money(owed, self.currency) - self.lost

    @property
    def lost(self) -> Money:
        """What was written off and has not come back."""
        return Money(self.written_off_minor - self.recovered_minor, self.currency)

    @property
    def recovered(self) -> Money:
        """What came back of what was written off."""
        return Money(self.recovered_minor, self.currency)

    @property
    def principal_back(self) -> Money:
        """Principal that came back."""
        return Money(self.principal_back_minor, self.currency)

    @property
    def interest_back(self) -> Money:
        """Interest that came."""
        return Money(self.interest_back_minor, self.currency)

    @property
    def penalty_back(self) -> Money:
        """Penalty interest that came."""
        return Money(self.penalty_back_minor, self.currency)

    @property
    def fee(self) -> Money:
        """What we kept of both."""
        return Money(self.fee_minor, self.currency)

    @property
    def came_back(self) -> Money:
        """What reached the wallet: principal and all interest, less our fee."""
        return self.principal_back + self.interest_back + self.penalty_back - self.fee

    @property
    def next_fee(self) -> Money | None:
        """Our fee on the next instalment's interest."""
        return None if self.next_fee_minor is None else Money(self.next_fee_minor, self.currency)

    @property
    def next_due(self) -> Money | None:
        """What of the next instalment reaches the wallet, less our fee."""
        if self.next_share_minor is None or self.next_fee_minor is None:
            return None
        return Money(self.next_share_minor - self.next_fee_minor, self.currency)


_NOTE = f"""
    SELECT n.id, n.loan_id, n.lender_id, n.commitment_id, l.title, l.purpose, l.grade,
        l.annual_rate, l.term_months, l.state AS loan_state,
        l.disbursed_on, n.position, n.principal_minor, n.currency, n.principal_back_minor,
        n.interest_back_minor, n.penalty_back_minor, n.fee_minor, n.written_off_minor,
        n.recovered_minor, l.written_off_at, n.created_at,
        next.due_on AS next_due_on, next.share AS next_share_minor, next.fee AS next_fee_minor
    FROM note n JOIN loan l ON l.id = n.loan_id LEFT JOIN LATERAL (
        SELECT i.due_on, {open_shares.PRINCIPAL} + {open_shares.INTEREST} AS share,
            {open_shares.NEXT_FEE} AS fee
        FROM instalment i
        WHERE i.loan_id = l.id AND i.paid_minor < i.principal_minor + i.interest_minor
        ORDER BY i.n LIMIT 1) next ON l.written_off_at IS NULL
"""  # noqa: S608 - our own constants


def own_note(note_id: UUID, lender_id: UUID) -> OwnNote:
    """Return my note; anybody else's is `NotFound`."""
    found = row(_NOTE + "WHERE n.id = %s AND n.lender_id = %s", (note_id, lender_id), into=OwnNote)
    if found is None:
        raise NotFound(str(note_id))
    return found


def own_notes(
    lender_id: UUID,
    currency: str | None = None,
    *,
    before: UUID | None = None,
    limit: int = PAGE_SIZE,
) -> list[OwnNote]:
    """Return a page of my notes, newest first; `before` is the id of the last one seen."""
    sql = (
        _NOTE
        + """WHERE n.lender_id = %(me)s AND (%(before)s::uuid IS NULL OR n.id < %(before)s)
        AND (%(currency)s::text IS NULL OR n.currency = %(currency)s)
        ORDER BY n.id DESC LIMIT %(limit)s"""
    )
    params = {"me": lender_id, "currency": currency, "before": before, "limit": limit}
    return rows(sql, params, into=OwnNote)


@dataclass(frozen=True, slots=True)
class Share:
    """What one repayment brought to one note."""

    sequence: int
    principal_minor: int
    interest_minor: int
    penalty_minor: int
    fee_minor: int
    currency: str
    source: str
    first_n: int | None
    last_n: int | None
    distributed_at: datetime
    paid_at: datetime
    paid_on: date
    reversible_until: date | None

    @property
    def principal(self) -> Money:
        """Principal that came back."""
        return Money(self.principal_minor, self.currency)

    @property
    def interest(self) -> Money:
        """Interest that came."""
        return Money(self.interest_minor, self.currency)

    @property
    def penalty(self) -> Money:
        """Penalty interest that came."""
        return Money(self.penalty_minor, self.currency)

    @property
    def fee(self) -> Money:
        """The service fee on interest and penalty interest."""
        return Money(self.fee_minor, self.currency)

    @property
    def total(self) -> Money:
        """What reached the wallet; below zero where a correction took something back."""
        return self.principal + self.interest + self.penalty - self.fee


def shares(note_id: UUID) -> list[Share]:
    """Return what came back to a note, in order.

    `reversible_until`: until that day the borrower's bank may take the payment back. Lenders
    keep their share then.
    """
    return rows(
        """
        SELECT s.sequence, s.principal_minor, s.interest_minor, s.penalty_minor, s.fee_minor,
            r.currency, r.source, r.first_n, r.last_n, s.distributed_at,
            r.received_at AS paid_at, r.effective_on AS paid_on,
            (i.finished_at AT TIME ZONE 'UTC')::date + m.days AS reversible_until
        FROM repayment_share s JOIN note n ON n.id = s.note_id
        JOIN receipt r ON r.loan_id = n.loan_id AND r.sequence = s.sequence
        LEFT JOIN escrow_instruction i ON i.id = r.instruction_id
        LEFT JOIN unnest(%(methods)s::text[], %(days)s::int[]) AS m (method, days)
            ON m.method = i.method
        WHERE s.note_id = %(note)s ORDER BY s.sequence
        """,
        {"note": note_id, **reversible.windows()},
        into=Share,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """My lending in one currency. `reserved` waits in escrow; `invested` was paid out.

    Interest is with late interest.
    """

    currency: str
    notes: int
    invested_minor: int
    principal_back_minor: int
    interest_back_minor: int
    fee_minor: int
    lost_minor: int
    reserved_minor: int

    @property
    def invested(self) -> Money:
        """What I ever lent."""
        return Money(self.invested_minor, self.currency)

    @property
    def outstanding(self) -> Money:
        """What is at work now."""
        left = self.invested_minor - self.principal_back_minor - self.lost_minor
        return Money(left, self.currency)

    @property
    def came_back(self) -> Money:
        """What reached the wallet: principal and interest, less our fee."""
        return Money(self.principal_back_minor, self.currency) + self.interest - self.fee

    @property
    def interest(self) -> Money:
        """Interest that came, late interest included."""
        return Money(self.interest_back_minor, self.currency)

    @property
    def fee(self) -> Money:
        """What we kept of it."""
        return Money(self.fee_minor, self.currency)

    @property
    def reserved(self) -> Money:
        """Held for loans that are not paid out."""
        return Money(self.reserved_minor, self.currency)


def standings(lender_id: UUID) -> list[Standing]:
    """Return my lending per currency; none if I never lent."""
    return rows(
        """
        SELECT currency, sum(notes)::int AS notes, sum(invested)::bigint AS invested_minor,
            sum(principal_back)::bigint AS principal_back_minor,
            sum(interest_back)::bigint AS interest_back_minor, sum(fee)::bigint AS fee_minor,
            sum(lost)::bigint AS lost_minor, sum(reserved)::bigint AS reserved_minor
        FROM (
            SELECT currency, count(*) AS notes, sum(principal_minor) AS invested,
                sum(principal_back_minor) AS principal_back,
                sum(interest_back_minor + penalty_back_minor) AS interest_back,
                sum(fee_minor) AS fee, sum(written_off_minor - recovered_minor) AS lost,
                0 AS reserved
            FROM note WHERE lender_id = %(me)s GROUP BY currency
            UNION ALL
            SELECT currency, 0, 0, 0, 0, 0, 0, sum(amount_minor) FROM commitment
            WHERE lender_id = %(me)s AND state IN ('in_reflection', 'reserved') GROUP BY currency
        ) parts GROUP BY currency ORDER BY currency
        """,
        {"me": lender_id},
        into=Standing,
    )
