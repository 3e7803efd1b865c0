"""What will not come to its end by itself, so that a person must look at it.

Four kinds: `failed` (the provider refused for ever and nobody tries again), `unknown` (nobody
could tell for an hour what came of it), `stuck` (refused again and again, or not sent for a
day), and `delivery` (a notice that could not be worked).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money

UNKNOWN_AFTER: Final = timedelta(hours=1)
STUCK_AFTER: Final = timedelta(days=1)
REFUSALS_MAX: Final = 10
# Money that is not available yet comes within days by itself: cards and banks take that long.
RIPENS_WITHIN: Final = timedelta(days=7)
# Who owes a transfer tries again by themselves within this time.
REPEATED_WITHIN: Final = timedelta(days=1)

KINDS: Final = ("failed", "unknown", "stuck", "delivery")


@dataclass(frozen=True, slots=True)
class Owners:
    """What upper floors do about a failure themselves, by the purpose of the instruction.

    `mended`: the money is back with the person, in their wallet. `repeated`: its owner plans the
    next try, so that an officer's wish to try again is theirs to fulfil.
    """

    mended: frozenset[tuple[str, str]] = frozenset()
    repeated: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One thing that needs a person, and what two of them are about to decide about it."""

    why: str
    instruction_id: UUID | None
    delivery_id: UUID | None
    since: datetime
    kind: str
    purpose: str
    person_id: UUID | None
    cause: str
    amount_minor: int | None
    currency: str | None
    attempts: int
    refusals: int
    error: str | None
    provider_ref: str | None
    proposed: str | None
    proposed_by: UUID | None

    @property
    def ref(self) -> str:
        """Its public id."""
        if self.delivery_id is not None:
            return public_id("dlv", self.delivery_id)
        return public_id("ins", self.instruction_id) if self.instruction_id else ""

    @property
    def amount(self) -> Money | None:
        """The amount; a notice has none of its own."""
        if self.amount_minor is None or self.currency is None:
            return None
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there are by age, how many wait for a second officer, and since when."""

    hour: int
    day: int
    week: int
    older: int
    oldest: datetime | None
    proposed: int


_SETTLED: Final = """
    EXISTS (SELECT FROM escrow_remedy r WHERE r.instruction_id = i.id
        AND r.state = 'applied' AND r.kind <> 'retry')
"""
_WHY: Final = f"""
    CASE i.state
    WHEN 'failed' THEN CASE WHEN i.kind IN ('refund', 'transfer', 'reversal', 'payout', 'top_up')
            AND NOT i.kind || ':' || i.purpose = ANY(%(mended)s)
            AND (NOT i.kind || ':' || i.purpose = ANY(%(repeated)s)
                OR i.finished_at <= %(repeated_before)s)
            AND NOT EXISTS (SELECT FROM escrow_instruction n WHERE n.kind = i.kind
                AND n.purpose = i.purpose AND n.subject_id = i.subject_id
                AND n.sequence > i.sequence)
            AND NOT {_SETTLED} THEN 'failed' END
    WHEN 'unknown' THEN CASE WHEN coalesce(i.keyed_at, i.created_at) <= %(unknown_before)s
            THEN 'unknown' END
    WHEN 'planned' THEN CASE WHEN i.kind NOT IN ('checkout', 'setup')
            AND (i.refusals > %(refusals)s OR i.created_at <= %(stuck_before)s)
            AND (i.last_error IS DISTINCT FROM 'insufficient_available'
                OR i.created_at <= %(ripe_before)s)
            AND NOT (i.kind = 'transfer' AND NOT EXISTS (SELECT FROM escrow_payee p
                WHERE p.person_id = i.person_id AND p.provider = i.provider
                AND p.state = 'ready'))
            THEN 'stuck' END
    END
