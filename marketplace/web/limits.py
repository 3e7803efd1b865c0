"""How often one address may ask: generous for pages, strict where guessing would pay."""

from __future__ import annotations

from typing import Final

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits.storage import MemoryStorage

from marketplace.kernel import clock

PAGES: Final = "1200 per minute"
_SWEPT_EVERY_SECONDS: Final = 60.0


class SweptMemory(MemoryStorage):
    """Counters in this process's memory; it takes the place of the library's own.

    That one starts a thread for nearly every request, to look for counters whose time is over. A
    look now and then is enough: an old counter is not believed when it is read.
    """

    STORAGE_SCHEME = ["memory"]  # noqa: RUF012 - as the library declares it
    _swept_at = float("-inf")

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - the parent's private name
        if clock.monotonic() - self._swept_at > _SWEPT_EVERY_SECONDS:
            self._swept_at = clock.monotonic()
            self._MemoryStorage__expire_events()  # type: ignore[attr-defined]


def _pages_limit() -> str:
    return str(current_app.config.get("PAGES_PER_ADDRESS", PAGES))


# The address is the socket's: a forwarded header is a claim. Behind a proxy, put
# werkzeug's ProxyFix around the application with the number of proxies you run.
limiter = Limiter(
    get_remote_address,
    default_limits=[_pages_limit],
    default_limits_exempt_when=lambda: request.endpoint in {"static", "health"},
    swallow_errors=True,
)

STRICT = "30 per minute; 200 per hour"
MONEY = "60 per minute; 600 per hour"


def install(app: Flask) -> None:
    """Enforce the limits on `app`."""
    limiter.init_app(app)
