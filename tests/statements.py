"""Listening to the database driver: how many statements a page sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from marketplace.infra.database import READING, db

# What a page may cost at most, by the issue; signing in is part of it.
PAGE_MAX: Final = 12
_PING: Final = ";"  # the pool asks whether the connection lives; the page asked nothing


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect every statement that any connection of this process sends meanwhile.

    What a new connection and the server tell each other first is not the page's.
    """
    db.engines[READING].raw_connection().close()
    heard: list[str] = []
    plain = psycopg.Cursor.execute

    def execute(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        text = query.decode() if isinstance(query, bytes) else str(query)
        if text != _PING:
            heard.append(text)
        return plain(self, query, *args, **kwargs)

    psycopg.Cursor.execute = execute  # type: ignore[method-assign]
    try:
        yield heard
    finally:
        psycopg.Cursor.execute = plain  # type: ignore[method-assign]
