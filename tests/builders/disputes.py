"""Payments that banks take back: opened at the bank, heard of, answered and decided."""

from __future__ import annotations

from uuid import UUID

from marketplace.escrow import queries
from marketplace.escrow.queries import Instruction, disputes
from marketplace.escrow.queries.disputes import Dispute, Recovery
from marketplace.escrow.services import answering
from marketplace.escrow.states import PAYMENTS
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.ledger import queries as ledger
from marketplace.simulator.disputes import LOSING, WINNING
from tests.builders.escrow import World
from tests.builders.identity import an_actor


def payment_of(subject_id: UUID) -> Instruction:
    """The payment that succeeded for a pledge, commitment, bill or wallet order."""
    found = [each for each in queries.instructions_for(subject_id) if each.kind in PAYMENTS]
    db.session.rollback()
    return found[-1]


def disputed(world: World, subject_id: UUID) -> Dispute:
    """Have a bank take back what was paid for something, and hear of it."""
    ref = world.dispute(payment_of(subject_id))
    world.deliver()
    return called(ref)


def called(ref: str) -> Dispute:
    """The dispute the bank calls `ref`."""
    found = [each for each in disputes.disputes(limit=500) if each.provider_ref == ref]
    db.session.rollback()
    return found[0]


def dispute(dispute_id: UUID) -> Dispute:
    """A dispute as it stands."""
    found = disputes.dispute(dispute_id)
    db.session.rollback()
    return found


def recoveries(dispute_id: UUID) -> list[Recovery]:
    """What was charged for a dispute."""
    found = disputes.recoveries(dispute_id)
    db.session.rollback()
    return found


def decided(world: World, hand: clock.Hand, dispute_id: UUID, *, won: bool) -> Dispute:
    """Contest a dispute and let the bank decide it."""
    evidence = WINNING if won else LOSING
    officer = an_actor("Fin Officer", role="finance_officer")
    answering.contest(officer, dispute_id, evidence=evidence, now=clock.now())
    world.deliver()
    hand.advance(days=2)
    world.deliver()
    return dispute(dispute_id)


def balance(kind: str, owner: UUID | None = None, currency: str = "EUR") -> int:
    """What an account holds, in minor units; nothing if it was never opened."""
    if owner is None:
        total = ledger.total(kind, currency)
        db.session.rollback()
        return total
    found = ledger.balances_of(kind, [owner], currency)
    db.session.rollback()
    return found[owner].posted_minor if owner in found else 0
