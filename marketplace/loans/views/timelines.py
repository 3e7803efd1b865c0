"""What happened and what comes next, as `m.timeline` shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from marketplace.escrow.queries import Instruction
from marketplace.escrow.queries.disputes import Dispute
from marketplace.infra.transitions import Transition
from marketplace.kernel.money import Money
from marketplace.loans import rules
from marketplace.loans.queries.arrears import Look
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.queries.lender import OwnCommitment, OwnNote, Share
from marketplace.loans.queries.write_offs import Loss
from marketplace.loans.states import CommitmentState, LoanState, days_late
from marketplace.web.disputes import dispute_items
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.rendering import money_text

Items = list[dict[str, Any]]

_LOAN_MOVES = {
    "submit": _l("You sent the request"),
    "ask": _l("The reviewer asked you for more"),
    "pass": _l("First review passed"),
    "offer": _l("Second review passed: an offer was made"),
    "decline": _l("Declined"),
    "withdraw": _l("Withdrawn"),
    "lapse": _l("The offer lapsed"),
    "accept": _l("You accepted: listed for lenders"),
    "grant": _l("You accepted: your credit line is open"),
    "draw": _l("You drew on your credit line: listed for lenders"),
    "fund": _l("Fully funded"),
    "expire": _l("Not funded in time: every lender gets the money back"),
    "refund": _l("All lenders have their money back"),
    "disburse": _l("The provider was asked to pay you"),
    "return": _l("The payment to you failed: check your payout account"),
    "pay_out": _l("Paid out to you"),
    "pay_off": _l("Paid off: nothing is owed any more"),
    "reopen": _l("A lender’s bank took a payment back: listed again"),
    "unwind": _l("Undone before it was paid out: every lender gets the money back"),
}
_BAD = frozenset({"decline", "expire", "return", "lapse", "unwind"})


def of_loan(
    own: OwnLoan, history: Iterable[Transition], looks: Iterable[Look], today: date
) -> Items:
    """Return the life of a loan so far, and what happens next.

    `looks` are what officers did while it was late and its borrower is to know.
    """
    items: Items = [{"title": _("Draft begun"), "at": own.created_at}]
    for made in history:
        title = str(_LOAN_MOVES.get(made.move, made.move))
        items.append(
            {"title": title, "at": made.at, "state": "bad" if made.move in _BAD else "done"}
        )
    items += [
        {"title": _("We looked at what is late"), "at": one.seen_at, "body": one.note}
        for one in looks
    ]
    items.sort(key=lambda item: item["at"])
    return [*items, *_next_of_loan(own, today)]


def _next_of_loan(own: OwnLoan, today: date) -> Items:
    """Return the next instalment of a running loan, and before it the day of its bill."""
    if own.state != LoanState.ACTIVE or own.next_due_on is None:
        return []
    due = {"title": _("Next instalment"), "on": own.next_due_on, "state": "next"}
    bill_on = rules.bill_day(own.next_due_on, own.bill_lead_days)
    bill = {"title": _("You get the next bill"), "on": bill_on, "state": "next"}
    return [*([bill] if bill_on > today else []), {**due, "amount": own.next_due}]


def _next(title: str, *, now: bool = False, on: datetime | None = None) -> dict[str, Any]:
    item: dict[str, Any] = {"title": title, "state": "now" if now else "next"}
    return item if on is None else {**item, "at": on}


def of_commitment(
    order: OwnCommitment, provider: Sequence[Instruction], disputed: Sequence[Dispute]
) -> Items:
    """Return where the money of one order is: what the provider and the ledger say."""
    items: Items = [
        {"title": _("You chose this part"), "at": order.created_at, "amount": order.amount}
    ]
    # What went back out of the wallet later is no refund of this order.
    refs = {(one.kind, one.state): one for one in provider if one.purpose == "commitment"}
    paid = refs.get(("checkout", "succeeded"))
    if order.reserved_at is not None:
        title = (
            _("Moved from your wallet, held for the loan")
            if order.source == "wallet"
            else _("Paid: the provider holds it for the loan")
        )
        items.append(
            {"title": title, "at": order.reserved_at, "amount": order.amount, **_ref(paid)}
        )
    items += dispute_items(disputed)
    if ("refund", "returned") in refs and order.state == CommitmentState.REFUNDED:
        title = _("Your bank sent the refund back: it is in your wallet")
        at = refs["refund", "returned"].returned_at
        return [*items, {"title": title, "at": at, "amount": order.amount}]
    if ("refund", "failed") in refs and order.state == CommitmentState.REFUNDED:
        title = _("Your means of payment did not take it back: it is in your wallet")
        return [*items, {"title": title, "at": order.closed_at, "amount": order.amount}]
    return [*items, *_rest_of_commitment(order, refs.get(("refund", "succeeded")))]


def _rest_of_commitment(order: OwnCommitment, refund: Instruction | None) -> Items:
    match CommitmentState(order.state):
        case CommitmentState.AWAITING_PAYMENT:
            return [
                _next(_("Waiting for your payment; then the part is yours"), now=True),
                _next(_("Without payment the part is free for others"), on=order.expires_at),
            ]
        case CommitmentState.IN_REFLECTION | CommitmentState.RESERVED:
            return _waiting(order)
        case CommitmentState.REFUNDING:
            return [_next(_("The provider is sending it back to your means of payment"), now=True)]
        case CommitmentState.REFUNDED:
            title = (
                _("Back in your wallet")
                if order.source == "wallet"
                else _("Back on your means of payment")
            )
            return [{"title": title, "at": order.closed_at, "amount": order.amount, **_ref(refund)}]
        case CommitmentState.EXPIRED:
            return [
                {
                    "title": _("Not paid: the part was given back"),
                    "at": order.closed_at,
                    "state": "bad",
                }
            ]
        case _:
            return []


def _waiting(order: OwnCommitment) -> Items:
    """Return what comes for a part that is paid while the loan is not funded yet."""
    last = _next(
        _("If it is not funded by then, all of it comes back to you"), on=order.funding_until
    )
    if not order.is_reflecting:
        return [_next(_("Held until the loan is fully funded"), now=True), last]
    title = _("Until then you may withdraw it, without a reason")
    return [
        _next(title, now=True, on=order.reflect_until),
        _next(_("Held until the loan is fully funded")),
        last,
    ]


def of_note(
    before: Items,
    note: OwnNote,
    came: Sequence[Share],
    history: Iterable[Transition],
    *,
    due: Mapping[int, date],
    losses: Sequence[Loss] = (),
    today: date,
) -> Items:
    """Return where the money of a note is, to the last share; `before` is its commitment's.

    `due` are the days on which the loan's instalments fall due, by their numbers; `losses` what
    was written off of the note.
    """
    items: Items = [
        {"title": str(_NOTE_MOVES[made.move]), "at": made.at}
        for made in history
        if made.move in _NOTE_MOVES
    ]
    items += [
        {
            "title": _share_title(share),
            "at": share.distributed_at,
            "amount": share.total,
            "body": _share_parts(share, due),
        }
        for share in came
    ]
    items += _lost_items(note, losses)
    items.sort(key=lambda item: item["at"])
    return [*before, *items, *_next_of_note(note, today)]


def _lost_items(note: OwnNote, losses: Sequence[Loss]) -> Items:
    body = _("The borrower owes it all the same: what still comes is shared as before.")
    return [
        {
            "title": _("Written off: two officers gave the loan up"),
            "at": one.at,
            "amount": -Money(one.written_off_minor, note.currency),
            "body": body,
            "state": "bad",
        }
        for one in losses
        if one.written_off_minor
    ]


def _next_of_note(note: OwnNote, today: date) -> Items:
    if note.next_due_on is None:
        return []
    item = {"on": note.next_due_on, "amount": note.next_due}
    if late := days_late(note.next_due_on, today):
        title = ngettext(
            "Your share of this instalment is %(num)s day late",
            "Your share of this instalment is %(num)s days late",
            late,
        )
        return [{**item, "title": title, "state": "bad"}]
    return [{**item, "title": _("Your share of the next instalment"), "state": "next"}]


def _share_parts(share: Share, due: Mapping[int, date]) -> str:
    """Return what a share is made of, and how late it was."""
    named = (
        (_("principal"), share.principal),
        (_("interest"), share.interest),
        (_("penalty interest"), share.penalty),
        (_("less our fee"), share.fee),
    )
    parts = [f"{name} {money_text(amount)}" for name, amount in named if not amount.is_zero]
    first = due.get(share.first_n or 0)
    if first is not None and (late := days_late(first, share.paid_on)):
        parts.append(ngettext("paid %(num)s day late", "paid %(num)s days late", late))
    return ", ".join(parts)


def _share_title(share: Share) -> str:
    if share.total.minor < 0:
        return _("A correction took something back from your wallet")
    if share.first_n is None or share.first_n != share.last_n:
        return _("Repayment %(n)s came back to your wallet", n=share.sequence)
    return _("Instalment %(n)s came back to your wallet", n=share.first_n)


_NOTE_MOVES = {
    "fund": _l("The loan is fully funded: your part became a note"),
    "pay_out": _l("Paid out to the borrower"),
    "pay_off": _l("The borrower has paid everything back"),
}


def _ref(instruction: Instruction | None) -> dict[str, str]:
    if instruction is None:
        return {}
    return {"ref": instruction.payment_ref or instruction.provider_ref or instruction.operation_id}
