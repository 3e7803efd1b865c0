"""Several pieces of work at once, each in a thread with a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from marketplace.infra import jobs
from marketplace.infra.commands import command_open, rehearsing
from marketplace.kernel.errors import Broken

T = TypeVar("T")


def side_by_side(works: Sequence[Callable[[], T]]) -> list[T]:
    """Do all `works` at once; return what each gave, in their order, when all are over.

    The first error is raised then. Never inside a command or a rehearsal: other connections do
    not see what is not committed.
    """
    if command_open() or rehearsing():
        raise Broken("work side by side cannot be part of one transaction")
    with ThreadPoolExecutor(len(works)) as pool:
        begun = [pool.submit(_in_context, work) for work in works]
    return [one.result() for one in begun]


def _in_context(work: Callable[[], T]) -> T:
    with jobs.context():
        return work()
