"""Disputes at Stripe: read, answered once, or accepted."""

from __future__ import annotations

from typing import Any

from marketplace.escrow.adapters import stripe_people
from marketplace.escrow.adapters.stripe_calls import call, read
from marketplace.escrow.adapters.stripe_client import Connected, under
from marketplace.escrow.gateway import Never, SeenDispute
from marketplace.escrow.orders import EvidenceOrder

_PARTS = ["payment_intent"]


class Disputes(Connected):
    """The platform answers every dispute: with separate transfers it is the merchant."""

    def dispute(self, ref: str) -> SeenDispute:
        """Read a dispute back, with the order behind its payment."""
        return _seen(read(lambda: self._stripe.v1.disputes.retrieve(ref, {"expand": _PARTS})))

    def contest(self, order: EvidenceOrder) -> SeenDispute:
        """Hand the evidence in; that can be done once."""
        return _seen(
            call(
                lambda: self._stripe.v1.disputes.update(
                    order.dispute_ref,
                    {
                        "evidence": {"uncategorized_text": order.text},
                        "submit": True,
                        "expand": _PARTS,
                    },
                    under(order.key),
                )
            )
        )

    def concede(self, ref: str, key: str) -> SeenDispute:
        """Close a dispute as lost."""
        return _seen(
            call(lambda: self._stripe.v1.disputes.close(ref, {"expand": _PARTS}, under(key)))
        )


def _seen(thing: dict[str, Any]) -> SeenDispute:
    seen = stripe_people.dispute(thing)
    if seen is None:
        raise Never(f"{thing['id']} is about no payment of ours.", code="not_ours")
    return seen
