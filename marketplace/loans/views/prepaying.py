"""Paying a loan early: a quote for a day with its lines and what changes, then the payment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from marketplace.escrow import queries as escrow
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.loans import quoting
from marketplace.loans.forms.payments import INTENTS, PrepayForm, PrepayPayForm
from marketplace.loans.queries import borrower, history, receipts
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.quoting import EarlyQuote
from marketplace.loans.replay.position import RowStanding
from marketplace.loans.services import prepaying
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.checkouts import is_paid, to_checkout
from marketplace.loans.views.payments import wallet_of
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, money_text, page


@bp.get("/my/loans/<string:ref>/prepay")
@requires("loan.apply")
def prepay(ref: str) -> Response:
    """Choose what to pay early; once chosen, show what it costs and what it changes."""
    own = _own(ref)
    form = PrepayForm(formdata=request.args or None, meta={"csrf": False})
    form.offer(own.currency)
    if not request.args.get("intent"):
        return _show(own, form, None, 200)
    found = _quoted(own, form) if form.validate() else None
    return _show(own, form, found, 200 if found else 422)


@bp.post("/my/loans/<string:ref>/prepay")
@requires("loan.apply")
def pay_early(ref: str) -> Response:
    """Pay what was quoted, at the provider or from the wallet."""
    own, form = _own(ref), PrepayPayForm()
    form.offer(own.currency)
    if form.ready():
        from_wallet = form.source.data == "wallet"
        gone = _from_wallet(own, form) if from_wallet else _by_provider(own, form)
        if gone is not None:
            return gone
    return _show(own, form, None, 422)


def _by_provider(own: OwnLoan, form: PrepayPayForm) -> Response | None:
    intent, amount = form.wish
    planned = form.attempt(
        lambda: prepaying.open_checkout(
            me(),
            own.id,
            intent=intent,
            amount=amount,
            on=form.on.data or clock.today(),
            form_key=form.key,
            now=clock.now(),
        )
    )
    return None if planned is None else to_checkout(planned, otherwise=request.path)


def _from_wallet(own: OwnLoan, form: PrepayPayForm) -> Response | None:
    intent, amount = form.wish
    paid: UUID | None = form.attempt(
        lambda: prepaying.pay_from_wallet(
            me(), own.id, intent=intent, amount=amount, form_key=form.key, now=clock.now()
        )
    )
    if paid is None:
        return None
    ref = public_id(receipts.PREFIX, paid)
    return done(url_for("loans.receipt", ref=own.ref, receipt_ref=ref), _("It is paid."))


@bp.get("/my/loans/<string:ref>/prepay/<string:prepayment_ref>/return")
@requires("loan.apply")
def prepay_return(ref: str, prepayment_ref: str) -> Response:
    """Come back from the provider: ask it what happened, so that a lost message does not matter."""
    own = _own(ref)
    found = receipts.prepayment(parse_public_id("pre", prepayment_ref), own.borrower_id)
    if found.instruction_id is not None and is_paid(found.instruction_id):
        amount = escrow.instruction(found.instruction_id).amount
        prepaying.mark_paid(found.id, found.instruction_id, amount=amount, paid_at=clock.now())
        return done(url_for("loans.my_loan", ref=ref), _("It is paid."))
    return done(url_for("loans.my_loan", ref=ref))


def _quoted(own: OwnLoan, form: PrepayForm) -> EarlyQuote | None:
    """Return the quote wished for, or None after putting its refusal on the form."""
    loan, today = history.served(own.id, own.borrower_id), clock.today()
    return form.attempt(  # type: ignore[no-any-return]  # what the lambda returns
        lambda: history.quote_early(loan, *form.wish, on=form.on.data or today, today=today)
    )


def _show(own: OwnLoan, form: PrepayForm, quoted: EarlyQuote | None, status: int) -> Response:
    today = clock.today()
    return page(
        "loans/prepay.html",
        status,
        own=own,
        form=form,
        today=today,
        last=today + timedelta(days=quoting.VALID_DAYS_MAX),
        quote=quoted,
        pay_form=PrepayPayForm(formdata=None) if quoted else None,
        can_pay_from_wallet=quoted is not None and quoted.on == today,
        what=INTENTS[quoted.intent.value] if quoted else None,
        lines=_lines(quoted) if quoted else [],
        changes=_changes(quoted) if quoted else [],
        fewer=quoted.instalments_fewer if quoted else 0,
        wallet=wallet_of(own),
    )


def _lines(quoted: EarlyQuote) -> list[dict[str, Any]]:
    """Return the quote's lines: what is due anyway, and what paying early comes to."""
    due = [{"label": _("Due by then anyway"), "amount": quoted.due}]
    return [
        *(due if quoted.due.is_positive else []),
        {"label": _("Principal paid early"), "amount": quoted.principal},
        {"label": _("Interest to that day"), "amount": quoted.interest},
        {"label": _("Fee for paying early"), "amount": quoted.fee, "kind": "fee"},
        {"label": _("Interest you will not pay"), "amount": quoted.saved, "kind": "when"},
    ]


def _changes(quoted: EarlyQuote) -> list[dict[str, Any]]:
    """Return each instalment that is still to come, as it is now and as it would be."""
    after = {row.n: row for row in quoted.after}
    return [
        {
            "n": row.n,
            "due": row.due,
            "now": row.total,
            "then": _then(after, row),
        }
        for row in quoted.before
        if row.due > quoted.on and row.total.is_positive
    ]


def _then(after: dict[int, RowStanding], row: RowStanding) -> str:
    found = after.get(row.n)
    if found is None or found.open.is_zero:
        return _("nothing")
    return money_text(found.open)


def _own(ref: str) -> OwnLoan:
    return borrower.own_loan(parse_public_id("ln", ref), me().known())
