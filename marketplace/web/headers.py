"""What every answer carries: a request id, a strict content policy, nothing to guess.

Pages that are only asked for read the database without a transaction.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

from marketplace.infra import database
from marketplace.infra.settings import current_settings

# No nonce: nothing inline is ever served. Forms may lead to the provider's hosted pages.
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)


_READING = frozenset({"GET", "HEAD"})


def install(app: Flask) -> None:
    """Add the headers to every answer of `app`."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    if request.method in _READING:
        g.reading = database.stand_alone()


def _end(_trouble: BaseException | None) -> None:
    token = g.pop("reading", None)
    if token is not None:
        database.stand_together(token)


def _finish(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = g.get("request_id", "-")
    headers["Content-Security-Policy"] = _POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if current_settings().secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response
