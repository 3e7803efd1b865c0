"""A loan's history as events, and where replaying them says that it stands.

What counts are receipts of money, receipts that take one back, and waivers two officers agreed
on. Receipts that only correct portions follow from these and are no events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.money import Money
from marketplace.loans import quoting
from marketplace.loans.models import Loan
from marketplace.loans.quoting import EarlyQuote
from marketplace.loans.replay import replay
from marketplace.loans.replay.events import (
    ChargeKey,
    ChargeKind,
    Intent,
    LoanEvent,
    Payment,
    Reversal,
    Waiver,
)
from marketplace.loans.replay.position import Position
from marketplace.loans.states import LoanState

_EVENTS: Final = """
    SELECT id, loan_id, source AS kind, of_id, effective_on AS counts_on, amount_minor, currency,
        intent, NULL AS charge_kind, NULL::int AS charge_n, NULL::date AS charge_on,
        NULL::date AS charge_last_on
    FROM receipt WHERE loan_id = ANY(%(loans)s) AND source <> 'replay'
    UNION ALL
    SELECT id, loan_id, 'waiver', NULL, effective_on, amount_minor, currency, '', charge_kind,
        charge_n, charge_on, charge_last_on
    FROM charge_waiver WHERE loan_id = ANY(%(loans)s) AND agreed
"""


@dataclass(frozen=True, slots=True)
class _Event:
    id: UUID
    loan_id: UUID
    kind: str
    of_id: UUID | None
    counts_on: date
    amount_minor: int
    currency: str
    intent: str
    charge_kind: str | None
    charge_n: int | None
    charge_on: date | None
    charge_last_on: date | None

    def told(self) -> LoanEvent:
        """Return it as a replay takes it."""
        amount = Money(self.amount_minor, self.currency)
        if self.of_id is not None:
            return Reversal(self.id, self.of_id)
        if self.charge_kind is None or self.charge_n is None or self.charge_on is None:
            return Payment(self.id, self.counts_on, amount, Intent(self.intent))
        key = ChargeKey(ChargeKind(self.charge_kind), self.charge_n, self.charge_on)
        return Waiver(self.id, self.counts_on, key, amount, self.charge_last_on)


def events(loan_ids: Sequence[UUID]) -> dict[UUID, list[LoanEvent]]:
    """Return the events of many loans, for each of them a list that may be empty."""
    found: dict[UUID, list[LoanEvent]] = {loan_id: [] for loan_id in loan_ids}
    for one in rows(_EVENTS, {"loans": list(loan_ids)}, into=_Event):
        found[one.loan_id].append(one.told())
    return found


def events_of(loan_id: UUID) -> list[LoanEvent]:
    """Return the events of one loan."""
    return events([loan_id])[loan_id]


def position(loan: Loan, on: date, *, more: Iterable[LoanEvent] = ()) -> Position:
    """Return where a paid-out loan stands on that day, should `more` happen too.

    The day is never before something that has happened. A loan that was never paid out is a
    ValueError; an event that cannot be is refused.
    """
    if loan.disbursed_on is None:
        raise ValueError(f"loan {loan.id} was not paid out")
    terms = loan.servicing_terms(loan.disbursed_on)
    happened = events_of(loan.id)
    return replay(terms, [*happened, *more], latest(happened, on))


def served(loan_id: UUID, borrower_id: UUID) -> Loan:
    """Return my loan as replays take it, read and not to be changed; `NotFound` if not mine."""
    found = row(_SERVED, (loan_id, borrower_id), into=dict)
    if found is None:
        raise NotFound(str(loan_id))
    return Loan(**found)


_SERVED: Final = f"""
    SELECT {", ".join(column.name for column in Loan.__table__.columns)} FROM loan
    WHERE id = %s AND borrower_id = %s
"""  # noqa: S608 - our own columns


def quote_early(
    loan: Loan, intent: Intent, amount: Money | None, *, on: date, today: date
) -> EarlyQuote:
    """Return what paying early on that day would cost and change, by the loan as it stands.

    Refused: a loan that is not being repaid, and a day that cannot be quoted.
    """
    if loan.state != LoanState.ACTIVE or loan.disbursed_on is None:
        raise Refusal("loan_not_repaid")
    quoting.check_day(on, today)
    terms = loan.servicing_terms(loan.disbursed_on)
    return quoting.quote_early(terms, events_of(loan.id), intent, amount, on)


def latest(happened: Iterable[LoanEvent], on: date) -> date:
    """Return that day, or the day of the last event after it."""
    return max([on, *(event.on for event in happened if not isinstance(event, Reversal))])