"""  # noqa: S608 - our own constants
_ALL: Final = f"""
    SELECT found.*, r.kind AS proposed, r.proposed_by FROM (
        SELECT {_WHY} AS why, i.id AS instruction_id, NULL::uuid AS delivery_id,
            CASE i.state WHEN 'failed' THEN i.finished_at WHEN 'unknown'
                THEN coalesce(i.keyed_at, i.created_at) ELSE i.created_at END AS since,
            i.kind, i.purpose, i.person_id, i.cause, i.amount_minor, i.currency, i.attempts,
            i.refusals, i.last_error AS error, i.provider_ref
        FROM escrow_instruction i WHERE i.state IN ('failed', 'unknown', 'planned')
        UNION ALL
        SELECT 'delivery', d.instruction_id, d.id, d.verified_at, d.kind, '', NULL, '', NULL,
            NULL, d.attempts, 0, d.last_error, d.provider_event_id
        FROM escrow_delivery d WHERE d.state = 'failed'
    ) found
    LEFT JOIN escrow_remedy r ON r.state = 'proposed'
        AND coalesce(r.instruction_id, r.delivery_id)
            = CASE found.why WHEN 'delivery' THEN found.delivery_id ELSE found.instruction_id END
    WHERE found.why IS NOT NULL
"""  # noqa: S608 - our own constants

_owners = Owners()


def install(owners: Owners) -> None:
    """Leave to upper floors what they take care of themselves."""
    global _owners  # noqa: PLW0603 - one wiring a process
    _owners = owners


def is_repeated(kind: str, purpose: str) -> bool:
    """Whether its owner plans the next try of what failed."""
    return (kind, purpose) in _owners.repeated


def dead_letters(
    now: datetime,
    *,
    why: str | None = None,
    kind: str | None = None,
    proposed: bool = False,
    limit: int = 500,
) -> list[DeadLetter]:
    """Return what needs a person, the oldest first; with `proposed`, only what two decide."""
    narrowed = {"why": why, "kind": kind, "proposed": proposed, "limit": limit}
    return rows(
        f"""
        {_ALL} AND (%(why)s::text IS NULL OR found.why = %(why)s)
            AND (%(kind)s::text IS NULL OR found.kind = %(kind)s)
            AND (NOT %(proposed)s OR r.id IS NOT NULL)
        ORDER BY found.since, found.instruction_id LIMIT %(limit)s
        """,
        _bounds(now) | narrowed,
        into=DeadLetter,
    )


def dead_letter_of(instruction_id: UUID, now: datetime) -> DeadLetter | None:
    """Return why an instruction needs a person; None if it does not."""
    return row(
        f"{_ALL} AND found.why <> 'delivery' AND found.instruction_id = %(id)s",
        _bounds(now) | {"id": instruction_id},
        into=DeadLetter,
    )


def tally(now: datetime) -> Tally:
    """Return how many there are."""
    ages = {
        "hour_ago": now - timedelta(hours=1),
        "day_ago": now - timedelta(days=1),
        "week_ago": now - timedelta(days=7),
    }
    found = row(
        f"""
        SELECT count(*) FILTER (WHERE since > %(hour_ago)s) AS hour,
            count(*) FILTER (WHERE since <= %(hour_ago)s AND since > %(day_ago)s) AS day,
            count(*) FILTER (WHERE since <= %(day_ago)s AND since > %(week_ago)s) AS week,
            count(*) FILTER (WHERE since <= %(week_ago)s) AS older, min(since) AS oldest,
            count(proposed) AS proposed
        FROM ({_ALL}) letters
        """,  # noqa: S608 - our own constants
        _bounds(now) | ages,
        into=Tally,
    )
    return found or Tally(0, 0, 0, 0, None, 0)


def _bounds(now: datetime) -> dict[str, Any]:
    return {
        "mended": _words(_owners.mended),
        "repeated": _words(_owners.repeated),
        "repeated_before": now - REPEATED_WITHIN,
        "unknown_before": now - UNKNOWN_AFTER,
        "stuck_before": now - STUCK_AFTER,
        "ripe_before": now - RIPENS_WITHIN,
        "refusals": REFUSALS_MAX,
    }


def _words(pairs: Collection[tuple[str, str]]) -> list[str]:
    return [f"{kind}:{purpose}" for kind, purpose in pairs]
