"""Statements of the bank account, brought in by officers: kept once, matched, applied.

A line that carries a reference of ours and the very amount belongs to its order, the first one
that does. Every other line stays for a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from marketplace.escrow import gateway, queries
from marketplace.escrow.bank_files import reading
from marketplace.escrow.bank_files.lines import BankStatement, Line
from marketplace.escrow.bank_files.references import references_in
from marketplace.escrow.queries import bank
from marketplace.escrow.services import applying
from marketplace.escrow.services.dispatching import each
from marketplace.escrow.states import Kind
from marketplace.infra import audit
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db, execute, scalar
from marketplace.infra.jobs import defer, job
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, Stale
from marketplace.kernel.ids import parse_public_id

_IMPORTS: Final = 7_214_015  # the key of the lock that lets one import happen at a time

_LINES: Final = """
    INSERT INTO bank_line (statement_id, account, bank_ref, booked_on, amount_minor, currency,
        name, iban, remittance, end_to_end_id, returned, reference, created_at)
    SELECT %(statement)s, %(account)s, l.ref, l.booked_on, l.amount, %(currency)s, l.name, l.iban,
        l.remittance, l.end_to_end_id, l.returned, nullif(l.reference, ''), %(now)s
    FROM unnest(%(refs)s::text[], %(days)s::date[], %(amounts)s::bigint[], %(names)s::text[],
        %(ibans)s::text[], %(remittances)s::text[], %(ends)s::text[], %(returns)s::text[],
        %(references)s::text[])
        WITH ORDINALITY AS l (ref, booked_on, amount, name, iban, remittance, end_to_end_id,
            returned, reference, place)
    ORDER BY l.place
    ON CONFLICT (account, bank_ref) DO NOTHING RETURNING id
