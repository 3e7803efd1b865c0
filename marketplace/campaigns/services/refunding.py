"""Ordering a whole pledge back to whoever paid it."""

from __future__ import annotations

from marketplace.campaigns.models import Pledge
from marketplace.campaigns.services.accounts import escrow_account
from marketplace.escrow.services import planning
from marketplace.infra.commands import step
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId


@step
def plan_refund(pledge: Pledge, reason: str) -> None:
    """Order the whole pledge back to whoever paid it, out of the campaign's escrow."""
    if pledge.checkout_id is None:
        raise Broken(f"pledge {pledge.id} was paid without a checkout")
    pledge.refund_reason = reason
    pledge.refund_id = planning.plan_refund(
        of=InstructionId(pledge.checkout_id),
        subject_id=pledge.id,
        amount=pledge.amount,
        debit_account=escrow_account(pledge.campaign_id, pledge.currency),
        purpose="pledge",
        cause=f"pledge:{pledge.id}",
        reason=reason,
    )
