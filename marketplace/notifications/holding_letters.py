"""Letters about money that must leave soon: one digest to the officers, one to who can act."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from marketplace.campaigns.events import CampaignGivenBack
from marketplace.campaigns.queries import one
from marketplace.escrow import queries as escrow
from marketplace.escrow.states import PayeeState
from marketplace.kernel.ids import public_id
from marketplace.loans.events import LoanUnwound
from marketplace.loans.queries import borrower
from marketplace.notifications import letters
from marketplace.notifications.campaign_letters import to_sponsor
from marketplace.notifications.held_words import KINDS
from marketplace.settlement.events import HoldingAlarmed
from marketplace.settlement.queries.alarms import Alarm, alarms_raised_at
from marketplace.settlement.queries.kinds import HeldAs
from marketplace.web.locale import _l

_NAMED_MAX: Final = 10
_LETTERS: Final = {
    HeldAs.PAYOUT: ("holding_payout", "/account/payouts", _l("Set up payouts")),
    HeldAs.DISBURSEMENT: ("holding_disbursement", "/account/payouts", _l("Set up payouts")),
    HeldAs.WALLET: ("holding_wallet", "/my/wallet", _l("Open your wallet")),
}


def on_alarms(event: HoldingAlarmed) -> None:
    """Write to every finance officer once, and to each person who can still do something."""
    alarms = alarms_raised_at(event.raised_at)
    letters.send_to_officers(
        "holding_officers",
        f"holding:{event.raised_at.isoformat()}",
        action="/staff/finance/holding",
        label=_l("Open what is held"),
        count=len(alarms),
        first=min(alarm.leave_by for alarm in alarms),
        named=[
            {
                "held_as": KINDS[HeldAs(alarm.kind)],
                "ref": alarm.ref,
                "amount": alarm.amount,
                "on": alarm.leave_by,
            }
            for alarm in alarms[:_NAMED_MAX]
        ],
        more=max(0, len(alarms) - _NAMED_MAX),
    )
    for alarm in alarms:
        if alarm.kind == HeldAs.HOLDBACK:
            _of_held_back(alarm)
        else:
            _to_person(alarm)


def on_given_back(event: CampaignGivenBack) -> None:
    """Tell the sponsor that the backers have their money back, and why."""
    campaign = one.campaign(event.campaign_id)
    letters.send(
        event.sponsor_id,
        "campaign_given_back",
        f"campaign_given_back:{event.campaign_id}",
        action=f"/my/campaigns/{public_id('cmp', event.campaign_id)}",
        label=_l("Open your project"),
        title=campaign.title,
    )


_UNWOUND = {"borrower_unsigned": "loan_unsigned", "called_off": "loan_called_off"}


def on_unwound(event: LoanUnwound) -> None:
    """Tell the borrower that the lenders have their money back, and why."""
    loan = borrower.own_loan(event.loan_id, event.borrower_id)
    letter = _UNWOUND.get(event.reason, "loan_unwound")
    letters.send(
        event.borrower_id,
        letter,
        f"{letter}:{event.loan_id}",
        action=f"/my/loans/{loan.ref}",
        label=_l("Open your loan"),
        title=loan.title,
    )


def _of_held_back(alarm: Alarm) -> None:
    """Tell a sponsor what becomes of what is held back, while marking what was sent still helps."""
    to_sponsor(
        "holding_holdback",
        alarm.subject_id,
        turn=f"{alarm.leave_by}:{alarm.days}",
        place="/fulfilment",
        label=_l("Open your deliveries"),
        amount=alarm.amount,
        last_day=alarm.leave_by,
        holder=escrow.terms().label,
    )


def _to_person(alarm: Alarm) -> None:
    """Tell somebody who can act; nobody who has done all there is to do."""
    kind = HeldAs(alarm.kind)
    ready = _is_ready(alarm.person_id)
    if kind not in _LETTERS or (ready and kind is not HeldAs.WALLET):
        return
    letter, action, label = _LETTERS[kind]
    letters.send(
        alarm.person_id,
        letter,
        f"{letter}:{alarm.subject_id}:{alarm.currency}:{alarm.leave_by}:{alarm.days}",
        action=action,
        label=label,
        amount=alarm.amount,
        last_day=alarm.leave_by,
        holder=escrow.terms().label,
        ready=ready,
    )


def _is_ready(person_id: UUID) -> bool:
    return escrow.payee(person_id).state is PayeeState.READY
