"""Statements of the account that borrowers pay to at their bank: each line kept once.

A line that carries a voucher's very amount and reference is matched to it at once; officers look
for the others, and for whose money a line is that nobody has shown a voucher of.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from marketplace.escrow.bank_files.lines import BankStatement
from marketplace.infra import audit
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db, flush, rows
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money
from marketplace.loans.models import CollectionLine, Voucher
from marketplace.loans.services.vouchers import DEAD, locked_voucher, move_voucher
from marketplace.loans.states import VoucherState
from marketplace.loans.vouchers import Line, Told, is_certain


@dataclass(frozen=True, slots=True)
class Brought:
    """What a statement brought: lines that were new, known ones, and vouchers matched by it."""

    fresh: int
    known: int
    matched: int


@command
def bring(
    actor: Actor, statements: list[BankStatement], *, ours: Collection[str], now: datetime
) -> Brought:
    """Keep what came in, each line once by the bank's own reference, and match what is certain.

    `ours` are the accounts borrowers pay to; a file with a statement of another one is refused.
    """
    for one in statements:
        if one.account.replace(" ", "").upper() not in ours:
            raise Refusal("statement_other_account", "statement", account=one.account)
    came_in = [(one, line) for one in statements for line in one.lines if line.amount.is_positive]
    params = {
        "ids": [new_id() for _ in came_in],
        "accounts": [one.account for one, _ in came_in],
        "refs": [line.ref for _, line in came_in],
        "days": [line.booked_on for _, line in came_in],
        "amounts": [line.amount.minor for _, line in came_in],
        "currencies": [line.amount.currency for _, line in came_in],
        "names": [line.name for _, line in came_in],
        "ibans": [line.iban for _, line in came_in],
        "remittances": [line.remittance for _, line in came_in],
        "by": actor.known(),
        "now": now,
    }
    fresh = column(_KEEP, params)
    audit.record(actor, "collection.imported", "person", actor.known(), at=now, lines=len(fresh))
    matched = _match_certain(actor, now)
    return Brought(len(fresh), len(came_in) - len(fresh), matched)


@command
def take(actor: Actor, line_id: UUID) -> None:
    """Say that I find out whose money a line is."""
    locked_line(line_id).owner_id = actor.known()


@command
def set_aside(actor: Actor, line_id: UUID, *, note: str, now: datetime) -> None:
    """Say why a line is no borrower's payment; one that proves a voucher is refused."""
    line = locked_line(line_id)
    if not note.strip():
        raise Refusal("why_missing", "note")
    refuse_taken(line)
    line.owner_id = line.owner_id or actor.known()
    line.set_aside_at, line.set_aside_note = now, note.strip()


_KEEP: Final = """
    INSERT INTO collection_line (id, account, bank_ref, booked_on, amount_minor, currency, name,
        iban, remittance, imported_by, imported_at)
    SELECT l.id, l.account, l.ref, l.booked_on, l.amount, l.currency, l.name, l.iban, l.remittance,
        %(by)s, %(now)s
    FROM unnest(%(ids)s::uuid[], %(accounts)s::text[], %(refs)s::text[], %(days)s::date[],
        %(amounts)s::bigint[], %(currencies)s::text[], %(names)s::text[], %(ibans)s::text[],
        %(remittances)s::text[])
        AS l (id, account, ref, booked_on, amount, currency, name, iban, remittance)
    ON CONFLICT (account, bank_ref) DO NOTHING RETURNING id
"""

# Vouchers that wait beside free lines of their very amount. Few: what is matched is left out.
_PAIRS: Final = """
    SELECT v.id AS voucher_id, v.amount_minor, v.currency, v.paid_on, v.bank_ref,
        l.id AS line_id, l.booked_on, l.bank_ref AS line_ref, l.remittance
    FROM voucher v JOIN loan ON loan.id = v.loan_id
    JOIN collection_line l ON l.currency = v.currency AND l.amount_minor = v.amount_minor
        AND l.booked_on >= loan.disbursed_on AND l.set_aside_at IS NULL
    WHERE v.state = 'uploaded' AND v.borrower_id <> %(me)s AND NOT EXISTS (
        SELECT FROM voucher other WHERE other.line_id = l.id
            AND other.state NOT IN ('rejected', 'withdrawn'))
    ORDER BY v.uploaded_at, v.id, l.booked_on, l.id LIMIT 5000
"""


@dataclass(frozen=True, slots=True)
class _Pair:
    voucher_id: UUID
    amount_minor: int
    currency: str
    paid_on: date
    bank_ref: str
    line_id: UUID
    booked_on: date
    line_ref: str
    remittance: str


@step
def _match_certain(actor: Actor, now: datetime) -> int:
    flush()
    taken: set[UUID] = set()
    for pair in rows(_PAIRS, {"me": actor.known()}, into=_Pair):
        if taken & {pair.voucher_id, pair.line_id} or not _is_certain(pair):
            continue
        voucher = locked_voucher(pair.voucher_id)
        if voucher.state != VoucherState.UPLOADED:
            continue
        move_voucher(voucher, "match", by="finance_officer", actor=actor, now=now)
        voucher.line_id, voucher.matched_by, voucher.matched_at = pair.line_id, actor.known(), now
        taken |= {pair.voucher_id, pair.line_id}
    return len(taken) // 2


def _is_certain(pair: _Pair) -> bool:
    amount = Money(pair.amount_minor, pair.currency)
    told = Told(amount, pair.paid_on, pair.bank_ref)
    return is_certain(told, Line(amount, pair.booked_on, pair.line_ref, pair.remittance))


@step
def locked_line(line_id: UUID) -> CollectionLine:
    """Return the line, locked for this command."""
    found = db.session.get(CollectionLine, line_id, with_for_update=True)
    if found is None:
        raise NotFound(str(line_id))
    return found


@step
def refuse_taken(line: CollectionLine, *, by: UUID | None = None) -> None:
    """Refuse a line that proves a living voucher, another one than `by`."""
    other = select(Voucher.id).where(Voucher.line_id == line.id, Voucher.state.not_in(DEAD))
    if db.session.scalars(other.where(Voucher.id != by) if by else other).first() is not None:
        raise Refusal("voucher_line_taken")
