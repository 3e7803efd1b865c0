"""What every answer carries: a request id, a strict content policy, nothing to guess.

Pages that are only asked for read the database without a transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from flask import Flask, Response, g, request

from marketplace.infra import database
from marketplace.infra.settings import current_settings

# No nonce: nothing inline is ever served. Forms may lead to the provider's hosted pages.
_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
# For what people uploaded and others open: nothing in it runs, whatever a browser makes of it.
SANDBOX: Final = ("Content-Security-Policy", "default-src 'none'; sandbox")
# For the one page that other sites may show in a frame: it holds no form and no script.
_FRAMED: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors *"
)
FRAMED: Final = ("Content-Security-Policy", _FRAMED)
_ALWAYS: Final = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)
_OVER_TLS: Final = (("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),)
_READING: Final = frozenset({"GET", "HEAD"})

StartResponse = Callable[..., Any]


class FixedHeaders:
    """WSGI middleware: what every answer carries, whatever the site said about it itself.

    An answer may ask for two policies only: the stricter `SANDBOX`, and `FRAMED`.
    """

    def __init__(
        self, app: Callable[..., Iterable[bytes]], headers: Sequence[tuple[str, str]]
    ) -> None:
        self._app = app
        self._headers = list(headers)
        self._names = frozenset(name for name, _value in headers)
        self._others = {
            policy: [policy if pair[0] == policy[0] else pair for pair in headers]
            for policy in (SANDBOX, FRAMED)
        }

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """Let the site answer, and add the headers."""

        def begin(status: str, headers: list[Any], *more: Any) -> Any:  # noqa: ANN401 - the server's
            own = [pair for pair in headers if pair[0] not in self._names]
            asked = next((policy for policy in self._others if policy in headers), None)
            fixed = self._others[asked] if asked else self._headers
            return start(status, own + fixed, *more)

        return self._app(environ, begin)


def install(app: Flask) -> None:
    """Add the headers to every answer of `app`."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)
    fixed = _ALWAYS + (_OVER_TLS if current_settings().secure_cookies else ())
    app.wsgi_app = FixedHeaders(app.wsgi_app, fixed)  # type: ignore[assignment]


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    if request.method in _READING:
        g.reading = database.stand_alone()


def _end(_trouble: BaseException | None) -> None:
    token = g.pop("reading", None)
    if token is not None:
        database.stand_together(token)


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "-")
    return response
