"""Stripe, stood in for on loopback, and the adapter that talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from stripe import WebhookSignature

from marketplace import wiring
from marketplace.escrow import gateway
from marketplace.escrow.adapters.stripe import StripeGateway
from marketplace.infra.events import subscribe
from marketplace.kernel import clock
from tests.standin.account import TROUBLES, Asked, Stripe
from tests.standin.server import served

__all__ = ["KEY", "SECRET", "TROUBLES", "Asked", "Stripe"]

KEY: Final = "sk_test_of_the_tests"
SECRET: Final = "whsec_of_the_tests"
THIN_SECRET: Final = "whsec_of_the_thin_tests"
TIMEOUT_S: Final = 0.5


@contextmanager
def a_stripe(**facts: Any) -> Iterator[Stripe]:
    """A new account, reachable until the end of the block."""
    account = Stripe(**{"secret": SECRET, "thin_secret": THIN_SECRET, **facts})
    with served(account):
        yield account


def a_gateway(
    account: Stripe,
    *,
    secrets: tuple[str, ...] = (SECRET,),
    thin_secrets: tuple[str, ...] = (THIN_SECRET,),
    retries: int = 0,
    key: str = KEY,
    timeout_s: float = TIMEOUT_S,
) -> StripeGateway:
    """The adapter, talking to `account`."""
    return StripeGateway(
        key,
        secrets,
        account.url,
        thin_secrets=thin_secrets,
        retries=retries,
        timeout_s=timeout_s,
    )


def signed(body: bytes, secret: str = SECRET, age_s: int = 0) -> dict[str, str]:
    """The header that Stripe sends with `body`."""
    at = int(clock.now().timestamp()) - age_s
    return {
        "Stripe-Signature": WebhookSignature.generate_signature_header(body.decode(), secret, at)
    }


@contextmanager
def banking_with(account: Stripe) -> Iterator[None]:
    """This process banks with `account` until the end of the block, and nobody listens."""
    former = gateway.current()
    gateway.install(a_gateway(account))
    subscribe({})
    try:
        yield
    finally:
        gateway.install(former)
        wiring.tell_everybody()
