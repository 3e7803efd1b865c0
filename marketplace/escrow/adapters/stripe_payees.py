"""Payees as recipients of Accounts v2, who finish their onboarding on Stripe's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marketplace.escrow.adapters import stripe_people
from marketplace.escrow.adapters.stripe_calls import call, read
from marketplace.escrow.adapters.stripe_client import Connected, marks, under
from marketplace.escrow.gateway import Onboarding, SeenPayee
from marketplace.escrow.orders import PayeeOrder

if TYPE_CHECKING:
    from stripe.params.v2.core import AccountCreateParams


class Payees(Connected):
    """Recipients: a natural person each, in the one country this deployment pays people in."""

    _country: str

    def onboard(self, order: PayeeOrder) -> Onboarding:
        """Create a v2 recipient if need be and return a fresh account link.

        A link is good for one visit and a few minutes: each is asked for anew, under no key of
        ours, since a repeated one must not be the same.
        """
        payee = self.payee(order.payee_ref) if order.payee_ref else self._recipient(order)
        link = call(
            lambda: self._stripe.v2.core.account_links.create(
                {
                    "account": payee.ref,
                    "use_case": {
                        "type": "account_onboarding",
                        "account_onboarding": {
                            # Both lead to us, where a used link is replaced by a new one.
                            "refresh_url": order.return_url,
                            "return_url": order.return_url,
                        },
                    },
                }
            )
        )
        return Onboarding(payee, link["url"])

    def payee(self, ref: str) -> SeenPayee:
        """Read an account with its recipient part, which is left out unless it is asked for."""
        return stripe_people.payee(
            read(
                lambda: self._stripe.v2.core.accounts.retrieve(
                    ref, {"include": ["configuration.recipient"]}
                )
            )
        )

    def _recipient(self, order: PayeeOrder) -> SeenPayee:
        params: AccountCreateParams = {
            "contact_email": order.email,
            "display_name": order.name,
            "dashboard": "express",
            "identity": {"country": self._country, "entity_type": "individual"},
            "configuration": {
                "recipient": {
                    "capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}
                }
            },
            "defaults": {
                "responsibilities": {
                    "fees_collector": "application",
                    "losses_collector": "application",
                }
            },
            "metadata": marks(order.operation_id),
            "include": ["configuration.recipient"],
        }
        return stripe_people.payee(
            call(lambda: self._stripe.v2.core.accounts.create(params, under(order.key)))
        )
