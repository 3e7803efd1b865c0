"""A disputed payment that was for a pledge: who bears its loss, and how it is undone when won."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.models import Campaign, Pledge
from marketplace.campaigns.queries import parts
from marketplace.campaigns.services import charging_back, parting, pledging, tranches
from marketplace.campaigns.services.accounts import (
    escrow_account,
    holdback_account,
    payable_account,
)
from marketplace.campaigns.services.moving import lock_pledge
from marketplace.campaigns.states import PledgeState
from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import Instruction
from marketplace.escrow.queries.disputes import Dispute
from marketplace.escrow.services import recovering
from marketplace.escrow.services.calling_off import call_off
from marketplace.escrow.states import State
from marketplace.infra.commands import step
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.settlement import releasing
from marketplace.settlement.rules import Route

ACTOR: Final = "settlement"
_PAID: Final = frozenset({PledgeState.HELD, PledgeState.RELEASED, PledgeState.CHARGED_BACK})


@step
def standing(dispute: Dispute) -> str:
    """Return how the pledge stands that was paid, locked; the word of the table of rules."""
    _campaign, pledge = lock_pledge(dispute.subject_id)
    if pledge.checkout_id != dispute.instruction_id or pledge.held_at is None:
        surplus = charging_back.surplus_of(dispute.instruction_id)
        if surplus is None:
            return "untold"
        if surplus.ended_at is None:
            return "surplus"
        return _refunded(surplus.refund_id)
    state = PledgeState(pledge.state)
    if state in _PAID or state is PledgeState.REFUNDING:
        return state.value
    return _refunded(pledge.refund_id) if state is PledgeState.REFUNDED else "untold"


@step
def charge(dispute: Dispute, route: Route, now: datetime) -> bool:
    """Recover the loss by `route`; False where it must be looked at again."""
    campaign, pledge = lock_pledge(dispute.subject_id)
    if route is Route.SPONSOR:
        return _charge_sponsor(dispute, campaign, pledge, now)
    return _charge_escrow(dispute, campaign, pledge, now)


@step
def undo(dispute: Dispute, now: datetime) -> None:
    """The dispute was won: everybody has again what they had, as far as that can be."""
    campaign, pledge = lock_pledge(dispute.subject_id)
    own = pledge.checkout_id == dispute.instruction_id
    if not own or pledge.state != PledgeState.CHARGED_BACK:
        recovering.give_back(dispute, now)
        if own and pledge.state == PledgeState.REFUNDING:
            _resume_refund(pledge, now)
        return
    if not any(each.route == Route.ESCROW for each in recovering.taken(dispute)):
        held = holdback_account(campaign.id, pledge.currency)
        is_held_again = any(each.back_account == held for each in recovering.taken(dispute))
        recovering.give_back(dispute, now)
        charging_back.reinstate(campaign, pledge, dispute.id, now)
        charging_back.bring_parts_back(campaign, pledge, now, is_held_again=is_held_again)
        return
    whole = dispute.amount >= pledge.amount
    if whole and charging_back.restore(campaign, pledge, dispute.id, now):
        recovering.redirect(
            dispute, back_to=escrow_account(campaign.id, pledge.currency), person_id=None
        )
    else:
        charging_back.give_up(campaign, pledge, dispute.id, now)
    recovering.give_back(dispute, now)


def _refunded(refund_id: UUID | None) -> str:
    if refund_id is None:
        return "refunded"
    refund = escrow.instruction(refund_id)
    return "refunded" if refund.state == State.SUCCEEDED else "in_wallet"


@step
def _charge_escrow(dispute: Dispute, campaign: Campaign, pledge: Pledge, now: datetime) -> bool:
    """End the pledge, or the second payment of it: its money leaves the escrow."""
    if not recovering.stop_refunds(dispute, now):
        return False
    surplus = charging_back.surplus_of(dispute.instruction_id)
    refund_id = surplus.refund_id if surplus else pledge.refund_id
    account = escrow_account(campaign.id, pledge.currency)
    source = escrow.instruction(refund_id).account_id if refund_id else account
    wallet = ledger.account("person:wallet", pledge.currency, pledge.backer_id)
    take_whole(dispute, pledge.amount, source=source, wallet=wallet, now=now)
    if surplus is not None:
        surplus.ended_at = now
    else:
        charging_back.charge_back(campaign, pledge, dispute.id, now)
    return True


@step
def take_whole(
    dispute: Dispute,
    paid: Money,
    *,
    source: int,
    wallet: int,
    now: datetime,
    route: Route = Route.ESCROW,
) -> None:
    """Take what is disputed of a payment out of `source`; what its bank left goes to `wallet`.

    An agreement over a part of what was agreed is none: it ends as a whole. Who has paid a part
    of the loss back already has that in the wallet again.
    """
    person, most = dispute.person_id, min(recovering.left(dispute.id), paid.minor)
    gone = Money(most, dispute.currency)
    taken = recovering.charge(
        dispute, route=route, account=source, most=gone, back_to=wallet,
        person_id=person, now=now,
    )  # fmt: skip
    if taken != gone:
        raise Broken(f"account {source} holds {taken} of the disputed {gone}")
    if paid != gone:
        ledger.post(
            f"settlement.undisputed_rest:{dispute.id}",
            [Move(source, wallet, paid - gone, "undisputed_rest")],
            cause=f"dispute:{dispute.id}",
            actor=ACTOR,
            happened_at=now,
        )


@step
def _charge_sponsor(dispute: Dispute, campaign: Campaign, pledge: Pledge, now: datetime) -> bool:
    """Nobody keeps a part of nothing: not the house its fee, not the sponsor what came of it.

    What is held back of the pledge goes first.
    """
    payouts = _payouts(campaign)
    if any(paid.state in {State.SENT, State.UNKNOWN} for paid in payouts):
        return False
    if not recovering.stop_refunds(dispute, now):
        return False
    gone = Money(min(dispute.amount_minor, pledge.amount_minor), dispute.currency)
    gone -= _charge_held(dispute, campaign, pledge, gone, now)
    fee, net = _division(campaign, pledge, gone)
    house = ledger.account("fees:platform", gone.currency)
    recovering.charge(
        dispute, route="fee", account=house, most=fee, back_to=house, person_id=None, now=now
    )
    _charge_payouts(dispute, campaign, payouts, net, now)
    charging_back.charge_back(campaign, pledge, dispute.id, now)
    charging_back.charge_parts_back(pledge, now)
    return True


@step
def _charge_payouts(
    dispute: Dispute,
    campaign: Campaign,
    payouts: list[Instruction],
    net: Money,
    now: datetime,
) -> None:
    """Charge what the sponsor is to be paid, then what was paid, the latest first."""
    release = escrow.instruction(campaign.release_id) if campaign.release_id else None
    wallet = ledger.account("person:wallet", net.currency, campaign.sponsor_id)
    waits = release is not None and call_off_release(campaign, release, now)
    tranches.call_off_open(campaign, now, reason="disputed")
    net -= recovering.charge(
        dispute, route=Route.SPONSOR,
        account=payable_account(campaign.id, net.currency), most=net, back_to=wallet,
        person_id=campaign.sponsor_id, now=now,
    )  # fmt: skip
    if waits and release is not None:
        plan_rest(campaign, release)
    for paid in payouts:
        if paid.state == State.SUCCEEDED and net.is_positive:
            net -= recovering.take_back(dispute, transfer=paid, most=net, back_to=wallet, now=now)


@step
def _charge_held(
    dispute: Dispute, campaign: Campaign, pledge: Pledge, gone: Money, now: datetime
) -> Money:
    """Charge what is held back of the pledge, and what was on its way back; returns how much.

    Where less than that is disputed, what the bank left goes to the backer: an agreement over a
    part of what was agreed is none.
    """
    account = holdback_account(campaign.id, gone.currency)
    wallet = ledger.account("person:wallet", gone.currency, pledge.backer_id)
    whole = Money.zero(gone.currency)
    charged = Money.zero(gone.currency)
    for state, back_to in (("held", account), ("returning", wallet)):
        found = parting.held_parts(campaign.id, pledge_id=pledge.id, states=(state,))
        total = Money.total((part.amount for part in found), gone.currency)
        most = min(total, gone - charged)
        whole += total
        charged += recovering.charge(
            dispute, route="holdback", account=account, most=most,
            back_to=back_to if most == total else wallet, person_id=pledge.backer_id, now=now,
        )  # fmt: skip
    if whole != charged:
        ledger.post(
            f"settlement.undisputed_rest:{dispute.id}",
            [Move(account, wallet, whole - charged, "undisputed_rest")],
            cause=f"dispute:{dispute.id}",
            actor=ACTOR,
            happened_at=now,
        )
    return charged


@step
def _division(campaign: Campaign, pledge: Pledge, gone: Money) -> tuple[Money, Money]:
    """Return how much of what is gone was our fee and how much the sponsor's.

    Of a pledge in parts only what was released was anybody's; what went back is lost twice.
    """
    if not parts.of_pledge(pledge.id):
        fee, net = gone.split([campaign.fee_minor or 0, campaign.net_minor or 0])
        return fee, net
    found = parting.held_parts(campaign.id, pledge_id=pledge.id, states=("released",))
    released = Money.total((part.amount for part in found), gone.currency)
    fees = sum(part.fee_minor for part in found)
    most = min(gone, released)
    if not most.is_positive:
        return most, most
    fee, net = most.split([fees, released.minor - fees])
    return fee, net


@step
def _payouts(campaign: Campaign) -> list[Instruction]:
    """Return what the sponsor was paid, or is being paid, of a campaign; the latest first."""
    ids = [paid.instruction_id for paid in parts.payouts(campaign.id) if paid.instruction_id]
    if campaign.release_id is not None:
        ids.insert(0, campaign.release_id)
    return [escrow.instruction(id_) for id_ in reversed(ids)]


@step
def call_off_release(campaign: Campaign, release: Instruction, now: datetime) -> bool:
    """Free what a payout has set aside that nobody was asked for yet; whether it did."""
    planned = release.state == State.PLANNED
    if planned and not call_off(release.id, reason="disputed", now=now):
        raise Broken(f"the payout of campaign {campaign.id} is under way")
    return planned


@step
def plan_rest(campaign: Campaign, last: Instruction) -> None:
    """Plan the payout of what the sponsor still has coming, if that is anything."""
    rest = ledger_queries.balance(last.account_id).available
    campaign.release_id = None
    if rest.is_positive:
        campaign.release_id = releasing.plan_payout(campaign, rest, sequence=last.sequence + 1)


@step
def _resume_refund(pledge: Pledge, now: datetime) -> None:
    """A refund the provider refused because of the dispute goes to the wallet instead."""
    if pledge.refund_id is None:
        return
    refund = escrow.instruction(InstructionId(pledge.refund_id))
    if refund.state in {State.FAILED, State.EXPIRED}:
        pledging.keep_refund(pledge, now)
