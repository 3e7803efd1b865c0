"""One loan on the finance desk: what came in, what being late cost, and what is done about it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, url_for
from wtforms import BooleanField, SelectField, TextAreaField

from marketplace.backoffice import charge_lines, write_off_panel
from marketplace.backoffice.blueprints import finance
from marketplace.backoffice.write_off_panel import WriteOffForm
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.forms import words as loan_words
from marketplace.loans.forms.payments import CHARGES, RECEIVED_BY
from marketplace.loans.queries import arrears, history, receipts, waivers
from marketplace.loans.queries.arrears import Look
from marketplace.loans.queries.receipts import OwnReceipt
from marketplace.loans.queries.waivers import ServedLoan, Waiver
from marketplace.loans.replay.events import ChargeKey, ChargeKind
from marketplace.loans.replay.position import ChargeStanding, Position
from marketplace.loans.services import seeing_to, waiving
from marketplace.loans.states import LoanState
from marketplace.loans.views.figures import lateness
from marketplace.web.forms import DayField, Form, MoneyField
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _, _l
from marketplace.web.rendering import done, page


class WaiveForm(Form):
    """Let off so much of this charge, for this reason."""

    charge = SelectField(_l("Which charge"), validate_choice=False)
    amount = MoneyField(_l("How much is let off"))
    reason = TextAreaField(_l("Why"))


class SeeToForm(Form):
    """What an officer did about a late loan, and when it is looked at again."""

    note = TextAreaField(_l("What was done, and what comes next"))
    again_on = DayField(_l("Look again on"))
    tell = BooleanField(_l("Show this note to the borrower, on the loan’s timeline"))


class DecideWaiverForm(Form):
    """The second officer's word: nothing but the token and the key."""


@finance.get("/loans/<string:ref>")
@requires("finance.see")
def served_loan(ref: str) -> Response:
    """Show a running loan: charges with what is open, receipts, and what was let off."""
    return show(loan_of(ref))


@finance.post("/loans/<string:ref>/waivers")
@requires("finance.decide")
def propose_waiver(ref: str) -> Response:
    """Propose to let a charge off."""
    loan, form = loan_of(ref), WaiveForm()
    form.amount.currency, form.charge.choices = loan.currency, []
    if form.ready() and form.succeeds(lambda: _propose(loan, form)):
        said = _("Proposed. Another finance officer must agree.")
        return done(url_for("finance.served_loan", ref=ref), said)
    return show(loan, form)


@finance.post("/loans/<string:ref>/arrears")
@requires("finance.decide")
def see_to_loan(ref: str) -> Response:
    """Say what was done about a late loan, and when to look again."""
    loan, form = loan_of(ref), SeeToForm()
    if form.ready() and form.succeeds(lambda: _see_to(loan, form)):
        return done(url_for("finance.served_loan", ref=ref), _("Written down."))
    return show(loan, see_to=form)


@finance.post("/loans/<string:ref>/waivers/<string:waiver>/<any(agree, refuse):act>")
@requires("finance.decide")
def decide_waiver(ref: str, waiver: str, act: str) -> Response:
    """Agree to what was read, or turn it down."""
    loan, form = loan_of(ref), DecideWaiverForm()
    waiver_id = parse_public_id("wav", waiver)
    if not any(one.id == waiver_id for one in waivers.waivers(loan.id)):
        raise NotFound(waiver)
    decide = waiving.agree if act == "agree" else waiving.turn_down
    if form.ready() and form.succeeds(lambda: decide(me(), waiver_id, now=clock.now())):
        said = _("Let off. The loan was worked out anew.") if act == "agree" else _("Turned down.")
        return done(url_for("finance.served_loan", ref=ref), said)
    return show(loan, failed=form)


def _propose(loan: ServedLoan, form: WaiveForm) -> UUID:
    charge, last = _read(form.charge.data or "")
    return waiving.propose(
        me(),
        loan.id,
        charge,
        last=last,
        amount=form.amount.required_money,
        reason=form.reason.data or "",
        now=clock.now(),
    )


def _see_to(loan: ServedLoan, form: SeeToForm) -> None:
    seeing_to.see_to(
        me(),
        loan.id,
        note=form.note.data or "",
        again_on=form.again_on.data or clock.today(),
        tell=form.tell.data,
        now=clock.now(),
    )


