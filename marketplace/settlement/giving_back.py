"""What happens to money that may be held no longer: it goes back to the people who paid it.

What was released to a sponsor, or lent to a borrower, and never reached them is undone as a
whole: what was shared out is put together again, our fee with it, and everybody gets everything
back. While the provider may be paying just now nothing is touched.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.services import giving_back as pledges
from marketplace.campaigns.services import milestones, parting, releasing_late
from marketplace.campaigns.services.accounts import (
    escrow_account,
    holdback_account,
    payable_account,
)
from marketplace.campaigns.services.moving import lock_campaign
from marketplace.campaigns.states import CampaignState
from marketplace.escrow import queries as escrow
from marketplace.escrow.services.calling_off import call_off
from marketplace.infra.commands import command, step
from marketplace.infra.database import scalar
from marketplace.kernel.actors import PROVIDER, SETTLEMENT, Actor
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.loans.models import Loan
from marketplace.loans.services import giving_back as parts
from marketplace.loans.services.moving import locked_loan, move_loan
from marketplace.loans.states import LoanState
from marketplace.settlement import deciding, releasing, tranches
from marketplace.settlement.funding_closing import give_parts_back
from marketplace.settlement.lines import Line

_WAITS = "the provider may be paying it just now"
_UNDONE = {
    "sponsor_unpaid": "the sponsor could not be paid",
    "stopped": "the campaign was stopped",
    "borrower_unpaid": "the borrower could not be paid",
    "borrower_unsigned": "the borrower did not sign in time",
    "called_off": "its borrower called it off",
}


@command
def return_pledges(
    campaign_id: UUID, until: date, now: datetime, *, actor: Actor = SETTLEMENT
) -> list[Line]:
    """Give the pledges of an undecided campaign back that must have left by `until`."""
    campaign = lock_campaign(campaign_id)
    ids = pledges.give_back_held(campaign, until, now, actor=actor)
    account = escrow_account(campaign.id, _currency(campaign))
    return deciding.give_back(ids, account, reason="held_too_long")


@command
def undo_release(
    campaign_id: UUID,
    now: datetime,
    *,
    reason: str = "sponsor_unpaid",
    actor: Actor = SETTLEMENT,
) -> list[Line]:
    """Give a funded campaign's pledges back whole whose sponsor was not, or is not to be, paid.

    Where something was paid out or went back in part already, that stands: what is payable goes
    to the sponsor's wallet instead.
    """
    campaign = lock_campaign(campaign_id)
    if campaign.state == CampaignState.PAID_OUT or releasing.has_moved_on(campaign.id):
        return tranches.strand(campaign, now)
    if campaign.state != CampaignState.FUNDED or campaign.net_minor is None:
        return []
    net, currency = Money(campaign.net_minor, _currency(campaign)), _currency(campaign)
    ref = public_id("cmp", campaign.id)
    if campaign.release_id is not None and not call_off(
        campaign.release_id, reason="held_too_long", now=now
    ):
        return [Line("holding.waits", ref, campaign.sponsor_id, net, _WAITS)]
    ids = pledges.unfund(campaign, now, actor=actor, reason=reason)
    _take_release_back(campaign, ids, now, actor)
    late = releasing_late.give_back(campaign, now, reason=reason, actor=actor)
    refunds = deciding.give_back(ids + late, escrow_account(campaign.id, currency), reason=reason)
    parting.undo(campaign, now)
    milestones.end_empty(campaign, now)
    return [Line("holding.undone", ref, None, net, _UNDONE[reason]), *refunds]


@command
def return_held_parts(campaign_id: UUID, now: datetime, *, reason: str) -> list[Line]:
    """Give everything back that is held of a campaign which two people have ended, late or not."""
    campaign = lock_campaign(campaign_id)
    held = parting.held_parts(campaign.id)
    lines = releasing.give_parts_back(campaign, held, now, reason=reason)
    late = releasing_late.give_back(campaign, now, reason=reason)
    lines += deciding.give_back(
        late, escrow_account(campaign.id, _currency(campaign)), reason=reason
    )
    parting.void_fulfilments(campaign.id, now)
    milestones.end_empty(campaign, now)
    return lines


@command
def return_parts(
    loan_id: UUID, until: date, now: datetime, *, actor: Actor = SETTLEMENT
) -> list[Line]:
    """Give the parts of a loan that is not full back that must have left by `until`."""
    loan = locked_loan(loan_id)
    if loan.state != LoanState.LISTED:
        return []
    found = parts.free_parts(loan, until, now, actor=actor)
    return give_parts_back(loan, found, now, reason="held_too_long")


@command
def undo_lending(
    loan_id: UUID, now: datetime, *, reason: str = "borrower_unpaid", actor: Actor = SETTLEMENT
) -> list[Line]:
    """Give everything back that was lent to a borrower who could not be paid, or did not sign."""
    loan = locked_loan(loan_id)
    if loan.state not in {LoanState.FUNDED, LoanState.DISBURSING} or loan.payable_account is None:
        return []
    ref = public_id("ln", loan.id)
    if not _call_off_disbursement(loan, now):
        return [Line("holding.waits", ref, loan.borrower_id, loan.amount, _WAITS)]
    ledger.reverse(
        f"settlement.undo_funding:{loan.id}",
        f"settlement.funding:{loan.id}",
        actor=actor.label,
        happened_at=now,
    )
    _must_be_empty(loan.payable_account)
    found = parts.unwind(loan, now, reason=reason, actor=actor)
    refunds = give_parts_back(loan, found, now, reason=reason)
    return [Line("holding.undone", ref, None, loan.amount, _UNDONE[reason]), *refunds]


@step
def _take_release_back(campaign: Campaign, ids: list[UUID], now: datetime, actor: Actor) -> None:
    """Fill the escrow again: from what was held back, the sponsor's side, the rest from our fee.

    Where a bank had taken pledges back meanwhile, the sponsor's side is less by those.
    """
    currency = _currency(campaign)
    sql = "SELECT coalesce(sum(amount_minor), 0) FROM pledge WHERE id = ANY(%s)"
    owed = Money(int(scalar(sql, (ids,))), currency)
    payable = payable_account(campaign.id, currency)
    held = Money.total((part.amount for part in parting.held_parts(campaign.id)), currency)
    from_sponsor = min(ledger_queries.balance(payable).available, owed - held)
    parts = [
        (holdback_account(campaign.id, currency), held, "holdback_undone"),
        (payable, from_sponsor, "release_undone"),
        (ledger.account("fees:platform", currency), owed - held - from_sponsor, "fee_undone"),
    ]
    target = escrow_account(campaign.id, currency)
    ledger.post(
        f"settlement.undo_release:{campaign.id}",
        [Move(source, target, part, code) for source, part, code in parts if part.is_positive],
        cause=f"campaign:{campaign.id}",
        actor=actor.label,
        happened_at=now,
    )


@step
def _call_off_disbursement(loan: Loan, now: datetime) -> bool:
    """Make sure the provider is not paying the borrower; False while it may be."""
    asked = [one for one in escrow.instructions_for(loan.id) if one.purpose == "disbursement"]
    over = all(call_off(one.id, reason="held_too_long", now=now) for one in asked)
    if over and loan.state == LoanState.DISBURSING:
        move_loan(loan, "return", by=("provider",), actor=PROVIDER, at=now, reason="held_too_long")
    return over


@step
def _must_be_empty(account: int) -> None:
    """Refuse to undo what was partly spent: people must look at that."""
    found = ledger_queries.balance(account).available
    if not found.is_zero:
        raise Broken(f"account {account} holds {found} after all was taken back")


def _currency(campaign: Campaign) -> str:
    if campaign.currency is None:
        raise Broken(f"campaign {campaign.id} has no currency")
    return campaign.currency
