"""Where a pledge's money is now, and a sponsor's payout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final

from marketplace.campaigns.queries.one import CampaignRow
from marketplace.campaigns.queries.pledges import PledgeRow
from marketplace.campaigns.states import PledgeState
from marketplace.campaigns.views.part_timeline import Delivery
from marketplace.escrow import queries as escrow
from marketplace.escrow.gateway import Terms
from marketplace.escrow.queries import Instruction
from marketplace.escrow.queries.disputes import Dispute
from marketplace.escrow.states import Kind, State
from marketplace.kernel.errors import Broken
from marketplace.kernel.money import Money
from marketplace.web.disputes import bank_keeps
from marketplace.web.locale import _
from marketplace.web.rendering import day_text
from marketplace.web.whereabouts import (
    Whereabouts,
    chargeback,
    decided_for_you,
    disputed_by_others,
    held_by,
    refund_may_return,
)


def of_pledge(
    pledge: PledgeRow,
    instructions: Sequence[Instruction],
    disputed: Sequence[Dispute],
    terms: Terms,
    now: datetime,
    *,
    known: Delivery,
) -> Whereabouts:
    """Return where the money of a pledge is, from the instructions the provider answered."""
    tell = _TELLERS[PledgeState(pledge.state)]
    return tell(_Told(pledge, instructions, disputed, terms, now, known=known))


def of_release(
    campaign: CampaignRow, release: Instruction | None, leave_by: date | None, terms: Terms
) -> Whereabouts | None:
    """Return where the payout of a funded campaign is; None where there is none."""
    if campaign.net_minor is None or release is None:
        return None
    amount = release.amount
    if release.state == State.SUCCEEDED:
        return Whereabouts(
            amount,
            _("With you: %(holder)s has sent it to your bank", holder=terms.label),
            _("Nothing more is due"),
            since=release.finished_at,
            ref=release.provider_ref,
            reversals=(
                _("Your bank may not take it: then it comes back and is sent again."),
                disputed_by_others(),
            ),
        )
    return Whereabouts(
        amount,
        held_by(terms.label),
        _payout_next(campaign, release),
        since=campaign.decided_at,
        ref=release.provider_ref,
        leave_by=leave_by,
        at=leave_by,
        reversals=(_undone(leave_by), disputed_by_others()),
    )


class _Told:
    """One pledge with what the provider has answered about it."""

    def __init__(
        self,
        pledge: PledgeRow,
        instructions: Sequence[Instruction],
        disputed: Sequence[Dispute],
        terms: Terms,
        now: datetime,
        *,
        known: Delivery,
    ) -> None:
        self.pledge, self.terms, self.now, self.known = pledge, terms, now, known
        self.bank_keeps = bank_keeps(disputed)
        self.paid = next((one for one in instructions if one.id == pledge.checkout_id), None)
        refunds = [
            each for each in instructions if each.kind == Kind.REFUND and each.purpose == "pledge"
        ]
        self.refund = refunds[-1] if refunds else None

    def say(
        self,
        holder: str,
        what_next: str,
        *,
        since: datetime | None = None,
        at: datetime | date | None = None,
        of: Instruction | None = None,
        leave_by: date | None = None,
        reversals: tuple[str, ...] = (),
    ) -> Whereabouts:
        """Return it in the common shape; `of` is the instruction whose number is shown."""
        ref = (of.payment_ref or of.provider_ref) if of else None
        return Whereabouts(
            self.pledge.amount, holder, what_next, since, ref, leave_by, at, reversals
        )


def _with_you() -> str:
    return _("With you. Nothing has been charged")


def _unpaid(told: _Told) -> Whereabouts:
    words = (
        _("Without a saved card the pledge ends by itself")
        if told.pledge.is_later
        else _("Without a payment the pledge ends by itself")
    )
    return told.say(_with_you(), words, at=told.pledge.expires_at)


def _promised(told: _Told) -> Whereabouts:
    return told.say(
        _with_you(),
        _("Your card is charged if the goal is promised by then; if not, you pay nothing")
        if told.pledge.can_miss
        else _("Your card is charged then, as the rule of the campaign says"),
        since=told.pledge.promised_at,
        at=told.pledge.deadline,
        reversals=(_cancel(told),),
    )


def _charging(told: _Told) -> Whereabouts:
    return told.say(
        _("With you until your bank answers"),
        _("Your card is being charged; then the money is held until the campaign is decided"),
        at=told.pledge.collect_until,
        reversals=(_("Your bank may decline: then you get a link and can pay in another way."),),
    )


def _declined(told: _Told) -> Whereabouts:
    return told.say(
        _with_you(),
        _("Pay by then, or the pledge ends and you owe nothing"),
        at=told.pledge.collect_until,
    )


def _held(told: _Told) -> Whereabouts:
    pledge, decided_at = told.pledge, told.pledge.collect_until or told.pledge.deadline
    if pledge.is_late:
        return _held_late(told)
    turns = [_("If the goal is missed, all of it comes back to you.")] if pledge.can_miss else []
    if pledge.can_cancel(told.now):
        turns.insert(0, _cancel(told))
    last = told.paid.leave_by if told.paid else None
    if last is not None:
        turns.append(
            _("If nothing is decided by %(on)s, all of it comes back to you.", on=day_text(last))
        )
    return told.say(
        held_by(told.terms.label),
        _("The campaign is decided: released to the sponsor, or back to you")
        if pledge.can_miss
        else _("The campaign ends: released to the sponsor"),
        since=pledge.held_at,
        at=decided_at,
        of=told.paid,
        leave_by=last,
        reversals=(*turns, chargeback()),
    )


def _held_late(told: _Told) -> Whereabouts:
    return told.say(
        held_by(told.terms.label),
        _("It is released to the sponsor with the next daily release"),
        since=told.pledge.held_at,
        of=told.paid,
        leave_by=told.paid.leave_by if told.paid else None,
        reversals=(
            _("If the sponsor cannot be paid in time, all of it comes back to you."),
            chargeback(),
        ),
    )


def _released(told: _Told) -> Whereabouts:
    held, back = told.known.sum_of("held"), told.known.sum_of("returning", "returned")
    if held is not None and held.is_positive:
        return _held_back(told, held)
    if back is not None and back.is_positive:
        return _divided(told, back)
    if told.known.unheld_since is not None:
        return _unheld(told)
    return _released_whole(told)


def _held_back(told: _Told, held: Money) -> Whereabouts:
    """Say how much is still held until it was inspected, and what happens then."""
    found, last = told.known.found, told.paid.leave_by if told.paid else None
    open_until = found.inspect_until if found and found.state == "shipped" else None
    objected = found is not None and found.state == "objected"
    return told.say(
        _(
            "%(held)s held by %(holder)s, the rest with the sponsor",
            held=held,
            holder=told.terms.label,
        ),
        _("Two of us decide about your objection")
        if objected
        else _("It goes to the sponsor when you have what was promised, or say nothing by then")
        if open_until
        else _("It is held until you have what was promised"),
        since=told.pledge.ended_at,
        at=open_until or told.pledge.reward_delivery,
        of=told.paid,
        leave_by=last,
        reversals=(_("If you say that something is wrong, two people decide."), chargeback()),
    )


def _divided(told: _Told, back: Money) -> Whereabouts:
    return told.say(
        _("%(back)s back with you, the rest with the sponsor", back=back),
        _("Nothing more is due") if told.known.unheld_since is None else _still_due(told),
        since=told.pledge.ended_at,
        of=told.paid,
        reversals=(refund_may_return(), chargeback()),
    )


def _unheld(told: _Told) -> Whereabouts:
    """Say that nothing is held any more, and that what was promised is owed all the same."""
    return told.say(
        _("With the sponsor. Nothing of it is held any more"),
        _still_due(told),
        since=told.known.unheld_since,
        at=None if told.known.found is None else told.known.found.promised_for,
        of=told.known.release,
        reversals=(
            _("There is no share left to keep back, so we cannot decide about it any more."),
            chargeback(),
        ),
    )


def _still_due(told: _Told) -> str:
    if told.known.found is not None and told.known.found.state == "sent":
        return _("What was promised is on its way")
    return _("The sponsor still owes you what was promised")


def _released_whole(told: _Told) -> Whereabouts:
    campaign, release = told.known.campaign, told.known.release
    if campaign is None:
        raise Broken(f"pledge {told.pledge.id} is not released")
    if campaign.state == "paid_out":
        return told.say(
            _("With the sponsor"),
            _("The sponsor makes what was promised")
            if told.pledge.reward_delivery
            else _("Nothing more is due"),
            since=told.pledge.ended_at if told.pledge.is_late else campaign.ended_at,
            at=told.pledge.reward_delivery,
            of=release,
            reversals=(chargeback(),),
        )
    last = told.paid.leave_by if told.paid else None
    return told.say(
        _("Released to the sponsor, and still held by %(holder)s", holder=told.terms.label),
        _("It is paid out to the sponsor once they have said where to"),
        since=told.pledge.ended_at if told.pledge.is_late else campaign.decided_at,
        at=last,
        of=told.paid,
        leave_by=last,
        reversals=(
            _("If the sponsor cannot be paid by then, all of it comes back to you."),
            chargeback(),
        ),
    )


def _refunding(told: _Told) -> Whereabouts:
    return told.say(
        held_by(told.terms.label),
        _("It is sent back to the card or account you paid with"),
        since=told.refund.created_at if told.refund else told.pledge.held_at,
        of=told.refund,
        leave_by=told.paid.leave_by if told.paid else None,
        reversals=(refund_may_return(),),
    )


def _refunded(told: _Told) -> Whereabouts:
    refund = told.refund
    if refund is None or refund.state != State.SUCCEEDED:
        return told.say(
            _("In your wallet here"),
            _("Withdraw it to your bank, or lend it"),
            since=told.pledge.ended_at,
            of=refund,
        )
    return told.say(
        _("Back on the card or account you paid with"),
        _("Your bank may need up to ten days to show it"),
        since=refund.finished_at,
        of=refund,
        reversals=(refund_may_return(),),
    )


def _charged_back(told: _Told) -> Whereabouts:
    if told.bank_keeps:
        since, paid = told.pledge.ended_at, told.paid
        return told.say(_("Taken back by your bank"), decided_for_you(), since=since, of=paid)
    return told.say(
        _("Taken back by your bank"),
        _("Your bank decides; should it give the payment back, your pledge counts again"),
        since=told.pledge.ended_at,
        of=told.paid,
        reversals=(_("The sponsor or we may answer your bank with evidence."),),
    )


def _never_charged(told: _Told) -> Whereabouts:
    return told.say(
        _with_you(),
        _("Nothing: the pledge is over and you owe nothing"),
        since=told.pledge.ended_at,
    )


def _cancel(told: _Told) -> str:
    return _("You can take the pledge back until %(on)s.", on=day_text(told.pledge.cut_off))


def _payout_next(campaign: CampaignRow, release: Instruction) -> str:
    if escrow.payee(campaign.sponsor_id).state != "ready":
        return _("It is sent to you as soon as you have set up payouts")
    if release.state in {State.FAILED, State.RETURNED}:
        return _("Your bank did not take it; it is sent again within a day")
    return _("The provider sends it to your bank")


def _undone(leave_by: date | None) -> str:
    if leave_by is None:
        return _("If it cannot be paid to you in time, every backer gets everything back.")
    return _(
        "If it cannot be paid to you by %(on)s, every backer gets everything back.",
        on=day_text(leave_by),
    )


_TELLERS: Final[dict[PledgeState, Callable[[_Told], Whereabouts]]] = {
    PledgeState.AWAITING_PAYMENT: _unpaid,
    PledgeState.PROMISED: _promised,
    PledgeState.CHARGING: _charging,
    PledgeState.DECLINED: _declined,
    PledgeState.HELD: _held,
    PledgeState.RELEASED: _released,
    PledgeState.REFUNDING: _refunding,
    PledgeState.REFUNDED: _refunded,
    PledgeState.CHARGED_BACK: _charged_back,
    PledgeState.EXPIRED: _never_charged,
    PledgeState.CANCELLED: _never_charged,
    PledgeState.LAPSED: _never_charged,
}
