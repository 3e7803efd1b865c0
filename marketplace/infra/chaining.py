"""A connection for long runs, whose next transaction begins with the commit of the one before."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.pq import TransactionStatus


class Chaining(psycopg.Connection[Any]):
    """A connection whose commit begins anew.

    That spares each command a question of its own, because the next is sure to come. What waits
    in between holds nothing: it has read at most, and under READ COMMITTED keeps no snapshot.
    """

    def commit(self) -> None:
        """Commit, and begin anew; without a transaction there is nothing to do."""
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            with self.lock:
                self.wait(self._exec_command(b"COMMIT AND CHAIN"))
