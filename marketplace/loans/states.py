"""The machines of lending: loans, commitments, wallet orders; and how late a bill is."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

from marketplace.kernel.machines import Machine


class LoanState(StrEnum):
    """Where a loan stands. Being late is not a state: it follows from the bills."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"  # the reviewer needs more from the borrower
    FIRST_PASSED = "first_passed"
    OFFERED = "offered"
    LISTED = "listed"
    FUNDED = "funded"
    DISBURSING = "disbursing"
    ACTIVE = "active"
    PAID_OFF = "paid_off"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    GRANTED = "granted"  # it asked for a credit line, and that is open now


LOAN: Final = Machine.read(
    LoanState,
    """
    draft         submit    submitted     borrower
    draft         withdraw  withdrawn     borrower
    draft         draw      listed        borrower
    submitted     pass      first_passed  first_reviewer
    submitted     decline   declined      first_reviewer
    submitted     withdraw  withdrawn     borrower
    submitted     ask       returned      first_reviewer
    returned      submit    submitted     borrower
    returned      withdraw  withdrawn     borrower
    first_passed  offer     offered       second_reviewer
    first_passed  decline   declined      second_reviewer
    first_passed  withdraw  withdrawn     borrower
    first_passed  ask       returned      second_reviewer
    offered       accept    listed        borrower
    offered       grant     granted       borrower
    offered       withdraw  withdrawn     borrower
    offered       lapse     withdrawn     clock
    listed        fund      funded        clock
    listed        expire    expired       clock
    funded        reopen    listed        settlement
    expired       refund    refunded      clock
    funded        disburse  disbursing    clock
    funded        unwind    expired       clock
    disbursing    return    funded        provider
    disbursing    pay_out   active        provider
    active        return    funded        provider
    active        pay_off   paid_off      clock
    paid_off      reopen    active        settlement
    """,
    name="loan",
)

# What anyone may look at.
PUBLIC: Final = frozenset(
    {
        LoanState.LISTED,
        LoanState.FUNDED,
        LoanState.DISBURSING,
        LoanState.ACTIVE,
        LoanState.PAID_OFF,
        LoanState.EXPIRED,
        LoanState.REFUNDED,
    }
)
# A person has one of these at a time.
IN_REVIEW: Final = frozenset(
    {
        LoanState.SUBMITTED,
        LoanState.RETURNED,
        LoanState.FIRST_PASSED,
        LoanState.OFFERED,
        LoanState.LISTED,
    }
)
# What its borrower may still call off; then the clock expires or unwinds it.
CALLED_OFF_FROM: Final = frozenset({LoanState.LISTED, LoanState.FUNDED})
# Answers and documents may be changed while the request is with its borrower.
ANSWERABLE: Final = frozenset({LoanState.DRAFT, LoanState.RETURNED})
# A paper that is missing or unreadable may still be handed in during the first review.
PAPERS_OPEN: Final = ANSWERABLE | {LoanState.SUBMITTED}
# Borrower and reviewers may write to each other from the request to the payout.
TALKING: Final = IN_REVIEW | {LoanState.DECLINED, LoanState.FUNDED, LoanState.DISBURSING}


class LineState(StrEnum):
    """Where a credit line stands. What was drawn is repaid in any of them."""

    OPEN = "open"
    FROZEN = "frozen"  # nothing may be drawn for now
    CLOSED = "closed"


CREDIT_LINE: Final = Machine.read(
    LineState,
    """
    open    lower   open    second_reviewer|finance_officer
    open    freeze  frozen  second_reviewer|finance_officer
    open    close   closed  borrower|second_reviewer|finance_officer
    open    renew   open    borrower
    frozen  lower   frozen  second_reviewer|finance_officer
    frozen  thaw    open    second_reviewer|finance_officer
    frozen  close   closed  borrower|second_reviewer|finance_officer
    frozen  renew   open    borrower
    """,
    name="credit_line",
)

# A draw that is on its way: taken from the line, and not paid out yet.
UNDER_WAY: Final = frozenset({LoanState.LISTED, LoanState.FUNDED, LoanState.DISBURSING})


class CommitmentState(StrEnum):
    """Where a lender's order stands."""

    AWAITING_PAYMENT = "awaiting_payment"
    IN_REFLECTION = "in_reflection"  # paid; the lender may still think better of it
    RESERVED = "reserved"  # paid and binding
    CONVERTED = "converted"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"  # the lender's bank took the payment back
    EXPIRED = "expired"


