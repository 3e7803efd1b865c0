"""Payments at a bank: the borrower shows the voucher and reads how far it was proved."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.forms.lending import ActForm
from marketplace.loans.forms.vouchers import VoucherForm, state_tag
from marketplace.loans.queries import borrower
from marketplace.loans.queries import vouchers as queries
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.queries.vouchers import VoucherRow
from marketplace.loans.services import vouchers
from marketplace.loans.states import VOUCHER, LoanState, VoucherState
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.private_files import private_file
from marketplace.loans.vouchers import Told
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/my/loans/<string:ref>/vouchers")
@requires("loan.apply")
def own_vouchers(ref: str) -> Response:
    """Show the vouchers of my loan, and the form for another one."""
    return _show(_own(ref), VoucherForm(), 200)


@bp.post("/my/loans/<string:ref>/vouchers")
@requires("loan.apply")
def show_voucher(ref: str) -> Response:
    """Take a voucher in; nothing is paid by it until officers have found the money."""
    own, form = _own(ref), VoucherForm()
    form.amount.currency = own.amount.currency
    if form.ready() and form.succeeds(lambda: _upload(own, form)):
        return done(
            url_for("loans.own_vouchers", ref=ref),
            _("Your voucher is here. You get a letter once the money was found."),
        )
    return _show(own, form, 422)


@bp.post("/my/loans/<string:ref>/vouchers/<string:voucher_ref>/withdraw")
@requires("loan.apply")
def withdraw_voucher(ref: str, voucher_ref: str) -> Response:
    """Take a voucher back that nobody has confirmed."""
    own, form = _own(ref), ActForm()
    found = _voucher(own, voucher_ref)
    if form.ready() and form.succeeds(lambda: vouchers.withdraw(me(), found.id, now=clock.now())):
        return done(url_for("loans.own_vouchers", ref=ref), _("The voucher is withdrawn."))
    return _show(own, VoucherForm(formdata=None), 422, errors=form)


@bp.get("/my/loans/<string:ref>/vouchers/<string:voucher_ref>/image")
@requires("loan.apply")
def own_voucher_image(ref: str, voucher_ref: str) -> Response:
    """Hand my image back to me."""
    return image_of(_voucher(_own(ref), voucher_ref))


def image_of(found: VoucherRow, *, inline: bool = False) -> Response:
    """Return the image of a voucher."""
    return private_file(found.key, found.content_type, f"voucher-{found.ref}", inline=inline)


def _upload(own: OwnLoan, form: VoucherForm) -> None:
    amount, paid_on = form.amount.money, form.paid_on.data
    if amount is None:
        raise Refusal("voucher_amount", "amount")
    if paid_on is None:
        raise Refusal("voucher_day_missing", "paid_on")
    told = Told(amount, paid_on, form.bank_ref.data or "")
    kept = vouchers.prepare(form.data_sent)
    vouchers.upload(me(), own.id, told, kept, form_key=form.key, now=clock.now())


def _show(
    own: OwnLoan, form: VoucherForm, status: int, *, errors: ActForm | None = None
) -> Response:
    form.amount.currency = own.amount.currency
    return page(
        "loans/vouchers.html",
        status,
        own=own,
        form=form,
        errors=errors or form,
        open=own.state == LoanState.ACTIVE,
        accounts=current_settings().collection_accounts,
        vouchers=[_told(one) for one in queries.of_loan(own.id)],
    )


def _told(one: VoucherRow) -> dict[str, Any]:
    may_withdraw = VOUCHER.can(VoucherState(one.state), "withdraw", by=("borrower",))
    return {"row": one, "tag": state_tag(one.state), "may_withdraw": may_withdraw}


def _own(ref: str) -> OwnLoan:
    return borrower.own_loan(parse_public_id("ln", ref), me().known())


def _voucher(own: OwnLoan, voucher_ref: str) -> VoucherRow:
    found = queries.voucher(parse_public_id("vch", voucher_ref))
    if found.loan_id != own.id:
        raise NotFound(voucher_ref)
    return found
