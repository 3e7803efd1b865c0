"""How a call to Stripe ends: a plain dictionary, or one of the port's three troubles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Final

import stripe
from stripe import WebhookSignature

from marketplace.escrow.gateway import (
    TOO_MANY,
    UNREACHABLE,
    Busy,
    Faulty,
    Never,
    NoAnswer,
    NotNow,
)
from marketplace.kernel.errors import ProviderTrouble

LOOK_MAX: Final = 10_000  # things looked through when one is read back by its metadata

Json = dict[str, Any]

_LATER: Final = {
    "balance_insufficient": "insufficient_available",
    "insufficient_capabilities_for_transfer": "payee_not_ready",
    "transfers_not_allowed": "payee_not_ready",
}
_LATER_KINDS: Final = (
    (stripe.AuthenticationError, "unknown_key"),
    (stripe.PermissionError, "not_permitted"),
)


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
        raise _unread(error) from error


def read_all(act: Callable[[], Iterable[Any]]) -> list[Json]:
    """Run a listing and return all of it, page by page."""
    return read_pages(act, None)


def search(act: Callable[[], Iterable[Any]], operation_id: str) -> Json | None:
    """Return the thing of a listing that carries the mark; None if there surely is none."""
    things = read_pages(act, LOOK_MAX + 1)
    for thing in things:
        if (thing.get("metadata") or {}).get("operation_id") == operation_id:
            return thing
    if len(things) > LOOK_MAX:
        raise NotNow(f"{operation_id} is not among {LOOK_MAX} things.", code=TOO_MANY)
    return None


def read_pages(act: Callable[[], Iterable[Any]], limit: int | None) -> list[Json]:
    """Run a listing and return at most `limit` things of it, page by page."""
    try:
        return [_plain(thing) for thing in islice(act(), limit)]
    except stripe.StripeError as error:
        raise _unread(error) from error


def _plain(thing: Any) -> Json:  # noqa: ANN401 - any SDK class
    plain: Json = thing.to_dict()
    return plain


def _unread(error: stripe.StripeError) -> NotNow:
    if isinstance(error, stripe.RateLimitError):
        return _busy(error)
    return NotNow(str(error), code=error.code or UNREACHABLE)


def _busy(error: stripe.RateLimitError) -> Busy:
    """Return a refusal for now that all who want the same should heed."""
    after = str((error.headers or {}).get("retry-after", ""))
    return Busy(str(error), after_s=float(after) if after.isdecimal() else 0.0)


def _translated(error: stripe.StripeError) -> ProviderTrouble:
    code = error.code or ""
    if isinstance(error, stripe.RateLimitError):
        return _busy(error)
    later = _later(error)
    if later is not None:
        return NotNow(str(error), code=later)
    if isinstance(error, stripe.IdempotencyError):
        return NoAnswer(str(error), code="key_reused")  # the first order under it may have worked
    if isinstance(error, stripe.InvalidRequestError | stripe.CardError):
        return Never(str(error), code=code or "refused")
    lost = Faulty if (error.http_status or 0) >= 500 else NoAnswer
    return lost(str(error), code=code or "no_answer")


def _later(error: stripe.StripeError) -> str | None:
    """Return why Stripe may accept later what it refused now; None if that is not so."""
    for kind, word in _LATER_KINDS:
        if isinstance(error, kind):
            return word
    return _LATER.get(error.code or "")


def signed(body: bytes, header: str, secret: str) -> bool:
    """Whether `header` signs `body` with `secret`; how old it is, is not asked here."""
    if not header.isascii():
        return False  # the SDK can compare nothing else
    try:
        return bool(WebhookSignature.verify_header(body, header, secret))
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
