"""Plain SQL over psycopg, with what it learned about types and statements kept."""

from __future__ import annotations

import functools
from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeVar, cast

import psycopg
from psycopg import _queries
from psycopg.adapt import Transformer
from psycopg.rows import RowFactory, tuple_row

T = TypeVar("T")
Params = Mapping[str, Any] | Sequence[Any] | None

# psycopg keeps 128 statements with their parameters found: the site has a few hundred.
_queries._query2pg = functools.lru_cache(2_000)(  # noqa: SLF001 - it has no setting
    _queries._query2pg_nocache  # noqa: SLF001
)


class Asker(psycopg.Cursor[Any]):
    """The cursor over which a connection's plain SQL goes: it answers whole, then forgets.

    psycopg learns anew on each cursor how every type is written and read, which costs as much
    again as asking. This one knows: it stays as long as its connection.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        super().__init__(connection)
        self._tx = Transformer(self)

    def all(self, sql: str, params: Params, factory: RowFactory[T]) -> list[T]:
        """Return every row of the answer."""
        self._ask(sql, params, factory)
        found = cast("list[T]", self.fetchall())
        self._forget()
        return found

    def first(self, sql: str, params: Params, factory: RowFactory[T]) -> T | None:
        """Return the first row of the answer, or None."""
        self._ask(sql, params, factory)
        found = cast("T | None", self.fetchone())
        self._forget()
        return found

    def touched(self, sql: str, params: Params) -> int:
        """Return how many rows were touched."""
        self._ask(sql, params, tuple_row)
        count = self.rowcount
        self._forget()
        return count

    def _ask(self, sql: str, params: Params, factory: RowFactory[Any]) -> None:
        self._row_factory = factory
        self.execute(sql.encode(), params)

    def _forget(self) -> None:
        self._reset()
        self._tx.set_pgresult(None)

    def _start_query(self, query: object = None) -> Generator[Any, Any, None]:
        del query  # psycopg looks here whether it is another one, to begin to learn anew
        self._reset()
        yield from self._conn._start_query()  # noqa: SLF001
