"""Ledger and provider, compared: SQL that must return no row, and the totals beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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


_SIGN = "CASE i.kind WHEN 'refund' THEN -1 WHEN 'transfer' THEN -1 ELSE 1 END"

_LINES = f"""
    SELECT CASE
            WHEN m.instruction_id IS NULL THEN 'unknown'
            WHEN i.state <> 'succeeded' THEN 'missing_here'
            WHEN m.nth > 1 THEN 'duplicate'
            WHEN m.amount_minor <> {_SIGN} * i.amount_minor OR m.currency <> i.currency
                THEN 'amount'
            WHEN NOT m.fee_booked THEN 'fee'
            ELSE 'timing' END AS type,
        m.currency,
        CASE WHEN i.state = 'succeeded' AND m.nth = 1 THEN {_SIGN} * i.amount_minor ELSE 0 END
            AS here_minor,
        m.amount_minor AS there_minor, m.provider_ref, m.instruction_id, m.created_at AS since
    FROM (SELECT *, row_number() OVER (PARTITION BY instruction_id ORDER BY created_at, id) AS nth
          FROM escrow_movement WHERE provider = %(provider)s) m
    LEFT JOIN escrow_instruction i ON i.id = m.instruction_id
    WHERE m.instruction_id IS NULL OR i.state <> 'succeeded' OR m.nth > 1
        OR m.amount_minor <> {_SIGN} * i.amount_minor OR m.currency <> i.currency
        OR NOT m.fee_booked OR (NOT m.matured AND m.available_at <= %(now)s)
    UNION ALL
    SELECT 'missing_there', i.currency, {_SIGN} * i.amount_minor, 0, i.provider_ref, i.id,
        i.finished_at
    FROM escrow_instruction i
    WHERE i.provider = %(provider)s AND i.state = 'succeeded' AND i.finished_at < %(read)s
        AND NOT EXISTS (SELECT FROM escrow_movement m WHERE m.instruction_id = i.id)
    ORDER BY 7, 5
"""  # noqa: S608 - our own constants


def line_differences(provider: str, *, read_at: datetime, now: datetime) -> list[Difference]:
    """Compare each line of the mirrored statement with its instruction, and the other way round.

    `read_at` is when the statement began to be read: later effects may not be on it yet.
    """
    return rows(_LINES, {"provider": provider, "read": read_at, "now": now}, into=Difference)


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
