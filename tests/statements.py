"""Listening to the database driver: how many statements a page sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench import statements
from marketplace.infra.database import READING, db

# What a page may cost at most, by the issue; signing in is part of it.
PAGE_MAX: Final = 12


@contextmanager
def listening() -> Iterator[list[str]]:
    """Collect every statement that any connection of this process sends meanwhile.

    What a new connection and the server tell each other first is not the page's.
    """
    db.engines[READING].raw_connection().close()
    with statements.listening() as heard:
        yield heard
