"""Settlement does not wait for its timetable where a fact makes something due at once."""

from __future__ import annotations

from marketplace.escrow.events import PayeeReady, TryAgainAsked
from marketplace.infra.database import column
from marketplace.kernel import clock
from marketplace.loans.events import LoanFunded
from marketplace.settlement import funding_closing, holding, payouts


def close_funding(event: LoanFunded) -> None:
    """Close the books of a full loan and pay it out if the borrower has said where."""
    now = clock.now()
    funding_closing.close_funding(event.loan_id, now)
    funding_closing.disburse(event.loan_id, now)


def try_payout_again(event: TryAgainAsked) -> None:
    """Plan the next try of a payout that failed, however often it has."""
    if event.purpose == "release":
        payouts.repeat_payout(event.subject_id)
    elif event.purpose == "disbursement":
        funding_closing.disburse(event.subject_id, clock.now(), insisting=True)


def pay_out_waiting(event: PayeeReady) -> None:
    """Pay out the loans that only waited for this."""
    waiting = column(
        "SELECT id FROM loan WHERE borrower_id = %s AND state = 'funded'", (event.person_id,)
    )
    for loan_id in waiting:
        funding_closing.disburse(loan_id, clock.now())


def send_stranded_on(event: PayeeReady) -> None:
    """Pay out at once what nobody had been found to take."""
    holding.send_on(event.person_id, clock.now())
