"""A sponsor's drafting table: the list of tasks and a page for each."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from marketplace.campaigns import rules
from marketplace.campaigns.fees import payout
from marketplace.campaigns.forms import (
    ActForm,
    StartForm,
    SubmitForm,
)
from marketplace.campaigns.queries import one, rewards
from marketplace.campaigns.queries.told import told
from marketplace.campaigns.rules import languages
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import drafting, submitting
from marketplace.campaigns.views import funding_words, plans, reward_cards, showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.project_frame import Maker, framed
from marketplace.escrow import queries as escrow
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.kernel.money import Money
from marketplace.web.guards import me, requires
from marketplace.web.locale import _, wishes
from marketplace.web.refusals import sentence
from marketplace.web.rendering import done, page


@bp.route("/my/campaigns/new", methods=["GET", "POST"])
@requires("campaign.draft")
def new_campaign() -> Response:
    """Begin a draft with its first two answers."""
    form = StartForm()
    if form.ready():
        made = form.attempt(
            lambda: drafting.start_draft(
                me(),
                title=form.title.data or "",
                category=form.category.data or "",
                language=languages.nearest(wishes()),
                form_key=form.key,
                now=clock.now(),
            )
        )
        if made is not None:
            return done(url_for("campaigns.desk", ref=public_id("cmp", made)), _("Draft started."))
    return page("campaigns/new.html", 422 if form.errors else 200, form=form)


@bp.route("/my/campaigns/<ref>/submit", methods=["GET", "POST"])
@requires("campaign.draft")
def submit(ref: str) -> Response:
    """Show fee and worked example, take the sponsor's word, send the draft to the moderators."""
    c = own_campaign(ref)
    fee_bps, form = one.fee_bps_at(clock.now()), SubmitForm()
    if form.ready() and form.succeeds(
        lambda: submitting.submit(
            me(),
            c.id,
            fee_bps_shown=_whole(form.fee_bps.data),
            agreed=bool(form.agreed.data),
            now=clock.now(),
        )
    ):
        return done(
            url_for("campaigns.desk", ref=ref), _("Submitted. A moderator will look at it.")
        )
    form.fee_bps.data = str(fee_bps)
    return edit(
        "campaigns/submit.html",
        c,
        form,
        missing=[
            sentence(found)
            for found in rules.submission_refusals(submitting.facts_of(c), clock.now())
        ],
        example=payout(c.goal if c.goal_minor else Money(1_000_000, "EUR"), fee_bps),
        terms=escrow.terms(),
    )


@bp.post("/my/campaigns/<ref>/withdraw")
@requires("campaign.draft")
def withdraw(ref: str) -> Response:
    """Take a submitted campaign back to the drafting table."""
    c = own_campaign(ref)
    submitting.withdraw(me(), c.id, clock.now())
    return done(url_for("campaigns.desk", ref=ref), _("Taken back. You can change it again."))


@bp.route("/my/campaigns/<ref>/discard", methods=["GET", "POST"])
@requires("campaign.draft")
def discard(ref: str) -> Response:
    """Give up a draft, after asking."""
    c, form = own_campaign(ref), ActForm()
    if form.ready():
        drafting.discard(me(), c.id, clock.now())
        return done(url_for("campaigns.my_campaigns"), _("The draft is discarded."))
    return edit("campaigns/discard.html", c, form)


def own_campaign(ref: str, right: Right | None = None) -> one.CampaignRow:
    """Return the person's own campaign, or one of which they have this `right`.

    Whether it may still be changed the command says.
    """
    return one.own_campaign(parse_public_id("cmp", ref), me().known(), right)


def saved(ref: str, message: str, part: str = "desk") -> Response:
    """Go back to the list of tasks, or stay with `part` where something is to be read."""
    return done(url_for(f"campaigns.{part}", ref=ref), message)


def edit(template: str, c: one.CampaignRow, form: Any, **more: Any) -> Response:  # noqa: ANN401
    """Answer with one of the draft's forms, everything kept."""
    status = 422 if form.errors else 200
    return page(template, status, c=c, ref=public_id("cmp", c.id), form=form, **more)


def as_public(
    c: one.CampaignRow,
    film_at: str = "campaigns.own_film",
    film_address: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what the public page needs to show a campaign that is not public yet.

    Its film is played from where `film_at` answers it: by the campaign's reference, unless
    another address is given.
    """
    beside, now = told(c.id), clock.now()
    record = one.record_of(c.sponsor_id)
    made_by = Maker(showing.sponsor_name(c.sponsor_id), record.launched, record.funded)
    return {
        "tab": "",
        "cover": beside.pictures.get(c.cover_id) if c.cover_id else None,
        "gallery": showing.gallery(c, beside.pictures),
        "stretch": funding_words.stretch_goals(c, beside.stretch),
        "told": plans.shown(c, beside, now),
        "film": plans.film(beside.film, film_at, film_address or {"ref": public_id("cmp", c.id)})
        if beside.film
        else None,
        "rewards": reward_cards.cards(rewards.of_campaign(c.id), href=lambda _row: None),
        **framed(c, made_by, preview=True),
    }


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else -1
