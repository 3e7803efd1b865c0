"""A backer looks at what came: accepts it, or says what is wrong; and objects to milestones."""

from __future__ import annotations

from flask import Response, url_for

from marketplace.campaigns.forms import ActForm
from marketplace.campaigns.forms.fulfilling import (
    OBJECTION_LABELS,
    MilestoneObjectionForm,
    ObjectForm,
)
from marketplace.campaigns.queries import fulfilments, parts, pledges
from marketplace.campaigns.queries.fulfilments import FulfilmentRow
from marketplace.campaigns.queries.pledges import PledgeRow
from marketplace.campaigns.services import inspecting, milestones
from marketplace.campaigns.views import delivery_words, showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.web.guards import me, signed_in
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/pledges/<ref>/inspect")
@signed_in
def pledge_inspect(ref: str) -> Response:
    """Show what was promised, where it is, and what can be said about it."""
    pledge, found = _own(ref)
    return _show(ref, pledge, found, ObjectForm())


@bp.post("/pledges/<ref>/accept")
@signed_in
def pledge_accept(ref: str) -> Response:
    """Say that it is there and as promised."""
    pledge, found = _own(ref)
    form = ActForm()
    if form.ready() and form.succeeds(lambda: inspecting.accept(me(), pledge.id, clock.now())):
        words = _("Thank you. What was held of your pledge goes to the sponsor.")
        return done(url_for("campaigns.pledge_page", ref=ref), words)
    return _show(ref, pledge, found, ObjectForm())


@bp.post("/pledges/<ref>/inspect")
@signed_in
def pledge_object(ref: str) -> Response:
    """Say what is wrong with it."""
    pledge, found = _own(ref)
    form = ObjectForm()
    if form.ready() and form.succeeds(
        lambda: inspecting.object_to(
            me(),
            pledge.id,
            code=form.code.data or "",
            words=form.words.data or "",
            form_key=form.key,
            now=clock.now(),
        )
    ):
        words = _("Two of us look at it. Until they have decided the money stays where it is.")
        return done(url_for("campaigns.pledge_page", ref=ref), words)
    return _show(ref, pledge, found, form)


@bp.route("/pledges/<ref>/milestones/<part>", methods=["GET", "POST"])
@signed_in
def pledge_milestone(ref: str, part: str) -> Response:
    """Show by what a milestone shows, and take an objection to it."""
    pledge, milestone = _milestone(ref, part)
    form = MilestoneObjectionForm()
    if form.ready() and form.succeeds(
        lambda: milestones.object_to(
            me(),
            pledge.id,
            milestone.id,
            words=form.words.data or "",
            form_key=form.key,
            now=clock.now(),
        )
    ):
        words = _("Two of us look at it. Until they have decided the money stays where it is.")
        return done(url_for("campaigns.pledge_page", ref=ref), words)
    return page(
        "campaigns/milestone_object.html",
        422 if form.errors else 200,
        ref=ref,
        part=part,
        pledge=pledge,
        milestone=milestone,
        form=form,
        can_object=milestone.objections_until is not None
        and milestone.state in {"claimed", "objected"}
        and clock.now() < milestone.objections_until,
        mine=[
            each for each in fulfilments.objections_of(pledge.id) if each.part_id == milestone.id
        ],
    )


@bp.post("/pledges/<ref>/milestones/<part>/withdraw")
@signed_in
def pledge_milestone_withdraw(ref: str, part: str) -> Response:
    """Take an objection to a milestone back."""
    pledge, milestone = _milestone(ref, part)
    form = ActForm()
    if form.ready():
        milestones.withdraw(me(), pledge.id, milestone.id, clock.now())
    return done(url_for("campaigns.pledge_page", ref=ref), _("Taken back."))


def _show(ref: str, pledge: PledgeRow, found: FulfilmentRow, form: ObjectForm) -> Response:
    now = clock.now()
    return page(
        "campaigns/inspect.html",
        422 if form.errors else 200,
        ref=ref,
        pledge=pledge,
        found=found,
        form=form,
        tag=delivery_words.state_tag(found.state),
        can_object=delivery_words.can_object(found, now),
        objections=fulfilments.objections_of(pledge.id),
        codes=OBJECTION_LABELS,
        month=showing.month,
    )


def _own(ref: str) -> tuple[PledgeRow, FulfilmentRow]:
    pledge = pledges.own_pledge(parse_public_id("pl", ref), me().known())
    found = fulfilments.of_pledge(pledge.id)
    if found is None:
        raise NotFound(ref)
    return pledge, found


def _milestone(ref: str, part: str) -> tuple[PledgeRow, parts.PlanPart]:
    pledge = pledges.own_pledge(parse_public_id("pl", ref), me().known())
    return pledge, parts.milestone(parse_public_id("part", part), pledge.campaign_id)
