"""The raw side of a ratio: the very rows we wrote, written again by plain INSERT ... SELECT.

`Twins` are copies of product tables with the same indexes and checks, and nothing else: no
triggers, no foreign keys, no balances. After we have written, the new rows are laid aside
(untimed), and the twins take them in one transaction (timed).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import psycopg

from marketplace.kernel import clock

# How the rows of one round are recognised: by the last number before it.
LEDGER: Final = {
    "ledger_journal": "id > %(journal)s",
    "ledger_transfer": "journal_id > %(journal)s",
}


class Twins:
    """Twins of `tables`; the values say which rows belong to a round."""

    def __init__(self, connection: psycopg.Connection[Any], tables: Mapping[str, str]) -> None:
        self._connection = connection
        self._tables = tables
        for table in tables:
            connection.execute(
                f"CREATE TABLE bench_twin_{table} (LIKE {table} INCLUDING ALL);"
                f"CREATE UNLOGGED TABLE bench_aside_{table} (LIKE {table})".encode()
            )

    def mark(self) -> int:
        """Return the number before the coming round."""
        found = self._connection.execute("SELECT coalesce(max(id), 0) FROM ledger_journal")
        return int(found.fetchall()[0][0])

    def seconds(self, since: Mapping[str, object]) -> float:
        """Return how long the raw way takes to write what was written `since`."""
        for table, new in self._tables.items():
            self._connection.execute(f"TRUNCATE bench_aside_{table}".encode())
            self._connection.execute(
                f"INSERT INTO bench_aside_{table} SELECT * FROM {table} WHERE {new}".encode(), since
            )
            self._connection.execute(f"ANALYZE bench_aside_{table}".encode())
        return timed(self._write)

    def _write(self) -> None:
        with self._connection.transaction():
            for table in self._tables:
                self._connection.execute(
                    f"INSERT INTO bench_twin_{table} SELECT * FROM bench_aside_{table}".encode()
                )


def timed(work: Callable[[], object]) -> float:
    """Return the seconds `work` takes."""
    begin = clock.monotonic()
    work()
    return clock.monotonic() - begin
