"""Plain SQL over psycopg, with what it learned about types and statements kept."""

from __future__ import annotations

import functools
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

import psycopg
from psycopg import _queries, generators
from psycopg.abc import Buffer
from psycopg.adapt import Transformer
from psycopg.rows import RowFactory, RowMaker, tuple_row

T = TypeVar("T")
Params = Mapping[str, Any] | Sequence[Any] | None
Written = Sequence[Buffer | None]

_STATEMENTS_MAX: Final = 2_000  # the site has a few hundred

# psycopg keeps 128 statements with their parameters found, and has no setting for it.
_queries._query2pg = functools.lru_cache(_STATEMENTS_MAX)(  # noqa: SLF001
    _queries._query2pg_nocache  # noqa: SLF001
)
_encoded = functools.lru_cache(_STATEMENTS_MAX)(str.encode)


class Asker(psycopg.Cursor[Any]):
    """The cursor over which a connection's plain SQL goes: it answers whole, then forgets.

    psycopg learns anew on each cursor how every type is written and read, which costs as much
    again as asking. This one knows: it stays as long as its connection. And what the server keeps
    prepared it asks for by its name, past what psycopg would find out once more on the way.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        super().__init__(connection)
        self._tx = Transformer(self)
        self._name: bytes | None = None  # of the statement, where the server is asked by it
        self._makers: dict[tuple[bytes, RowFactory[Any]], RowMaker[Any]] = {}

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
        self.execute(_encoded(sql), params)

    def _execute_gen(
        self,
        query: Any,  # noqa: ANN401 - as psycopg says it
        params: Params = None,
        **how: Any,  # noqa: ANN401
    ) -> Generator[Any, Any, None]:
        if (prepared := self._prepared(query, params)) is None:
            self._name = None
            yield from super()._execute_gen(query, params, **how)
            return
        self._name, written = prepared
        formats = self._tx.formats if written else None
        yield from self._conn._start_query()  # noqa: SLF001
        self._pgconn.send_query_prepared(self._name, written or None, param_formats=formats)
        results = yield from generators.execute(self._pgconn)
        self._check_results(results)
        self._set_results(results)

    def _prepared(self, query: bytes, params: Params) -> tuple[bytes, Written] | None:
        """Return the name by which the server knows a statement, and its parameters written.

        None where it does not know it, and where psycopg has something to say about them.
        """
        key: tuple[bytes, tuple[int, ...]] = query, ()
        written: Written = ()
        if params is not None:
            sent, formats, order, _parts = _queries._query2pg(query, "utf-8")  # noqa: SLF001
            if (values := _in_order(params, order)) is None or len(values) != len(formats):
                return None
            written = self._tx.dump_sequence(values, formats)
            key = sent, self._tx.types or ()
        names = self._conn._prepared._names  # noqa: SLF001 - it has no word for it
        if (name := names.get(key)) is not None:
            names.move_to_end(key)  # the least used are forgotten
        return None if name is None else (name, written)

    def _make_row_maker(self) -> RowMaker[Any]:
        if self._name is None:
            return super()._make_row_maker()
        # A prepared statement has the same columns each time: the server sees to that.
        key = (self._name, self._row_factory)
        if (make := self._makers.get(key)) is None:
            if len(self._makers) > _STATEMENTS_MAX:
                self._makers.clear()
            make = self._makers[key] = super()._make_row_maker()
        return make

    def _forget(self) -> None:
        self._reset()
        self._tx.set_pgresult(None)

    def _start_query(self, query: object = None) -> Generator[Any, Any, None]:
        del query  # psycopg looks here whether it is another one, to begin to learn anew
        self._reset()
        yield from self._conn._start_query()  # noqa: SLF001


def asker_of(connection: psycopg.Connection[Any]) -> Asker:
    """Return the one asker of a connection, which stays with it."""
    asker: Asker | None = connection.__dict__.get("asker")
    if asker is None:
        asker = connection.__dict__["asker"] = Asker(connection)
    return asker


def _in_order(
    params: Mapping[str, Any] | Sequence[Any], order: list[str] | None
) -> Sequence[Any] | None:
    """Return parameters in the order the server takes them; None where they do not fit."""
    if not order:
        return None if params and isinstance(params, Mapping) else tuple(params)
    try:
        return [params[name] for name in order]  # type: ignore[call-overload]
    except (KeyError, TypeError):
        return None
