"""The bank's one connection, and a piece of work on it.

Everything the bank does happens inside `work()`: one transaction, one at a time in this
process. That is slow for a bank and exactly right for a simulator: no two answers can cross.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row

from marketplace.infra.asking import Asker, asker_of
from marketplace.infra.chaining import Chaining
from marketplace.kernel import clock
from marketplace.simulator.schema import CREATE

Row = Mapping[str, Any]

_COUNTER: Final = 0x626E6B  # the key of the lock behind `counter_closed`

# The product commits what the bank answered after the bank did, and that flushes the shared log
# up to there: whatever the product remembers, the bank remembers too.
_OPTIONS: Final = (
    "-c synchronous_commit=off -c client_min_messages=warning -c timezone=UTC"
    # Its tables grow from nothing: each statement is planned once, for when they are large.
    " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off"
)


@dataclass(frozen=True, slots=True)
class Work:
    """One open transaction at the bank and the bank's time in it."""

    asker: Asker
    now: datetime

    def rows(self, sql: LiteralString, **params: object) -> list[DictRow]:
        """Return all rows of `sql`."""
        return self.asker.all(sql, params, dict_row)

    def row(self, sql: LiteralString, **params: object) -> DictRow | None:
        """Return the first row of `sql`, or None."""
        return self.asker.first(sql, params, dict_row)

    def run(self, sql: LiteralString, **params: object) -> int:
        """Run `sql` and return how many rows it touched."""
        return self.asker.touched(sql, params)


class Store:
    """Opens the bank's schema on `dsn`. `source` is the clock the bank lives on."""

    def __init__(self, dsn: str, source: Callable[[], datetime] = clock.now) -> None:
        self._dsn = dsn
        self._source = source
        self._lock = threading.RLock()
        self._connection: Chaining | None = None
        self._offset = timedelta()
        self._counter_closed = False
        self._working = False

    @property
    def offset(self) -> timedelta:
        """How far the bank is ahead of the clock it lives on."""
        return self._offset

    def now(self) -> datetime:
        """Return the bank's time: the clock it lives on, plus its own offset."""
        return self._source() + self._offset

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Run the block in one transaction; nobody else in this process works meanwhile."""
        with self._lock:
            connection = self._open()
            with self._one_transaction(connection):
                yield Work(asker_of(connection), self.now())

    @contextmanager
    def glance(self) -> Iterator[Work]:
        """Let the block look at something, for which no transaction need be opened."""
        with self._lock:
            yield Work(asker_of(self._open()), self.now())

    def set_offset(self, offset: timedelta) -> None:
        """Set the bank's own offset and remember it over a restart."""
        with self.work() as work:
            work.run(
                "INSERT INTO simulator.till (offset_seconds) VALUES (%(seconds)s)"
                " ON CONFLICT (sole) DO UPDATE SET offset_seconds = excluded.offset_seconds",
                seconds=int(offset.total_seconds()),
            )
        self._offset = offset

    @contextmanager
    def counter_closed(self) -> Iterator[None]:
        """Keep every process's courier at home while somebody lives through other times here.

        Work follows upon work then: each is begun with the commit of the one before. What waits
        in between has read at most.
        """
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_COUNTER,))
            self._counter_closed = True
            try:
                yield
            finally:
                self._counter_closed = False
                with self._lock:
                    _undo(self._connection)

    @contextmanager
    def counter_open(self) -> Iterator[bool]:
        """Whether the counter is open; while the block runs nobody can close it."""
        with self._lock:
            taken = "SELECT pg_try_advisory_lock_shared(%s) AS taken"
            row = self._open().execute(taken, (_COUNTER,)).fetchone()
        is_open = bool(row and row["taken"])
        try:
            yield is_open
        finally:
            if is_open:
                with self._lock:
                    self._open().execute("SELECT pg_advisory_unlock_shared(%s)", (_COUNTER,))

    def connection(self) -> psycopg.Connection[DictRow]:
        """Return the bank's one connection."""
        with self._lock:
            return self._open()

    def close(self) -> None:
        """Close the connection; the next work opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    @contextmanager
    def _one_transaction(self, connection: Chaining) -> Iterator[None]:
        if self._working or not self._counter_closed:
            with connection.transaction():
                yield
            return
        if connection.pgconn.transaction_status == TransactionStatus.IDLE:
            connection.execute("BEGIN")
        self._working = True
        try:
            yield
        except BaseException:
            _undo(connection)
            raise
        finally:
            self._working = False
        connection.commit()

    def _open(self) -> Chaining:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> Chaining:
        connection = Chaining.connect(
            self._dsn,
            autocommit=True,
            row_factory=dict_row,
            prepare_threshold=0,
            options=_OPTIONS,
        )
        with connection.transaction():
            connection.execute(CREATE, prepare=False)
        row = connection.execute("SELECT offset_seconds FROM simulator.till").fetchone()
        self._offset = timedelta(seconds=row["offset_seconds"] if row else 0)
        return connection


def _undo(connection: Chaining | None) -> None:
    if connection is not None and not connection.closed:
        connection.rollback()
