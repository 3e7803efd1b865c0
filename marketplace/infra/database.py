"""The database: typed models for writing, plain SQL rows for reading, one transaction for both.

Lists are read by SQL into frozen dataclasses on the session's own psycopg connection: a third
of the cost of ORM objects, and nothing that could be changed by accident on a page.
"""

from __future__ import annotations

import functools
import select
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import psycopg
from flask_sqlalchemy import SQLAlchemy
from psycopg._preparing import PrepareManager
from psycopg.rows import RowFactory, RowMaker, class_row, tuple_row
from sqlalchemy import Engine, MetaData
from sqlalchemy.event import listen
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from marketplace.infra.asking import Asker, Params, asker_of
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken

T = TypeVar("T")

# The pool of connections on which every statement stands alone: for pages that only read.
READING: Final = "reading"

# The role the site works as. It owns nothing and may not touch what is append-only.
APP_ROLE = "kindling_app"

_NAMING = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class Base(DeclarativeBase):
    """Base of all rows."""

    metadata = MetaData(naming_convention=_NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class Reader:
    """The connection of a page that only reads: no transaction, lent at the first question."""

    def __init__(self) -> None:
        self._lent: PoolProxiedConnection | None = None

    def connection(self) -> psycopg.Connection[Any]:
        """Return the connection; all of a page's questions go over the same one."""
        if self._lent is None:
            self._lent = db.engines[READING].raw_connection()
        return cast("psycopg.Connection[Any]", self._lent.driver_connection)

    def give_back(self) -> None:
        """End the reading; a connection that broke is not lent again."""
        lent, self._lent = self._lent, None
        if lent is None:
            return
        if cast("psycopg.Connection[Any]", lent.driver_connection).broken:
            lent.invalidate()
        lent.close()


# Who reads while statements stand alone (a page that only reads); None while they stand together,
# in one transaction.
_reader: ContextVar[Reader | None] = ContextVar("reader", default=None)


def driver() -> psycopg.Connection[Any]:
    """Return the psycopg connection to ask: the page's reader's, else the session's."""
    if (reader := _reader.get()) is not None:
        return reader.connection()
    session = db.session()
    if (known := session.info.get(_DRIVER)) is None:
        known = session.info[_DRIVER] = session.connection().connection.driver_connection
    return cast("psycopg.Connection[Any]", known)


# Where a session keeps the connection of its open transaction: asking it each time is slow. It is
# asked anew in each nested one, because that is when it sets the savepoint.
_DRIVER: Final = "driver"


def _forget_driver(session: Session, _transaction: SessionTransaction) -> None:
    session.info.pop(_DRIVER, None)


for _turn in ("after_transaction_create", "after_transaction_end"):
    listen(Session, _turn, _forget_driver)


def standing_alone() -> bool:
    """Whether statements stand alone right now."""
    return _reader.get() is not None


def stand_alone() -> Token[Reader | None]:
    """Let statements stand alone from here on: a page that reads opens no transaction.

    Under READ COMMITTED each statement sees a world of its own anyway, and a page is spared the
    session and four round trips. Commands and rehearsals open their transactions all the same.
    Give the token back to `stand_together`.
    """
    return _reader.set(Reader())


def stand_together(token: Token[Reader | None]) -> None:
    """End what `stand_alone` began."""
    if (reader := _reader.get()) is not None:
        reader.give_back()
    _reader.reset(token)


@contextmanager
def together() -> Iterator[None]:
    """Run the block's statements in one transaction, whatever the page around it does."""
    token = _reader.set(None)
    try:
        yield
    finally:
        _reader.reset(token)


def _asker() -> Asker:
    return asker_of(driver())


def rows(sql: str, params: Params = None, *, into: type[T]) -> list[T]:
    """Run `sql` (`%(name)s` parameters) and return each row as `into(**columns)`.

    A `NamedTuple`, whose fields must be the columns in their order, costs a tenth of a dataclass:
    for the rows of long lists.
    """
    kind = _tuples_of if issubclass(into, tuple) else class_row
    return _asker().all(sql, params, _factory(into, kind))


# The asker remembers how it makes rows of an answer by who makes them: there is one of each kind.
_factories: Final[dict[tuple[type[Any], object], RowFactory[Any]]] = {}


def _factory(into: type[T], kind: Callable[[type[T]], RowFactory[T]]) -> RowFactory[T]:
    found = _factories.get((into, kind))
    return found or _factories.setdefault((into, kind), kind(into))


def _tuples_of(into: type[T]) -> RowFactory[T]:
    fields: tuple[str, ...] = into._fields  # type: ignore[attr-defined]

    def make(cursor: Any) -> RowMaker[T]:  # noqa: ANN401 - any of psycopg's cursors
        columns = tuple(column.name for column in cursor.description or ())
        if columns and columns != fields:
            raise Broken(f"columns {columns} are not the fields of {into.__name__}")
        return into._make  # type: ignore[attr-defined, no-any-return]

    return make


def row(sql: str, params: Params = None, *, into: type[T]) -> T | None:
    """Run `sql` and return the first row as `into(**columns)`, or None."""
    return _asker().first(sql, params, _factory(into, class_row))


def scalar(sql: str, params: Params = None) -> Any:  # noqa: ANN401 - whatever the column holds
    """Run `sql` and return the first column of the first row, or None."""
    found = _asker().first(sql, params, tuple_row)
    return None if found is None else found[0]


def column(sql: str, params: Params = None) -> list[Any]:
    """Run `sql` and return the first column of every row."""
    return [found[0] for found in _asker().all(sql, params, tuple_row)]


def execute(sql: str, params: Params = None) -> int:
    """Run `sql` and return how many rows it touched."""
    flush()
    return write(sql, params)


def write(sql: str, params: Params = None) -> int:
    """Run `sql` beside pending ORM rows, which are not sent yet; returns how many it touched."""
    return _asker().touched(sql, params)


_SMALL_BYTES: Final = 256 * 1024


def lay_out(tables: Mapping[str, str]) -> None:
    """Make the temporary tables a round works on, or empty those of the round before.

    `tables` gives the columns of each by its name. They stay as long as the connection. To
    truncate makes their files anew, and all that was planned on them: a hundred times the work
    of deleting a few rows.
    """
    found = column(
        "SELECT pg_relation_size(oid) FROM pg_class"
        " WHERE relnamespace = pg_my_temp_schema() AND relname = ANY(%s)",
        (list(tables),),
    )
    if len(found) < len(tables):
        for name, columns in tables.items():
            execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} ({columns}) ON COMMIT PRESERVE ROWS")
    if len(found) < len(tables) or max(found) > _SMALL_BYTES:
        execute(f"TRUNCATE {', '.join(tables)}")
    else:
        for name in tables:
            execute(f"DELETE FROM {name}")  # noqa: S608 - our own names


