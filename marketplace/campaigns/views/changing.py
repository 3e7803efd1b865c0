"""Changing a live campaign: its sponsor proposes and follows, everybody reads what has changed."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from marketplace.campaigns.forms import ActForm
from marketplace.campaigns.forms.changes import ChangeForm, change_form
from marketplace.campaigns.forms.rewards import month_in
from marketplace.campaigns.queries import changes, one, rewards, since
from marketplace.campaigns.queries.changes import ChangeRow
from marketplace.campaigns.rules.materiality import RECONFIRM_FOR, Terms, delivery_field
from marketplace.campaigns.services import changing
from marketplace.campaigns.views import change_words, showing, since_words
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.clocks import placed
from marketplace.campaigns.views.drafting import edit, own_campaign
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.web.guards import me, public, requires
from marketplace.web.locale import _
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.rendering import done, page


@bp.route("/my/campaigns/<ref>/change", methods=["GET", "POST"])
@requires("campaign.draft")
def change(ref: str) -> Response:
    """Propose a change of what was promised, or see what became of the last one."""
    c = _own(ref)
    tiers = [row for row in rewards.of_campaign(c.id) if row.withdrawn_at is None]
    months = {delivery_field(row.id): _month_label(row.title) for row in tiers}
    form = change_form(months, _data(c, tiers))
    form.goal.currency = c.currency or "EUR"
    form.deadline.at(c.deadline_zone, c.deadline)
    if form.ready() and form.succeeds(
        lambda: changing.propose(
            me(),
            c.id,
            _wanted(form, tiers),
            reason=form.reason.data or "",
            is_wording=bool(form.is_wording.data),
            now=clock.now(),
        )
    ):
        said = _("Proposed. A moderator looks at it; until then nothing changes.")
        return done(url_for("campaigns.change", ref=ref), said)
    told = [(row, change_words.parts(row)) for row in changes.of_campaign(c.id, 10)]
    return edit(
        "campaigns/change.html",
        c,
        form,
        months=list(months),
        frozen=tiers,
        told=told,
        tags=change_words.STATE_TAGS,
        is_open=c.takes_pledges(clock.now()) and not any(_stands(row) for row, _parts in told),
        days=RECONFIRM_FOR.days,
        ends=placed(c.deadline, c.deadline_zone) if c.deadline else None,
        act=ActForm(formdata=None),
    )


@bp.post("/my/campaigns/<ref>/change/withdraw")
@requires("campaign.draft")
def change_withdraw(ref: str) -> Response:
    """Take a proposal back."""
    c, form = _own(ref), ActForm()
    if form.ready() and form.succeeds(lambda: changing.withdraw(me(), c.id, clock.now())):
        return done(url_for("campaigns.change", ref=ref), _("Taken back. Nothing has changed."))
    return done(url_for("campaigns.change", ref=ref), " ".join(form.form_errors))


@bp.get("/projects/<ref>/changes")
@public
@cached_for_visitors
def project_changes(ref: str) -> Response:
    """Show what of the promise has changed since the launch, each change with its day."""
    c = one.public_campaign(parse_public_id("cmp", ref))
    return page(
        "campaigns/changes.html",
        c=c,
        ref=ref,
        sponsor=showing.sponsor_name(c.sponsor_id),
        told=[(row, change_words.parts(row)) for row in changes.in_force(c.id)],
        said=[since_words.said(row) for row in since.changes(c.id)],
    )


def _own(ref: str) -> one.CampaignRow:
    c = own_campaign(ref)
    if not c.is_public:
        raise NotFound(ref)
    return c


def _stands(row: ChangeRow) -> bool:
    return row.is_proposed or row.is_asking


def _month_label(title: str) -> str:
    return _("Delivery month of “%(title)s”", title=title)


def _data(c: one.CampaignRow, tiers: list[rewards.RewardRow]) -> dict[str, Any]:
    months = {
        delivery_field(row.id): row.delivery.strftime("%Y-%m") if row.delivery else ""
        for row in tiers
    }
    terms = {"goal": c.goal, "story": c.story_html, "risks": c.risks}
    return {**terms, **months}


def _wanted(form: ChangeForm, tiers: list[rewards.RewardRow]) -> Terms:
    return Terms(
        goal=form.goal.required_money,
        deadline=form.deadline.moment or clock.now(),
        story=form.story.data or "",
        risks=form.risks.data or "",
        deliveries={row.id: month_in(form[delivery_field(row.id)]) for row in tiers},
    )
