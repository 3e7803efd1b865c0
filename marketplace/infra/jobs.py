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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import procrastinate
from procrastinate import testing
from procrastinate.connector import BaseConnector

from marketplace.infra.database import db, driver, execute, row, rows
from marketplace.infra.jobs_at_hand import Hand
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
_hand: ContextVar[Hand | None] = ContextVar("hand", default=None)


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
    priority = _tasks[_name(function)].priority
    _queue(function, [kwargs], priority=priority, key=key, delay_seconds=delay_seconds or None)


def defer_many(
    function: JobFunction, arguments: Iterable[dict[str, Any]], *, priority: int = 0
) -> None:
    """Queue `function` once for each dict of arguments, in one statement."""
    if batch := list(arguments):
        _queue(function, batch, priority=priority)


@contextmanager
def at_hand() -> Iterator[None]:
    """Keep jobs in this process instead of the table while the block runs, and do them from there.

    To write a job down and claim it takes a third as long as doing a small one. For long runs that
    are begun anew after a crash; what still waits at the end is put into the table.
    """
    hand = Hand()
    token = _hand.set(hand)
    try:
        with hand.following_transactions():
            yield
    finally:
        _hand.reset(token)
    for kept in hand.give_up():
        _write(
            kept.name,
            [kept.text],
            priority=-kept.urgency,
            key=kept.key,
            delay_seconds=kept.delay_seconds or None,
        )
    db.session.commit()


def run_due(limit: int | None = None) -> int:
    """Run waiting jobs here and now, oldest first, those they queue included.

    Returns how many ran. A job that raises is marked failed and the error goes on.
    """
    if (hand := _hand.get()) is not None:
        return _run_at_hand(hand, limit)
    done, finished = 0, None
    while limit is None or done < limit:
        claimed = _claim(finished)
        if claimed is None:
            return done
        finished, name, arguments = claimed
        try:
            _functions[name](**arguments)
        except BaseException:
            db.session.rollback()
            _fail(finished)
            db.session.commit()
            raise
        done += 1
    _claim(finished, limit=0)
    return done


def _run_at_hand(hand: Hand, limit: int | None) -> int:
    done = 0
    while (limit is None or done < limit) and (kept := hand.take()) is not None:
        _functions[kept.name](**kept.arguments)
        done += 1
    return done


def waiting() -> int:
    """Return how many jobs wait to be run now."""
    if (hand := _hand.get()) is not None:
        return hand.waiting()
    found = driver().execute(_COUNT).fetchone()
    return int(found[0]) if found else 0


def _name(function: JobFunction) -> str:
    name = getattr(function, "job_name", None)
    if name is None:
        raise LookupError(f"{function.__qualname__} is not declared with @job")
    return str(name)


def _queue(
    function: JobFunction,
    arguments: Sequence[dict[str, Any]],
    *,
    priority: int,
    key: str | None = None,
    delay_seconds: int | None = None,
) -> None:
    texts = [json.dumps(each) for each in arguments]
    keep = _write if (hand := _hand.get()) is None else hand.keep
    keep(_name(function), texts, priority=priority, key=key, delay_seconds=delay_seconds)


def _write(
    name: str,
    texts: Sequence[str],
    *,
    priority: int,
    key: str | None,
    delay_seconds: float | None,
) -> None:
    """Write jobs down as Procrastinate does, whose own way takes four times as long."""
    facts = {
        "task": name,
        "arguments": list(texts),
        "priority": priority,
        "key": key,
        "delay": delay_seconds,
    }
    execute(_QUEUE, facts)


_QUEUE = """
    INSERT INTO procrastinate_jobs
        (queue_name, task_name, priority, queueing_lock, args, scheduled_at)
    SELECT 'default', %(task)s, %(priority)s, %(key)s, job.args::jsonb,
        clock_timestamp() + make_interval(secs => %(delay)s)
    FROM unnest(%(arguments)s::text[]) WITH ORDINALITY AS job (args, place) ORDER BY place
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
"""

_COUNT = """
    SELECT count(*) FROM procrastinate_jobs
    WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= %(now)s)
""".replace("%(now)s", "clock_timestamp()")

# One job is taken away and the next one claimed in one statement, which is half of its cost.
_CLAIM = """
    WITH finished AS (DELETE FROM procrastinate_jobs WHERE id = %(finished)s)
    UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (
        SELECT id FROM procrastinate_jobs
        WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp())
        ORDER BY priority DESC, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING id, task_name, args
"""


class _Claimed(NamedTuple):
    id: int
    task_name: str
    args: dict[str, Any]


def _claim(finished: int | None, *, limit: int = 1) -> _Claimed | None:
    """Take away the job that is `finished`, and return the next one."""
    found = row(_CLAIM, {"finished": finished, "limit": limit}, into=_Claimed)
    db.session.commit()
    return found


def _fail(number: int) -> None:
    driver().execute(
        "SELECT procrastinate_finish_job_v1(%s, 'failed'::procrastinate_job_status, false)",
        (number,),
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
