"""Mirrors the provider's statement: every line kept, fees and matured money booked from it.

A line whose instruction has not come to its end here means that a notice was lost: the
instruction is read back, and then the line is booked. With disputes it is the same.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.gateway import Movement, Statement
from marketplace.escrow.services import booking, disputing
from marketplace.escrow.services.dispatching import refresh
from marketplace.infra.commands import command, rehearsing
from marketplace.infra.database import column, db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken, NotFound
from marketplace.kernel.ids import new_id, parse_public_id

log = logging.getLogger(__name__)

_KEEP = """
    INSERT INTO escrow_movement (id, provider, provider_ref, kind, source_ref, operation_id,
        instruction_id, amount_minor, fee_minor, currency, available_at, created_at, fee_booked,
        matured)
    SELECT m.id, %(provider)s, m.ref, m.kind, m.source, m.operation, i.id, m.amount, m.fee,
        m.currency, m.available_at, m.created_at, m.fee = 0 AND m.kind <> 'fee',
        m.kind <> 'charge'
    FROM unnest(%(ids)s::uuid[], %(refs)s::text[], %(kinds)s::text[], %(sources)s::text[],
        %(operations)s::text[], %(instructions)s::uuid[], %(amounts)s::bigint[],
        %(fees)s::bigint[], %(currencies)s::text[], %(available)s::timestamptz[],
        %(created)s::timestamptz[])
        AS m (id, ref, kind, source, operation, instruction, amount, fee, currency, available_at,
              created_at)
    LEFT JOIN escrow_instruction i ON i.id = m.instruction
    ON CONFLICT (provider, provider_ref) DO NOTHING
"""
# A notice seldom says how it was paid; the statement does.
_NAME_METHODS = """
    UPDATE escrow_instruction i SET method = m.method
    FROM unnest(%(instructions)s::uuid[], %(methods)s::text[]) AS m (id, method)
    WHERE i.id = m.id AND i.method IS NULL AND m.method <> ''
"""


def mirror() -> int:
    """Read what is new on the statement, heal what was lost, book; returns how many new lines."""
    if rehearsing():
        return 0
    name, new = gateway.current().name, 0
    more = True
    while more:
        statement = gateway.current().movements(_cursor(name))
        new += _keep(name, statement)
        more = statement.more
    for instruction_id in _unheard(name):
        _heal(instruction_id)
    for dispute_ref in _unheard_disputes(name):
        disputing.refresh(dispute_ref)
    _book(name, clock.now())
    return new


def _heal(instruction_id: UUID) -> None:
    """Read back what a notice was lost of; what cannot be right stays a difference in the proof."""
    try:
        refresh(instruction_id, again=True)
    except Broken:
        log.exception("%s and the statement do not agree", instruction_id)


@command
def _keep(provider: str, statement: Statement) -> int:
    kept = 0
    if statement.movements:
        columns = _columns(provider, statement.movements)
        kept = execute(_KEEP, columns)
        execute(_NAME_METHODS, columns)
    execute(
        """
        INSERT INTO escrow_mirror (provider, cursor, read_at)
        VALUES (%(provider)s, %(cursor)s, %(now)s)
        ON CONFLICT (provider) DO UPDATE SET cursor = excluded.cursor, read_at = excluded.read_at
        """,
        {"provider": provider, "cursor": statement.cursor, "now": clock.now()},
    )
    return kept


@command
def _book(provider: str, now: datetime) -> None:
    # One mirror at a time, so that no line is staged twice.
    execute(
        "SELECT 1 FROM escrow_mirror WHERE provider = %(provider)s FOR UPDATE",
        {"provider": provider},
    )
    booking.book_fees(provider, now)
    booking.book_matured(provider, now)


def _cursor(provider: str) -> str:
    found = scalar(
        "SELECT cursor FROM escrow_mirror WHERE provider = %(provider)s", {"provider": provider}
    )
    db.session.rollback()
    return found or ""


def _unheard(provider: str) -> list[UUID]:
    found = column(
        """
        SELECT DISTINCT i.id FROM escrow_movement m
        JOIN escrow_instruction i ON i.id = m.instruction_id
        WHERE m.provider = %(provider)s AND (i.finished_at IS NULL OR (i.state = 'succeeded'
            AND m.kind IN ('refund_failure', 'transfer_failure', 'payout_failure')))
        ORDER BY i.id
        """,
        {"provider": provider},
    )
    db.session.rollback()
    return found


def _unheard_disputes(provider: str) -> list[str]:
    """Return the disputes whose lines say another thing than we know of them."""
    found = column(
        """
        SELECT m.source_ref FROM escrow_movement m
        LEFT JOIN escrow_dispute d ON d.provider = m.provider AND d.provider_ref = m.source_ref
        WHERE m.provider = %(provider)s AND m.kind IN ('dispute', 'dispute_reversal')
        GROUP BY m.source_ref, d.id
        HAVING d.id IS NULL OR sum(m.amount_minor)
            <> CASE WHEN d.withdrawn THEN -d.amount_minor ELSE 0 END
        ORDER BY m.source_ref
        """,
        {"provider": provider},
    )
    db.session.rollback()
    return found


def _columns(provider: str, movements: Sequence[Movement]) -> dict[str, object]:
    return {
        "provider": provider,
        "ids": [new_id() for _ in movements],
        "refs": [m.ref for m in movements],
        "kinds": [m.kind for m in movements],
        "sources": [m.source_ref for m in movements],
        "operations": [m.operation_id for m in movements],
        "instructions": [_instruction(m.operation_id) for m in movements],
        "amounts": [m.amount.minor for m in movements],
        "fees": [m.fee.minor for m in movements],
        "currencies": [m.amount.currency for m in movements],
        "available": [m.available_at for m in movements],
        "created": [m.created_at for m in movements],
        "methods": [m.method for m in movements],
    }


def _instruction(operation_id: str) -> UUID | None:
    try:
        return parse_public_id("ins", operation_id)
    except NotFound:
        return None
