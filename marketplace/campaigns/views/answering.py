"""Answers and timeline of a campaign that everybody can see: kept by who makes it, dated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from uuid import UUID

from flask import Response, request, url_for

from marketplace.campaigns.changes import Piece, pieces
from marketplace.campaigns.forms.since import AnswerForm, StepsForm, steps_form
from marketplace.campaigns.queries import one, since
from marketplace.campaigns.queries.since import AnswerRow, StepRow
from marketplace.campaigns.rules import one_line
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.rules.since import Mark
from marketplace.campaigns.rules.versions import mark
from marketplace.campaigns.services import answering, timekeeping
from marketplace.campaigns.views import plans
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import edit, own_campaign
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done


@bp.route("/my/campaigns/<ref>/answers", methods=["GET", "POST"])
@requires("campaign.draft")
def answers(ref: str) -> Response:
    """Show the answers that stand on the page, and take in another."""
    c = _told(ref)
    form = AnswerForm(data=_asked(c.id, request.args.get("asked")))
    if form.ready() and form.succeeds(
        lambda: answering.add_answer(me(), c.id, form.entry, clock.now())
    ):
        return done(url_for("campaigns.answers", ref=ref), _("The answer stands on the page."))
    return edit("campaigns/answers.html", c, form, answers=since.answers(c.id))


@bp.route("/my/campaigns/<ref>/answers/<int:position>", methods=["GET", "POST"])
@requires("campaign.draft")
def answer(ref: str, position: int) -> Response:
    """Put an answer in other words."""
    c = _told(ref)
    now = since.answer(c.id, position)
    standing = mark([now.question, now.answer])
    form = AnswerForm(data={"question": now.question, "answer": now.answer, "seen": standing})
    if form.ready() and form.succeeds(
        lambda: answering.reword_answer(
            me(), c.id, position, form.entry, seen=form.seen.data or "", now=clock.now()
        )
    ):
        words = _("Saved. What it said before can still be read.")
        return done(url_for("campaigns.answers", ref=ref), words)
    differs = _difference(now, form) if form.seen.data != standing else []
    form.seen.data = standing
    return edit("campaigns/answer.html", c, form, position=position, differs=differs)


@bp.post("/my/campaigns/<ref>/answers/from/<comment>")
@requires("campaign.draft")
def answer_from(ref: str, comment: str) -> Response:
    """Put a question of the Questions tab among the answers, or go where it is put better first."""
    c, asked, form = _told(ref), parse_public_id("cmt", comment), AnswerForm()
    back = url_for("campaigns.talk", ref=ref, kind="questions")
    if form.ready() and form.succeeds(lambda: answering.take_over(me(), c.id, asked, clock.now())):
        return done(back, _("It stands among the questions and answers of the page."))
    reason = " ".join(words for _field, words in form.failures)
    if form.form_errors:
        return done(back, reason)
    words = _("Put it in other words first. %(reason)s", reason=reason)
    return done(url_for("campaigns.answers", ref=ref, asked=comment), words)


@bp.route("/my/campaigns/<ref>/steps", methods=["GET", "POST"])
@requires("campaign.draft")
def steps(ref: str) -> Response:
    """Say of the timeline's steps what is done and what comes in another month."""
    c = _told(ref)
    found = since.steps(c.id)
    form = _steps_form(found)
    if form.ready() and form.succeeds(
        lambda: timekeeping.mark_steps(
            me(),
            c.id,
            form.marks([step.position for step in found]),
            reason=form.reason.data or "",
            now=clock.now(),
        )
    ):
        return done(url_for("campaigns.steps", ref=ref), _("Saved. The page says it with the day."))
    rows = [(step, _moved(step)) for step in found]
    can_propose = c.state == "live" and c.sponsor_id == me().known()
    return edit("campaigns/steps.html", c, form, steps=rows, can_propose=can_propose)


def _told(ref: str) -> one.CampaignRow:
    c = own_campaign(ref, Right.TALK)
    if not c.is_public:
        raise NotFound(ref)
    return c


def _moved(step: StepRow) -> str | None:
    if step.promised_month is None or step.moved_at is None:
        return None
    return plans.moved_words(step.promised_month, step.moved_at.astimezone(UTC).date())


def _difference(now: AnswerRow, form: AnswerForm) -> list[Piece]:
    """Return how what was typed would change what somebody else has written meanwhile."""
    return pieces(f"{now.question} {now.answer}", " ".join(form.entry))


def _asked(campaign_id: UUID, comment: str | None) -> dict[str, str]:
    """Return a question that was asked, and its answer, as a form begins with them."""
    if not comment:
        return {}
    asked, given = since.asked(campaign_id, parse_public_id("cmt", comment))
    return {"question": one_line(asked.body), "answer": given.body if given else ""}


def _steps_form(found: Sequence[StepRow]) -> StepsForm:
    labels = {
        step.position: (
            _("Month of “%(title)s”", title=step.title),
            _("“%(title)s” is done", title=step.title),
        )
        for step in found
    }
    return steps_form(
        labels, {step.position: Mark(step.month, step.done_at is not None) for step in found}
    )
