"""Answering a dispute: an officer contests it with what we know, or concedes it.

The decision is written down and committed, then the provider is told; who dies in between is
followed by the sweep. A large dispute is conceded by two officers.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.gateway import Never, SeenDispute
from marketplace.escrow.orders import EvidenceOrder
from marketplace.escrow.queries import disputes
from marketplace.escrow.queries.disputes import Dispute
from marketplace.escrow.services import disputing
from marketplace.infra import audit
from marketplace.infra.commands import command, rehearsing
from marketplace.infra.database import column, db, execute
from marketplace.infra.jobs import defer, job
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import ProviderTrouble, Refusal
from marketplace.kernel.money import Money

EVIDENCE_MAX: Final = 20_000
# From this on two officers concede, in whole units of any currency; 100 times that of a currency
# whose units are small.
_LARGE: Final = 200
_LARGE_SMALL_UNITS: Final = 20_000

log = logging.getLogger(__name__)


def needs_two(amount: Money) -> bool:
    """Whether conceding `amount` takes two officers."""
    units = amount.decimal()
    return units >= (_LARGE_SMALL_UNITS if amount.currency in {"JPY", "TWD"} else _LARGE)


@command
def contest(officer: Actor, dispute_id: UUID, *, evidence: str, now: datetime) -> None:
    """Answer the bank with `evidence`; it is sent once, and the bank decides.

    Refuses a dispute that is answered or decided (`dispute_answered`), nothing to say
    (`evidence_missing`) and too much of it (`evidence_long`).
    """
    known = _answerable(dispute_id)
    words = evidence.strip()
    if not words:
        raise Refusal("evidence_missing", "evidence")
    if len(words) > EVIDENCE_MAX:
        raise Refusal("evidence_long", "evidence", most=EVIDENCE_MAX)
    execute(
        "UPDATE escrow_dispute SET answer = 'contest', evidence = %(words)s,"
        " answered_by = %(by)s, answered_at = %(now)s WHERE id = %(id)s",
        {"words": words, "by": officer.known(), "now": now, "id": known.id},
    )
    audit.record(officer, "dispute.contest", "dispute", known.id, at=now)
    defer(send_job, dispute_id=str(known.id))


@command
def concede(officer: Actor, dispute_id: UUID, now: datetime) -> bool:
    """Accept that the money is lost; True if that was sent, False if another officer must agree.

    Refuses `dispute_answered`, and `same_person` where the same officer agrees with themself.
    """
    known = _answerable(dispute_id)
    me = officer.known()
    if needs_two(known.amount) and known.conceding_by is None:
        execute(
            "UPDATE escrow_dispute SET conceding_by = %(by)s, conceding_at = %(now)s"
            " WHERE id = %(id)s",
            {"by": me, "now": now, "id": known.id},
        )
        audit.record(officer, "dispute.concede_proposed", "dispute", known.id, at=now)
        return False
    if known.conceding_by == me:
        raise Refusal("same_person")
    execute(
        "UPDATE escrow_dispute SET answer = 'concede', answered_by = %(by)s, answered_at = %(now)s"
        " WHERE id = %(id)s",
        {"by": me, "now": now, "id": known.id},
    )
    audit.record(officer, "dispute.conceded", "dispute", known.id, at=now)
    defer(send_job, dispute_id=str(known.id))
    return True


@job("escrow.answer_dispute")
def send_job(*, dispute_id: str) -> None:
    """Tell the provider what an officer decided."""
    send(UUID(dispute_id))


def send(dispute_id: UUID) -> None:
    """Tell the provider what was decided about a dispute, once; outside any transaction.

    Raises `ProviderTrouble` while the provider does not answer: the key is the same each time.
    """
    known = disputes.dispute(dispute_id)
    db.session.rollback()
    if known.answer is None or known.answer_sent_at is not None or rehearsing():
        return
    try:
        seen = _placed(known)
    except Never as refused:
        # Too late, or answered elsewhere: what the provider shows of it counts.
        log.warning("dispute %s is not answered: %s", known.ref, refused)
        disputing.refresh(known.provider_ref)
        _note_sent(known.id, clock.now())
        return
    _note_sent(known.id, clock.now())
    disputing.record(seen, clock.now())


def send_waiting(limit: int = 20) -> int:
    """Send the answers that were decided and not sent; returns how many were tried."""
    waiting = column(
        "SELECT id FROM escrow_dispute WHERE answer IS NOT NULL AND answer_sent_at IS NULL"
        " AND closed_at IS NULL AND provider = %(provider)s ORDER BY answered_at LIMIT %(limit)s",
        {"provider": gateway.current().name, "limit": limit},
    )
    db.session.rollback()
    for dispute_id in waiting:
        try:
            send(dispute_id)
        except ProviderTrouble as trouble:
            log.warning("dispute %s not answered yet: %s", dispute_id, trouble)
    return len(waiting)


def _placed(known: Dispute) -> SeenDispute:
    key = f"{known.ref}.{known.answer}"
    if known.answer == "concede":
        return gateway.current().concede(known.provider_ref, key)
    return gateway.current().contest(EvidenceOrder(known.provider_ref, key, known.evidence or ""))


@command
def _note_sent(dispute_id: UUID, now: datetime) -> None:
    execute(
        "UPDATE escrow_dispute SET answer_sent_at = coalesce(answer_sent_at, %(now)s)"
        " WHERE id = %(id)s",
        {"now": now, "id": dispute_id},
    )


def _answerable(dispute_id: UUID) -> Dispute:
    known = disputing.locked(dispute_id)
    if not known.can_answer:
        raise Refusal("dispute_answered")
    return known