COMMITMENT: Final = Machine.read(
    CommitmentState,
    """
    awaiting_payment  pay      in_reflection  provider|lender
    awaiting_payment  expire   expired    clock|provider
    expired           pay      in_reflection  provider
    expired           refund   refunding  clock|provider
    in_reflection     confirm  reserved   clock
    in_reflection     withdraw  refunding  lender
    in_reflection     refund   refunding  clock
    in_reflection     charge_back  charged_back  settlement
    reserved          convert  converted  clock
    reserved          refund   refunding  clock
    converted         refund   refunding  clock
    refunding         settle   refunded   clock|provider
    reserved          charge_back  charged_back  settlement
    refunding         charge_back  charged_back  settlement
    charged_back      settle       refunded      settlement
    """,
    name="commitment",
)

# What is paid in and held for a loan whose books are open.
PAID_IN: Final = (CommitmentState.IN_REFLECTION, CommitmentState.RESERVED)


class OrderState(StrEnum):
    """Where a top-up or a withdrawal of a wallet stands."""

    WAITING = "waiting"
    DONE = "done"
    EXPIRED = "expired"
    FAILED = "failed"


WALLET_ORDER: Final = Machine.read(
    OrderState,
    """
    waiting  settle  done     provider
    waiting  expire  expired  provider
    waiting  fail    failed   provider
    expired  settle  done     provider
    done     come_back failed provider
    """,
    name="wallet_order",
)


class MandateState(StrEnum):
    """Where a borrower's word stands that bills may be charged to a saved card."""

    WAITING = "waiting"  # the card is not saved yet
    ACTIVE = "active"
    ENDED = "ended"
    EXPIRED = "expired"


MANDATE: Final = Machine.read(
    MandateState,
    """
    waiting  activate  active   provider
    waiting  expire    expired  provider
    waiting  end       ended    borrower|settlement
    active   end       ended    borrower|settlement
    """,
    name="mandate",
)


class RuleState(StrEnum):
    """Where a lender's rule for auto-invest stands."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


AUTO_INVEST: Final = Machine.read(
    RuleState,
    """
    draft   activate  active  lender
    active  pause     paused  lender
    paused  resume    active  lender
    draft   end       ended   lender
    active  end       ended   lender
    paused  end       ended   lender
    """,
    name="auto_invest_rule",
)


class ProposalState(StrEnum):
    """Where an officer's proposal to pay a borrower stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    VOID = "void"  # what it was bound to is another amount, payee or contract by now
    EXPIRED = "expired"


DISBURSEMENT: Final = Machine.read(
    ProposalState,
    """
    proposed  approve  approved  checker
    proposed  refuse   refused   maker|checker
    proposed  expire   expired   clock
    proposed  void     void      house
    approved  void     void      house
    """,
    name="disbursement",
)


class VersionState(StrEnum):
    """Where a proposed version of a product stands."""

    PROPOSED = "proposed"
    PUBLISHED = "published"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


PRODUCT_PROPOSAL: Final = Machine.read(
    VersionState,
    """
    proposed  publish   published  checker
    proposed  refuse    refused    checker
    proposed  withdraw  withdrawn  maker
    """,
    name="loan_product_proposal",
)


class VoucherState(StrEnum):
    """How far a borrower's voucher of a payment at a bank has been proved."""

    UPLOADED = "uploaded"
    MATCHED = "matched"  # to a line of the bank's own statement
    CONFIRMED = "confirmed"  # by one of two officers
    FINAL = "final"  # by as many as it takes: the money is being brought to the provider
    CREDITED = "credited"  # it is there, and counts for the loan
    REVERSED = "reversed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


VOUCHER: Final = Machine.read(
    VoucherState,
    """
    uploaded   match     matched    finance_officer
    uploaded   withdraw  withdrawn  borrower
    uploaded   reject    rejected   finance_officer
    matched    unmatch   uploaded   finance_officer
    matched    confirm   confirmed  finance_officer
    matched    finish    final      finance_officer
    matched    withdraw  withdrawn  borrower
    matched    reject    rejected   finance_officer
    confirmed  finish    final      finance_officer
    confirmed  reject    rejected   finance_officer
    final      credit    credited   provider
    final      fail      matched    provider
    credited   reverse   reversed   finance_officer
    """,
    name="voucher",
)


class Bucket(StrEnum):
    """How late the oldest unpaid bill is."""

    CURRENT = "current"
    DAYS_1_30 = "1-30"
    DAYS_31_60 = "31-60"
    DAYS_61_90 = "61-90"
    DAYS_90_PLUS = "90+"


def days_late(due_on: date, on: date) -> int:
    """Return the whole days between the due day and `on`; a bill is not late on its due day."""
    return max(0, (on - due_on).days)


def bucket(days: int) -> Bucket:
    """Return the bucket of a bill `days` late."""
    for limit, name in ((0, Bucket.CURRENT), (30, Bucket.DAYS_1_30), (60, Bucket.DAYS_31_60)):
        if days <= limit:
            return name
    return Bucket.DAYS_61_90 if days <= 90 else Bucket.DAYS_90_PLUS
