"""A bank statement, read: its lines and its balances, whatever file they came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import CURRENCIES, Money


@dataclass(frozen=True, slots=True)
class Line:
    """One booking. `amount` is above zero for money that came in.

    `returned` is the bank's reason where a payment order came back; its `end_to_end_id` is then
    that of the order.
    """

    ref: str
    booked_on: date
    amount: Money
    name: str = ""
    iban: str = ""
    remittance: str = ""
    end_to_end_id: str = ""
    returned: str = ""


@dataclass(frozen=True, slots=True)
class BankStatement:
    """One account's bookings. Balances are None where the file does not tell them."""

    account: str
    ref: str
    currency: str
    lines: tuple[Line, ...]
    opening: Money | None = None
    closing: Money | None = None

    def checked(self) -> BankStatement:
        """Return itself; refused where opening and lines do not make the closing balance."""
        if self.opening is not None and self.closing is not None:
            total = sum((line.amount.minor for line in self.lines), self.opening.minor)
            if total != self.closing.minor:
                raise Refusal(
                    "statement_does_not_add_up",
                    told=self.closing,
                    counted=Money(total, self.currency),
                )
        return self


def exact(text: str, currency: str) -> Money:
    """Return an amount written with a decimal point; refused where it is not whole cents."""
    if currency not in CURRENCIES:
        raise Refusal("statement_unreadable", detail=f"currency {currency!r}")
    try:
        number = Decimal(text.strip())
        money = Money.of(number, currency)
    except (InvalidOperation, Refusal, ValueError) as error:
        raise Refusal("statement_unreadable", detail=f"amount {text!r}") from error
    return money


def day(text: str) -> date:
    """Return the day at the start of `text`, year-month-day."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError as error:
        raise Refusal("statement_unreadable", detail=f"day {text!r}") from error
