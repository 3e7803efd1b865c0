"""What every part of the adapter stands on: the SDK's client, and the marks of an order."""

from __future__ import annotations

from typing import Final

from stripe import RequestOptions, StripeClient

CHARGE_MARK: Final = "charge"
"""Tells a payment we made ourselves from one that a hosted page made."""


class Connected:
    """A part of the adapter: it talks over the one client."""

    _stripe: StripeClient


def under(key: str) -> RequestOptions:
    """Return the options of a call that is carried out once under `key`."""
    return {"idempotency_key": key}


def marks(operation_id: str, **more: str) -> dict[str, str]:
    """Return the metadata by which a thing is found again."""
    return {"operation_id": operation_id, **more}
