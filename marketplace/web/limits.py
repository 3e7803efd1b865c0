"""How often one address may ask: generous for pages, strict where guessing would pay."""

from __future__ import annotations

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

# The address is the socket's: a forwarded header is a claim. Behind a proxy, put
# werkzeug's ProxyFix around the application with the number of proxies you run.
limiter = Limiter(
    get_remote_address,
    default_limits=["1200 per minute"],
    default_limits_exempt_when=lambda: request.endpoint in {"static", "health"},
    swallow_errors=True,
)

STRICT = "30 per minute; 200 per hour"
MONEY = "60 per minute; 600 per hour"


def install(app: Flask) -> None:
    """Enforce the limits on `app`."""
    limiter.init_app(app)