"""
# Each order takes the first line that fits; a second one stays for a person. What came back is
# matched last: the order may have left on the same statement.
_FITS: Final = {
    "in": """
        l.amount_minor > 0 AND l.returned = '' AND o.reference = l.reference
        AND o.kind IN ('checkout', 'top_up') AND o.amount_minor = l.amount_minor
        AND o.state = 'open'
    """,
    "out": f"""
        l.amount_minor < 0 AND o.operation_id = l.end_to_end_id
        AND {bank.IS_OUT} AND o.amount_minor = -l.amount_minor
        AND o.state IN ('open', 'exported')
    """,
    "back": f"""
        l.amount_minor > 0 AND l.returned <> '' AND o.operation_id = l.end_to_end_id
        AND {bank.IS_OUT} AND o.amount_minor = l.amount_minor
        AND o.state = 'done'
    """,
}
_MATCH: Final = """
    WITH fitting AS (
        SELECT DISTINCT ON (o.id) o.id AS order_id, l.id AS line_id, l.booked_on, l.returned
        FROM bank_line l JOIN bank_order o ON o.currency = l.currency AND {fits}
        WHERE l.order_id IS NULL AND l.id = ANY(%(lines)s)
        ORDER BY o.id, l.id
    ), taken AS (
        UPDATE bank_line l SET order_id = f.order_id FROM fitting f WHERE l.id = f.line_id
    )
    UPDATE bank_order o SET state = CASE WHEN f.returned = '' THEN 'done' ELSE 'returned' END,
        finished_at = greatest(o.created_at, f.booked_on::timestamp AT TIME ZONE 'UTC'),
        reason = nullif(f.returned, '')
    FROM fitting f WHERE o.id = f.order_id
    RETURNING o.operation_id
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a statement file brought: lines that were new, and how many of them were ours."""

    lines: int
    fresh: int
    matched: int


@job("escrow.bank")
def apply_job(*, operations: list[str]) -> None:
    """Make true here what a statement says is done."""
    each(_apply, operations)


@command
def bring(name: str, text: str, *, account: str, by: Actor, now: datetime) -> Imported:
    """Take a statement in: keep its lines once, match them, and queue what follows.

    `account` is our own; a statement of another one is refused, like a file that is none.
    """
    statements = reading.statements_in(text)
    others = [each for each in statements if each.account != account]
    if others:
        raise Refusal("statement_other_account", account=others[0].account)
    execute("SELECT pg_advisory_xact_lock(%(key)s)", {"key": _IMPORTS})
    digest = hashlib.sha256(text.encode()).hexdigest()
    fresh = [
        line
        for statement in statements
        for line in _keep(statement, name=name, digest=digest, by=by, now=now)
    ]
    matched = _match(fresh)
    audit.record(by, "bank.statement", "bank_statement", None, at=now, name=name, lines=len(fresh))
    return Imported(sum(len(each.lines) for each in statements), len(fresh), len(matched))


@command
def assign(officer: Actor, line_id: int, operation_id: str, now: datetime) -> None:
    """Say by hand to which payment a line belongs; refused where the amounts are not equal."""
    line, order = bank.line(line_id), bank.order_of(operation_id.strip())
    if line.order_id is not None:
        raise Stale(f"line {line_id} belongs to an order")
    if order is None or order.kind not in bank.PAYS_IN or order.state != "open":
        raise Refusal("order_unknown", field="order")
    if order.amount != line.amount:
        raise Refusal("order_other_amount", field="order", amount=order.amount)
    execute(
        "UPDATE bank_line SET reference = %(reference)s WHERE id = %(id)s",
        {"reference": order.reference, "id": line_id},
    )
    _match([line_id])
    # The statement was mirrored without it: the mirror's line is told what it is about.
    execute(
        "UPDATE escrow_movement SET operation_id = %(op)s, kind = %(kind)s,"
        " matured = false, instruction_id = %(instruction)s"
        " WHERE provider = 'bank' AND provider_ref = %(ref)s",
        {"op": order.operation_id, "kind": bank.movement_kind(order.kind, returned=False),
         "instruction": parse_public_id("ins", order.operation_id), "ref": f"bl_{line_id}"},
    )  # fmt: skip
    audit.record(officer, "bank.assigned", "bank_line", None, at=now, line=line_id)


def _apply(name: str) -> None:
    known = queries.instruction(parse_public_id("ins", name))
    db.session.rollback()
    seen = gateway.current().find(Kind(known.kind), name)
    if seen is not None:  # also of what is finished here: it may have come back
        applying.record(known.id, seen, clock.now())


@step
def _keep(
    statement: BankStatement, *, name: str, digest: str, by: Actor, now: datetime
) -> list[int]:
    days = [line.booked_on for line in statement.lines]
    facts: dict[str, Any] = {
        "name": name, "digest": digest, "account": statement.account, "ref": statement.ref,
        "currency": statement.currency, "by": by.person_id, "now": now,
        "closing": statement.closing.minor if statement.closing else None,
        "last": max(days, default=None),
    }  # fmt: skip
    kept = scalar(
        """
        INSERT INTO bank_statement (name, digest, account, ref, currency, closing_minor, last_day,
            imported_by, imported_at)
        VALUES (%(name)s, %(digest)s, %(account)s, %(ref)s, %(currency)s, %(closing)s, %(last)s,
            %(by)s, %(now)s)
        ON CONFLICT (digest, account, ref) DO NOTHING RETURNING id
        """,
        facts,
    )
    if kept is None:
        return []  # the very file was brought before
    return column(_LINES, {**facts, "statement": kept, **_columns(statement.lines)})


def _columns(lines: Sequence[Line]) -> dict[str, list[Any]]:
    return {
        "refs": [line.ref for line in lines],
        "days": [line.booked_on for line in lines],
        "amounts": [line.amount.minor for line in lines],
        "names": [line.name for line in lines],
        "ibans": [line.iban for line in lines],
        "remittances": [line.remittance for line in lines],
        "ends": [line.end_to_end_id for line in lines],
        "returns": [line.returned for line in lines],
        "references": [next(iter(references_in(line.remittance)), "") for line in lines],
    }


@step
def _match(lines: Iterable[int]) -> list[str]:
    found = list(lines)
    matched = [
        name
        for fits in _FITS.values()
        for name in column(_MATCH.format(fits=fits), {"lines": found})
    ]
    if matched:
        defer(apply_job, operations=matched)
    return matched
