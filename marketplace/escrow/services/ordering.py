"""Turns an instruction into the provider's order and places it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from marketplace.escrow.gateway import (
    Gateway,
    Seen,
)
from marketplace.escrow.orders import (
    ChargeOrder,
    CheckoutOrder,
    PayoutOrder,
    RefundOrder,
    ReversalOrder,
    TopUpOrder,
    TransferOrder,
)
from marketplace.escrow.queries import Instruction
from marketplace.escrow.states import Kind
from marketplace.infra.settings import current_settings
from marketplace.kernel.errors import Broken


@dataclass(frozen=True, slots=True)
class Errand:
    """A claimed instruction and what it acts on: the payment, the payee or the transfer.

    With a spent key it must first be looked for, and goes on with a fresh one.
    """

    instruction: Instruction
    target_ref: str | None
    is_key_spent: bool = False

    @property
    def key(self) -> str:
        """The provider's idempotency key: the instruction's id, and how often it was refused.

        A provider may keep a refusal under its key; since a refusal has no effect, the next
        try takes a fresh one. A lost answer does not change it.
        """
        name, refusals = self.instruction.operation_id, self.instruction.refusals
        return f"{name}.{refusals}" if refusals else name

    @property
    def target(self) -> str:
        """What it acts on; `Broken` if that is not known."""
        if self.target_ref is None:
            raise Broken(f"{self.instruction.operation_id} has nothing to act on")
        return self.target_ref


def place(gateway: Gateway, errand: Errand) -> Seen:
    """Place the order. Raises what the port raises."""
    return _ORDERS[Kind(errand.instruction.kind)](gateway, errand)


def absolute(path: str | None) -> str:
    """Return a path of ours as the address the provider sends people back to."""
    return f"{current_settings().site_url}{path or '/'}"


def _checkout(gateway: Gateway, errand: Errand) -> Seen:
    return gateway.open_checkout(_page(errand))


def _setup(gateway: Gateway, errand: Errand) -> Seen:
    return gateway.open_setup(_page(errand))


def _page(errand: Errand) -> CheckoutOrder:
    asked = errand.instruction
    return CheckoutOrder(
        operation_id=asked.operation_id,
        key=errand.key,
        amount=asked.amount,
        description=asked.description,
        bundle=asked.cause,
        return_url=absolute(asked.return_path),
        cancel_url=absolute(asked.cancel_path),
        expires_at=_known(asked.expires_at),
    )


def _charge(gateway: Gateway, errand: Errand) -> Seen:
    asked = errand.instruction
    return gateway.charge_saved(
        ChargeOrder(
            operation_id=asked.operation_id,
            key=errand.key,
            means_ref=errand.target,
            amount=asked.amount,
            description=asked.description,
            bundle=asked.cause,
        )
    )


def _refund(gateway: Gateway, errand: Errand) -> Seen:
    asked = errand.instruction
    return gateway.refund(
        RefundOrder(asked.operation_id, errand.key, errand.target, asked.amount, asked.description)
    )


def _transfer(gateway: Gateway, errand: Errand) -> Seen:
    asked = errand.instruction
    return gateway.transfer(
        TransferOrder(
            operation_id=asked.operation_id,
            key=errand.key,
            payee_ref=errand.target,
            amount=asked.amount,
            bundle=asked.cause,
            description=asked.description,
        )
    )


def _reversal(gateway: Gateway, errand: Errand) -> Seen:
    asked = errand.instruction
    return gateway.reverse_transfer(
        ReversalOrder(asked.operation_id, errand.key, errand.target, asked.amount)
    )


def _top_up(gateway: Gateway, errand: Errand) -> Seen:
    asked = errand.instruction
    return gateway.top_up(TopUpOrder(asked.operation_id, errand.key, asked.amount))


def _payout(gateway: Gateway, errand: Errand) -> Seen:
    asked = errand.instruction
    return gateway.pay_out(
        PayoutOrder(asked.operation_id, errand.key, asked.amount, asked.description)
    )


_ORDERS: Final[dict[Kind, Callable[[Gateway, Errand], Seen]]] = {
    Kind.CHECKOUT: _checkout,
    Kind.SETUP: _setup,
    Kind.CHARGE: _charge,
    Kind.REFUND: _refund,
    Kind.TRANSFER: _transfer,
    Kind.REVERSAL: _reversal,
    Kind.TOP_UP: _top_up,
    Kind.PAYOUT: _payout,
}


def _known(at: datetime | None) -> datetime:
    if at is None:
        raise Broken("a checkout has an end")
    return at
