"""What a person does on Stripe's pages, and what is charged later from what they saved there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import stripe

from marketplace.escrow.adapters import stripe_people, stripe_words
from marketplace.escrow.adapters.stripe_calls import call, read
from marketplace.escrow.adapters.stripe_client import CHARGE_MARK, Connected, marks, under
from marketplace.escrow.gateway import Method, Never, Seen, SeenVerification
from marketplace.escrow.orders import ChargeOrder, CheckoutOrder, VerificationOrder

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParams
    from stripe.params.checkout import SessionCreateParams

METHODS: Final = (
    Method("card", deferrable=True, dispute_days=120),
    Method("alipay", deferrable=False, refund_days=90),
    Method("wechat_pay", deferrable=False, refund_days=180),
)
"""What a page may offer: a method we made no promise about would have other windows.

They filter Stripe's dynamic methods; naming the methods themselves is refused by now.
"""

# Where a session's payment or means is read along with it.
CHECKOUT_PARTS: Final = ["payment_intent.latest_charge"]
SETUP_PARTS: Final = ["setup_intent"]


class Pages(Connected):
    """Hosted Checkout, what it saved, and Identity."""

    def open_checkout(self, order: CheckoutOrder) -> Seen:
        """Open a hosted Checkout that takes a payment."""
        params: SessionCreateParams = {
            **_page(order, [method.name for method in METHODS]),
            "mode": "payment",
            "metadata": marks(order.operation_id),
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": order.amount.currency.lower(),
                        "unit_amount": order.amount.minor,
                        "product_data": {"name": order.description},
                    },
                }
            ],
            "payment_intent_data": {
                "transfer_group": order.bundle,
                "metadata": marks(order.operation_id),
                "description": order.description,
            },
        }
        return stripe_words.checkout(
            call(lambda: self._stripe.v1.checkout.sessions.create(params, under(order.key)))
        )

    def open_setup(self, order: CheckoutOrder) -> Seen:
        """Open a hosted Checkout that saves a means; wallets cannot be saved and stay away.

        It makes a customer, since only a customer's means can be charged without them.
        """
        params: SessionCreateParams = {
            **_page(order, [method.name for method in METHODS if method.deferrable]),
            "mode": "setup",
            "currency": order.amount.currency.lower(),
            "customer_creation": "always",
            "metadata": marks(
                order.operation_id,
                amount_minor=str(order.amount.minor),
                currency=order.amount.currency,
            ),
            "setup_intent_data": {
                "metadata": marks(order.operation_id),
                "description": order.description,
            },
        }
        return stripe_words.setup(
            call(lambda: self._stripe.v1.checkout.sessions.create(params, under(order.key)))
        )

    def expire_checkout(self, ref: str, key: str) -> Seen:
        """Close a page of either mode; one that is no longer open is read as it is."""
        sessions = self._stripe.v1.checkout.sessions
        try:
            return page(call(lambda: sessions.expire(ref, options=under(key))))
        except Never:
            pass
        found = read(lambda: sessions.retrieve(ref))
        parts = SETUP_PARTS if found.get("mode") == "setup" else CHECKOUT_PARTS
        return page(read(lambda: sessions.retrieve(ref, {"expand": parts})))

    def charge_saved(self, order: ChargeOrder) -> Seen:
        """Charge what a SetupIntent saved. A decline is an answer, not an error."""
        saved = self._saved(order.means_ref)
        params: PaymentIntentCreateParams = {
            "amount": order.amount.minor,
            "currency": order.amount.currency.lower(),
            "customer": str(stripe_words.ref_of(saved["customer"])),
            "payment_method": str(stripe_words.ref_of(saved["payment_method"])),
            "off_session": True,
            "confirm": True,
            # Nobody is there who could be sent to another page and back.
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "transfer_group": order.bundle,
            "description": order.description,
            "metadata": marks(order.operation_id, kind=CHARGE_MARK),
            "expand": ["latest_charge"],
        }
        try:
            made = call(lambda: self._stripe.v1.payment_intents.create(params, under(order.key)))
        except Never as refused:
            declined = _declined(refused)
            if declined is None:
                raise
            return stripe_words.charge(declined)
        return stripe_words.charge(made)

    def verify_person(self, order: VerificationOrder) -> SeenVerification:
        """Open a page on which a person shows a document of theirs."""
        return stripe_people.verification(
            call(
                lambda: self._stripe.v1.identity.verification_sessions.create(
                    {
                        "type": "document",
                        "provided_details": {"email": order.email},
                        "client_reference_id": order.operation_id,
                        "metadata": marks(order.operation_id),
                        "return_url": order.return_url,
                    },
                    under(order.key),
                )
            )
        )

    def verification(self, ref: str) -> SeenVerification:
        """Read a verification back; its address is good for one visit and new each time."""
        return stripe_people.verification(
            read(lambda: self._stripe.v1.identity.verification_sessions.retrieve(ref))
        )

    def _saved(self, means_ref: str) -> dict[str, Any]:
        saved = read(lambda: self._stripe.v1.setup_intents.retrieve(means_ref))
        if saved["status"] != "succeeded" or not saved.get("customer"):
            raise Never(f"{means_ref} has saved nothing.", code="means_removed")
        return saved


def page(session: stripe_words.Json) -> Seen:
    """Read a Checkout Session of either mode."""
    if session.get("mode") == "setup":
        return stripe_words.setup(session)
    return stripe_words.checkout(session)


def _page(order: CheckoutOrder, methods: list[str]) -> SessionCreateParams:
    until = stripe_words.open_until(order.operation_id, order.expires_at)
    return {
        "ui_mode": "hosted_page",
        "allowed_payment_method_types": list(methods),
        "client_reference_id": order.operation_id,
        "success_url": order.return_url,
        "cancel_url": order.cancel_url,
        "expires_at": int(until.timestamp()),
    }


def _declined(refused: Never) -> dict[str, Any] | None:
    """Return the payment a card error tells of; None for any other refusal."""
    error = refused.__cause__
    if not isinstance(error, stripe.CardError):
        return None
    payment = getattr(error.error, "payment_intent", None)
    return payment.to_dict() if payment is not None else None
