"""When the provider may be called: one pace and one circuit, for all our processes together.

Each endpoint has a row with its next free moment: one short statement takes it, so that however
many processes call, they keep the rate. Troubles in a row close a row for a while, longer each
time; then one caller may try, and the others wait for what comes of it. An endpoint that is asked
too much is closed by itself; a provider that does not answer is closed as a whole.

All of it runs on the database's clock, since it measures processes and not the business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from marketplace.escrow.gateway import Unasked
from marketplace.infra.commands import command_open
from marketplace.infra.database import column, db, execute, row, stand_alone, stand_together
from marketplace.kernel.errors import Broken

BURST: Final = 3  # so many calls need not wait for the one before them
CLOSE_FIRST: Final = timedelta(seconds=1)
CLOSE_MAX: Final = timedelta(minutes=1)
ASKED_MAX: Final = timedelta(minutes=10)  # of a pause the provider asks for, we believe this much
PROBE: Final = timedelta(seconds=15)  # a call that tries whether all is well again ends by then

T = TypeVar("T")

# Counted in troubles without a success between them. One busy answer closes an endpoint at once.
_ENDPOINT_CLOSES_AT: Final = 3
_PROVIDER_CLOSES_AT: Final = 5

_TAKE: Final = """
    INSERT INTO escrow_pace AS p (endpoint, next_at)
    SELECT %(endpoint)s, clock_timestamp() + %(step)s WHERE NOT EXISTS (
        SELECT FROM escrow_pace WHERE endpoint = %(provider)s AND closed_until > clock_timestamp())
    ON CONFLICT (endpoint) DO UPDATE SET
        next_at = greatest(p.next_at, clock_timestamp()) + %(step)s,
        closed_until = CASE WHEN p.closed_until IS NOT NULL THEN clock_timestamp() + %(probe)s END
    WHERE (p.closed_until IS NULL OR p.closed_until <= clock_timestamp())
        AND p.next_at <= clock_timestamp() + %(slack)s + %(patience)s
    RETURNING greatest(next_at - %(step)s - %(slack)s, clock_timestamp()) AS at,
        extract(epoch FROM next_at - %(step)s - %(slack)s - clock_timestamp())::float8 AS wait_s,
        troubles, closed_until IS NOT NULL AS probing,
        EXISTS (SELECT FROM escrow_pace WHERE endpoint = %(provider)s AND troubles > 0) AS uneasy
"""
_TAKE_PROBE: Final = """
    UPDATE escrow_pace SET closed_until = clock_timestamp() + %(probe)s
    WHERE endpoint = %(provider)s AND closed_until <= clock_timestamp() RETURNING endpoint
"""
_IS_CLOSED: Final = """
    SELECT endpoint FROM escrow_pace
    WHERE endpoint = %(provider)s AND closed_until > clock_timestamp()
"""
_OPENS_IN: Final = """
    SELECT coalesce(extract(epoch FROM max(greatest(next_at, closed_until)) - clock_timestamp()), 0)
        ::float8
    FROM escrow_pace WHERE endpoint IN (%(endpoint)s, %(provider)s)
"""
_CLOSE: Final = """
    INSERT INTO escrow_pace AS p (endpoint, next_at, troubles)
    VALUES (%(endpoint)s, clock_timestamp(), 1)
    ON CONFLICT (endpoint) DO UPDATE SET troubles = p.troubles + 1,
        closed_until = CASE WHEN p.troubles + 1 >= %(limit)s THEN clock_timestamp() + greatest(
            %(least)s, (0.75 + 0.5 * random())
            * least(%(most)s, %(first)s * 2 ^ least(p.troubles + 1 - %(limit)s, 20))) END
    WHERE %(probing)s OR p.closed_until IS NULL
