"""Ledger and provider, compared: SQL that must return no row, and the totals beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow.gateway import Cash
from marketplace.infra.database import rows
from marketplace.kernel.ids import public_id
from marketplace.ledger import queries as ledger


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which ledger and provider do not agree.

    `type` is one of `unknown` (a line about nothing of ours), `missing_here`, `missing_there`,
    `duplicate`, `amount`, `fee` (a fee not booked), `timing` (equal in sum, not yet in place),
    `total`. Amounts are in minor units: what is `here`, what is `there`.
    """

    type: str
    currency: str
    here_minor: int
    there_minor: int
    provider_ref: str | None = None
    instruction_id: UUID | None = None
    since: datetime | None = None

    def __str__(self) -> str:
        about = public_id("ins", self.instruction_id) if self.instruction_id else "-"
        return (
            f"{self.type:14} {self.currency} here {self.here_minor:>14} there"
            f" {self.there_minor:>14}  {self.provider_ref or '-'}  {about}"
        )


@dataclass(frozen=True, slots=True)
class Sides:
    """The cash of one currency as the ledger mirrors it and as the provider reports it."""

    currency: str
    available_here: int
    available_there: int
    pending_here: int
    pending_there: int


_SIGN: Final = "CASE WHEN i.kind IN ('refund', 'transfer', 'payout') THEN -1 ELSE 1 END"
_DONE: Final = "i.state IN ('succeeded', 'returned')"

# A line plays one of three parts: what was asked for, what came back of it, or a dispute about
# it. `here` is what the ledger has booked for that part; fees are no part of either side.
_LINES: Final = f"""
    WITH line AS (
        SELECT m.*, CASE WHEN m.kind IN ('refund_failure', 'transfer_failure', 'payout_failure')
                THEN 'return' ELSE 'principal' END AS part
        FROM escrow_movement m
        WHERE m.provider = %(provider)s AND m.kind NOT IN ('dispute', 'dispute_reversal', 'fee')
    ), numbered AS (
        SELECT *, row_number() OVER (PARTITION BY instruction_id, part ORDER BY created_at, id)
            AS nth
        FROM line
    ), matched AS (
        SELECT l.*, i.id AS known_id, i.currency AS asked_currency,
            coalesce(CASE l.part WHEN 'return' THEN i.state = 'returned' ELSE {_DONE} END, false)
                AS is_booked,
            CASE l.part WHEN 'return' THEN -1 ELSE 1 END * {_SIGN} * i.amount_minor AS booked
        FROM numbered l LEFT JOIN escrow_instruction i ON i.id = l.instruction_id
    )
    SELECT CASE
            WHEN known_id IS NULL THEN 'unknown'
            WHEN NOT is_booked THEN 'missing_here'
            WHEN nth > 1 THEN 'duplicate'
            WHEN amount_minor <> booked OR currency <> asked_currency THEN 'amount'
            WHEN NOT fee_booked THEN 'fee'
            ELSE 'timing' END AS type,
        currency, CASE WHEN is_booked AND nth = 1 THEN booked ELSE 0 END AS here_minor,
        -- The fee of what is not ours was booked nowhere.
        CASE WHEN is_booked THEN amount_minor ELSE amount_minor - fee_minor END AS there_minor,
        provider_ref, instruction_id, created_at AS since
    FROM matched
    WHERE known_id IS NULL OR NOT is_booked OR nth > 1 OR amount_minor <> booked
        OR currency <> asked_currency OR NOT fee_booked
        OR (NOT matured AND available_at <= %(now)s)
    UNION ALL
    SELECT 'missing_there', i.currency, {_SIGN} * i.amount_minor, 0, i.provider_ref, i.id,
        i.finished_at
    FROM escrow_instruction i
    WHERE i.provider = %(provider)s AND {_DONE} AND i.kind <> 'setup'
        AND i.finished_at < %(read)s
        AND NOT EXISTS (SELECT FROM line l WHERE l.instruction_id = i.id AND l.part = 'principal')
    UNION ALL
    SELECT 'missing_there', i.currency, -1 * {_SIGN} * i.amount_minor, 0, i.provider_ref, i.id,
        i.returned_at
    FROM escrow_instruction i
    WHERE i.provider = %(provider)s AND i.state = 'returned' AND i.returned_at < %(read)s
        AND NOT EXISTS (SELECT FROM line l WHERE l.instruction_id = i.id AND l.part = 'return')
    ORDER BY 7, 5
"""  # noqa: S608 - our own constants

