"""Asking backers and answering: the sponsor's questions, and the backer's page of them."""

from __future__ import annotations

from flask import Response, url_for

from marketplace.campaigns.forms import ActForm
from marketplace.campaigns.forms.surveys import QuestionForm, answers_form, said
from marketplace.campaigns.queries import addresses, fulfilments, one, pledges, rewards, surveys
from marketplace.campaigns.rules.addressing import standing_refusals
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.rules.surveys import answer_field
from marketplace.campaigns.services import surveying
from marketplace.campaigns.states import DECIDED_FOR
from marketplace.campaigns.views import showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import own_campaign
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.forms import Form
from marketplace.web.guards import me, requires, signed_in
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.route("/my/campaigns/<ref>/survey", methods=["GET", "POST"])
@requires("campaign.draft")
def survey(ref: str) -> Response:
    """Show what backers are asked and how many have answered, and take another question."""
    c, form = own_campaign(ref, Right.FULFIL), QuestionForm()
    if form.ready() and form.succeeds(
        lambda: surveying.add_question(
            me(),
            c.id,
            title=form.title.data or "",
            choices=(form.choices.data or "").splitlines(),
            is_required=bool(form.required.data),
            reward_id=parse_public_id("rwd", form.reward.data) if form.reward.data else None,
            form_key=form.key,
            now=clock.now(),
        )
    ):
        return done(url_for("campaigns.survey", ref=ref), _("Written. Backers are not asked yet."))
    return _show(c, ref, form)


@bp.post("/my/campaigns/<ref>/survey/ask")
@requires("campaign.draft")
def survey_ask(ref: str) -> Response:
    """Ask what is written."""
    c, form = own_campaign(ref, Right.FULFIL), ActForm()
    if form.ready() and form.succeeds(lambda: surveying.ask(me(), c.id, clock.now())):
        words = _("Asked. Everybody whom it concerns gets a letter.")
        return done(url_for("campaigns.survey", ref=ref), words)
    return _show(c, ref, form)


@bp.post("/my/campaigns/<ref>/survey/<question>/remove")
@requires("campaign.draft")
def survey_remove(ref: str, question: str) -> Response:
    """Strike a question out."""
    c, form, key = own_campaign(ref, Right.FULFIL), ActForm(), parse_public_id("qst", question)
    if form.ready() and form.succeeds(lambda: surveying.remove_question(me(), c.id, key)):
        return done(url_for("campaigns.survey", ref=ref), _("Taken out."))
    return _show(c, ref, form)


@bp.route("/pledges/<ref>/survey", methods=["GET", "POST"])
@signed_in
def pledge_survey(ref: str) -> Response:
    """Ask the backer what the sponsor wants to know."""
    pledge = pledges.own_pledge(parse_public_id("pl", ref), me().known())
    found, asked = fulfilments.of_pledge(pledge.id), surveys.asked_of(pledge.id)
    if found is None or not asked:
        raise NotFound(ref)
    form = answers_form(asked)
    if form.ready() and form.succeeds(
        lambda: surveying.answer(me(), pledge.id, said(form, asked), clock.now())
    ):
        return done(url_for("campaigns.pledge_page", ref=ref), _("Your answers are saved."))
    lock_on = addresses.lock_on(pledge.campaign_id)
    return page(
        "campaigns/pledge_survey.html",
        422 if form.errors else 200,
        ref=ref,
        pledge=pledge,
        form=form,
        asked=[(question, form[answer_field(question.id.hex)]) for question in asked],
        lock_on=lock_on,
        is_open=not standing_refusals(found.state, lock_on, clock.today()),
        sponsor=showing.sponsor_name(pledge.sponsor_id),
    )


def _show(c: one.CampaignRow, ref: str, form: Form) -> Response:
    question = form if isinstance(form, QuestionForm) else QuestionForm(formdata=None)
    question.offer(
        [(public_id("rwd", r.id), r.title) for r in rewards.of_campaign(c.id) if not r.is_addon]
    )
    written = surveys.questions(c.id)
    return page(
        "campaigns/survey.html",
        422 if form.errors else 200,
        c=c,
        ref=ref,
        form=question,
        trouble=form,
        asked=[each for each in written if each.asked_at],
        waiting=[each for each in written if not each.asked_at],
        can_ask=c.state in DECIDED_FOR,
    )