"""
_OPEN: Final = """
    UPDATE escrow_pace SET troubles = 0, closed_until = NULL
    WHERE endpoint = ANY(%(endpoints)s) AND (troubles > 0 OR closed_until IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment at which one call may be made, and what must be known when it is over.

    `probing` says that the row was closed and this call tries whether it may open.
    """

    provider: str
    endpoint: str
    at: datetime
    wait_s: float
    probing: bool
    probing_provider: bool
    uneasy: bool


@dataclass(frozen=True, slots=True)
class _Taken:
    at: datetime
    wait_s: float
    troubles: int
    probing: bool
    uneasy: bool


def take(provider: str, endpoint: str, *, per_s: int, patience: timedelta) -> Turn:
    """Take the next free turn at `endpoint`; the caller waits `wait_s` and calls.

    `Unasked` where it would be further away than `patience`, or where nobody may call just now.
    Outside any transaction, as the call itself.
    """
    step = step_of(per_s)
    facts = {
        "provider": provider,
        "endpoint": endpoint,
        "step": step,
        "slack": step * BURST,
        "patience": patience,
        "probe": PROBE,
    }
    taken = _alone(lambda: row(_TAKE, facts, into=_Taken))
    if taken is None:
        raise _unasked(facts)
    probing_provider = taken.uneasy and _may_probe(facts)
    return Turn(
        provider,
        endpoint,
        taken.at,
        max(taken.wait_s, 0.0),
        taken.probing,
        probing_provider,
        taken.uneasy or taken.troubles > 0,
    )


def step_of(per_s: int) -> timedelta:
    """Return the time between two calls in the long run.

    After a pause one call and a burst go at once; with those that follow they are at most
    `per_s` within any second.
    """
    return timedelta(seconds=1 / max(per_s - BURST - 1, 1))


def answered(turn: Turn) -> None:
    """The provider answered: what was closed, opens."""
    if turn.uneasy or turn.probing:
        _alone(lambda: execute(_OPEN, {"endpoints": [turn.endpoint, turn.provider]}))


def busy(turn: Turn, after_s: float) -> None:
    """The endpoint was asked too much: nobody asks it for a while, `after_s` at least."""
    least = min(timedelta(seconds=after_s), ASKED_MAX)
    _alone(lambda: execute(_CLOSE, _closing(turn.endpoint, 1, least, probing=turn.probing)))
    if turn.probing_provider:
        _alone(lambda: execute(_OPEN, {"endpoints": [turn.provider]}))


def unanswered(turn: Turn) -> None:
    """The provider did not answer, or with a fault: after a few of these nobody calls a while."""
    least = timedelta(0)
    endpoint = _closing(turn.endpoint, _ENDPOINT_CLOSES_AT, least, probing=turn.probing)
    provider = _closing(turn.provider, _PROVIDER_CLOSES_AT, least, probing=turn.probing_provider)
    _alone(lambda: (execute(_CLOSE, endpoint), execute(_CLOSE, provider)))


def _may_probe(facts: dict[str, Any]) -> bool:
    """Whether this call tries a provider that was closed; `Unasked` while another one tries."""
    if _alone(lambda: column(_TAKE_PROBE, facts)):
        return True
    if _alone(lambda: column(_IS_CLOSED, facts)):
        raise _unasked(facts)
    return False


def _unasked(facts: dict[str, Any]) -> Unasked:
    (wait_s,) = _alone(lambda: column(_OPENS_IN, facts))
    return Unasked(f"{facts['endpoint']} is not called now", max(float(wait_s), 0.0))


def _closing(endpoint: str, limit: int, least: timedelta, *, probing: bool) -> dict[str, Any]:
    return {
        "endpoint": endpoint,
        "limit": limit,
        "least": least,
        "first": CLOSE_FIRST,
        "most": CLOSE_MAX,
        "probing": probing,
    }


def _alone(act: Callable[[], T]) -> T:
    """Run statements that take effect at once, whatever the page around them does."""
    if command_open():
        raise Broken("the provider is never called inside a transaction")
    db.session.rollback()
    token = stand_alone()
    try:
        return act()
    finally:
        stand_together(token)
        db.session.rollback()
