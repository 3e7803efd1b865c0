"""What happens to a running loan, dated, and in which order one day's happenings count.

The order follows from what an event says, never from when it was entered: on one day charges
come first, then waivers, then payments (regular ones before those that prepay, and the larger
first). So any entry order of the same dated events makes the same history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

if TYPE_CHECKING:
    from marketplace.loans.terms import ServicingTerms


class Intent(StrEnum):
    """What a payment is meant for once everything due is settled."""

    REGULAR = "regular"  # the next instalments, as scheduled
    LOWER_INSTALMENT = "lower_instalment"  # principal; the number of instalments stays
    SHORTER_TERM = "shorter_term"  # principal; the instalment stays
    PAYOFF = "payoff"  # everything


class ChargeKind(StrEnum):
    """What is charged beside the schedule."""

    LATE_FEE = "late_fee"
    PENALTY = "penalty"
    PREPAYMENT_FEE = "prepayment_fee"


@dataclass(frozen=True, slots=True)
class ChargeKey:
    """What makes a charge one of a kind: the instalment it is for, and its day."""

    kind: ChargeKind
    n: int
    on: date


@dataclass(frozen=True, slots=True)
class Payment:
    """The borrower paid `amount`; it counts from `on`."""

    id: UUID
    on: date
    amount: Money
    intent: Intent = Intent.REGULAR


@dataclass(frozen=True, slots=True)
class Waiver:
    """So much of a charge is let off from `on`; what was paid of it before stays paid.

    With `last`, it is of all charges of the kind and instalment up to that day, the oldest first.
    """

    id: UUID
    on: date
    charge: ChargeKey
    amount: Money
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Reversal:
    """The payment or waiver `of` never happened (a bank took it back, an officer erred)."""

    id: UUID
    of: UUID


LoanEvent = Payment | Waiver | Reversal

_INTENTS: Final = tuple(Intent)


def until(events: Iterable[LoanEvent], day: date) -> list[LoanEvent]:
    """Return the events of a history up to `day`: what `replay` takes for a position of the past.

    A reversal has no day: it goes with what it reverses.
    """
    found = list(events)
    dated = {event.id for event in found if not isinstance(event, Reversal) and event.on <= day}
    return [
        event for event in found if (event.of if isinstance(event, Reversal) else event.id) in dated
    ]


def in_order(
    terms: ServicingTerms, events: Iterable[LoanEvent], as_of: date
) -> list[Payment | Waiver]:
    """Return what counts, in the order in which it counts; reversed events are gone.

    A payment or waiver before the disbursement, after `as_of`, of nothing or less, or in another
    currency is refused; so is a reversal of what is not there. One id twice: ValueError.
    """
    found = list(events)
    if len({event.id for event in found}) != len(found):
        raise ValueError("an event is told twice")
    dated = [event for event in found if not isinstance(event, Reversal)]
    for event in dated:
        check(terms, event, as_of)
    reversed_ids = {event.of for event in found if isinstance(event, Reversal)}
    if not reversed_ids <= {event.id for event in dated}:
        raise Refusal("reversal_of_nothing")
    return sorted((one for one in dated if one.id not in reversed_ids), key=_place)


def check(terms: ServicingTerms, event: Payment | Waiver, as_of: date) -> None:
    """Refuse what cannot have happened to a loan of these terms by `as_of`."""
    if event.amount.currency != terms.currency:
        raise Refusal("payment_currency", "amount", currency=terms.currency)
    if not event.amount.is_positive:
        raise Refusal("payment_not_positive", "amount")
    if event.on < terms.schedule.disbursed_on:
        raise Refusal(
            "payment_before_disbursement", "paid_on", disbursed_on=terms.schedule.disbursed_on
        )
    if event.on > as_of:
        raise Refusal("payment_in_future", "paid_on", today=as_of)


def _place(event: Payment | Waiver) -> tuple[date, int, int, str]:
    """Waivers before payments, by what they say; the id parts only twins."""
    if isinstance(event, Waiver):
        key = event.charge
        what = f"{key.kind}:{key.n}:{key.on}:{event.last or key.on}:{event.id}"
        return (event.on, 0, -event.amount.minor, what)
    rank = 1 + _INTENTS.index(event.intent)
    return (event.on, rank, -event.amount.minor, str(event.id))
