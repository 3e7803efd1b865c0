"""A backer is asked whether the pledge stands, now that the project has changed."""

from __future__ import annotations

from flask import Response, request, url_for

from marketplace.campaigns.forms import ActForm
from marketplace.campaigns.queries import changes, pledges
from marketplace.campaigns.queries.changes import AskedRow, ChangeRow
from marketplace.campaigns.services import reconfirming
from marketplace.campaigns.views import change_words
from marketplace.campaigns.views.blueprint import bp
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.web.guards import me, signed_in
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/pledges/<ref>/changed")
@signed_in
def pledge_changed(ref: str) -> Response:
    """Show what has changed, and ask whether the pledge stands."""
    return _show(ref, ActForm(formdata=None))


@bp.post("/pledges/<ref>/changed")
@signed_in
def pledge_answered(ref: str) -> Response:
    """Take the answer."""
    found, form = _own(ref), ActForm()
    stays = request.form.get("answer") == "keep"
    if request.form.get("answer") not in {"keep", "leave"}:
        raise NotFound(ref)
    if form.ready() and form.succeeds(
        lambda: reconfirming.answer(me(), found.id, stays=stays, now=clock.now())
    ):
        return done(url_for("campaigns.pledge_page", ref=ref), _said(found, stays=stays))
    return _show(ref, form)


def _show(ref: str, form: ActForm) -> Response:
    found = _own(ref)
    question, change = _asked(found)
    return page(
        "campaigns/pledge_changed.html",
        422 if form.form_errors else 200,
        pledge=found,
        ref=ref,
        project=public_id("cmp", found.campaign_id),
        question=question,
        change=change,
        changed=change_words.parts(change),
        is_open=question.is_open(clock.now()) and found.state in {"held", "promised"},
        form=form,
    )


def _own(ref: str) -> pledges.PledgeRow:
    return pledges.own_pledge(parse_public_id("pl", ref), me().known())


def _asked(found: pledges.PledgeRow) -> tuple[AskedRow, ChangeRow]:
    question = changes.asked(found.id)
    change = changes.change(question.change_id) if question else None
    if question is None or change is None:
        raise NotFound(str(found.id))
    return question, change


def _said(found: pledges.PledgeRow, *, stays: bool) -> str:
    if stays:
        return _("Thank you: your pledge stands.")
    if found.state == "promised":
        return _("Your pledge ends. Your card is not charged.")
    return _("Your pledge ends, and all of it goes back to you.")
