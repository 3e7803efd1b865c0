"""How often one address may ask: generous for pages, strict where guessing would pay."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar, Final

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_qualified_name, get_remote_address
from limits import parse
from limits.storage import MemoryStorage

from marketplace.kernel import clock

PAGES: Final = "1200 per minute"
_SWEPT_EVERY_SECONDS: Final = 60.0
_UNCOUNTED: Final = frozenset({"static", "health"})


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


_parsed = functools.lru_cache(maxsize=8)(parse)


class PageLimiter(Limiter):
    """Counts a page in few steps where the pages' limit is the only one.

    The library gathers all limits of a view anew for each request. Once a page is over the
    limit, or cannot be counted, the library has the word.
    """

    _plain: ClassVar[dict[Callable[..., Any], bool]] = {}

    def _check_request_limit(
        self,
        callable_name: str | None = None,
        in_middleware: bool = True,  # noqa: FBT001, FBT002 - the library's signature
    ) -> None:
        if in_middleware and self.enabled and self._is_plain() and self._is_within():
            return
        super()._check_request_limit(callable_name, in_middleware)

    def _is_plain(self) -> bool:
        """Whether the view has no limits of its own and is not exempt from those of all."""
        view = current_app.view_functions.get(request.endpoint or "")
        if view is None or request.endpoint in _UNCOUNTED:
            return False
        if view not in self._plain:
            exempt = self.limit_manager.exemption_scope(
                current_app, request.endpoint, request.blueprint
            )
            marked = get_qualified_name(view) in self._marked_for_limiting
            self._plain[view] = not marked and not exempt
        return self._plain[view]

    def _is_within(self) -> bool:
        try:
            return self.limiter.hit(
                _parsed(_pages_limit()), get_remote_address(), request.endpoint or ""
            )
        except Exception:  # noqa: BLE001 - whatever the storage suffers from, the library tells it
            return False


# The address is the socket's: a forwarded header is a claim. Behind a proxy, put
# werkzeug's ProxyFix around the application with the number of proxies you run.
limiter = PageLimiter(
    get_remote_address,
    default_limits=[_pages_limit],
    default_limits_exempt_when=lambda: request.endpoint in _UNCOUNTED,
    swallow_errors=True,
)

STRICT = "30 per minute; 200 per hour"
MONEY = "60 per minute; 600 per hour"


def install(app: Flask) -> None:
    """Enforce the limits on `app`."""
    limiter.init_app(app)
