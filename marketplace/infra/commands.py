"""Commands: one verb, one transaction.

A command opens a fresh transaction, commits at its end and rolls back on any error. Commands
never call commands; what they share are *steps*, which insist on an open command. A deadlock
or a serialisation failure is tried again a few times, because a command has no effect outside
its transaction.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, ParamSpec, TypeVar

from psycopg.errors import DeadlockDetected, SerializationFailure
from sqlalchemy.exc import OperationalError

from marketplace.infra.database import db, together
from marketplace.kernel.errors import Broken

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_ATTEMPTS_MAX: Final = 4
_open: ContextVar[_Open | None] = ContextVar("open_command", default=None)
_rehearsing: ContextVar[bool] = ContextVar("rehearsing", default=False)


class _Open:
    """An open command, and what is left to be done when it ends."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.left: defaultdict[Callable[[list[Any]], None], list[Any]] = defaultdict(list)

    def end(self) -> None:
        """Do what was left to the end, before the transaction commits."""
        for act, things in self.left.items():
            act(things)


def command(verb: Callable[P, R]) -> Callable[P, R]:
    """Make `verb` a command: one transaction around it, never inside another command."""

    @functools.wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if (outer := _open.get()) is not None:
            raise Broken(f"command {verb.__qualname__} called inside command {outer.name}")
        if _rehearsing.get():
            return _nested(verb, *args, **kwargs)
        for attempt in range(1, _ATTEMPTS_MAX + 1):
            try:
                return _once(verb, *args, **kwargs)
            except (OperationalError, DeadlockDetected, SerializationFailure) as trouble:
                if attempt == _ATTEMPTS_MAX or not _passing(trouble):
                    raise
        raise AssertionError("unreachable")

    return run


def step(part: Callable[P, R]) -> Callable[P, R]:
    """Make `part` a step: it works only inside an open command."""

    @functools.wraps(part)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _open.get() is None:
            raise Broken(f"step {part.__qualname__} called outside a command")
        return part(*args, **kwargs)

    return run


def command_open() -> bool:
    """Whether a transaction is being written right now."""
    return _open.get() is not None


def at_the_end(act: Callable[[list[T]], None], things: Iterable[T]) -> None:
    """Let `act` have `things` at the end of the open command, all it is given in one call.

    It belongs to the command's transaction. Where no command is open, it happens at once.
    """
    if (opened := _open.get()) is None:
        act(list(things))
    else:
        opened.left[act].extend(things)


@contextmanager
def rehearsal() -> Iterator[None]:
    """Run commands for show: each sees the effects of those before, all are rolled back.

    This is how a dry run uses the very code of the real run.
    """
    db.session.rollback()
    token = _rehearsing.set(True)
    try:
        with together():
            yield
    finally:
        _rehearsing.reset(token)
        db.session.rollback()


def rehearsing() -> bool:
    """Whether this is a dry run, so that nobody reaches outside the database."""
    return _rehearsing.get()


def _once(verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    db.session.rollback()  # whatever was read for the page is not part of the command
    opened = _Open(verb.__qualname__)
    token = _open.set(opened)
    try:
        with together():
            result = verb(*args, **kwargs)
            opened.end()
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        _open.reset(token)
    return result


def _nested(verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    opened = _Open(verb.__qualname__)
    token = _open.set(opened)
    try:
        with db.session.begin_nested():
            result = verb(*args, **kwargs)
            opened.end()
            db.session.flush()
        return result
    finally:
        _open.reset(token)


def _passing(trouble: Exception) -> bool:
    cause = trouble.orig if isinstance(trouble, OperationalError) else trouble
    return isinstance(cause, DeadlockDetected | SerializationFailure)
