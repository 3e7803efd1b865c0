"""Disputes: a person has their bank take a payment back.

The provider's word may come in any order, twice, or be read back: a dispute that is decided does
not move, and an old notice gives nothing back. The money's way is told by `withdrawn`: what is
gone is a loss, and settlement charges that loss to those who had the money. A refund of a
disputed payment is not placed while the bank decides: the money cannot go back twice.
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.events import DisputeClosed, DisputeOpened, MoneyTakenBack
from marketplace.escrow.gateway import SeenDispute
from marketplace.escrow.queries import Instruction, disputes
from marketplace.escrow.queries.disputes import Dispute
from marketplace.escrow.services import applying, booking
from marketplace.escrow.states import DISPUTE, OPEN_DISPUTES, DisputeState, RecoveryState
from marketplace.infra import transitions
from marketplace.infra.commands import command, rehearsing, step
from marketplace.infra.database import db, execute, row, scalar
from marketplace.infra.events import announce
from marketplace.kernel import clock
from marketplace.kernel.actors import PROVIDER
from marketplace.kernel.errors import Broken, NotFound, ProviderTrouble
from marketplace.kernel.ids import new_id, parse_public_id

log = logging.getLogger(__name__)

_MOVES = {
    DisputeState.UNDER_REVIEW: "answer",
    DisputeState.WON: "win",
    DisputeState.LOST: "lose",
}


@command
def record(seen: SeenDispute, now: datetime) -> bool:
    """Apply what was seen of a dispute, as a command of its own; False if it is none of ours."""
    return apply_seen(seen, now)


@step
def apply_seen(seen: SeenDispute, now: datetime) -> bool:
    """Apply what was seen of a dispute; False if the payment is none of ours.

    Raises `Broken` when the same dispute is about another amount than before.
    """
    instruction_id = payment_of(seen)
    if instruction_id is None:
        return False
    paid = applying.locked(instruction_id)
    if _insert(seen, paid, now):
        _open(seen, paid)
    known = locked(_id_of(seen))
    if known.amount != seen.amount or known.instruction_id != instruction_id:
        raise Broken(f"dispute {seen.ref} is another one at the provider")
    _follow_money(known, seen, now)
    _follow_state(locked(known.id), seen, now)
    execute("UPDATE escrow_dispute SET read_at = %(now)s WHERE id = %(id)s",
            {"now": now, "id": known.id})  # fmt: skip
    return True


def payment_of(seen: SeenDispute) -> UUID | None:
    """Return the payment a dispute is about; None if it is none of ours."""
    found: UUID | None = scalar(
        "SELECT id FROM escrow_instruction WHERE kind IN ('checkout', 'charge')"
        " AND provider = %(provider)s AND (id = %(id)s OR payment_ref = %(payment)s)"
        " ORDER BY id = %(id)s DESC NULLS LAST LIMIT 1",
        {
            "provider": gateway.current().name,
            "id": _instruction_id(seen.operation_id),
            "payment": seen.payment_ref,
        },
    )
    return found


def refresh(ref: str) -> bool:
    """Read a dispute back by the provider's reference and apply it; outside any transaction.

    False if it is none of ours, or the provider cannot be read just now.
    """
    if rehearsing():
        return False
    db.session.rollback()
    try:
        seen = gateway.current().dispute(ref)
    except ProviderTrouble as trouble:
        log.warning("dispute %s not read back: %s", ref, trouble)
        return False
    return record(seen, clock.now())


def look_again() -> int:
    """Read the open disputes back that were silent for long; returns how many."""
    due = disputes.to_read(clock.now())
    db.session.rollback()
    for dispute in due:
        refresh(dispute.provider_ref)
    return len(due)


@step
def locked(dispute_id: UUID) -> Dispute:
    """Return a dispute, locked until the end of the transaction."""
    found = row(
        f"{disputes.SELECT} WHERE d.id = %(id)s FOR UPDATE OF d", {"id": dispute_id}, into=Dispute
    )
    if found is None:
        raise NotFound(str(dispute_id))
    return found


def _instruction_id(operation_id: str) -> UUID | None:
    try:
        return parse_public_id("ins", operation_id)
    except NotFound:
        return None


def _id_of(seen: SeenDispute) -> UUID:
    found: UUID = scalar(
        "SELECT id FROM escrow_dispute WHERE provider = %(provider)s AND provider_ref = %(ref)s",
        {"provider": gateway.current().name, "ref": seen.ref},
    )
    return found


@step
def _insert(seen: SeenDispute, paid: Instruction, now: datetime) -> bool:
    return (
        execute(
            """
            INSERT INTO escrow_dispute (id, provider, provider_ref, instruction_id, amount_minor,
                currency, state, reason, opened_at, respond_by, withdrawn, read_at)
            VALUES (%(id)s, %(provider)s, %(ref)s, %(instruction)s, %(amount)s, %(currency)s,
                'needs_response', %(reason)s, %(opened)s, %(respond_by)s, false, %(now)s)
            ON CONFLICT (provider, provider_ref) DO NOTHING
            """,
            {
                "id": new_id(),
                "provider": gateway.current().name,
                "ref": seen.ref,
                "instruction": paid.id,
                "amount": seen.amount.minor,
                "currency": seen.amount.currency,
                "reason": seen.reason,
                "opened": seen.opened_at,
                "respond_by": seen.respond_by,
                "now": now,
            },
        )
        == 1
    )


@step
def _open(seen: SeenDispute, paid: Instruction) -> None:
    known = locked(_id_of(seen))
    announce(
        DisputeOpened(
            known.id,
            paid.id,
            paid.purpose,
            paid.subject_id,
            known.person_id,
            known.amount_minor,
            known.currency,
            known.reason,
        )
    )


@step
def _follow_money(known: Dispute, seen: SeenDispute, now: datetime) -> None:
    """Book that the money went or came back; an old notice of an open dispute says nothing."""
    decided = DisputeState(known.state) not in OPEN_DISPUTES
    won = DisputeState.WON in {known.state, seen.standing.value}
    if seen.withdrawn and not known.withdrawn and not won:
        booking.book_dispute(known, seen.opened_at)
        _set_money(known.id, withdrawn=True, recovery=RecoveryState.DUE)
        announce(
            MoneyTakenBack(
                known.id,
                known.instruction_id,
                known.purpose,
                known.subject_id,
                known.person_id,
                known.amount_minor,
                known.currency,
            )
        )
    elif known.withdrawn and not decided and won:
        booking.book_reinstatement(known, now)
        _set_money(known.id, withdrawn=False, recovery=RecoveryState.DUE)


@step
def _set_money(dispute_id: UUID, *, withdrawn: bool, recovery: RecoveryState) -> None:
    execute(
        "UPDATE escrow_dispute SET withdrawn = %(withdrawn)s, recovery = %(recovery)s"
        " WHERE id = %(id)s",
        {"withdrawn": withdrawn, "recovery": recovery, "id": dispute_id},
    )


@step
def _follow_state(known: Dispute, seen: SeenDispute, now: datetime) -> None:
    source, aim = DisputeState(known.state), DisputeState(seen.standing.value)
    if source not in OPEN_DISPUTES or aim == source or aim not in _MOVES:
        return
    target = transitions.go(
        DISPUTE, known.id, source, _MOVES[aim], by=PROVIDER.roles, actor=PROVIDER, at=now
    )
    closed, won = target not in OPEN_DISPUTES, target == DisputeState.WON
    execute(
        "UPDATE escrow_dispute SET state = %(state)s,"
        " closed_at = CASE WHEN %(closed)s THEN %(now)s::timestamptz END,"
        " recovery = CASE WHEN %(won)s THEN 'due' ELSE recovery END WHERE id = %(id)s",
        {"state": target, "closed": closed, "won": won, "now": now, "id": known.id},
    )
    if closed:
        announce(
            DisputeClosed(
                known.id,
                known.instruction_id,
                known.purpose,
                known.subject_id,
                known.person_id,
                known.amount_minor,
                known.currency,
                won,
            )
        )
