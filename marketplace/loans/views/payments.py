"""Paying a bill, in whole or in part, and the receipt of what was paid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from marketplace.escrow import queries as escrow
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.loans import quoting
from marketplace.loans.forms.payments import CHARGES, INTENTS, PORTIONS, RECEIVED_BY, PayForm
from marketplace.loans.queries import borrower as queries
from marketplace.loans.queries import history, receipts
from marketplace.loans.queries.borrower import OpenBill, OwnLoan
from marketplace.loans.queries.receipts import OwnReceipt
from marketplace.loans.replay.events import ChargeKind
from marketplace.loans.replay.position import ChargeStanding, Position
from marketplace.loans.services import paying
from marketplace.loans.states import days_late
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.checkouts import is_paid, to_checkout
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.route("/my/loans/<string:ref>/bills/<string:bill_ref>", methods=["GET", "POST"])
@requires("loan.apply")
def bill(ref: str, bill_ref: str) -> Response:
    """Show a bill and pay it, all that is due or a part; afterwards what became of it."""
    own = _own(ref)
    due = _bill(bill_ref)
    if due.loan_id != own.id:
        raise NotFound(bill_ref)
    position = history.position(history.served(due.loan_id, own.borrower_id), clock.today())
    asked = quoting.asked(position, due.n)
    form = PayForm()
    form.ask_for(asked)
    if form.ready():
        gone = _from_wallet(form, due) if form.source.data == "wallet" else _by_provider(form, due)
        if gone is not None:
            return gone
    return _bill_page(own, due, position, asked, form)


def _by_provider(form: PayForm, due: OpenBill) -> Response | None:
    amount = form.amount.required_money
    planned = form.attempt(
        lambda: paying.open_checkout(me(), due.id, amount=amount, now=clock.now())
    )
    return None if planned is None else to_checkout(planned, otherwise=request.path)


def _from_wallet(form: PayForm, due: OpenBill) -> Response | None:
    amount = form.amount.required_money
    paid = form.attempt(
        lambda: paying.pay_from_wallet(
            me(), due.id, amount=amount, form_key=form.key, now=clock.now()
        )
    )
    return None if paid is None else done(_receipt_address(due.loan_id, paid), _("It is paid."))


def _bill_page(
    own: OwnLoan, due: OpenBill, position: Position, asked: Money, form: PayForm
) -> Response:
    late = 0 if due.paid_at else days_late(due.due_on, clock.today())
    return page(
        "loans/bill.html",
        422 if form.is_submitted() else 200,
        own=own,
        bill=due,
        form=form,
        late=late,
        asked=asked,
        charges=charge_rows(position),
        paid=quoting.paid_of(position, due.n, due.principal + due.interest),
        others=quoting.of_others(position, due.n),
        wallet=wallet_of(own),
        receipts=[receipt_row(one) for one in receipts.of_bill(due.id)],
    )


@bp.get("/my/loans/<string:ref>/bills/<string:bill_ref>/return")
@requires("loan.apply")
def bill_return(ref: str, bill_ref: str) -> Response:
    """Come back from the provider: ask it what happened, so that a lost message does not matter."""
    due = _bill(bill_ref)
    if due.instruction_id is not None and is_paid(due.instruction_id):
        amount = escrow.instruction(due.instruction_id).amount
        paying.mark_paid(due.id, due.instruction_id, amount=amount, paid_at=clock.now())
    return done(url_for("loans.bill", ref=ref, bill_ref=bill_ref))


@bp.get("/my/loans/<string:ref>/receipts/<string:receipt_ref>")
@requires("loan.apply")
def receipt(ref: str, receipt_ref: str) -> Response:
    """Show one receipt: what came in and what it settled."""
    found = receipts.receipt(parse_public_id(receipts.PREFIX, receipt_ref), me().known())
    return page(
        "loans/receipt.html",
        own=_own(ref),
        receipt=found,
        by=RECEIVED_BY[found.source],
        intent=INTENTS.get(found.intent),
        portions=[
            {"label": label, "amount": getattr(found, name)}
            for name, label in PORTIONS.items()
            if not getattr(found, name).is_zero
        ],
    )


def charge_rows(position: Position) -> list[dict[str, Any]]:
    """Return the charges of which something is open, for a quote; each kind in one line."""
    return [
        {
            "label": _("%(what)s, instalment %(n)s", what=CHARGES[kind.value], n=n),
            "amount": Money.total((one.open for one in found), found[0].amount.currency),
            "kind": "fee",
        }
        for (n, kind), found in open_charges(position).items()
    ]


def open_charges(position: Position) -> dict[tuple[int, ChargeKind], list[ChargeStanding]]:
    """Return what is open of charges by instalment and kind: penalty interest has a line a day."""
    found: dict[tuple[int, ChargeKind], list[ChargeStanding]] = {}
    for one in position.charges:
        if one.open.is_positive:
            found.setdefault((one.key.n, one.key.kind), []).append(one)
    return found


def receipt_row(found: OwnReceipt) -> dict[str, Any]:
    """Return a receipt as a line of a table."""
    return {
        "number": found.number,
        "number_href": _receipt_address(found.loan_id, found.id),
        "on": found.effective_on,
        "what": RECEIVED_BY[found.source],
        "amount": found.amount,
        "principal": found.principal,
        "interest": found.interest,
        "charges": found.penalty + found.fee,
        "overpaid": found.overpaid,
        "state": {"label": _("taken back"), "tone": "bad"} if found.reversed_at else None,
    }


def wallet_of(own: OwnLoan) -> Money:
    """Return what the borrower can pay from the wallet."""
    held = ledger.balances_of("person:wallet", [own.borrower_id], own.currency)
    found = held.get(own.borrower_id)
    return found.available if found else Money.zero(own.currency)


def _receipt_address(loan_id: UUID, receipt_id: UUID) -> str:
    ref, receipt_ref = public_id("ln", loan_id), public_id(receipts.PREFIX, receipt_id)
    return url_for("loans.receipt", ref=ref, receipt_ref=receipt_ref)


def _own(ref: str) -> OwnLoan:
    return queries.own_loan(parse_public_id("ln", ref), me().known())


def _bill(ref: str) -> OpenBill:
    return queries.bill(parse_public_id("bil", ref), me().known())
