"""Beginning a campaign with what another one says."""

from __future__ import annotations

from flask import Response, url_for

from marketplace.campaigns.forms.drafting import CopyForm
from marketplace.campaigns.services import cloning
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_campaign
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done


@bp.route("/my/campaigns/<ref>/copy", methods=["GET", "POST"])
@requires("campaign.draft")
def copy(ref: str) -> Response:
    """Say what is taken over and what is not, and begin a draft with it."""
    c = own_campaign(ref)
    form = CopyForm(data={"title": c.title})
    if form.ready():
        made = form.attempt(
            lambda: cloning.copy_campaign(
                me(), c.id, title=form.title.data or "", form_key=form.key, now=clock.now()
            )
        )
        if made is not None:
            words = _("The new draft says what the other one said. Set its deadline.")
            return done(url_for("campaigns.desk", ref=public_id("cmp", made)), words)
    return edit("campaigns/copy.html", c, form)
