"""Autopay on the borrower's desk: switched on at the provider, off with one button."""

from __future__ import annotations

from flask import Response, url_for

from marketplace.escrow.services import dispatching
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.loans.forms.lending import ActForm
from marketplace.loans.queries import autopay as queries
from marketplace.loans.queries import borrower
from marketplace.loans.queries.borrower import OwnLoan
from marketplace.loans.services import mandates
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.checkouts import is_paid, to_checkout
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/my/loans/<string:ref>/autopay")
@requires("loan.apply")
def autopay(ref: str) -> Response:
    """Say what autopay means for this loan, and offer to switch it on or off."""
    return _show(_own(ref), ActForm(), 200)


@bp.post("/my/loans/<string:ref>/autopay")
@requires("loan.apply")
def autopay_on(ref: str) -> Response:
    """Go to the provider's page to save a card."""
    own, form = _own(ref), ActForm()
    if form.ready():
        page_id = form.attempt(lambda: mandates.switch_on(me(), own.id, now=clock.now()))
        if page_id is not None:
            return to_checkout(page_id, otherwise=url_for("loans.autopay", ref=ref))
    return _show(own, form, 422)


@bp.post("/my/loans/<string:ref>/autopay/off")
@requires("loan.apply")
def autopay_off(ref: str) -> Response:
    """Switch it off; a charge nobody has been asked for yet is called off too."""
    own, form = _own(ref), ActForm()
    if not form.ready():
        return _show(own, form, 422)
    mandates.switch_off(me(), own.id, now=clock.now())
    for charge_id in queries.unsent_charges(own.id):
        dispatching.withdraw(charge_id)
    return done(
        url_for("loans.my_loan", ref=ref), _("Autopay is off. Pay your bills here as they come.")
    )


@bp.get("/my/loans/<string:ref>/autopay/return")
@requires("loan.apply")
def autopay_return(ref: str) -> Response:
    """Come back from the provider: ask it, so that a lost or late message does not matter."""
    own = _own(ref)
    found = queries.mandate(own.id)
    if found is not None and not found.is_on and is_paid(found.setup_id):
        mandates.activate(found.id, found.setup_id, saved_at=clock.now())
        return done(url_for("loans.my_loan", ref=ref), _("Autopay is on. Your card is saved."))
    return done(url_for("loans.my_loan", ref=ref))


def _show(own: OwnLoan, form: ActForm, status: int) -> Response:
    found = queries.mandate(own.id)
    return page(
        "loans/autopay.html",
        status,
        own=own,
        form=form,
        mandate=found,
        charged_on=found.next_on(clock.today()) if found and found.is_on else None,
        most=queries.most_at_once(own.id) if own.state == "active" else None,
        can_switch_on=own.state == "active",
    )


def _own(ref: str) -> OwnLoan:
    return borrower.own_loan(parse_public_id("ln", ref), me().known())