def show(
    loan: ServedLoan,
    form: WaiveForm | None = None,
    *,
    see_to: SeeToForm | None = None,
    write_off: WriteOffForm | None = None,
    failed: Form | None = None,
) -> Response:
    """Show the loan's page; one of the forms, or `failed`, as it was sent and refused."""
    form = form or WaiveForm(formdata=None)
    position = history.position(history.served(loan.id, loan.borrower_id), clock.today())
    told = waivers.waivers(loan.id)
    form.amount.currency = loan.currency
    runs = charge_lines.runs(position)
    still = charge_lines.open_runs(position)
    form.charge.choices = [(one.written, one.words) for one in still]
    if not form.is_submitted() and still:
        form.amount.process_data(still[0].open)
    shown = failed or see_to or write_off or form
    return page(
        "backoffice/served_loan.html",
        422 if shown.is_submitted() else 200,
        loan=loan,
        form=form,
        see_to=see_to or SeeToForm(formdata=None),
        looks=[_look_row(one) for one in arrears.looks(loan.id)],
        failed=shown,
        position=position,
        tag=_tag(loan, position),
        runs=runs,
        days=[_charge_row(one) for one in position.charges],
        waiting=[_waiver(one) for one in told if one.decided_at is None],
        told=[_waiver(one) for one in told if one.decided_at is not None],
        receipts=[_receipt_row(one) for one in reversed(receipts.of_loan(loan.id))],
        given_up=write_off_panel.panel(loan, position, write_off),
        may_decide=may("finance.decide"),
    )


def _tag(loan: ServedLoan, position: Position) -> dict[str, Any]:
    """Return how late a loan is, that it is given up, or where it stands if it is on time."""
    if loan.written_off_at and loan.state == LoanState.ACTIVE:
        return {"label": _("Written off"), "tone": "bad"}
    if position.arrears.since:
        return lateness(position.arrears.since, position.as_of)
    state = loan.state
    return {"label": loan_words.LOAN_STATES[state], "tone": loan_words.LOAN_TONES[state]}


def _look_row(look: Look) -> dict[str, Any]:
    return {
        "seen_at": look.seen_at,
        "officer": look.officer,
        "note": look.note,
        "told": {"label": _("Reads it"), "tone": "info"}
        if look.is_told
        else {"label": _("Does not see it"), "tone": "neutral"},
        "again_on": look.again_on,
    }


def _charge_row(charge: ChargeStanding) -> dict[str, Any]:
    return {
        "what": CHARGES[charge.key.kind.value],
        "n": charge.key.n,
        "on": charge.key.on,
        "amount": charge.amount,
        "waived": charge.waived,
        "paid": charge.paid,
        "open": charge.open,
    }


def _receipt_row(found: OwnReceipt) -> dict[str, Any]:
    return {
        "number": found.number,
        "on": found.effective_on,
        "at": found.received_at,
        "what": RECEIVED_BY[found.source],
        "amount": found.amount,
        "principal": found.principal,
        "interest": found.interest,
        "penalty": found.penalty,
        "fee": found.fee,
        "overpaid": found.overpaid,
    }


def _waiver(found: Waiver) -> dict[str, Any]:
    mine = found.proposed_by == _me()
    return {
        "ref": found.ref,
        "what": CHARGES[found.charge_kind],
        "n": found.charge_n,
        "on": charge_lines.days_words(found.charge_on, found.charge_last_on),
        "amount": found.amount,
        "reason": found.reason,
        "proposer": found.proposer,
        "decider": found.decider or "",
        "mine": mine,
        "state": _state(found),
    }


def _state(found: Waiver) -> dict[str, Any]:
    if found.agreed is None:
        return {"label": _("Waits for a second officer"), "tone": "info"}
    if found.agreed:
        return {"label": _("Let off"), "tone": "good"}
    return {"label": _("Turned down"), "tone": "neutral"}


def _read(text: str) -> tuple[ChargeKey, date]:
    """Return the charges a form names; what was tampered with is `NotFound`."""
    try:
        kind, n, first, last = text.split(":")
        key = ChargeKey(ChargeKind(kind), int(n), date.fromisoformat(first))
        return key, date.fromisoformat(last)
    except ValueError:
        raise NotFound(text) from None


def _me() -> UUID:
    return me().known()


def loan_of(ref: str) -> ServedLoan:
    """Return the loan an address names; one that was never paid out is `NotFound`."""
    return waivers.served_loan(parse_public_id("ln", ref))
