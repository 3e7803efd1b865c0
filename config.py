"""Flask's own settings, derived from the environment's (`marketplace.infra.settings`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marketplace.infra.database import (
    READING,
    engine_options,
    reading_engine_options,
    sqlalchemy_url,
)
from marketplace.infra.settings import Settings

UPLOAD_BYTES_MAX = 40 * 1024 * 1024  # four pictures of ten megabytes in one form


def flask_config(settings: Settings, database_url: str) -> dict[str, Any]:
    """Return the Flask configuration of a process that works on `database_url`."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": sqlalchemy_url(database_url),
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(),
        "SQLALCHEMY_BINDS": {
            READING: {"url": sqlalchemy_url(database_url), **reading_engine_options()}
        },
        "MAX_CONTENT_LENGTH": UPLOAD_BYTES_MAX,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "SESSION_COOKIE_NAME": "__Host-form" if settings.secure_cookies else "form",
        "SESSION_COOKIE_SECURE": settings.secure_cookies,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=1),
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
        "WTF_CSRF_SSL_STRICT": settings.secure_cookies,
        "TEMPLATES_AUTO_RELOAD": False,
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(hours=1),  # their names stay when they change
        "RATELIMIT_STORAGE_URI": settings.ratelimit_storage_uri,
        "RATELIMIT_HEADERS_ENABLED": False,
        "PREFERRED_URL_SCHEME": "https" if settings.secure_cookies else "http",
    }
