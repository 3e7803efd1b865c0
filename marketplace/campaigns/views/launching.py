"""When a campaign begins: its sponsor chooses, everybody may see it coming and be told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, url_for

from marketplace.campaigns.forms import ActForm
from marketplace.campaigns.forms.launching import LaunchForm
from marketplace.campaigns.queries import launching as queries
from marketplace.campaigns.queries import one, rewards
from marketplace.campaigns.queries.told import told
from marketplace.campaigns.services import launching
from marketplace.campaigns.views import plans, reward_cards, showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.clocks import placed
from marketplace.campaigns.views.drafting import edit, own_campaign
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.media import queries as media
from marketplace.web.guards import me, public, requires, signed_in
from marketplace.web.locale import _
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.rendering import day_text, done, gone, page


@bp.route("/my/campaigns/<ref>/launch", methods=["GET", "POST"])
@requires("campaign.draft")
def launch(ref: str) -> Response:
    """Choose when the campaign begins and whether it is seen coming."""
    c = _own(ref)
    form = LaunchForm(data=_data(c))
    form.launch_at.at(c.deadline_zone, c.launch_at)
    if form.ready() and form.succeeds(
        lambda: launching.plan_launch(
            me(),
            c.id,
            launch_at=form.launch_at.moment if form.when.data == "later" else None,
            announced=bool(form.announced.data),
            now=clock.now(),
        )
    ):
        return done(url_for("campaigns.desk", ref=ref), _("Saved."))
    ends = placed(c.deadline, c.deadline_zone) if c.deadline else None
    return edit("campaigns/edit_launch.html", c, form, ends=ends)


@bp.post("/my/campaigns/<ref>/launch/now")
@requires("campaign.draft")
def launch_now(ref: str) -> Response:
    """Let an approved campaign begin now."""
    c, form = _own(ref), ActForm()
    here = url_for("campaigns.desk", ref=ref)
    if form.ready() and form.succeeds(lambda: launching.launch(me(), c.id, clock.now())):
        return done(here, _("It has begun. Tell the people you know."))
    return done(here, " ".join(form.form_errors))


@bp.get("/projects/coming")
@public
@cached_for_visitors
def coming() -> Response:
    """List what is coming."""
    return page("campaigns/coming.html", rows=[_row(found) for found in queries.coming()])


@bp.get("/projects/<ref>/notify-me")
@signed_in
def notify_me(ref: str) -> Response:
    """Ask for one press to be told; whoever comes by a mailed link lands here."""
    c = one.campaign(parse_public_id("cmp", ref))
    if c.is_public:
        return done(showing.project_url(c.id), _("It has begun."))
    try:
        return page("campaigns/notify_me.html", **_coming(queries.upcoming(c.id)))
    except NotFound:
        return _gone(c.id)


@bp.post("/projects/<ref>/notify-me")
@signed_in
def notify(ref: str) -> Response:
    """Tell the person when it begins."""
    campaign_id, form = parse_public_id("cmp", ref), ActForm()
    if form.ready():
        launching.wish_to_be_told(me(), campaign_id, clock.now())
    return done(showing.project_url(campaign_id), _("We write to you when it begins."))


@bp.post("/projects/<ref>/notify-me/stop")
@signed_in
def notify_stop(ref: str) -> Response:
    """Do not tell the person after all."""
    campaign_id, form = parse_public_id("cmp", ref), ActForm()
    if form.ready():
        launching.forget_wish(me(), campaign_id)
    return done(showing.project_url(campaign_id), _("We will not write to you about it."))


def upcoming(ref: str) -> Response:
    """Answer with the page of a campaign that is coming, or that it was; else `NotFound`."""
    campaign_id = parse_public_id("cmp", ref)
    try:
        c = queries.upcoming(campaign_id)
    except NotFound:
        return _gone(campaign_id)
    return page(
        "campaigns/upcoming.html",
        asks=me().is_person and queries.wishes(c.id, me().known()),
        told=plans.shown(c, told(c.id), clock.now()),
        rewards=reward_cards.cards(rewards.shown(c.id), href=lambda _row: None),
        **_coming(c),
    )


def _gone(campaign_id: UUID) -> Response:
    """Say that it was announced and is no more, and of what it was nothing: that is a draft again.

    What nobody was ever shown is `NotFound`.
    """
    since = queries.gone_at(campaign_id)
    return gone(
        _("No longer announced"),
        happened=_(
            "A project was announced here. Its sponsor took it back on %(day)s, before it began."
            " Nobody could pledge to it.",
            day=day_text(since),
        ),
        todo=_(
            "If you asked to be told: we still write to you should it begin after all. Until then,"
            " look at what else is coming."
        ),
        links=[
            (url_for("campaigns.coming"), _("What is coming")),
            (url_for("campaigns.projects"), _("Projects")),
        ],
    )


def _row(found: queries.ComingRow) -> dict[str, Any]:
    return {
        "what": found.title,
        "what_href": showing.project_url(found.id),
        "promise": found.tagline,
        "sponsor": found.sponsor,
        "goal": found.goal,
        "begins": found.launch_at,
    }


def _coming(c: one.CampaignRow) -> dict[str, Any]:
    cover = media.pictures([c.cover_id]).get(c.cover_id) if c.cover_id else None
    record = one.record_of(c.sponsor_id)
    return {
        "c": c,
        "ref": public_id("cmp", c.id),
        "cover": cover,
        "sponsor": showing.sponsor_name(c.sponsor_id),
        "record": showing.record_words(record.launched, record.funded),
        "category": showing.category_words(c.category),
        "tag": showing.campaign_tag(c.state),
    }


def _own(ref: str) -> one.CampaignRow:
    c = own_campaign(ref)
    if c.launched_at is not None:
        raise NotFound(ref)
    return c


def _data(c: one.CampaignRow) -> dict[str, Any]:
    return {
        "when": "later" if c.launch_at else "approved",
        "announced": c.announced_at is not None or c.launch_at is None,
    }
