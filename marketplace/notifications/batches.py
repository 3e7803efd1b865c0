"""Letters to many people: a batch in each job, which queues the next one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from marketplace.infra.commands import command
from marketplace.infra.jobs import defer, job

_BATCH: Final = 200

Writer = Callable[..., Sequence[UUID]]


def in_batches(name: str) -> Callable[[Writer], Callable[..., None]]:
    """Make what writes to one batch of people the job `name`, and what begins it: a command.

    The writer takes what it is about as JSON-able keywords, with them the id `after` which the
    batch begins, None at first, and the `limit`; it returns the ids it found, in their order.
    """

    def declare(write: Writer) -> Callable[..., None]:
        @job(name)
        def write_batch(*, after: str | None, **about: Any) -> None:  # noqa: ANN401 - JSON values
            found = write(**about, after=UUID(after) if after else None, limit=_BATCH)
            if len(found) == _BATCH:
                begin(**about, after=str(found[-1]))

        @command
        def begin(*, after: str | None = None, **about: Any) -> None:  # noqa: ANN401 - JSON values
            defer(write_batch, after=after, **about)

        return begin

    return declare
