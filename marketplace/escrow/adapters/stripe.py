"""The adapter for Stripe, SDK 16.1: separate charges and transfers, hosted Checkout, Accounts v2.

Every address comes from `base` or from Stripe's own answers. Every POST carries the
instruction's key: left alone, the SDK invents one, and a restart invents another.
"""

from __future__ import annotations

from typing import Final

from stripe import RequestsClient, StripeClient

from marketplace.escrow.adapters.stripe_disputes import Disputes
from marketplace.escrow.adapters.stripe_notices import SNAPSHOT, THIN, Notices
from marketplace.escrow.adapters.stripe_outgoing import Outgoing
from marketplace.escrow.adapters.stripe_pages import METHODS, Pages
from marketplace.escrow.adapters.stripe_search import Search
from marketplace.escrow.adapters.stripe_statement import Books
from marketplace.escrow.gateway import Gateway, Terms

TIMEOUT_S: Final = 10.0
RETRIES: Final = 2  # the SDK repeats 409, 5xx and lost connections under the same key; never 429
HOLDING_DAYS: Final = 90  # manual payouts, everywhere but in the United States and Thailand


class StripeGateway(Pages, Outgoing, Disputes, Search, Books, Notices, Gateway):
    """Talks to Stripe with the secret `key`.

    Webhooks may be signed with any of `secrets`, thin ones with any of `thin_secrets`, which are
    the same where none are given. Payees are people of `country`.
    """

    name = "stripe"

    def __init__(
        self,
        key: str,
        secrets: tuple[str, ...],
        base: str | None = None,
        *,
        thin_secrets: tuple[str, ...] = (),
        country: str = "DE",
        retries: int = RETRIES,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._secrets = {SNAPSHOT: secrets, THIN: thin_secrets or secrets}
        self._live = key.startswith(("sk_live", "rk_live"))
        self._country = country
        self._stripe = StripeClient(
            key,
            base_addresses={"api": base} if base else None,
            max_network_retries=retries,
            http_client=RequestsClient(timeout=timeout_s),
        )
        self.terms = Terms(label="Stripe", holding_limit_days=HOLDING_DAYS, methods=METHODS)
