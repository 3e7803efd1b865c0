"""Who works on a campaign: the sponsor's page of the team, an invitation, and a member's desk."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Response, url_for

from marketplace.campaigns.forms import ActForm
from marketplace.campaigns.forms.drafting import PART_LABELS
from marketplace.campaigns.forms.teams import RIGHT_LABELS, InviteForm, RightsForm
from marketplace.campaigns.queries import one, team
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services import teams
from marketplace.campaigns.views import showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_campaign
from marketplace.identity import queries as people
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.guards import me, requires, signed_in
from marketplace.web.locale import _, _l
from marketplace.web.rendering import done, page

# What a member finds on the desk: by right, whether it is for drafts only, and its words.
_PLACES: Final = (
    (Right.STORY, "campaigns.basics", True, PART_LABELS["basics"]),
    (Right.STORY, "campaigns.story", True, PART_LABELS["story"]),
    (Right.STORY, "campaigns.pictures", True, PART_LABELS["pictures"]),
    (Right.STORY, "campaigns.film", True, PART_LABELS["film"]),
    (Right.STORY, "campaigns.budget", True, PART_LABELS["budget"]),
    (Right.STORY, "campaigns.timeline", True, PART_LABELS["timeline"]),
    (Right.STORY, "campaigns.risks", True, PART_LABELS["risks"]),
    (Right.STORY, "campaigns.faq", True, PART_LABELS["faq"]),
    (Right.STORY, "campaigns.versions", True, _l("Versions")),
    (Right.STORY, "campaigns.stretch", None, _l("Stretch goals")),
    (Right.REWARDS, "campaigns.rewards", None, PART_LABELS["rewards"]),
    (Right.REWARDS, "campaigns.files", None, _l("Films, music and files")),
    (Right.TALK, "campaigns.update_new", False, _l("Post an update")),
    (Right.TALK, "campaigns.answers", False, PART_LABELS["faq"]),
    (Right.TALK, "campaigns.steps", False, PART_LABELS["timeline"]),
    (Right.FULFIL, "campaigns.fulfilment", False, _l("Send what you promised")),
    (Right.FULFIL, "campaigns.survey", False, _l("Ask backers what you have to know")),
    (Right.SEE_MONEY, "campaigns.release_parts", False, _l("Parts and payouts")),
    (Right.SEE_BACKERS, "campaigns.segmented_backers", False, _l("Backers")),
    (Right.SEE_BACKERS, "campaigns.campaign_sources", False, _l("Where visitors come from")),
)


@bp.route("/my/campaigns/<ref>/team", methods=["GET", "POST"])
@requires("campaign.draft")
def campaign_team(ref: str) -> Response:
    """Show who works on the campaign, and ask somebody else."""
    c, form = own_campaign(ref), InviteForm()
    if form.ready() and form.succeeds(
        lambda: teams.invite(
            me(),
            c.id,
            email=form.email.data or "",
            rights=form.rights.data or [],
            now=clock.now(),
        )
    ):
        return _back(ref, _("Invited. The letter is on its way."))
    return edit(
        "campaigns/team.html",
        c,
        form,
        members=team.members(c.id),
        invitations=team.invitations(c.id, clock.now()),
        labels=RIGHT_LABELS,
    )


@bp.route("/my/campaigns/<ref>/team/<person>", methods=["GET", "POST"])
@requires("campaign.draft")
def team_member(ref: str, person: str) -> Response:
    """Show what a member may do, and change it."""
    c, member_id = own_campaign(ref), parse_public_id("per", person)
    found = next((row for row in team.members(c.id) if row.person_id == member_id), None)
    if found is None:
        raise NotFound(person)
    form = RightsForm(data={"rights": found.rights})
    if form.ready() and form.succeeds(
        lambda: teams.change_rights(
            me(), c.id, member_id, rights=form.rights.data or [], now=clock.now()
        )
    ):
        return _back(ref, _("Saved. It holds from now on."))
    return edit("campaigns/team_member.html", c, form, member=found)


@bp.post("/my/campaigns/<ref>/team/<person>/remove")
@requires("campaign.draft")
def member_remove(ref: str, person: str) -> Response:
    """Take somebody off the team."""
    c, form = own_campaign(ref), ActForm()
    if form.ready():
        teams.remove(me(), c.id, parse_public_id("per", person), clock.now())
    return _back(ref, _("Removed. Nothing of the campaign is open to them any more."))


@bp.post("/my/campaigns/<ref>/team/invitations/<invitation>/withdraw")
@requires("campaign.draft")
def invitation_withdraw(ref: str, invitation: str) -> Response:
    """Take an invitation back."""
    own_campaign(ref)
    if ActForm().ready():
        teams.withdraw_invitation(me(), parse_public_id("inv", invitation), clock.now())
    return _back(ref, _("Taken back."))


@bp.route("/team/<invitation>", methods=["GET", "POST"])
@signed_in
def invitation(invitation: str) -> Response:
    """Show what one is asked to do, and take it up."""
    found, form = team.invitation(parse_public_id("inv", invitation)), ActForm()
    if form.ready():
        joined = form.attempt(lambda: teams.accept(me(), found.id, clock.now()))
        if joined is not None:
            here = url_for("campaigns.desk", ref=public_id("cmp", joined))
            return done(here, _("Welcome to the team."))
    reader = people.person(me().known())
    return page(
        "campaigns/invitation.html",
        422 if form.form_errors else 200,
        invitation=found,
        ref=invitation,
        labels=RIGHT_LABELS,
        form=form,
        is_open=found.is_open(clock.now()),
        is_mine=reader is not None and reader.email.casefold() == found.email.casefold(),
    )


@bp.post("/my/campaigns/<ref>/leave")
@signed_in
def team_leave(ref: str) -> Response:
    """Leave a campaign's team."""
    campaign_id = parse_public_id("cmp", ref)
    if ActForm().ready():
        teams.remove(me(), campaign_id, me().known(), clock.now())
    return done(url_for("campaigns.my_campaigns"), _("You have left the team."))


def desk_of_member(c: one.CampaignRow, ref: str) -> Response:
    """Answer with what somebody on the team may do; to everybody else there is nothing here."""
    rights = team.rights_of(c.id, me().known())
    if not rights:
        raise NotFound(ref)
    is_draft = c.launched_at is None
    places = [
        {"label": label, "href": url_for(view, ref=ref)}
        for right, view, for_drafts, label in _PLACES
        if right in rights and for_drafts in {None, is_draft}
    ]
    return page(
        "campaigns/team_desk.html",
        c=c,
        ref=ref,
        places=places,
        tag=showing.campaign_tag(c.state, later=c.is_later),
        sponsor=showing.sponsor_name(c.sponsor_id),
        words=showing.bar_words(c, clock.now()) if c.launched_at else "",
        sees_money=Right.SEE_MONEY in rights,
        form=ActForm(formdata=None),
    )


def works_on(person_id: UUID) -> list[dict[str, Any]]:
    """Return the campaigns of others a person works on, as rows of a table."""
    return [
        {
            "what": row.title,
            "what_href": url_for("campaigns.desk", ref=public_id("cmp", row.campaign_id)),
            "sponsor": row.sponsor,
            "state": showing.campaign_tag(row.state),
        }
        for row in team.works_on(person_id)
    ]


def _back(ref: str, message: str) -> Response:
    return done(url_for("campaigns.campaign_team", ref=ref), message)
