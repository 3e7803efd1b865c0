"""Questions and comments about a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Response, url_for

from marketplace.campaigns.queries import audiences, one, since, team
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.views import public as pages
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.project_frame import around
from marketplace.community.forms import HIDE_LABELS, CommentForm, HideForm
from marketplace.community.queries import comments
from marketplace.community.queries.comments import CommentRow
from marketplace.community.rules import Kind
from marketplace.community.services import commenting
from marketplace.community.services.commenting import Subject
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.media import queries as media
from marketplace.web.cursors import cursor
from marketplace.web.guards import me, public, requires, signed_in
from marketplace.web.locale import _
from marketplace.web.page_cache import cached_for_visitors
from marketplace.web.rendering import done, page

_KINDS: Final = {"questions": Kind.QUESTION, "comments": Kind.COMMENT}
_TABS: Final = {kind: tab for tab, kind in _KINDS.items()}
_SAID_LENGTH: Final = 60


@bp.get("/projects/<ref>/<any(questions, comments):kind>")
@public
@cached_for_visitors
def talk(ref: str, kind: str) -> Response:
    """Show what was asked and said, latest first."""
    c = pages.shown(ref)
    return _tab(c, kind, CommentForm(formdata=None) if _may_speak(c, _KINDS[kind]) else None)


@bp.post("/projects/<ref>/<any(questions, comments):kind>")
@signed_in
def talk_post(ref: str, kind: str) -> Response:
    """Ask or say something."""
    c, form = pages.shown(ref), CommentForm()
    if form.ready() and form.succeeds(lambda: _say(c, _KINDS[kind], form)):
        words = _("Your question is here.") if kind == "questions" else _("Your comment is here.")
        return done(url_for("campaigns.talk", ref=ref, kind=kind), words)
    return _tab(c, kind, form)


@bp.route("/projects/<ref>/talk/<comment>", methods=["GET", "POST"])
@signed_in
def talk_thread(ref: str, comment: str) -> Response:
    """Show a comment with its replies, and take in another."""
    c, first = pages.shown(ref), parse_public_id("cmt", comment)
    form, thread = CommentForm(), _thread(c.id, first)
    kind = Kind(thread.first.kind)
    if form.ready() and form.succeeds(lambda: _say(c, kind, form, first)):
        return done(_back(ref, kind), _("Your reply is here."))
    return _show_thread(c, thread, form if _may_speak(c, kind, reply=True) else None)


@bp.route("/projects/<ref>/talk/<comment>/hide", methods=["GET", "POST"])
@requires("campaign.moderate")
def talk_hide(ref: str, comment: str) -> Response:
    """Take what somebody said off the page."""
    c, form = pages.shown(ref), HideForm()
    thread = _thread(c.id, parse_public_id("cmt", comment))
    said = {public_id("cmt", each.id): each for each in (thread.first, *thread.replies)}
    form.offer((key, _line(each)) for key, each in said.items() if not each.hidden_code)
    if form.ready() and form.succeeds(lambda: _hide(said, form)):
        return done(_back(ref, Kind(thread.first.kind)), _("It is off the page."))
    return _show_thread(c, thread, form, "campaigns/talk_hide.html")


def _tab(c: one.ShownCampaign, kind: str, form: CommentForm | None) -> Response:
    found, after = comments.threads("campaign", c.id, _KINDS[kind], after=cursor("cmt"))
    ref = public_id("cmp", c.id)
    taken = since.taken_over(c.id) if kind == "questions" and _makes_here(c) else None
    older = public_id("cmt", after) if after else None
    return page(
        "campaigns/talk.html",
        422 if form and form.errors else 200,
        form=form,
        found=[
            (_asked(thread, ref, taken), [shown(reply, ref) for reply in thread.replies])
            for thread in found
        ],
        older=url_for("campaigns.talk", ref=ref, kind=kind, after=older) if older else None,
        **around(c, kind, media.pictures(pages.cover_ids(c))),
    )


def _show_thread(
    c: one.PublicCampaign,
    thread: comments.Thread,
    form: CommentForm | HideForm | None,
    template: str = "campaigns/talk_thread.html",
) -> Response:
    return page(
        template,
        422 if form and form.errors else 200,
        c=c,
        ref=public_id("cmp", c.id),
        kind=_TABS[Kind(thread.first.kind)],
        first=shown(thread.first),
        replies=[shown(reply) for reply in thread.replies],
        form=form,
    )


def shown(said: CommentRow, ref: str = "") -> dict[str, Any]:
    """Return what somebody said as pages show it; with `ref`, the way to reply to it.

    What was hidden shows the reason alone.
    """
    code, own = said.hidden_code, public_id("cmt", said.id)
    is_open = bool(ref) and said.parent_id is None and not code and me().is_person
    return {
        "ref": own,
        "author": said.author,
        "at": said.posted_at,
        "body": said.body,
        "hidden": HIDE_LABELS.get(code, code) if code else None,
        "badge": _("Makes this project") if said.by_owner else None,
        "href": url_for("campaigns.talk_thread", ref=ref, comment=own) if is_open else None,
        "report": None if code else url_for("reporting.report", kind="comment", ref=own),
        "act": _("Answer") if said.kind == Kind.QUESTION and _owes(said) else _("Reply"),
    }


def _asked(thread: comments.Thread, ref: str, taken: set[UUID] | None) -> dict[str, Any]:
    """Return what opens a thread; who makes the project can put a question among its answers.

    `taken` are those that stand there; None for everybody else.
    """
    first = shown(thread.first, ref)
    if taken is None or first["hidden"] or thread.first.answered_at is None:
        return first
    where = url_for("campaigns.answer_from", ref=ref, comment=first["ref"])
    return {**first, "kept": thread.first.id in taken, "keep_at": where}


def _owes(said: CommentRow) -> bool:
    return said.answered_at is None


def _line(said: CommentRow) -> str:
    return f"{said.author}: {said.body[:_SAID_LENGTH]}"


def _hide(said: Mapping[str, CommentRow], form: HideForm) -> None:
    chosen = said.get(form.said.data or "")
    if chosen is None:
        raise Refusal("hide_words_missing", "said")
    commenting.hide(me(), chosen.id, code=form.code.data or "", now=clock.now())


def _say(
    c: one.PublicCampaign, kind: Kind, form: CommentForm, parent_id: UUID | None = None
) -> None:
    if not _may_speak(c, kind, reply=parent_id is not None):
        raise Refusal("comment_backers_only", "body")
    commenting.post(
        me(),
        Subject("campaign", c.id, by_owner=_makes(c)),
        kind,
        body=form.body.data or "",
        parent_id=parent_id,
        form_key=form.key,
        now=clock.now(),
    )


def _may_speak(c: one.PublicCampaign, kind: Kind, *, reply: bool = False) -> bool:
    """Whether the reader may speak: who makes it and who backs it, anywhere; others may ask."""
    if not me().is_person:
        return False
    if _makes(c):
        return reply or kind is Kind.COMMENT
    return kind is Kind.QUESTION or audiences.backs(c.id, me().known())


def _makes_here(c: one.PublicCampaign) -> bool:
    return me().is_person and _makes(c)


def _makes(c: one.PublicCampaign) -> bool:
    person_id = me().known()
    return c.sponsor_id == person_id or team.has_right(c.id, person_id, Right.TALK)


def _thread(campaign_id: UUID, comment_id: UUID) -> comments.Thread:
    """Return a thread of this campaign; one about anything else is `NotFound`."""
    found = comments.thread(comment_id)
    if (found.first.subject_type, found.first.subject_id) != ("campaign", campaign_id):
        raise NotFound(str(comment_id))
    return found


def _back(ref: str, kind: Kind) -> str:
    return url_for("campaigns.talk", ref=ref, kind=_TABS[kind])
