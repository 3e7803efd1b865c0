"""Letters about money that banks take back or send back, and payouts that must wait."""

from __future__ import annotations

from uuid import UUID

from marketplace.campaigns import events as campaigns
from marketplace.campaigns.queries import pledges
from marketplace.escrow import events as escrow
from marketplace.escrow.queries import disputes
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans import events as loans
from marketplace.loans.queries import borrower, lender
from marketplace.notifications import letters
from marketplace.notifications.campaign_letters import to_backer
from marketplace.settlement.events import ReserveShort
from marketplace.web.disputes import reason_words
from marketplace.web.locale import _l

_SEE_MONEY = _l("See where your money is")
_OPEN_WALLET = _l("Open your wallet")


def on_opened(event: escrow.DisputeOpened) -> None:
    """Tell every finance officer until when the bank waits for an answer."""
    _to_officers("dispute_opened", event.dispute_id)


def on_closed(event: escrow.DisputeClosed) -> None:
    """Tell every finance officer how it ended."""
    _to_officers("dispute_won" if event.won else "dispute_lost", event.dispute_id)


def on_pledge_charged_back(event: campaigns.PledgeChargedBack) -> None:
    """Tell the backer what the bank did, and the sponsor what it costs."""
    to_backer("pledge_charged_back", event.pledge_id, event.backer_id, about=event.dispute_id)
    _to_sponsor("pledge_charged_back_sponsor", event, was_released=event.was_released)


def on_pledge_restored(event: campaigns.PledgeRestored) -> None:
    """Tell both that the bank gave the money back."""
    to_backer(
        "pledge_restored",
        event.pledge_id,
        event.backer_id,
        about=event.dispute_id,
        to_wallet=event.to_wallet,
    )
    if not event.to_wallet:
        _to_sponsor("pledge_restored_sponsor", event)


def on_pledge_came_back(event: campaigns.PledgeCameBack) -> None:
    """Tell the backer that the refund came back and waits in the wallet."""
    letters.send(
        event.backer_id,
        "refund_came_back",
        f"refund_came_back:{event.pledge_id}",
        action="/my/wallet",
        label=_OPEN_WALLET,
        amount=Money(event.amount_minor, event.currency),
        reference=public_id("pl", event.pledge_id),
    )


def on_refund_came_back(event: loans.RefundCameBack) -> None:
    """Tell a lender or borrower that a refund came back and waits in the wallet."""
    letters.send(
        event.person_id,
        "refund_came_back",
        f"refund_came_back:{event.instruction_id}",
        action="/my/wallet",
        label=_OPEN_WALLET,
        amount=Money(event.amount_minor, event.currency),
        reference=public_id("ins", event.instruction_id),
    )


def on_commitment_charged_back(event: loans.CommitmentChargedBack) -> None:
    """Tell the lender that the bank took the part back and it is free for others."""
    commitment = lender.own_commitment(event.commitment_id, event.lender_id)
    letters.send(
        event.lender_id,
        "commitment_charged_back",
        f"commitment_charged_back:{event.dispute_id}",
        action=f"/commitments/{commitment.ref}",
        label=_SEE_MONEY,
        title=commitment.title,
        amount=commitment.amount,
        reference=commitment.ref,
    )


def on_bill_reopened(event: loans.BillReopened) -> None:
    """Tell the borrower that an instalment is due again."""
    bill = borrower.bill(event.bill_id, event.borrower_id)
    loan = borrower.own_loan(event.loan_id, event.borrower_id)
    letters.send(
        event.borrower_id,
        "bill_reopened",
        f"bill_reopened:{event.dispute_id}",
        action=f"/my/loans/{loan.ref}",
        label=_l("Open your loan"),
        title=loan.title,
        number=bill.n,
        amount=bill.amount,
        due=bill.due_on,
    )


def on_wallet_owes(event: loans.WalletOwes) -> None:
    """Tell a person what their wallet is charged for, and why."""
    _about_wallet("wallet_owes", event.person_id, event.dispute_id)


def on_given_back(event: loans.DisputeGivenBack) -> None:
    """Tell a person that what they were charged is in their wallet again."""
    _about_wallet("dispute_given_back", event.person_id, event.dispute_id)


def on_disbursement_came_back(event: loans.DisbursementCameBack) -> None:
    """Tell a borrower that their bank sent the loan back."""
    loan = borrower.own_loan(event.loan_id, event.borrower_id)
    letters.send(
        event.borrower_id,
        "disbursement_came_back",
        f"disbursement_came_back:{event.loan_id}:{loan.state}",
        action="/account/payouts",
        label=_l("Check your payout account"),
        title=loan.title,
        waits=loan.state == "funded",
    )


def on_payee_withdrawn(event: escrow.PayeeWithdrawn) -> None:
    """Tell a person that their payouts wait until the provider has what it asks for."""
    letters.send(
        event.person_id,
        "payee_withdrawn",
        f"payee_withdrawn:{event.person_id}:{event.at}",
        action="/account/payouts",
        label=_l("Continue with the provider"),
    )


def on_bank_refused(event: escrow.PayeeBankRefused) -> None:
    """Tell a person that their own bank sent a payment back to the provider."""
    letters.send(
        event.person_id,
        "payee_bank_refused",
        f"payee_bank_refused:{event.person_id}:{event.at}",
        action="/account/payouts",
        label=_l("Continue with the provider"),
        amount=Money(event.amount_minor, event.currency),
    )


def on_reserve_short(event: ReserveShort) -> None:
    """Tell every finance officer, once a day, that refunds may have to wait."""
    need, have = Money(event.need_minor, event.currency), Money(event.have_minor, event.currency)
    letters.send_to_officers(
        "reserve_short",
        f"reserve_short:{event.currency}:{event.at:%Y-%m-%d}",
        action="/staff/finance/reserve",
        label=_l("Open the reserve"),
        need=need,
        have=have,
        short=need - have,
        deadline=event.first_deadline,
    )


def _to_officers(letter: str, dispute_id: UUID) -> None:
    dispute = disputes.dispute(dispute_id)
    letters.send_to_officers(
        letter,
        f"{letter}:{dispute_id}",
        action=f"/staff/finance/disputes/{dispute.ref}",
        label=_l("Open the dispute"),
        amount=dispute.amount,
        reason=reason_words(dispute.reason),
        respond_by=dispute.respond_by,
        recovered=dispute.recovered,
        reference=dispute.ref,
    )


def _to_sponsor(
    letter: str, event: campaigns.PledgeChargedBack | campaigns.PledgeRestored, **facts: object
) -> None:
    pledge = pledges.pledge(event.pledge_id)
    letters.send(
        event.sponsor_id,
        letter,
        f"{letter}:{event.dispute_id}",
        action=f"/my/campaigns/{public_id('cmp', event.campaign_id)}",
        label=_l("Open your project"),
        title=pledge.campaign_title,
        amount=pledge.amount,
        **facts,
    )


def _about_wallet(letter: str, person_id: UUID, dispute_id: UUID) -> None:
    dispute = disputes.dispute(dispute_id)
    letters.send(
        person_id,
        letter,
        f"{letter}:{dispute_id}",
        action="/my/wallet",
        label=_OPEN_WALLET,
        amount=dispute.amount,
        owed=dispute.loss,
        reference=dispute.ref,
    )
