"""Background jobs on Procrastinate: a job is a row that commits with what needs it.

    @job("escrow.dispatch")
    def dispatch_job(*, instruction_id: str) -> None: ...

    defer(dispatch_job, key=f"dispatch:{id}", instruction_id=str(id))   # inside a command

The worker process (`flask jobs work`) picks jobs up by LISTEN/NOTIFY; `run_due` does the same
work on the calling process, for tests, the demo world and `flask jobs run`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import procrastinate
from procrastinate import exceptions, testing
from procrastinate.connector import BaseConnector

from marketplace.infra.database import db, driver, flush, rows
from marketplace.kernel import clock

JobFunction = Callable[..., None]

LATER: Final = -1
_ATTEMPTS_MAX: Final = 12
_EXPONENT_SECONDS: Final = 3

# Replaced by a real connector in `connect`; tasks are declared at import, before any settings.
app = procrastinate.App(connector=testing.InMemoryConnector())
_context: Callable[[], AbstractContextManager[Any]] = nullcontext
_functions: dict[str, JobFunction] = {}
_tasks: dict[str, Any] = {}


def job(
    name: str, *, attempts: int = _ATTEMPTS_MAX, priority: int = 0, after_s: float = 0.0
) -> Callable[[JobFunction], JobFunction]:
    """Declare a plain function with JSON-able keyword arguments as the job `name`.

    It must be idempotent: it runs at least once, and again after a crash, with growing pauses,
    `attempts` times at most; then it stays in the table as failed for a person to look at. Jobs
    of `LATER` priority wait until nothing else does. A worker lets `after_s` pass before it begins,
    where what comes meanwhile is done along with it.
    """

    def declare(function: JobFunction) -> JobFunction:
        retry = procrastinate.RetryStrategy(
            max_attempts=attempts, exponential_wait=_EXPONENT_SECONDS
        )

        def run(**kwargs: Any) -> None:  # noqa: ANN401 - JSON values
            if after_s:
                threading.Event().wait(after_s)
            with _context():
                function(**kwargs)

        _functions[name] = function
        _tasks[name] = app.task(name=name, retry=retry, priority=priority)(run)
        function.job_name = name  # type: ignore[attr-defined]
        return function

    return declare


def use_context(factory: Callable[[], AbstractContextManager[Any]]) -> None:
    """Run every job inside `factory()`, the application context."""
    global _context  # noqa: PLW0603 - one application a process
    _context = factory


def context() -> AbstractContextManager[Any]:
    """Return a fresh application context, for work in a thread of its own."""
    return _context()


def connect(connector: BaseConnector) -> None:
    """Work on `connector`: the synchronous one in web processes, the async one in workers."""
    app.connector = connector
    app.job_manager.connector = connector


def defer(
    function: JobFunction,
    *,
    key: str | None = None,
    delay_seconds: int = 0,
    **kwargs: Any,  # noqa: ANN401 - JSON values
) -> None:
    """Queue `function(**kwargs)` in the open transaction.

    With a `key`, nothing is queued while a job with that key still waits.
    """
    flush()
    if key is not None and _waiting(key):
        return
    schedule = {"seconds": delay_seconds} if delay_seconds else None
    task = _tasks[_name(function)].configure(
        queueing_lock=key, schedule_in=schedule, connection=driver()
    )
    if key is None:
        task.defer(**kwargs)
        return
    try:
        with db.session.begin_nested():
            task.defer(**kwargs)
    except exceptions.AlreadyEnqueued:
        return


def defer_many(
    function: JobFunction, arguments: Iterable[dict[str, Any]], *, priority: int = 0
) -> None:
    """Queue `function` once for each dict of arguments, in one statement."""
    flush()
    batch = list(arguments)
    if batch:
        task = _tasks[_name(function)].configure(connection=driver(), priority=priority)
        task.batch_defer(*batch)


def run_due(limit: int | None = None) -> int:
    """Run waiting jobs here and now, oldest first, those they queue included.

    Returns how many ran. A job that raises is marked failed and the error goes on.
    """
    done = 0
    while limit is None or done < limit:
        claimed = _claim()
        if claimed is None:
            break
        number, name, arguments = claimed
        try:
            _functions[name](**arguments)
        except BaseException:
            db.session.rollback()
            _finish(number, "failed", delete=False)
            db.session.commit()
            raise
        # Committed together with the next claim: half as many commits.
        _finish(number, "succeeded", delete=True)
        done += 1
    db.session.commit()
    return done


def waiting() -> int:
    """Return how many jobs wait to be run now."""
    found = driver().execute(_COUNT).fetchone()
    return int(found[0]) if found else 0


def _name(function: JobFunction) -> str:
    name = getattr(function, "job_name", None)
    if name is None:
        raise LookupError(f"{function.__qualname__} is not declared with @job")
    return str(name)


def _waiting(key: str) -> bool:
    sql = "SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'"
    return driver().execute(sql, (key,)).fetchone() is not None


_COUNT = """
    SELECT count(*) FROM procrastinate_jobs
    WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= %(now)s)
""".replace("%(now)s", "clock_timestamp()")

_CLAIM = """
    UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (
        SELECT id FROM procrastinate_jobs
        WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp())
        ORDER BY priority DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, task_name, args
"""


def _claim() -> tuple[int, str, dict[str, Any]] | None:
    found = driver().execute(_CLAIM).fetchone()
    db.session.commit()
    if found is None:
        return None
    number, name, arguments = found
    return number, name, json.loads(arguments) if isinstance(arguments, str) else arguments


def _finish(number: int, status: str, *, delete: bool) -> None:
    driver().execute(
        "SELECT procrastinate_finish_job_v1(%s, %s::procrastinate_job_status, %s)",
        (number, status, delete),
    )


def failed_since(age: timedelta) -> list[tuple[int, str]]:
    """Return id and name of the jobs that gave up within the last `age` of wall time."""
    sql = """
        SELECT DISTINCT j.id, j.task_name FROM procrastinate_jobs j
        JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'failed'
        WHERE j.status = 'failed' AND e.at > %s ORDER BY j.id LIMIT 200
    """
    return driver().execute(sql, (clock.wall() - age,)).fetchall()


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that gave up, and when (wall time)."""

    id: int
    name: str
    arguments: dict[str, Any]
    attempts: int
    at: datetime


def gave_up(limit: int = 200) -> list[FailedJob]:
    """Return the jobs that gave up and that nobody has taken away, newest first."""
    return rows(
        """
        SELECT j.id, j.task_name AS name, j.args AS arguments, j.attempts, max(e.at) AS at
        FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id
        WHERE j.status = 'failed' GROUP BY j.id ORDER BY j.id DESC LIMIT %s
        """,
        (limit,),
        into=FailedJob,
    )


def schedule(table: Iterable[tuple[str, str, JobFunction]]) -> None:
    """Let workers run each function of `table` (name, cron, function) by its cron line."""
    app.periodic_registry.periodic_tasks.clear()
    for entry, cron, function in table:
        name = f"timetable.{entry}"  # the same function may also be a job of its own
        if name not in _functions:
            job(name, attempts=1)(_without_timestamp(function))
        app.periodic_registry.register_task(
            task=_tasks[name], cron=cron, periodic_id=name, configure_kwargs={}
        )


def _without_timestamp(function: JobFunction) -> JobFunction:
    # Procrastinate hands every periodic task its wall-clock time; ours ask the business clock.
    def run(*, timestamp: int) -> None:
        del timestamp
        function()

    return run
