"""The bank's desk: statements brought in, lines that fit nothing, payment files to take away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Response, url_for
from wtforms import StringField

from marketplace.backoffice.blueprints import finance
from marketplace.backoffice.statement_files import StatementForm
from marketplace.escrow import gateway
from marketplace.escrow.bank_files.orders import Account
from marketplace.escrow.queries import bank
from marketplace.escrow.queries.bank import FileRow, LineRow, OrderRow, StatementRow
from marketplace.escrow.services import bank_orders, statements
from marketplace.escrow.services.statements import Imported
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.kernel.money import Money
from marketplace.web.forms import Form
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _, _l, ngettext
from marketplace.web.rendering import done, page

REFUSALS: Final = {
    "statement_missing": _l("Choose the statement file you downloaded from the bank."),
    "statement_unreadable": _l(
        "This file is no statement in CAMT.053 or in our table form (%(detail)s). Nothing was"
        " taken in."
    ),
    "statement_does_not_add_up": _l(
        "The file’s opening balance and lines make %(counted)s, its closing balance says"
        " %(told)s. Nothing was taken in; ask the bank for the file again."
    ),
    "statement_other_account": _l(
        "The statement is of account %(account)s, which is not ours. Nothing was taken in."
    ),
    "statement_too_large": _l("The file is too large. Ask the bank for shorter periods."),
    "order_unknown": _l("No open payment has this number. It begins with ins_."),
    "order_other_amount": _l(
        "That payment is for %(amount)s. A line of another amount cannot be its payment."
    ),
    "no_payment_orders": _l("No payment order is open: there is nothing to put into a file."),
}


class AssignForm(Form):
    """To which payment a line belongs."""

    order = StringField(_l("Payment"), description=_l("Its number, such as ins_01k…"))


@finance.route("/bank", methods=["GET", "POST"])
@requires("finance.see")
def bank_desk() -> Response:
    """Show what was brought in and what must go out; take a statement in."""
    _insist_on_bank()
    form = StatementForm()
    if form.is_submitted() and not may("finance.decide"):
        raise NotAllowed("finance.decide")
    if form.ready():
        brought = form.attempt(lambda: _bring(form))
        if brought is not None:
            return done(url_for("finance.bank_desk"), _said(brought))
    return _show(form)


@finance.post("/bank/files")
@requires("finance.decide")
def make_bank_file() -> Response:
    """Put the open payment orders into a file."""
    _insist_on_bank()
    form, now = StatementForm(), clock.now()
    number = form.attempt(
        lambda: bank_orders.export(me(), _account(), execute_on=now.date(), now=now)
    )
    if number is None:
        return _show(form)
    message = _("The file is made. Download it and upload it at the bank.")
    return done(url_for("finance.bank_desk"), message)


@finance.get("/bank/files/<int:number>.xml")
@requires("finance.decide")
def bank_file(number: int) -> Response:
    """Give a payment file out."""
    _insist_on_bank()
    answer = Response(bank.file_body(number), mimetype="application/xml")
    answer.headers["Content-Disposition"] = f'attachment; filename="payments-{number}.xml"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@finance.route("/bank/lines/<int:number>", methods=["GET", "POST"])
@requires("finance.decide")
def bank_line(number: int) -> Response:
    """Show a line that fits nothing, and say by hand what it belongs to."""
    _insist_on_bank()
    line, form = bank.line(number), AssignForm()
    if form.ready() and form.succeeds(
        lambda: statements.assign(me(), number, form.order.data or "", clock.now())
    ):
        return done(url_for("finance.bank_desk"), _("The line belongs to that payment now."))
    candidates = [
        each for each in bank.orders_in(("open",), outgoing=False) if each.amount == line.amount
    ]
    return page(
        "backoffice/bank_line.html",
        422 if form.failures else 200,
        line=line,
        form=form,
        candidates=[_order_row(each) for each in candidates],
    )


@finance.post("/bank/orders/<int:number>/refused")
@requires("finance.decide")
def refuse_bank_order(number: int) -> Response:
    """Note that the bank did not carry a payment order out."""
    _insist_on_bank()
    bank_orders.refuse(me(), number, reason="refused_by_bank", now=clock.now())
    return done(url_for("finance.bank_desk"), _("Noted. The money is free again."))


def _show(form: StatementForm) -> Response:
    orders = bank.orders_in(("open", "exported"), outgoing=True)
    return page(
        "backoffice/bank.html",
        422 if form.failures else 200,
        form=form,
        may_decide=may("finance.decide"),
        waiting=sum(each.state == "open" for each in orders),
        orders=[_order_row(each) for each in orders],
        at_bank=[each for each in orders if each.state == "exported"],
        unmatched=[_line_row(each) for each in bank.unmatched()],
        statements=_statement_rows(bank.statements()),
        files=[_file_row(each) for each in bank.files()],
    )


def _bring(form: StatementForm) -> Imported:
    name, text = form.sent()
    return statements.bring(name, text, account=_account().iban, by=me(), now=clock.now())


def _said(brought: Imported) -> str:
    if not brought.fresh:
        return _("All lines of this file were known already.")
    lines = ngettext("%(num)s new line", "%(num)s new lines", brought.fresh)
    ours = ngettext("%(num)s belongs to a payment", "%(num)s belong to payments", brought.matched)
    return f"{lines}: {ours}."


def _insist_on_bank() -> None:
    if gateway.current().name != "bank":
        raise NotFound("bank")


def _account() -> Account:
    settings = current_settings()
    return Account(settings.bank_iban or "", settings.bank_bic or "", settings.bank_holder or "")


def _order_row(one: OrderRow) -> dict[str, Any]:
    is_open = one.state == "open"
    return {
        "ref": one.operation_id,
        "ref_href": url_for("finance.instruction", ref=one.operation_id),
        "name": one.name or one.description,
        "amount": one.amount,
        "since": one.created_at,
        "reference": one.reference,
        "state": {
            "label": _("Waits for a file") if is_open else _("At the bank"),
            "tone": "warn" if is_open else "info",
        },
    }


def _line_row(one: LineRow) -> dict[str, Any]:
    return {
        "ref": one.bank_ref,
        "ref_href": url_for("finance.bank_line", number=one.id),
        "booked": one.booked_on,
        "name": one.name or "–",
        "remittance": one.remittance or "–",
        "amount": one.amount,
    }


def _statement_rows(found: Sequence[StatementRow]) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "ref": each.ref,
            "at": each.imported_at,
            "lines": each.lines,
            "unmatched": each.unmatched,
            "closing": None
            if each.closing_minor is None
            else Money(each.closing_minor, each.currency),
        }
        for each in found
    ]


def _file_row(one: FileRow) -> dict[str, Any]:
    return {
        "number": str(one.id),
        "number_href": url_for("finance.bank_file", number=one.id),
        "at": one.made_at,
        "orders": one.orders,
        "amount": Money(one.amount_minor, one.currency),
        "open": one.still_open,
    }
