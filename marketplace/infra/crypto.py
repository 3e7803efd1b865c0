"""Tokens: random ones to hand out, digests to keep, signatures to check."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from marketplace.infra.settings import current_settings

_TOKEN_BYTES = 32


def random_token() -> str:
    """Return 256 random bits as URL-safe text."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def digest(token: str) -> str:
    """Return what the database keeps of a token: enough to recognise, useless to steal."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign(purpose: str, payload: Any) -> str:  # noqa: ANN401 - JSON
    """Return `payload` with a dated signature that holds for `purpose` alone."""
    return str(_signer(purpose).dumps(payload))


def unsign(purpose: str, text: str, *, max_age_seconds: int) -> Any:  # noqa: ANN401 - JSON
    """Return the payload of `text`, or None if the signature is wrong or too old."""
    try:
        return _signer(purpose).loads(text, max_age=max_age_seconds)
    except BadSignature:
        return None


def _signer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().secret_key, salt=f"kindling:{purpose}")
