"""Signs what the bank sends: `t=<unix seconds>,v1=<HMAC-SHA256 of "t.body">`."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Final

HEADER: Final = "Harbour-Signature"


def signature(secret: str, body: bytes, at: datetime) -> str:
    """Return the header value for `body` sent at `at`."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
    return f"t={stamp},v1={digest.hexdigest()}"
