"""Public pages for visitors without a session, kept for one second in front of the site.

A pledge shows within two seconds, and a thousand visitors cost what one does. Only views that
ask for it (`@cached_for_visitors`) are kept, and only for requests without any cookie but
those that choose language and colours.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, Final, ParamSpec

from flask import Response

from marketplace.kernel import clock

P = ParamSpec("P")
StartResponse = Callable[..., Any]

_MARK: Final = "X-Kindling-Keep"
_FRESH_SECONDS: Final = 1.0
_PAGES_MAX: Final = 512
_BYTES_MAX: Final = 32 * 1024 * 1024
_BODY_BYTES_MAX: Final = 400_000
_WISH_LENGTH_MAX: Final = 200
_VARY: Final = ("Cookie", "Accept-Language")
_PREFERENCES: Final = frozenset({"theme", "lang"})


def cached_for_visitors(view: Callable[P, Response]) -> Callable[P, Response]:
    """Let the answers of `view` be kept; it must look the same to everyone not signed in."""

    @functools.wraps(view)
    def marked(*args: P.args, **kwargs: P.kwargs) -> Response:
        response = view(*args, **kwargs)
        response.vary.update(_VARY)  # for whoever else keeps pages on the way
        if response.status_code == 200 and "Set-Cookie" not in response.headers:
            response.headers[_MARK] = "1"
        return response

    return marked


class PageCache:
    """WSGI middleware; one per process, bounded in pages and bytes, oldest dropped first."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app
        self._pages: OrderedDict[tuple[str, ...], tuple[float, str, list[Any], bytes]]
        self._pages = OrderedDict()
        self._bytes = 0

    def __call__(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """Answer from memory where that is allowed, else ask the site."""
        key = _key(environ)
        if key is not None and (kept := self._pages.get(key)) is not None:
            at, status, headers, body = kept
            if clock.monotonic() - at < _FRESH_SECONDS:
                start(status, headers)
                return [body]
        return self._ask(environ, start, key)

    def _ask(
        self, environ: dict[str, Any], start: StartResponse, key: tuple[str, ...] | None
    ) -> Iterable[bytes]:
        answer: dict[str, Any] = {}

        def record(status: str, headers: list[Any], exc_info: Any = None) -> Any:  # noqa: ANN401
            plain = [pair for pair in headers if pair[0] != _MARK]
            answer.update(status=status, headers=plain, keep=len(plain) != len(headers))
            return start(status, plain, exc_info) if exc_info else start(status, plain)

        chunks = self._app(environ, record)
        if key is None or not answer.get("keep"):
            return chunks
        body = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        if not any(name == "Set-Cookie" for name, _value in answer["headers"]):
            self._keep(key, answer["status"], answer["headers"], body)
        return [body]

    def _keep(self, key: tuple[str, ...], status: str, headers: list[Any], body: bytes) -> None:
        if (former := self._pages.pop(key, None)) is not None:
            self._bytes -= len(former[3])
        if len(body) > _BODY_BYTES_MAX:
            return
        self._pages[key] = (clock.monotonic(), status, headers, body)
        self._bytes += len(body)
        while len(self._pages) > _PAGES_MAX or self._bytes > _BYTES_MAX:
            _oldest, (_at, _status, _headers, dropped) = self._pages.popitem(last=False)
            self._bytes -= len(dropped)


def _key(environ: dict[str, Any]) -> tuple[str, ...] | None:
    """Return what a kept page depends on, or None where nothing may be kept."""
    if environ["REQUEST_METHOD"] != "GET":
        return None
    wishes = (environ.get("HTTP_ACCEPT_LANGUAGE", ""), environ.get("HTTP_COOKIE", ""))
    if any(len(wish) > _WISH_LENGTH_MAX for wish in wishes):
        return None
    if wishes[1] and not _only_preferences(wishes[1]):
        return None
    return environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""), *wishes


def _only_preferences(cookies: str) -> bool:
    names = {part.partition("=")[0].strip() for part in cookies.split(";")}
    return names <= _PREFERENCES
