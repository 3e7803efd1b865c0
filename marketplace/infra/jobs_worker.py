"""The worker process: runs jobs and the periodic timetable until told to stop."""

from __future__ import annotations

import asyncio

from procrastinate import PsycopgConnector

from marketplace.infra import jobs


def work(url: str, *, concurrency: int, poll_seconds: float = 5.0) -> None:
    """Run jobs from the database at `url`, `concurrency` at a time, until SIGINT or SIGTERM.

    Jobs under way are finished first; what was not finished is taken up by the next worker.
    """
    asyncio.run(_work(url, concurrency, poll_seconds))


async def _work(url: str, concurrency: int, poll_seconds: float) -> None:
    connector = PsycopgConnector(conninfo=url, min_size=2, max_size=concurrency + 3)
    # Jobs defer further jobs on their own synchronous connection, inside their transaction; only
    # this copy of the app, which fetches and runs them, speaks asynchronously.
    worker = jobs.app.with_connector(connector)
    async with worker.open_async():
        await worker.run_worker_async(
            concurrency=concurrency,
            fetch_job_polling_interval=poll_seconds,
            delete_jobs="successful",
            install_signal_handlers=True,
            shutdown_graceful_timeout=10,
        )
