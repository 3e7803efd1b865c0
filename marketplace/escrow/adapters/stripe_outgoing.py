"""Money that leaves the platform's balance at Stripe, and the platform's own that comes in."""

from __future__ import annotations

from typing import Final

from marketplace.escrow.adapters import stripe_words as words
from marketplace.escrow.adapters.stripe_calls import call, read
from marketplace.escrow.adapters.stripe_client import marks, under
from marketplace.escrow.adapters.stripe_payees import Payees
from marketplace.escrow.gateway import Never, NotNow, Seen
from marketplace.escrow.orders import (
    PayoutOrder,
    RefundOrder,
    ReversalOrder,
    TopUpOrder,
    TransferOrder,
)

SHORT: Final = "insufficient_available"  # of a reversal: it is the payee who is short


class Outgoing(Payees):
    """Refunds, transfers and their reversals, top-ups, payouts."""

    def refund(self, order: RefundOrder) -> Seen:
        """Refund a PaymentIntent, whole or in part. Our reason is no reason code of theirs."""
        return words.refund(
            call(
                lambda: self._stripe.v1.refunds.create(
                    {
                        "payment_intent": order.payment_ref,
                        "amount": order.amount.minor,
                        "metadata": marks(order.operation_id, reason=order.reason[:500]),
                    },
                    under(order.key),
                )
            )
        )

    def transfer(self, order: TransferOrder) -> Seen:
        """Transfer available money, after reading again whether the payee may be paid."""
        if not self.payee(order.payee_ref).ready:
            raise NotNow("The payee cannot take transfers.", code="payee_not_ready")
        return words.transfer(
            call(
                lambda: self._stripe.v1.transfers.create(
                    {
                        "destination": order.payee_ref,
                        "amount": order.amount.minor,
                        "currency": order.amount.currency.lower(),
                        "transfer_group": order.bundle,
                        "description": order.description,
                        "metadata": marks(order.operation_id),
                    },
                    under(order.key),
                )
            )
        )

    def reverse_transfer(self, order: ReversalOrder) -> Seen:
        """Take a transfer back, whole or in part; only what the payee still has there."""
        try:
            made = call(
                lambda: self._stripe.v1.transfers.reversals.create(
                    order.transfer_ref,
                    {"amount": order.amount.minor, "metadata": marks(order.operation_id)},
                    under(order.key),
                )
            )
        except NotNow as refused:
            if refused.code != SHORT:
                raise
            raise Never(str(refused), code="payee_spent_it") from refused
        return words.reversal(made)

    def top_up(self, order: TopUpOrder) -> Seen:
        """Top the platform's balance up from its bank account."""
        return words.top_up(
            call(
                lambda: self._stripe.v1.topups.create(
                    {
                        "amount": order.amount.minor,
                        "currency": order.amount.currency.lower(),
                        "metadata": marks(order.operation_id),
                    },
                    under(order.key),
                )
            )
        )

    def pay_out(self, order: PayoutOrder) -> Seen:
        """Pay out to the platform's bank account; only those we ask for, see `stop_payouts`."""
        return words.payout(
            call(
                lambda: self._stripe.v1.payouts.create(
                    {
                        "amount": order.amount.minor,
                        "currency": order.amount.currency.lower(),
                        "method": "standard",
                        "description": order.description,
                        "metadata": marks(order.operation_id),
                    },
                    under(order.key),
                )
            )
        )

    def pays_out_unasked(self) -> bool:
        """Whether the platform's payout schedule is anything but manual."""
        settings = read(self._stripe.v1.balance_settings.retrieve)
        payouts = (settings.get("payments") or {}).get("payouts") or {}
        return (payouts.get("schedule") or {}).get("interval") != "manual"

    def stop_payouts(self, key: str) -> None:
        """Set the platform's payout schedule to manual."""
        call(
            lambda: self._stripe.v1.balance_settings.update(
                {"payments": {"payouts": {"schedule": {"interval": "manual"}}}}, under(key)
            )
        )
