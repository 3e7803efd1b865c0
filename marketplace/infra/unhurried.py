"""Long runs that are begun anew after a crash: they do not wait for the disk, and plan once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final, cast

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import Dialect
from sqlalchemy.event import listen
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from marketplace.infra.chaining import Chaining
from marketplace.infra.database import (
    READING,
    SOON,
    db,
    engine_options,
    execute,
    keep_statements,
    stand_alone,
    stand_together,
    together,
)

# Tables that grow from nothing are planned for while they are small, where reading all of one is
# cheaper than its index: it would be read whole a thousand times later on.
# Between two commands the next one's transaction is open already, for as long as it takes.
_OPTIONS: Final = (
    SOON
    + " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off"
    + " -c idle_in_transaction_session_timeout=0"
)


@contextmanager
def unhurried() -> Iterator[tuple[psycopg.Connection[Any], ...]]:
    """Work on two connections, which are yielded, whose commits answer before they are on disk.

    They get there within a second. One is for commands; on the other, what is asked between them
    stands alone. Every statement is planned once and its plan kept: most of a long run asks the
    same few hundred questions, and planning them anew costs more than a better plan would save.
    Only for long runs that are begun anew after a crash.
    """
    engines = cast("dict[str | None, Engine]", db.engines)
    former = {name: engines[name] for name in (None, READING)}
    db.session.remove()
    engines[None] = _engine(former[None])
    engines[READING] = _engine(former[READING], isolation_level="AUTOCOMMIT")
    token = stand_alone()
    try:
        yield tuple(_connection(engines[name]) for name in former)
    finally:
        stand_together(token)
        db.session.remove()
        for name, engine in former.items():
            engines[name].dispose()
            engines[name] = engine


def _engine(former: Engine, **options: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's own
    engine = create_engine(
        former.url,
        poolclass=StaticPool,
        connect_args={"options": engine_options()["connect_args"]["options"] + _OPTIONS},
        pool_reset_on_return=None,  # nothing is left open
        **options,
    )
    listen(engine, "do_connect", _connect)
    keep_statements(engine, from_use=2)
    return engine


def _connect(
    _dialect: Dialect, _record: ConnectionPoolEntry, args: list[Any], options: dict[str, Any]
) -> psycopg.Connection[Any]:
    return Chaining.connect(*args, **options)


def _connection(engine: Engine) -> psycopg.Connection[Any]:
    """Return the one connection of an engine."""
    with closing(engine.raw_connection()) as lent:
        return cast("psycopg.Connection[Any]", lent.driver_connection)


def plan_anew() -> None:
    """Forget the plans kept while `unhurried`: the tables have grown too much for them."""
    execute("DISCARD PLANS")
    with together():
        execute("DISCARD PLANS")
        db.session.commit()
