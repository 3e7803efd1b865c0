"""The worker process: runs jobs and the periodic timetable until told to stop."""

from __future__ import annotations

import asyncio
from typing import Any

from procrastinate import PsycopgConnector, SyncPsycopgConnector
from procrastinate.connector import BaseConnector

from marketplace.infra import jobs


def work(url: str, *, concurrency: int, poll_seconds: float = 5.0) -> None:
    """Run jobs from the database at `url`, `concurrency` at a time, until SIGINT or SIGTERM.

    Jobs under way are finished first; what was not finished is taken up by the next worker.
    """
    asyncio.run(_work(url, concurrency, poll_seconds))


class _TwoTongues(PsycopgConnector):
    """Fetches jobs and keeps the timetable asynchronously, defers synchronously.

    Jobs queue further jobs on their own synchronous connection, inside their transaction.
    """

    def __init__(self, **pool: Any) -> None:  # noqa: ANN401 - the pool's own arguments
        super().__init__(**pool)
        self._for_jobs = SyncPsycopgConnector(**pool)

    def get_sync_connector(self) -> BaseConnector:
        return self._for_jobs


async def _work(url: str, concurrency: int, poll_seconds: float) -> None:
    connector = _TwoTongues(conninfo=url, min_size=2, max_size=concurrency + 3)
    with jobs.app.replace_connector(connector) as worker:
        async with worker.open_async():
            await worker.run_worker_async(
                concurrency=concurrency,
                fetch_job_polling_interval=poll_seconds,
                delete_jobs="successful",
                install_signal_handlers=True,
                shutdown_graceful_timeout=10,
                update_heartbeat_interval=5,
            )
