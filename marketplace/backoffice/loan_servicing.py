"""One loan on the finance desk: what came in, what being late cost, and what is let off of it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, url_for
from wtforms import SelectField, TextAreaField

from marketplace.backoffice.blueprints import finance
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.forms import words as loan_words
from marketplace.loans.forms.payments import CHARGES, RECEIVED_BY
from marketplace.loans.queries import history, receipts, waivers
from marketplace.loans.queries.receipts import OwnReceipt
from marketplace.loans.queries.waivers import ServedLoan, Waiver
from marketplace.loans.replay.events import ChargeKey, ChargeKind
from marketplace.loans.replay.position import ChargeStanding
from marketplace.loans.services import waiving
from marketplace.web.forms import Form, MoneyField
from marketplace.web.guards import may, me, requires
from marketplace.web.locale import _, _l
from marketplace.web.rendering import done, page


class WaiveForm(Form):
    """Let off so much of this charge, for this reason."""

    charge = SelectField(_l("Which charge"), validate_choice=False)
    amount = MoneyField(_l("How much is let off"))
    reason = TextAreaField(_l("Why"))


class DecideWaiverForm(Form):
    """The second officer's word: nothing but the token and the key."""


@finance.get("/loans/<string:ref>")
@requires("finance.see")
def served_loan(ref: str) -> Response:
    """Show a running loan: charges with what is open, receipts, and what was let off."""
    return _show(_loan(ref), WaiveForm())


@finance.post("/loans/<string:ref>/waivers")
@requires("finance.decide")
def propose_waiver(ref: str) -> Response:
    """Propose to let a charge off."""
    loan, form = _loan(ref), WaiveForm()
    form.amount.currency, form.charge.choices = loan.currency, []
    if form.ready():
        charge, amount = _read(form.charge.data or ""), form.amount.required_money
        reason, now = form.reason.data or "", clock.now()
        if form.succeeds(
            lambda: waiving.propose(me(), loan.id, charge, amount=amount, reason=reason, now=now)
        ):
            said = _("Proposed. Another finance officer must agree.")
            return done(url_for("finance.served_loan", ref=ref), said)
    return _show(loan, form)


@finance.post("/loans/<string:ref>/waivers/<string:waiver>/<any(agree, refuse):act>")
@requires("finance.decide")
def decide_waiver(ref: str, waiver: str, act: str) -> Response:
    """Agree to what was read, or turn it down."""
    loan, form = _loan(ref), DecideWaiverForm()
    waiver_id = parse_public_id("wav", waiver)
    if not any(one.id == waiver_id for one in waivers.waivers(loan.id)):
        raise NotFound(waiver)
    decide = waiving.agree if act == "agree" else waiving.turn_down
    if form.ready() and form.succeeds(lambda: decide(me(), waiver_id, now=clock.now())):
        said = _("Let off. The loan was worked out anew.") if act == "agree" else _("Turned down.")
        return done(url_for("finance.served_loan", ref=ref), said)
    return _show(loan, WaiveForm(formdata=None), failed=form)


def _show(loan: ServedLoan, form: WaiveForm, *, failed: Form | None = None) -> Response:
    position = history.position(history.served(loan.id, loan.borrower_id), clock.today())
    told = waivers.waivers(loan.id)
    form.amount.currency = loan.currency
    open_charges = [one for one in position.charges if one.open.is_positive]
    form.charge.choices = [(_written(one.key), _charge_words(one)) for one in open_charges]
    if not form.is_submitted() and open_charges:
        form.amount.process_data(open_charges[0].open)
    shown = failed or form
    return page(
        "backoffice/served_loan.html",
        422 if shown.is_submitted() else 200,
        loan=loan,
        form=form,
        failed=shown,
        position=position,
        tag={
            "label": loan_words.LOAN_STATES[loan.state],
            "tone": loan_words.LOAN_TONES[loan.state],
        },
        charges=[_charge_row(one) for one in position.charges],
        waiting=[_waiver(one) for one in told if one.decided_at is None],
        told=[_waiver(one) for one in told if one.decided_at is not None],
        receipts=[_receipt_row(one) for one in reversed(receipts.of_loan(loan.id))],
        may_decide=may("finance.decide"),
    )


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


def _charge_words(charge: ChargeStanding) -> str:
    return _(
        "%(what)s, instalment %(n)s, %(on)s: %(open)s open",
        what=CHARGES[charge.key.kind.value],
        n=charge.key.n,
        on=charge.key.on.isoformat(),
        open=str(charge.open),
    )


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
        "on": found.charge_on,
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


def _written(key: ChargeKey) -> str:
    return f"{key.kind.value}:{key.n}:{key.on.isoformat()}"


def _read(text: str) -> ChargeKey:
    """Return the charge a form names; one that was tampered with is `NotFound`."""
    try:
        kind, n, on = text.split(":")
        return ChargeKey(ChargeKind(kind), int(n), date.fromisoformat(on))
    except ValueError:
        raise NotFound(text) from None


def _me() -> UUID:
    return me().known()


def _loan(ref: str) -> ServedLoan:
    return waivers.served_loan(parse_public_id("ln", ref))
