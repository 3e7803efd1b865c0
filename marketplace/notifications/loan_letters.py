"""Letters about loans, commitments and bills."""

from __future__ import annotations

from uuid import UUID

from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.loans import events, pricing
from marketplace.loans.forms.payments import PORTIONS
from marketplace.loans.forms.questions import HIDE_WORDS
from marketplace.loans.forms.term_words import term
from marketplace.loans.forms.words import DECLINES
from marketplace.loans.queries import autopay, borrower, lender, orders, questions, receipts
from marketplace.notifications import letters
from marketplace.web.declines import decline_words
from marketplace.web.locale import _l
from marketplace.web.rendering import percent


def on_submitted(event: events.LoanSubmitted) -> None:
    """Tell the borrower who reads the request now."""
    _to_borrower("loan_submitted", event.loan_id, event.borrower_id)


def on_offered(event: events.LoanOffered) -> None:
    """Tell the borrower the rate."""
    loan = borrower.own_loan(event.loan_id, event.borrower_id)
    rate = percent((loan.annual_rate or 0) * 100)
    _to_borrower("loan_offered", event.loan_id, event.borrower_id, rate=rate, term=term(loan))


def on_declined(event: events.LoanDeclined) -> None:
    """Tell the borrower why not."""
    reason = str(DECLINES[event.reason_code])
    _to_borrower("loan_declined", event.loan_id, event.borrower_id, reason=reason)


def on_listed(event: events.LoanListed) -> None:
    """Tell the borrower until when lenders can invest."""
    loan = borrower.own_loan(event.loan_id, event.borrower_id)
    _to_borrower("loan_listed", event.loan_id, event.borrower_id, deadline=loan.funding_until)


def on_funded(event: events.LoanFunded) -> None:
    """Tell the borrower that the last part was paid in."""
    _to_borrower("loan_funded", event.loan_id, event.borrower_id)


def on_disbursed(event: events.LoanDisbursed) -> None:
    """Tell the borrower what was paid out and what is due first."""
    loan = borrower.own_loan(event.loan_id, event.borrower_id)
    if loan.terms is None or loan.disbursed_on is None:
        return
    quote = pricing.quote(loan.terms, loan.disbursed_on)
    _to_borrower(
        "loan_disbursed",
        event.loan_id,
        event.borrower_id,
        paid_out=quote.paid_out,
        instalment=quote.instalment,
        due=quote.rows[0].due,
    )


def on_expired(event: events.LoanExpired) -> None:
    """Tell the borrower that nothing is owed."""
    called_off = borrower.own_loan(event.loan_id, event.borrower_id).withdrawn_at is not None
    letter = "loan_called_off" if called_off else "loan_expired"
    _to_borrower(letter, event.loan_id, event.borrower_id)


def on_paid_off(event: events.LoanPaidOff) -> None:
    """Tell the borrower that it is over."""
    _to_borrower("loan_paid_off", event.loan_id, event.borrower_id)


def on_reserved(event: events.CommitmentReserved) -> None:
    """Send the lender the receipt."""
    _to_lender("commitment_reserved", event.commitment_id, event.lender_id)


def on_confirmed(event: events.CommitmentConfirmed) -> None:
    """Tell the lender that the reflection is over."""
    _to_lender("commitment_confirmed", event.commitment_id, event.lender_id)


def on_commitment_withdrawn(event: events.CommitmentWithdrawn) -> None:
    """Confirm to the lender that the part was taken back, and where its money goes."""
    _to_lender("commitment_withdrawn", event.commitment_id, event.lender_id)


def on_question_asked(event: events.LoanQuestionAsked) -> None:
    """Tell the borrower what a lender wants to know."""
    _about_question("loan_question_asked", event.question_id, event.borrower_id)


def on_question_answered(event: events.LoanQuestionAnswered) -> None:
    """Send the lender the answer."""
    _about_question("loan_question_answered", event.question_id, event.asker_id)


def on_question_hidden(event: events.LoanQuestionHidden) -> None:
    """Tell the lender that the question was taken off the page, and why."""
    _about_question("loan_question_hidden", event.question_id, event.asker_id)


def on_refunded(event: events.CommitmentRefunded) -> None:
    """Tell the lender that the money is back."""
    _to_lender("commitment_refunded", event.commitment_id, event.lender_id)


def on_bill_issued(event: events.BillIssued) -> None:
    """Tell the borrower what is due when."""
    _about_bill("bill_issued", event.bill_id, event.borrower_id)


def on_autopay(event: events.AutopayOn) -> None:
    """Tell the borrower that bills are charged to the saved card from now on."""
    _to_borrower("autopay_on", event.loan_id, event.borrower_id, turn=str(event.mandate_id))