def flush() -> None:
    """Send pending ORM rows first, so that SQL beside them sees the same world."""
    db.session.flush()


SOON: Final = " -c synchronous_commit=off"
_KEPT_FROM_USE: Final = 6
_STATEMENTS_KEPT: Final = 300  # of a connection that stays; the least used are forgotten
_STATEMENTS_KEPT_UNHURRIED: Final = 2_000


class _LastingStatements(PrepareManager):
    """Prepared statements that outlive a rollback, as they do on the server.

    psycopg forgets all of them at each, and commands begin with one: a rollback may have undone
    the making of a table. The site makes none but temporary ones, found by name.
    """

    def clear(self) -> bool:
        return False


def keep_statements(engine: Engine, *, from_use: int) -> None:
    """Let connections of `engine` keep each statement prepared from its `from_use`th use on."""
    keep = functools.partial(
        _keep_statements, from_use=from_use, at_most=_STATEMENTS_KEPT_UNHURRIED
    )
    listen(engine, "connect", keep)


def _keep_statements(
    connection: psycopg.Connection[Any],
    _record: ConnectionPoolEntry,
    *,
    from_use: int = _KEPT_FROM_USE,
    at_most: int = _STATEMENTS_KEPT,
) -> None:
    connection._prepared = _LastingStatements()  # noqa: SLF001 - psycopg has no word for it
    connection.prepared_max = at_most
    connection.prepare_threshold = from_use - 1


def sqlalchemy_url(url: str) -> str:
    """Return the libpq address `url` in SQLAlchemy's spelling."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]


def engine_options(*, pool_size: int = 8) -> dict[str, Any]:
    """Return how the site connects: as the role that owns nothing, with bounded waits."""
    return {
        "pool_size": pool_size,
        "max_overflow": 4,
        "pool_timeout": 10,
        "pool_events": [
            (_keep_statements, "connect"),
            (_note_rest, "checkin"),
            (_look_alive, "checkout"),
        ],
        "connect_args": {
            # What a settlement lays aside in temporary tables stays in memory.
            "options": f"-c role={APP_ROLE} -c timezone=UTC -c jit=off -c temp_buffers=64MB"
            " -c idle_in_transaction_session_timeout=60000",
            "connect_timeout": 5,
        },
    }


def reading_engine_options() -> dict[str, Any]:
    """Return how pages that only read connect: as the site does, without any transaction.

    What is written there beside them, such as a turn at the provider's, is of no worth after a
    power cut: nobody waits until it is on the disk.
    """
    options = engine_options()
    options["connect_args"]["options"] += SOON
    return {
        **options,
        "isolation_level": "AUTOCOMMIT",
        "pool_reset_on_return": None,  # there is nothing to undo
    }


def disconnect() -> None:
    """Give all connections up, those in the pools included."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


# SQLAlchemy's own pre-ping asks the server each time: a quarter of all round trips of a command.
_RESTED_SECONDS: Final = 10.0


def _note_rest(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = clock.monotonic()


def _look_alive(
    connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: object
) -> None:
    """Make sure, before a pooled connection is used, that the server is still at its other end.

    A server that went away has closed the socket, which shows here without asking it. After a
    long rest it is asked, because a network may drop a connection and tell nobody.
    """
    since = record.info.get("rests_since")
    if since is None:
        return  # fresh
    quiet = not select.select([connection.fileno()], [], [], 0)[0]
    if quiet and clock.monotonic() - since < _RESTED_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.Error as trouble:
        raise InvalidatePoolError from trouble