# A dispute takes money, may give it back, and may take it again: its lines are told in sum.
_DISPUTES: Final = """
    WITH line AS (
        SELECT source_ref, min(currency) AS currency, sum(amount_minor)::bigint AS minor,
            bool_and(fee_booked) AS fee_booked, min(created_at) AS since
        FROM escrow_movement
        WHERE provider = %(provider)s AND kind IN ('dispute', 'dispute_reversal')
        GROUP BY source_ref
    ), known AS (
        SELECT provider_ref, instruction_id, currency, opened_at,
            CASE WHEN withdrawn THEN -amount_minor ELSE 0 END AS minor
        FROM escrow_dispute WHERE provider = %(provider)s
    )
    SELECT CASE WHEN k.provider_ref IS NULL THEN 'missing_here'
            WHEN l.source_ref IS NULL THEN 'missing_there'
            WHEN k.minor <> l.minor THEN 'amount' ELSE 'fee' END AS type,
        coalesce(l.currency, k.currency) AS currency, coalesce(k.minor, 0) AS here_minor,
        coalesce(l.minor, 0) AS there_minor, coalesce(l.source_ref, k.provider_ref) AS provider_ref,
        k.instruction_id, coalesce(l.since, k.opened_at) AS since
    FROM line l FULL JOIN known k ON k.provider_ref = l.source_ref
    WHERE coalesce(k.minor, 0) <> coalesce(l.minor, 0) OR k.provider_ref IS NULL
        OR NOT coalesce(l.fee_booked, true)
    ORDER BY 7, 5
"""
_FEES: Final = """
    SELECT 'fee' AS type, currency, 0::bigint AS here_minor, amount_minor AS there_minor,
        provider_ref, instruction_id, created_at AS since
    FROM escrow_movement
    WHERE provider = %(provider)s AND kind = 'fee' AND NOT fee_booked
    ORDER BY created_at, id
"""


def line_differences(provider: str, *, read_at: datetime, now: datetime) -> list[Difference]:
    """Compare each line of the mirrored statement with its instruction, and the other way round.

    `read_at` is when the statement began to be read: later effects may not be on it yet.
    """
    facts = {"provider": provider, "read": read_at, "now": now}
    return [
        each for sql in (_LINES, _DISPUTES, _FEES) for each in rows(sql, facts, into=Difference)
    ]


def sides(provider: str, cash: Sequence[Cash]) -> list[Sides]:
    """Return what the ledger's mirror of the provider's cash says beside what the provider says."""
    return [
        Sides(
            held.available.currency,
            available_here=ledger.total(f"provider:{provider}:available", held.available.currency),
            available_there=held.available.minor,
            pending_here=ledger.total(f"provider:{provider}:pending", held.available.currency),
            pending_there=held.pending.minor,
        )
        for held in cash
    ]


def total_differences(found: Sequence[Sides]) -> list[Difference]:
    """Return the currencies whose cash is not the same here and there, in sum or in place."""
    differences = []
    for each in found:
        here, there = each.available_here, each.available_there
        sum_here, sum_there = here + each.pending_here, there + each.pending_there
        if sum_here != sum_there:
            differences.append(Difference("total", each.currency, sum_here, sum_there, "cash"))
        elif here != there:
            differences.append(Difference("timing", each.currency, here, there, "available"))
    return differences
