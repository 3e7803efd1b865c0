"""What can be paid of a loan on a day, and what paying early would do: said before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans.replay import replay
from marketplace.loans.replay.events import ChargeKind, Intent, LoanEvent, Payment
from marketplace.loans.replay.position import Position, RowStanding

if TYPE_CHECKING:
    from marketplace.loans.terms import ServicingTerms

VALID_DAYS_MAX: Final = 14
"""For how many days ahead a payoff is quoted: charges of later days cannot be known."""

_TRIAL: Final = UUID(int=0)  # a payment that is only tried


def asked(position: Position, n: int) -> Money:
    """Return what paying instalment `n` asks for: all that is open up to it, and every charge."""
    rows = (row.open for row in position.rows if row.n <= n or row.due <= position.as_of)
    return Money.total(rows, position.outstanding.currency) + of_charges(position)


def paid_of(position: Position, n: int, billed: Money) -> Money:
    """Return what is paid of the principal and interest that were `billed` of instalment `n`."""
    return billed - _open_of(position, n)


def of_charges(position: Position) -> Money:
    """Return what is open of all that being late has cost."""
    return Money.total((each.open for each in position.charges), position.outstanding.currency)


def of_others(position: Position, n: int) -> Money:
    """Return what paying instalment `n` asks for of other instalments: older, or due as well."""
    return asked(position, n) - _open_of(position, n) - of_charges(position)


def _open_of(position: Position, n: int) -> Money:
    rows = (row.open for row in position.rows if row.n == n)
    return Money.total(rows, position.outstanding.currency)


def of_bill(position: Position, n: int) -> Money:
    """Return what is open of the instalments up to `n`, with what being late with them cost."""
    rows = (row.open for row in position.rows if row.n <= n)
    charges = (charge.open for charge in position.charges if charge.key.n <= n)
    return Money.total([*rows, *charges], position.outstanding.currency)


def all_open(position: Position) -> Money:
    """Return everything that is not paid yet, due or not: what paying as scheduled comes to."""
    return asked(position, len(position.rows))


def check_amount(position: Position, amount: Money, most: Money) -> None:
    """Refuse to take nothing, another currency, or more than `most`."""
    if amount.currency != position.outstanding.currency:
        raise Refusal("payment_currency", "amount", currency=position.outstanding.currency)
    if not amount.is_positive:
        raise Refusal("payment_not_positive", "amount")
    if amount > most:
        raise Refusal("payment_too_much", "amount", most=most)


def check_day(on: date, today: date) -> None:
    """Refuse to quote for a day that is past, or too far ahead to know what it brings."""
    last = today + timedelta(days=VALID_DAYS_MAX)
    if not today <= on <= last:
        raise Refusal("prepay_day_outside", "on", first=today, last=last)


@dataclass(frozen=True, slots=True)
class EarlyQuote:
    """What paying `amount` early does if it counts from `on`.

    `due` is what of it settles what is due anyway; `principal`, `interest` and `fee` are the
    prepayment's; `saved` is the interest that is not asked for any more.
    """

    intent: Intent
    on: date
    amount: Money
    due: Money
    principal: Money
    interest: Money
    fee: Money
    saved: Money
    before: tuple[RowStanding, ...]
    after: tuple[RowStanding, ...]
    settles: bool

    @property
    def instalments_fewer(self) -> int:
        """How many instalments are not asked for any more."""
        return _asking(self.before) - _asking(self.after)


def quote_early(
    terms: ServicingTerms,
    events: Sequence[LoanEvent],
    intent: Intent,
    amount: Money | None,
    on: date,
) -> EarlyQuote:
    """Return what paying early on that day would cost and change; all of it if no `amount`.

    Refused: a part that is less than what is due and runs, or more than all of it, and a loan
    of which nothing is left.
    """
    now = replay(terms, events, on)
    if not now.outstanding.is_positive:
        raise Refusal("prepay_nothing_left")
    whole = now.payoff.amount
    wanted = whole if amount is None or intent is Intent.PAYOFF else amount
    check_amount(now, wanted, whole)
    if wanted == whole:
        intent = Intent.PAYOFF
    then = replay(terms, [*events, Payment(_TRIAL, on, wanted, intent)], on)
    return _compared(now, then, wanted)


def _compared(now: Position, then: Position, wanted: Money) -> EarlyQuote:
    """Return what lies between a loan as it is and as it is after paying `wanted` early."""
    applied = next(one for one in then.applied if one.payment_id == _TRIAL)
    due = now.due()
    if applied.intent is Intent.REGULAR:
        raise Refusal("prepay_too_little", "amount", least=due)
    fees = (line.amount for line in applied.lines if line.kind is ChargeKind.PREPAYMENT_FEE)
    fee = Money.total(fees, wanted.currency)
    principal = now.outstanding - then.outstanding - _due_principal(now)
    interest = wanted - due - principal - fee
    return EarlyQuote(
        intent=applied.intent,
        on=now.as_of,
        amount=wanted,
        due=due,
        principal=principal,
        interest=interest,
        fee=fee,
        saved=_interest_ahead(now) - _interest_ahead(then) - interest,
        before=now.rows,
        after=then.rows,
        settles=then.is_settled,
    )


def _asking(rows: Sequence[RowStanding]) -> int:
    return sum(row.total.is_positive for row in rows)


def _due_principal(position: Position) -> Money:
    open_rows = (row for row in position.rows if row.due <= position.as_of)
    amounts = (row.principal - row.principal_paid for row in open_rows)
    return Money.total(amounts, position.outstanding.currency)


def _interest_ahead(position: Position) -> Money:
    rows = (row for row in position.rows if row.due > position.as_of)
    amounts = (row.interest - row.interest_paid for row in rows)
    return Money.total(amounts, position.outstanding.currency)
