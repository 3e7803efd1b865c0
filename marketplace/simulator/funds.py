"""The platform's money at the bank: movements, what is available, what is still pending.

A movement is written once and never changed, but for the day it matures. The two balances are
the running sums; both are written in one statement, so they cannot part.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from marketplace.simulator.happenings import new_ref, stamp, tell
from marketplace.simulator.store import Row, Work

HOLD: Final = timedelta(days=2)
PAGE_MAX: Final = 500

_IN = """
    WITH place AS (
        INSERT INTO simulator.till AS t (movements) VALUES (1)
        ON CONFLICT (sole) DO UPDATE SET movements = t.movements + 1 RETURNING movements
    ),
    held AS (
        INSERT INTO simulator.balance AS b (currency, available_minor, pending_minor)
        VALUES (%(currency)s,
                CASE WHEN %(matured)s THEN %(amount)s::bigint - %(fee)s ELSE 0 END,
                CASE WHEN %(matured)s THEN 0 ELSE %(amount)s::bigint - %(fee)s END)
        ON CONFLICT (currency) DO UPDATE
        SET available_minor = b.available_minor + excluded.available_minor,
            pending_minor = b.pending_minor + excluded.pending_minor
    )
    INSERT INTO simulator.movement (position, kind, source_id, operation_id, amount_minor,
        fee_minor, currency, available_at, matured, created_at)
    SELECT movements, %(kind)s, %(source)s, %(operation)s, %(amount)s, %(fee)s, %(currency)s,
        %(at)s, %(matured)s, %(now)s FROM place
"""
_OUT = """
    WITH held AS (
        UPDATE simulator.balance SET available_minor = available_minor - %(amount)s
        WHERE currency = %(currency)s AND available_minor >= %(amount)s RETURNING currency
    ),
    place AS (
        INSERT INTO simulator.till AS t (movements) SELECT 1 FROM held
        ON CONFLICT (sole) DO UPDATE SET movements = t.movements + 1 RETURNING movements
    )
    INSERT INTO simulator.movement (position, kind, source_id, operation_id, amount_minor,
        currency, available_at, matured, created_at)
    SELECT movements, %(kind)s, %(source)s, %(operation)s, -%(amount)s::bigint, %(currency)s,
        %(now)s, true, %(now)s FROM place
"""
_MATURE = """
    WITH ripe AS (
        UPDATE simulator.movement SET matured = true
        WHERE NOT matured AND available_at <= %(now)s
        RETURNING currency, amount_minor - fee_minor AS net
    ),
    sums AS (SELECT currency, sum(net)::bigint AS net FROM ripe GROUP BY currency)
    UPDATE simulator.balance AS b
    SET available_minor = available_minor + net, pending_minor = pending_minor - net
    FROM sums WHERE b.currency = sums.currency
"""


@dataclass(frozen=True, slots=True)
class Source:
    """What a movement is about."""

    kind: str
    ref: str
    operation_id: str
    amount_minor: int
    currency: str


def take_in(work: Work, source: Source, *, fee_minor: int = 0, at: datetime | None = None) -> None:
    """Book money that comes in, less `fee_minor`; pending until `at`, or available now."""
    work.run(
        _IN, kind=source.kind, source=source.ref, operation=source.operation_id,
        amount=source.amount_minor, fee=fee_minor, currency=source.currency,
        at=at or work.now, matured=at is None, now=work.now,
    )  # fmt: skip


def pay_out(work: Work, source: Source) -> bool:
    """Book money that leaves, if that much is available; False and nothing booked otherwise."""
    mature(work)
    booked = work.run(
        _OUT, kind=source.kind, source=source.ref, operation=source.operation_id,
        amount=source.amount_minor, currency=source.currency, now=work.now,
    )  # fmt: skip
    return booked == 1


def mature(work: Work) -> bool:
    """Make available what has waited long enough; True when there was any."""
    return work.run(_MATURE, now=work.now) > 0


def top_up(work: Work, *, amount_minor: int, currency: str, operation_id: str) -> dict[str, object]:
    """Take the platform's own money in; it is available at once."""
    ref = new_ref("tu")
    work.run(
        """
        INSERT INTO simulator.topup (id, operation_id, amount_minor, currency, created_at)
        VALUES (%(id)s, %(operation)s, %(amount)s, %(currency)s, %(now)s)
        """,
        id=ref, operation=operation_id, amount=amount_minor, currency=currency, now=work.now,
    )  # fmt: skip
    take_in(work, Source("topup", ref, operation_id, amount_minor, currency))
    answer = topup(work, ref)
    tell(work, "topup.paid", answer)
    return answer


def topup(work: Work, ref: str) -> dict[str, object]:
    """Return the top-up `ref` as the bank shows it; it must exist."""
    row = work.row("SELECT * FROM simulator.topup WHERE id = %(id)s", id=ref)
    if row is None:
        raise LookupError(ref)
    return {
        "object": "topup",
        "id": row["id"],
        "state": "paid",
        "operation_id": row["operation_id"],
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "created_at": stamp(row["created_at"]),
    }


def balances(work: Work) -> dict[str, object]:
    """Return what is available and pending in each currency, at the bank's time."""
    mature(work)
    rows = work.rows("SELECT * FROM simulator.balance ORDER BY currency")
    return {"object": "balances", "as_of": stamp(work.now), "balances": [dict(row) for row in rows]}


def movements(work: Work, *, after: int, limit: int) -> dict[str, object]:
    """Return at most `limit` movements numbered above `after`, oldest first."""
    rows = work.rows(
        "SELECT * FROM simulator.movement WHERE position > %(after)s ORDER BY position LIMIT %(n)s",
        after=after,
        n=min(limit, PAGE_MAX),
    )
    return {"object": "movements", "movements": [_movement(row) for row in rows]}


def _movement(row: Row) -> dict[str, object]:
    return {
        "position": row["position"],
        "id": f"mv_{row['position']}",
        "kind": row["kind"],
        "source_id": row["source_id"],
        "operation_id": row["operation_id"],
        "amount_minor": row["amount_minor"],
        "fee_minor": row["fee_minor"],
        "currency": row["currency"],
        "available_at": stamp(row["available_at"]),
        "created_at": stamp(row["created_at"]),
    }
