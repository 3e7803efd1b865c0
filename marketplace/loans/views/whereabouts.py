"""Where a lender's money is now: a commitment, a note, money on its way in or out of a wallet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from marketplace.escrow.gateway import Terms
from marketplace.escrow.queries import Instruction
from marketplace.escrow.queries.disputes import Dispute
from marketplace.escrow.states import PAYMENTS, Kind, State
from marketplace.loans.queries.lender import OwnCommitment, OwnNote
from marketplace.loans.queries.orders import Order
from marketplace.loans.states import CommitmentState, LoanState, OrderState
from marketplace.web.disputes import bank_keeps
from marketplace.web.locale import _
from marketplace.web.rendering import day_text, moment_text
from marketplace.web.whereabouts import (
    Whereabouts,
    chargeback,
    decided_for_you,
    held_by,
    refund_may_return,
)


def of_commitment(
    order: OwnCommitment,
    provider: Sequence[Instruction],
    disputed: Sequence[Dispute],
    terms: Terms,
) -> Whereabouts:
    """Return where the money of an order is, from the instructions the provider answered."""
    paid = _last(provider, *PAYMENTS)
    refund = _last([each for each in provider if each.purpose == "commitment"], Kind.REFUND)
    tellers: dict[CommitmentState, Callable[[], Whereabouts]] = {
        CommitmentState.AWAITING_PAYMENT: lambda: _unpaid(order),
        CommitmentState.IN_REFLECTION: lambda: _reserved(order, paid, terms),
        CommitmentState.RESERVED: lambda: _reserved(order, paid, terms),
        CommitmentState.CONVERTED: lambda: _lent(order, paid, terms),
        CommitmentState.REFUNDING: lambda: _refunding(order, refund, terms),
        CommitmentState.REFUNDED: lambda: _refunded(order, refund),
        CommitmentState.CHARGED_BACK: lambda: _charged_back(order, paid, disputed),
        CommitmentState.EXPIRED: lambda: _over(order),
    }
    return tellers[CommitmentState(order.state)]()


def of_note(
    order: OwnCommitment, note: OwnNote, provider: Sequence[Instruction], terms: Terms
) -> Whereabouts:
    """Return where the money of a note is: with the borrower, or not yet, or back."""
    state = LoanState(note.loan_state)
    if state in {LoanState.FUNDED, LoanState.DISBURSING}:
        return _lent(order, _last(provider, *PAYMENTS), terms)
    if note.lost.is_positive:
        return _lost(note)
    if note.outstanding.is_zero:
        return Whereabouts(
            note.came_back,
            _("Back with you: it came to your wallet"),
            _("Nothing more is due"),
            reversals=(_bill_disputed(),),
        )
    return Whereabouts(
        note.outstanding,
        _("With the borrower: it is lent"),
        _("Your share of the next instalment comes to your wallet"),
        since=note.disbursed_on,
        at=note.next_due_on,
        reversals=(
            _("The borrower may pay late, or never: then you can lose what is outstanding."),
            _("The borrower may pay back early: then you get less interest."),
            _bill_disputed(),
        ),
    )


def _lost(note: OwnNote) -> Whereabouts:
    return Whereabouts(
        note.lost,
        _("Lost with the borrower: the loan was written off"),
        _("What still comes in is shared among the lenders, and counts as recovered"),
        since=note.written_off_at,
        reversals=(_("The borrower owes it all the same, and may still pay."),),
    )


def of_order(order: Order, instruction: Instruction | None, terms: Terms) -> Whereabouts:
    """Return where money is that was to come into a wallet, or to leave it."""
    if order.kind == "top_up":
        return _top_up(order, instruction, terms)
    if order.state == OrderState.DONE:
        return Whereabouts(
            order.amount,
            _("With you: %(holder)s has sent it to your bank", holder=terms.label),
            _("Your bank may need a few days to show it"),
            since=order.closed_at,
            ref=_ref(instruction),
            reversals=(_("Your bank may not take it: then it is in your wallet again."),),
        )
    if order.state == OrderState.WAITING:
        return Whereabouts(
            order.amount,
            _("Set aside in your wallet, and held by %(holder)s", holder=terms.label),
            _("The provider sends it to your bank"),
            since=order.created_at,
            ref=_ref(instruction),
            reversals=(_("Your bank may not take it: then it is in your wallet again."),),
        )
    return Whereabouts(
        order.amount,
        _("In your wallet here"),
        _("Check your payout account, then withdraw once more"),
        since=order.closed_at,
        ref=_ref(instruction),
    )


def _unpaid(order: OwnCommitment) -> Whereabouts:
    return Whereabouts(
        order.amount,
        _("With you. Nothing has been charged"),
        _("Without a payment the part is free for others"),
        at=order.expires_at,
    )


def _over(order: OwnCommitment) -> Whereabouts:
    return Whereabouts(
        order.amount,
        _("With you. Nothing has been charged"),
        _("Nothing: the order is over"),
        since=order.closed_at,
    )


def _charged_back(
    order: OwnCommitment, paid: Instruction | None, disputed: Sequence[Dispute]
) -> Whereabouts:
    if bank_keeps(disputed):
        return Whereabouts(
            order.amount,
            _("Taken back by your bank"),
            decided_for_you(),
            since=order.closed_at,
            ref=_ref(paid),
        )
    return Whereabouts(
        order.amount,
        _("Taken back by your bank"),
        _("Your bank decides; should it give the payment back, it comes to your wallet"),
        since=order.closed_at,
        ref=_ref(paid),
        reversals=(_("We may answer your bank with evidence."),),
    )


def _reserved(order: OwnCommitment, paid: Instruction | None, terms: Terms) -> Whereabouts:
    turns = [_("If the loan is not full by then, all of it comes back to you.")]
    if order.state == CommitmentState.IN_REFLECTION and order.reflect_until is not None:
        until = moment_text(order.reflect_until)
        turns.insert(
            0, _("You may withdraw it yourself, without a reason, until %(until)s.", until=until)
        )
    if order.leave_by is not None:
        last = day_text(order.leave_by)
        turns.append(_("What is not lent by %(on)s comes back to you.", on=last))
    if paid is not None:
        turns.append(chargeback())
    return Whereabouts(
        order.amount,
        held_by(terms.label),
        _("The loan is lent when it is full, or the funding ends"),
        since=order.reserved_at,
        ref=_ref(paid),
        leave_by=order.leave_by,
        at=order.funding_until,
        reversals=tuple(turns),
    )


def _lent(order: OwnCommitment, paid: Instruction | None, terms: Terms) -> Whereabouts:
    if LoanState(order.loan_state) in {LoanState.FUNDED, LoanState.DISBURSING}:
        return Whereabouts(
            order.amount,
            _("Lent, and still held by %(holder)s", holder=terms.label),
            _("It is paid out once the borrower has signed and two officers have approved it"),
            since=order.reserved_at,
            ref=_ref(paid),
            leave_by=order.leave_by,
            at=order.leave_by,
            reversals=(
                _("If they do not sign, or cannot be paid by then, all of it comes back to you."),
            ),
        )
    return Whereabouts(
        order.amount,
        _("With the borrower: it is lent"),
        _("It comes back to your wallet with the instalments; the note shows each"),
        since=order.reserved_at,
        ref=_ref(paid),
        reversals=(
            _("The borrower may pay late, or never: then you can lose what is outstanding."),
        ),
    )


def _refunding(order: OwnCommitment, refund: Instruction | None, terms: Terms) -> Whereabouts:
    return Whereabouts(
        order.amount,
        held_by(terms.label),
        _("It is sent back to the card or account you paid with"),
        since=refund.created_at if refund else None,
        ref=_ref(refund),
        leave_by=order.leave_by,
        reversals=(refund_may_return(),),
    )


def _refunded(order: OwnCommitment, refund: Instruction | None) -> Whereabouts:
    if refund is None or refund.state != State.SUCCEEDED:
        return Whereabouts(
            order.amount,
            _("In your wallet here"),
            _("Withdraw it to your bank, or lend it"),
            since=order.closed_at,
            ref=_ref(refund),
        )
    return Whereabouts(
        order.amount,
        _("Back on the card or account you paid with"),
        _("Your bank may need up to ten days to show it"),
        since=refund.finished_at,
        ref=_ref(refund),
        reversals=(refund_may_return(),),
    )


def _top_up(order: Order, instruction: Instruction | None, terms: Terms) -> Whereabouts:
    if order.state == OrderState.DONE:
        return Whereabouts(
            order.amount,
            _("In your wallet, held by %(holder)s", holder=terms.label),
            _("Lend it, or withdraw it; what is left on its last day goes back to you"),
            since=order.closed_at,
            ref=_ref(instruction),
            leave_by=instruction.leave_by if instruction else None,
            reversals=(chargeback(),),
        )
    return Whereabouts(
        order.amount,
        _("With you. Nothing has been charged"),
        _("Pay at the provider, or leave it: it ends by itself")
        if order.state == OrderState.WAITING
        else _("Nothing: the order is over"),
        since=order.closed_at,
        at=instruction.expires_at if instruction and order.state == OrderState.WAITING else None,
    )


def _bill_disputed() -> str:
    return _("The borrower’s bank may take a payment back: then that instalment is due again.")


def _last(provider: Sequence[Instruction], *kinds: Kind) -> Instruction | None:
    return next((each for each in reversed(provider) if each.kind in kinds), None)


def _ref(instruction: Instruction | None) -> str | None:
    if instruction is None:
        return None
    return instruction.payment_ref or instruction.provider_ref
