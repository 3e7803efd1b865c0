"""Listening to the database driver: which statements this process sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg

_PING: Final = ";"  # the pool asks whether the connection lives; nobody else asked anything


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect every statement that any connection of this process sends meanwhile."""
    heard: list[str] = []
    plain = psycopg.Cursor.execute

    def execute(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        text = query.decode() if isinstance(query, bytes) else str(query)
        if text != _PING:
            heard.append(text)
        return plain(self, query, *args, **kwargs)

    psycopg.Cursor.execute = execute  # type: ignore[method-assign]
    try:
        yield heard
    finally:
        psycopg.Cursor.execute = plain  # type: ignore[method-assign]
