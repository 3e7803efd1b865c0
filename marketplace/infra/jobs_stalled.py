"""Jobs whose worker died: put back into the queue, for nobody else would finish them.

And rounds of the timetable that failed: the next round did their work, so a day later nobody
needs to look at them any more.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from marketplace.infra.commands import command
from marketplace.infra.database import column, execute, scalar

SILENCE: Final = timedelta(seconds=30)  # a living worker gives a sign every five seconds
KEPT: Final = timedelta(days=1)

# Not while another with the same key waits, which then does the work of both; of several with one
# key the oldest. What has begun a moment ago may be in the hands of `run_due`, which gives no sign.
_REVIVE: Final = """
    SELECT procrastinate_retry_job_v2(id, clock_timestamp(), NULL, NULL, NULL)
    FROM (
        SELECT DISTINCT ON (coalesce(j.queueing_lock, j.id::text)) j.id
        FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
        WHERE j.status = 'doing'
          AND (w.id IS NULL OR w.last_heartbeat < now() - %(silence)s)
          AND NOT EXISTS (
            SELECT FROM procrastinate_events e
            WHERE e.job_id = j.id AND e.type = 'started' AND e.at >= now() - %(silence)s)
          AND NOT EXISTS (
            SELECT FROM procrastinate_jobs t
            WHERE t.status = 'todo' AND t.queueing_lock = j.queueing_lock)
        ORDER BY coalesce(j.queueing_lock, j.id::text), j.id
    ) stalled
"""


def revive_stalled() -> None:
    """Every few seconds: whatever a dead worker had in hand."""
    revive()
    forget_failed_rounds()


@command
def revive(silence: timedelta = SILENCE) -> int:
    """Queue again the jobs of workers that gave no sign for `silence`; returns how many."""
    return len(column(_REVIVE, {"silence": silence}))


@command
def forget_failed_rounds() -> int:
    """Take away the timetable's failures that are a day old; returns how many."""
    return execute(
        """
        DELETE FROM procrastinate_jobs j
        WHERE j.status = 'failed' AND j.task_name LIKE 'timetable.%%'
          AND NOT EXISTS (SELECT FROM procrastinate_events e
                          WHERE e.job_id = j.id AND e.at >= now() - %(day)s)
        """,
        {"day": KEPT},
    )


@command
def try_again(number: int) -> bool:
    """Queue a job that gave up once more; False if there is no such job."""
    known = scalar(
        "SELECT 1 FROM procrastinate_jobs WHERE id = %s AND status = 'failed' FOR UPDATE",
        (number,),
    )
    if known is not None:
        execute(
            "SELECT procrastinate_retry_job_v2(%s, clock_timestamp(), NULL, NULL, NULL)", (number,)
        )
    return known is not None
