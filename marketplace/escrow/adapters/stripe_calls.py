"""How a call to Stripe ends: a plain dictionary, or one of the port's three troubles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Final

import stripe
from stripe import WebhookSignature

from marketplace.escrow.gateway import Never, NoAnswer, NotNow
from marketplace.kernel.errors import ProviderTrouble

LOOK_MAX: Final = 1_000  # things looked through when one is read back by its metadata

Json = dict[str, Any]

_LATER: Final = {
    "balance_insufficient": "insufficient_available",
    "insufficient_capabilities_for_transfer": "payee_not_ready",
    "transfers_not_allowed": "payee_not_ready",
}


def call(act: Callable[[], Any]) -> Json:
    """Run a call that has an effect and return its answer; errors become the port's three."""
    try:
        return _plain(act())
    except stripe.StripeError as error:
        raise _translated(error) from error


def read(act: Callable[[], Any]) -> Json:
    """Run a call without effect: whatever goes wrong, nothing has happened."""
    try:
        return _plain(act())
    except stripe.StripeError as error:
        raise NotNow(str(error), code=error.code or "unreachable") from error


def read_all(act: Callable[[], Iterable[Any]]) -> list[Json]:
    """Run a listing and return at most 1,000 things of it, page by page."""
    try:
        return [_plain(thing) for thing in islice(act(), LOOK_MAX)]
    except stripe.StripeError as error:
        raise NotNow(str(error), code=error.code or "unreachable") from error


def _plain(thing: Any) -> Json:  # noqa: ANN401 - any SDK class
    plain: Json = thing.to_dict()
    return plain


def _translated(error: stripe.StripeError) -> ProviderTrouble:
    code = error.code or ""
    if isinstance(error, stripe.RateLimitError):
        return NotNow(str(error), code="rate_limited")
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return NotNow(str(error), code=code or "unknown_key")
    if code in _LATER:
        return NotNow(str(error), code=_LATER[code])
    if isinstance(error, stripe.IdempotencyError):
        return NoAnswer(str(error), code="key_reused")  # the first order under it may have worked
    if isinstance(error, stripe.InvalidRequestError | stripe.CardError):
        return Never(str(error), code=code or "refused")
    return NoAnswer(str(error), code=code or "no_answer")


def signed(body: bytes, header: str, secret: str) -> bool:
    """Whether `header` signs `body` with `secret` and is not too old."""
    try:
        return bool(WebhookSignature.verify_header(body, header, secret))
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
