"""What was paid for a pledge that was paid already: an automatic charge and a hand at once.

The first payment counts. Every further one goes back whole, whatever becomes of the pledge.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.models import Pledge, PledgeSurplus
from marketplace.campaigns.services.accounts import escrow_account
from marketplace.campaigns.services.moving import lock_pledge
from marketplace.escrow.services import planning
from marketplace.infra.commands import command, step
from marketplace.infra.database import db
from marketplace.kernel.actors import PROVIDER
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import InstructionId
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move

PURPOSE: Final = "pledge_surplus"


@step
def send_back(pledge: Pledge, payment_id: UUID, *, paid_at: datetime) -> None:
    """Order a payment back that the pledge did not need; the same payment goes back once."""
    if db.session.get(PledgeSurplus, payment_id) is not None:
        return
    surplus = PledgeSurplus(
        instruction_id=payment_id,
        pledge_id=pledge.id,
        amount_minor=pledge.amount_minor,
        currency=pledge.currency,
        paid_at=paid_at,
    )
    surplus.refund_id = planning.plan_refund(
        of=InstructionId(payment_id),
        subject_id=payment_id,
        amount=surplus.amount,
        debit_account=escrow_account(pledge.campaign_id, pledge.currency),
        purpose=PURPOSE,
        cause=f"pledge:{pledge.id}",
        reason="paid_twice",
    )
    db.session.add(surplus)


@command
def mark_returned(payment_id: UUID, *, at: datetime) -> None:
    """Note that a surplus arrived where it came from; safe to repeat."""
    _pledge, surplus = _locked(payment_id)
    if surplus.ended_at is None:
        surplus.ended_at = at


@command
def to_wallet(payment_id: UUID, refund_id: UUID, *, now: datetime) -> None:
    """The means of payment did not take a surplus back: it goes to the wallet. Safe to repeat."""
    pledge, surplus = _locked(payment_id)
    if surplus.ended_at is not None or surplus.refund_id != refund_id:
        return
    _to_wallet(pledge, surplus, now)


@command
def take_returned(payment_id: UUID, refund_id: UUID, *, now: datetime) -> None:
    """A surplus had arrived and came back: it goes to the wallet. Safe to repeat."""
    pledge, surplus = _locked(payment_id)
    if surplus.refund_id == refund_id:
        _to_wallet(pledge, surplus, now)


@step
def _to_wallet(pledge: Pledge, surplus: PledgeSurplus, now: datetime) -> None:
    wallet = ledger.account("person:wallet", surplus.currency, pledge.backer_id)
    source = escrow_account(pledge.campaign_id, surplus.currency)
    ledger.post(
        f"campaigns.surplus_to_wallet:{surplus.refund_id}",
        [Move(source, wallet, surplus.amount, "refund")],
        cause=f"pledge:{pledge.id}",
        actor=PROVIDER.label,
        happened_at=now,
    )
    surplus.ended_at = now


@step
def _locked(payment_id: UUID) -> tuple[Pledge, PledgeSurplus]:
    known = db.session.get(PledgeSurplus, payment_id)
    if known is None:
        raise NotFound(str(payment_id))
    _campaign, pledge = lock_pledge(known.pledge_id)
    db.session.refresh(known)
    return pledge, known
