"""Where rewards are sent: the backer's page, and the day on which the sponsor locks it."""

from __future__ import annotations

from flask import Response, url_for

from marketplace.campaigns.forms.fulfilling import AddressForm, LockForm
from marketplace.campaigns.queries import addresses, fulfilments, pledges
from marketplace.campaigns.rules.addressing import standing_refusals
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import addressing
from marketplace.campaigns.services.addressing import Address
from marketplace.campaigns.views import showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_campaign
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.web.guards import me, requires, signed_in
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.route("/pledges/<ref>/address", methods=["GET", "POST"])
@signed_in
def pledge_address(ref: str) -> Response:
    """Ask where the reward is sent; until it is sent or the sponsor locks it, it can be changed."""
    pledge = pledges.own_pledge(parse_public_id("pl", ref), me().known())
    found = fulfilments.of_pledge(pledge.id)
    if found is None:
        raise NotFound(ref)
    form = AddressForm(obj=addresses.of_pledge(pledge.id))
    if form.ready() and form.succeeds(
        lambda: addressing.give_address(me(), pledge.id, _address(form), clock.now())
    ):
        return done(url_for("campaigns.pledge_page", ref=ref), _("The address is saved."))
    lock_on = addresses.lock_on(pledge.campaign_id)
    return page(
        "campaigns/address.html",
        422 if form.errors else 200,
        ref=ref,
        pledge=pledge,
        form=form,
        lock_on=lock_on,
        is_open=not standing_refusals(found.state, lock_on, clock.today()),
        sponsor=showing.sponsor_name(pledge.sponsor_id),
    )


@bp.route("/my/campaigns/<ref>/fulfilment/addresses", methods=["GET", "POST"])
@requires("campaign.draft")
def fulfilment_addresses(ref: str) -> Response:
    """Say how many addresses are there, and from which day on they stand."""
    c = own_campaign(ref, Right.FULFIL)
    form = LockForm(data={"on": addresses.lock_on(c.id)})
    if form.ready() and form.succeeds(
        lambda: addressing.lock_addresses(me(), c.id, form.on.data, clock.now())
    ):
        return done(url_for("campaigns.fulfilment", ref=ref), _("Saved."))
    counts = fulfilments.counts(c.id)
    return edit(
        "campaigns/fulfilment_addresses.html",
        c,
        form,
        given=len(addresses.of_campaign(c.id)),
        owed=sum(counts.values()),
    )


def _address(form: AddressForm) -> Address:
    return Address(
        form.name.data or "",
        form.street.data or "",
        form.postcode.data or "",
        form.city.data or "",
        form.country.data or "",
    )
