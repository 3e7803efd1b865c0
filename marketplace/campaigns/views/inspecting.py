"""A backer looks at what came: accepts it, or says what is wrong; and objects to milestones."""

from __future__ import annotations

from flask import Response, url_for
from flask_wtf.file import FileField

from marketplace.campaigns.forms import ActForm
from marketplace.campaigns.forms.fulfilling import (
    OBJECTION_LABELS,
    MilestoneObjectionForm,
    ObjectForm,
)
from marketplace.campaigns.queries import fulfilments, parts, pledges, trouble
from marketplace.campaigns.queries.fulfilments import FulfilmentRow
from marketplace.campaigns.queries.pledges import PledgeRow
from marketplace.campaigns.rules.parts import PICTURES_MAX
from marketplace.campaigns.services import inspecting, milestones, picturing_trouble
from marketplace.campaigns.views import delivery_words, showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import parse_public_id
from marketplace.media.encoding import BYTES_MAX
from marketplace.web.attachments import shown_picture
from marketplace.web.guards import me, signed_in
from marketplace.web.incoming import takes_files_of
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
        words = (
            _("Thank you. What was held of your pledge goes to the sponsor.")
            if found.held_minor
            else _("Thank you. The sponsor sees that it arrived.")
        )
        return done(url_for("campaigns.pledge_page", ref=ref), words)
    return _show(ref, pledge, found, ObjectForm())


@bp.post("/pledges/<ref>/inspect")
@signed_in
@takes_files_of(PICTURES_MAX * BYTES_MAX)
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
            pictures=[_picture(each) for each in form.sent],
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
    now, objections = clock.now(), fulfilments.objections_of(pledge.id)
    return page(
        "campaigns/inspect.html",
        422 if form.errors else 200,
        ref=ref,
        pledge=pledge,
        found=found,
        form=form,
        tag=delivery_words.state_tag(found.state),
        can_object=delivery_words.can_object(found, now),
        objections=objections,
        pictures=trouble.pictures([each.id for each in objections]),
        codes=OBJECTION_LABELS,
        month=showing.month,
    )


def _picture(field: FileField) -> str:
    """Look at a picture and keep it; what is wrong with it is said beside its field."""
    try:
        return picturing_trouble.prepare(field.data.read(BYTES_MAX + 1))
    except Refusal as refusal:
        raise Refusal(refusal.code, field.name, **refusal.facts) from None


@bp.get("/pledges/<ref>/objections/<objection>/<int:number>.jpg")
@signed_in
def pledge_objection_picture(ref: str, objection: str, number: int) -> Response:
    """Show a backer a picture of their own objection."""
    pledge, _found = _own(ref)
    key = parse_public_id("obj", objection)
    if key not in {each.id for each in fulfilments.objections_of(pledge.id)}:
        raise NotFound(objection)
    return shown_picture(trouble.picture(key, number), "image/jpeg")


def _own(ref: str) -> tuple[PledgeRow, FulfilmentRow]:
    pledge = pledges.own_pledge(parse_public_id("pl", ref), me().known())
    found = fulfilments.of_pledge(pledge.id)
    if found is None:
        raise NotFound(ref)
    return pledge, found


def _milestone(ref: str, part: str) -> tuple[PledgeRow, parts.PlanPart]:
    pledge = pledges.own_pledge(parse_public_id("pl", ref), me().known())
    return pledge, parts.milestone(parse_public_id("part", part), pledge.campaign_id)
