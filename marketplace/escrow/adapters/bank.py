"""The adapter for a bank that holds the money: transfers in, payment files out, statements back.

Nobody is called: an order is a row, and the statements that officers bring say what became of
it. The hosted pages are our own. Money is in one currency, on one account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from marketplace.escrow.bank_files.orders import Account
from marketplace.escrow.bank_files.references import plain_iban
from marketplace.escrow.gateway import (
    Cash,
    Delivery,
    Forged,
    Gateway,
    Method,
    Movement,
    Never,
    NoAnswer,
    NotNow,
    Onboarding,
    Seen,
    SeenPayee,
    Standing,
    Statement,
    Terms,
)
from marketplace.escrow.orders import (
    CheckoutOrder,
    PayeeOrder,
    PayoutOrder,
    RefundOrder,
    ReversalOrder,
    TopUpOrder,
    TransferOrder,
)
from marketplace.escrow.queries import bank
from marketplace.escrow.queries.bank import LineRow, OrderRow, PayeeRow
from marketplace.escrow.services import bank_orders
from marketplace.escrow.services.bank_orders import Order
from marketplace.escrow.states import Kind
from marketplace.infra.crypto import sign
from marketplace.infra.database import db
from marketplace.infra.settings import Settings, SettingsTrouble
from marketplace.kernel import clock
from marketplace.kernel.money import Money

PAGE: Final = 500
# A transfer between banks takes a working day; people need a few to get to it.
PAYMENT_LIFE: Final = timedelta(days=5)

_STANDINGS: Final = {
    "open": Standing.OPEN,
    "exported": Standing.OPEN,
    "done": Standing.SUCCEEDED,
    "failed": Standing.FAILED,
    "closed": Standing.EXPIRED,
    "returned": Standing.RETURNED,
}


@dataclass(frozen=True, slots=True)
class House:
    """Our account, whose money it is by law, and where fees we have earned are paid to."""

    account: Account
    bank: str
    currency: str
    is_escrow_in_law: bool = False
    own_iban: str | None = None


def house_of(settings: Settings) -> House:
    """Return the account the settings name; `SettingsTrouble` where a number cannot be right."""
    for name, number in (
        ("BANK_IBAN", settings.bank_iban),
        ("BANK_OWN_IBAN", settings.bank_own_iban),
    ):
        if number is not None and plain_iban(number) is None:
            raise SettingsTrouble(f"{name} is no IBAN: the check digits of {number!r} do not fit.")
    return House(
        Account(settings.bank_iban or "", settings.bank_bic or "", settings.bank_holder or ""),
        bank=settings.bank_name or "",
        currency=settings.bank_currency,
        is_escrow_in_law=settings.bank_is_escrow,
        own_iban=settings.bank_own_iban,
    )


class BankGateway(Gateway):
    """Keeps orders beside the account of `house`; `site_url` is where our pages are."""

    name = "bank"

    def __init__(self, house: House, site_url: str) -> None:
        self.house = house
        self._site = site_url
        self.terms = Terms(
            label=house.bank,
            holding_limit_days=3650,
            methods=(Method("bank_transfer", deferrable=False),),
            is_escrow_in_law=house.is_escrow_in_law,
            hosted_origins=(site_url,),
        )

    def open_checkout(self, order: CheckoutOrder) -> Seen:
        """Write a payment down; our own page shows account, amount and reference."""
        self._only(order.amount)
        return self._placed(
            Order(
                order.operation_id,
                "checkout",
                order.amount,
                order.description,
                return_url=order.return_url,
                cancel_url=order.cancel_url,
                valid_until=max(order.expires_at, clock.now() + PAYMENT_LIFE),
            )
        )

    def expire_checkout(self, ref: str, key: str) -> Seen:  # noqa: ARG002 - once is enough
        """Close a payment; one that was made is seen as made."""
        return self._seen(bank_orders.close(_number(ref), clock.now()))

    def refund(self, order: RefundOrder) -> Seen:
        """Pay back to the account the money came from."""
        line = bank.line(_number(order.payment_ref))
        given_back = bank.given_back(line.id, besides=order.operation_id)
        db.session.rollback()
        if given_back + order.amount.minor > line.amount_minor:
            raise Never("more than was paid", code="more_than_charged")
        if not line.iban:
            raise Never("the statement does not tell the payer's account", code="no_account")
        return self._pay(
            Order(
                order.operation_id, "refund", order.amount, order.reason,
                name=line.name, iban=line.iban, payment_line_id=line.id,
            )
        )  # fmt: skip

    def transfer(self, order: TransferOrder) -> Seen:
        """Pay a payee."""
        payee = bank.payee(_number(order.payee_ref))
        db.session.rollback()
        if payee.iban is None:
            raise NotNow("the payee has told no account", code="payee_not_ready")
        return self._pay(
            Order(
                order.operation_id, "transfer", order.amount, order.description,
                name=payee.holder, iban=payee.iban,
            )
        )  # fmt: skip

    def reverse_transfer(self, order: ReversalOrder) -> Seen:
        """Refuse: what a bank has paid nobody can take back."""
        raise Never(f"{order.transfer_ref} was paid by a bank", code="not_offered")

    def top_up(self, order: TopUpOrder) -> Seen:
        """Write down that the platform transfers its own money to the account."""
        self._only(order.amount)
        placed = Order(order.operation_id, "top_up", order.amount, "Refund reserve")
        return self._placed(placed)

    def pay_out(self, order: PayoutOrder) -> Seen:
        """Pay earned fees to the platform's own account."""
        if self.house.own_iban is None:
            raise Never("BANK_OWN_IBAN is not set", code="no_own_account")
        return self._pay(
            Order(
                order.operation_id, "payout", order.amount, order.description,
                name=self.house.account.holder, iban=self.house.own_iban,
            )
        )  # fmt: skip

    def onboard(self, order: PayeeOrder) -> Onboarding:
        """Return the address of our page on which a person tells their account."""
        payee = bank_orders.register(
            order.operation_id, name=order.name, return_url=order.return_url, now=clock.now()
        )
        return Onboarding(_payee(payee), f"{self._site}/bank/payee/{sign('bank.payee', payee.id)}")

    def payee(self, ref: str) -> SeenPayee:
        """Read a payee back."""
        found = bank.payee(_number(ref))
        db.session.rollback()
        return _payee(found)

    def find(self, kind: Kind, operation_id: str, hint: str | None = None) -> Seen | None:  # noqa: ARG002 - an operation has one order
        """Read back what was made for `operation_id`."""
        found = bank.order_of(operation_id)
        db.session.rollback()
        return self._seen(found) if found is not None and found.kind == kind else None

    def read(self, kind: Kind, ref: str) -> Seen:  # noqa: ARG002 - a number says its kind
        """Read one order back; a payment whose time is over is closed first."""
        found = bank.order(_number(ref))
        db.session.rollback()
        now = clock.now()
        if found.state == "open" and found.valid_until is not None and found.valid_until <= now:
            found = bank_orders.close(found.id, now)
        return self._seen(found)

    def verify_delivery(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Delivery:  # noqa: ARG002 - no bank writes to us
        """Refuse: the bank sends nothing but statements."""
        raise Forged("signature_wrong")

    def read_delivery(self, body: bytes) -> Delivery:  # noqa: ARG002 - no bank writes to us
        """Refuse: the bank sends nothing but statements."""
        raise Forged("body_unreadable")

    def movements(self, since: str) -> Statement:
        """Return the bookings of all statements, in the order in which they were brought."""
        found = bank.lines_after(int(since or "0"), PAGE)
        db.session.rollback()
        last = str(found[-1].id) if found else since
        return Statement([_movement(each) for each in found], last, more=len(found) == PAGE)

    def balances(self) -> list[Cash]:
        """Return the last closing balance, or where the bank tells none, the sum of all lines."""
        held = bank.held()
        db.session.rollback()
        return [
            Cash(
                Money(
                    each.booked_minor if each.closing_minor is None else each.closing_minor,
                    each.currency,
                ),
                Money.zero(each.currency),
            )
            for each in held
        ]

    def _pay(self, order: Order) -> Seen:
        self._only(order.amount)
        known = bank.order_of(order.operation_id)
        free = sum(
            each.booked_minor - each.ordered_minor
            for each in bank.held()
            if each.currency == order.amount.currency
        )
        db.session.rollback()
        if known is None and free < order.amount.minor:
            raise NotNow("not that much is on the account", code="insufficient_available")
        return self._placed(order)

    def _placed(self, order: Order) -> Seen:
        placed = bank_orders.place(order, clock.now())
        if (placed.kind, placed.amount) != (order.kind, order.amount):
            raise NoAnswer(f"{order.operation_id} is another order", code="key_reused")
        return self._seen(placed)

    def _only(self, amount: Money) -> None:
        if amount.currency != self.house.currency:
            raise Never(f"the account is in {self.house.currency}", code="currency_not_offered")

    def _seen(self, order: OrderRow) -> Seen:
        is_in = order.kind in bank.PAYS_IN
        return Seen(
            kind=Kind(order.kind),
            ref=f"bo_{order.id}",
            operation_id=order.operation_id,
            standing=_STANDINGS[order.state],
            amount=order.amount,
            at=order.finished_at,
            payment_ref=f"bl_{order.line_id}" if is_in and order.line_id else None,
            url=f"{self._site}/bank/pay/{sign('bank.pay', order.id)}" if is_in else None,
            reason=order.reason or "",
            method="bank_transfer" if is_in else "",
        )


def _payee(found: PayeeRow) -> SeenPayee:
    return SeenPayee(
        f"bp_{found.id}",
        found.operation_id,
        found.iban is not None,
        found.ready_at,
        holder=found.holder or "",
        ending=(found.iban or "")[-4:],
    )


def _movement(line: LineRow) -> Movement:
    at = datetime.combine(line.booked_on, time(0), UTC)
    return Movement(
        ref=f"bl_{line.id}",
        kind=bank.movement_kind(line.kind, returned=bool(line.returned)),
        source_ref=line.bank_ref,
        operation_id=line.operation_id or "",
        amount=line.amount,
        fee=Money.zero(line.currency),
        available_at=at,
        created_at=at,
    )


def _number(ref: str) -> int:
    return int(ref.partition("_")[2])