def on_charge_ahead(event: events.ChargeAhead) -> None:
    """Tell the borrower what will be charged, and when."""
    found = autopay.mandate(event.loan_id)
    charged_on = found.next_on(clock.today()) if found else None
    if found is not None and charged_on is not None:
        _about_bill(
            "charge_ahead",
            event.bill_id,
            event.borrower_id,
            charged_on=charged_on,
            charged=found.amount,
            late=found.late_charges,
        )


def on_bill_declined(event: events.BillDeclined) -> None:
    """Tell the borrower that the card was declined, why, and what happens next."""
    found = autopay.mandate(event.loan_id)
    _about_bill(
        "bill_declined",
        event.bill_id,
        event.borrower_id,
        turn=str(event.attempt),
        reason=decline_words(found.decline_reason or "" if found else ""),
        again=found.next_on(clock.today()) if found else None,
        charged=found.amount if found else None,
    )


def on_payment_received(event: events.PaymentReceived) -> None:
    """Send the borrower the receipt."""
    found = receipts.receipt(event.receipt_id, event.borrower_id)
    letters.send(
        event.borrower_id,
        "payment_received",
        f"payment_received:{found.id}",
        action=f"/my/loans/{public_id('ln', found.loan_id)}/receipts/{found.ref}",
        label=_l("See the receipt"),
        title=found.title,
        number=found.number,
        amount=found.amount,
        paid_on=found.effective_on,
        **{name: _unless_zero(getattr(found, name)) for name in PORTIONS},
    )


def _unless_zero(amount: Money) -> Money | None:
    return None if amount.is_zero else amount


def on_bill_late(event: events.BillLate) -> None:
    """Tell the borrower that the due day has passed."""
    _about_bill("bill_late", event.bill_id, event.borrower_id)


def on_withdrawn(event: events.WithdrawalSettled) -> None:
    """Tell the owner of a wallet that the money left for the bank."""
    _about_order("withdrawal_settled", event.order_id, event.person_id)


def on_withdrawal_failed(event: events.WithdrawalFailed) -> None:
    """Tell the owner of a wallet that the money is in it again, and what to mend."""
    _about_order("withdrawal_failed", event.order_id, event.person_id)


def _to_borrower(
    letter: str, loan_id: UUID, borrower_id: UUID, *, turn: str = "", **facts: object
) -> None:
    loan = borrower.own_loan(loan_id, borrower_id)
    letters.send(
        borrower_id,
        letter,
        f"{letter}:{loan_id}:{turn or loan.submitted_at}",
        action=f"/my/loans/{loan.ref}",
        label=_l("Open your loan"),
        title=loan.title,
        amount=loan.amount,
        **facts,
    )


def _to_lender(letter: str, commitment_id: UUID, lender_id: UUID) -> None:
    commitment = lender.own_commitment(commitment_id, lender_id)
    letters.send(
        lender_id,
        letter,
        f"{letter}:{commitment_id}",
        action=f"/commitments/{commitment.ref}",
        label=_l("See where your money is"),
        title=commitment.title,
        amount=commitment.amount,
        deadline=commitment.funding_until,
        reflect_until=commitment.reflect_until if commitment.is_reflecting else None,
        to_wallet=commitment.source == "wallet",
        reference=commitment.ref,
    )


def _about_question(letter: str, question_id: UUID, reader_id: UUID) -> None:
    found = questions.question(question_id)
    reason = found.hidden_reason
    letters.send(
        reader_id,
        letter,
        f"{letter}:{question_id}",
        action=f"/loans/{found.loan_ref}#questions",
        label=_l("Open the loan"),
        title=found.title,
        question=found.question,
        answer=found.answer or "",
        reason=str(HIDE_WORDS[reason]) if reason else "",
    )


def _about_order(letter: str, order_id: UUID, person_id: UUID) -> None:
    order = orders.order(order_id, person_id)
    letters.send(
        person_id,
        letter,
        f"{letter}:{order_id}",
        action="/my/wallet",
        label=_l("Open your wallet"),
        amount=order.amount,
        reference=order.ref,
    )


def _about_bill(
    letter: str, bill_id: UUID, borrower_id: UUID, *, turn: str = "", **facts: object
) -> None:
    bill = borrower.bill(bill_id, borrower_id)
    loan = borrower.own_loan(bill.loan_id, borrower_id)
    letters.send(
        borrower_id,
        letter,
        f"{letter}:{bill_id}:{turn}" if turn else f"{letter}:{bill_id}",
        action=f"/my/loans/{loan.ref}",
        label=_l("Open your loan"),
        title=loan.title,
        number=bill.n,
        amount=bill.amount,
        due=bill.due_on,
        principal=bill.principal,
        interest=bill.interest,
        **facts,
    )
