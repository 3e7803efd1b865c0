"""The cookie that forms go by, and the token in them. Neither says who somebody is.

Both are signed. A browser sends the same cookie with every page, and is given the same token for
a minute: signatures are made and checked once, not with every page.
"""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Flask, Request, current_app, g, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer

from marketplace.kernel import clock

_COOKIES_MAX: Final = 4096
_TOKEN_SECONDS: Final = 60
_SALT: Final = "wtf-csrf-token"  # Flask-WTF's own, by which it knows its tokens


class FormSessions(SecureCookieSessionInterface):
    """Flask's signed cookie; its signer is made once, and what was checked is remembered."""

    def __init__(self) -> None:
        self._signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return what signs the cookie and checks its signature."""
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return what the cookie holds; nothing where its signature is wrong or too old.

        Only a cookie of plain texts is remembered: it can be copied without looking deeper.
        """
        sent, signer = request.cookies.get(self.get_cookie_name(app)), self._signer
        if not sent or signer is None:
            return super().open_session(app, request)
        try:
            held, at = _checked(signer, sent)
        except BadSignature:
            return self.session_class()
        is_plain = all(type(value) is str for value in held.values())
        is_good = timedelta() <= clock.wall() - at <= app.permanent_session_lifetime
        if not (is_plain and is_good):
            return super().open_session(app, request)
        return self.session_class(held)  # a copy


@functools.lru_cache(maxsize=_COOKIES_MAX)
def _checked(signer: URLSafeTimedSerializer, sent: str) -> tuple[dict[str, Any], datetime]:
    held, at = signer.loads(sent, return_timestamp=True)
    return held, at


def form_token() -> str:
    """Return the token of this page's forms, for templates."""
    answer = g._get_current_object()  # noqa: SLF001 - as the proxy itself, once
    if "csrf_token" not in answer:
        held = session.get("csrf_token")
        if type(held) is not str:
            return str(generate_csrf())
        minute = int(clock.monotonic() // _TOKEN_SECONDS)
        answer.csrf_token = _signed(str(current_app.secret_key), held, minute)
    return str(answer.csrf_token)


@functools.lru_cache(maxsize=_COOKIES_MAX)
def _signed(key: str, held: str, _minute: int) -> str:
    return str(URLSafeTimedSerializer(key, salt=_SALT).dumps(held))
