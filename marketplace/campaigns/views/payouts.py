"""Where a person's payouts go: onboarding with the provider. For sponsors, borrowers, lenders."""

from __future__ import annotations

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.campaigns.views.blueprint import bp
from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import outgoing as payouts_of
from marketplace.escrow.services import payees
from marketplace.kernel.errors import ProviderTrouble
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/account/payouts")
@requires("payee.manage")
def payouts() -> Response:
    """Show how far the person's onboarding is."""
    return _show()


@bp.post("/account/payouts")
@requires("payee.manage")
def payouts_start() -> Response | Answer:
    """Go to the provider's onboarding page."""
    try:
        url = payees.start_onboarding(me().known(), url_for("campaigns.payouts_return"))
    except ProviderTrouble:
        return _show(503)
    return redirect(url, 303)


@bp.get("/account/payouts/return")
@requires("payee.manage")
def payouts_return() -> Response:
    """Ask the provider how far it is, so that a lost notice does not matter."""
    try:
        payee = payees.refresh(me().known())
    except ProviderTrouble:
        return _show(503)
    words = (
        _("Your payouts are set up.")
        if payee.state == "ready"
        else _("The provider is not done yet. Look here again in a few minutes.")
    )
    return done(url_for("campaigns.payouts"), words)


def _show(status: int = 200) -> Response:
    return page(
        "campaigns/payouts.html",
        status,
        payee=escrow.payee(me().known()),
        terms=escrow.terms(),
        waiting=[
            {"what": one.description, "amount": one.amount, "since": one.created_at}
            for one in payouts_of.waiting(me().known())
        ],
        silent=status == 503,
    )
