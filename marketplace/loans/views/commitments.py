"""The receipt of an order: what was lent, where the money is, and what comes next."""

from __future__ import annotations

from flask import Response, url_for

from marketplace.escrow.queries import disputes, instructions_for, terms
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.ledger import queries as ledger
from marketplace.loans.forms import words
from marketplace.loans.forms.lending import ActForm
from marketplace.loans.funding import is_reflecting
from marketplace.loans.queries import auto_invest
from marketplace.loans.queries import lender as queries
from marketplace.loans.queries.lender import OwnCommitment
from marketplace.loans.services import investing, reflecting
from marketplace.loans.states import CommitmentState
from marketplace.loans.views import timelines, whereabouts
from marketplace.loans.views.blueprint import bp
from marketplace.loans.views.checkouts import is_paid, to_checkout
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, money_text, page, percent


@bp.get("/commitments/<string:ref>")
@requires("loan.lend")
def commitment(ref: str) -> Response:
    """Show the receipt and where the money is now."""
    return _receipt(_own(ref), ActForm(), 200)


@bp.post("/commitments/<string:ref>/withdraw")
@requires("loan.lend")
def withdraw_commitment(ref: str) -> Response:
    """Take a part back within its reflection: no reason is asked."""
    own, form = _own(ref), ActForm()
    if form.ready() and form.succeeds(lambda: reflecting.withdraw(me(), own.id, now=clock.now())):
        return done(url_for("loans.commitment", ref=ref), _("The part is withdrawn."))
    return _receipt(_own(ref), form, 422)


def _receipt(own: OwnCommitment, form: ActForm, status: int) -> Response:
    asked, disputed = instructions_for(own.id), disputes.of_subject(own.id)
    return page(
        "loans/commitment.html",
        status,
        own=own,
        heading=str(words.RECEIPTS[own.state]) % {"amount": money_text(own.amount)},
        rate=percent(own.annual_rate * 100),
        form=form,
        withdrawable=is_reflecting(own.reflect_until, clock.now()) and own.is_reflecting,
        fired=auto_invest.fired(own.id),
        payable=own.state == CommitmentState.AWAITING_PAYMENT,
        where=whereabouts.of_commitment(own, asked, disputed, terms()),
        timeline=timelines.of_commitment(own, asked, disputed),
        trail=ledger.trail(f"commitment:{own.id}"),
    )


@bp.post("/commitments/<string:ref>/pay")
@requires("loan.lend")
def pay_commitment(ref: str) -> Response:
    """Go on to the provider's page."""
    own = _own(ref)
    receipt = url_for("loans.commitment", ref=ref)
    if own.instruction_id is None or own.state != CommitmentState.AWAITING_PAYMENT:
        return done(receipt)
    return to_checkout(own.instruction_id, otherwise=receipt)


@bp.get("/commitments/<string:ref>/return")
@requires("loan.lend")
def commitment_return(ref: str) -> Response:
    """Come back from the provider: ask it, so that a lost or late message does not matter."""
    own = _own(ref)
    if (
        own.state == CommitmentState.AWAITING_PAYMENT
        and own.instruction_id is not None
        and is_paid(own.instruction_id)
    ):
        investing.mark_paid(own.id, own.instruction_id, amount=own.amount, now=clock.now())
    return done(url_for("loans.commitment", ref=ref))


def _own(ref: str) -> OwnCommitment:
    return queries.own_commitment(parse_public_id("cmt", ref), me().known())
