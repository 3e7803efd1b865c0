"""What becomes of a part that goes back: it arrives, or it ends in the backer's wallet."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.events.parts import PartReturned
from marketplace.campaigns.models import Pledge
from marketplace.campaigns.queries.parts import PartRow
from marketplace.campaigns.services import parting
from marketplace.campaigns.services.accounts import holdback_account
from marketplace.campaigns.services.moving import lock_pledge
from marketplace.campaigns.states.parts import PartState
from marketplace.infra.commands import command, step
from marketplace.infra.database import scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import PROVIDER
from marketplace.kernel.errors import NotFound
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move

PURPOSE: Final = "pledge_part"


@command
def mark_returned(part_id: UUID, now: datetime) -> None:
    """Note that a part arrived where it was paid from; safe to repeat."""
    pledge, part = _locked(part_id)
    if part is not None and part.state == PartState.RETURNING:
        _settle(pledge, part, now, to_wallet=False)


@command
def to_wallet(part_id: UUID, refund_id: UUID, now: datetime) -> None:
    """The means of payment did not take a part back: it goes to the wallet. Safe to repeat."""
    pledge, part = _locked(part_id)
    if part is not None and part.state == PartState.RETURNING and part.refund_id == refund_id:
        _post_to_wallet(pledge, part, now)
        _settle(pledge, part, now, to_wallet=True)


@command
def take_returned(part_id: UUID, refund_id: UUID, now: datetime) -> None:
    """A part had arrived and came back: it goes to the wallet. Safe to repeat."""
    pledge, part = _locked(part_id)
    if part is None or part.refund_id != refund_id:
        return
    _post_to_wallet(pledge, part, now)
    if part.state == PartState.RETURNING:
        _settle(pledge, part, now, to_wallet=True)


@step
def _post_to_wallet(pledge: Pledge, part: PartRow, now: datetime) -> None:
    """Post as a pledge's own failed refund is: the age of the money is known by that name."""
    source = holdback_account(pledge.campaign_id, part.currency)
    wallet = ledger.account("person:wallet", part.currency, pledge.backer_id)
    ledger.post(
        f"campaigns.refund_to_wallet:{part.refund_id}",
        [Move(source, wallet, part.amount, "refund")],
        cause=f"pledge:{pledge.id}",
        actor=PROVIDER.label,
        happened_at=now,
    )


@step
def _settle(pledge: Pledge, part: PartRow, now: datetime, *, to_wallet: bool) -> None:
    parting.move([part], "settle", now, actor=PROVIDER)
    announce(
        PartReturned(
            part.id,
            pledge.id,
            pledge.campaign_id,
            pledge.backer_id,
            part.amount_minor,
            part.currency,
            to_wallet,
        )
    )


@step
def _locked(part_id: UUID) -> tuple[Pledge, PartRow | None]:
    pledge_id = scalar("SELECT pledge_id FROM pledge_part WHERE id = %s", (part_id,))
    if pledge_id is None:
        raise NotFound(str(part_id))
    campaign, pledge = lock_pledge(pledge_id)
    found = parting.held_parts(campaign.id, pledge_id=pledge_id, states=("returning", "returned"))
    return pledge, next((part for part in found if part.id == part_id), None)
