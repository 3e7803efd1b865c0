"""Anybody may report what is wrong, with or without an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, url_for

from marketplace.campaigns.queries import one, updates
from marketplace.community.queries import comments
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.moderation.forms import ReportForm
from marketplace.moderation.rules import TITLE_MAX
from marketplace.moderation.services import reporting
from marketplace.moderation.services.reporting import Subject
from marketplace.web.guards import me, public
from marketplace.web.limits import limiter
from marketplace.web.locale import _
from marketplace.web.rendering import done, page

bp = Blueprint("reporting", __name__, url_prefix="/report")

REPORTS: Final = "20 per hour"


def _project(ref: str) -> tuple[Subject, str]:
    found = one.campaign(parse_public_id("cmp", ref))
    if not found.is_public:
        raise NotFound(ref)
    subject = Subject("campaign", found.id, found.sponsor_id, found.title)
    return subject, url_for("campaigns.project", ref=ref)


def _update(ref: str) -> tuple[Subject, str]:
    found = updates.update(parse_public_id("upd", ref))
    place = url_for("campaigns.project_tab", ref=public_id("cmp", found.campaign_id), tab="updates")
    return Subject("update", found.id, found.author_id, found.title), place


def _comment(ref: str) -> tuple[Subject, str]:
    found = comments.comment(parse_public_id("cmt", ref))
    project = public_id("cmp", found.subject_id)
    place = url_for("campaigns.talk", ref=project, kind=f"{found.kind}s")
    return Subject("comment", found.id, found.author_id, found.body[:TITLE_MAX]), place


# What can be reported: how it is found, and where it stands.
REPORTABLE: Final[dict[str, Callable[[str], tuple[Subject, str]]]] = {
    "project": _project,
    "update": _update,
    "comment": _comment,
}


@bp.get("/<kind>/<ref>")
@public
def report(kind: str, ref: str) -> Response:
    """Ask what is wrong."""
    subject, place = _subject(kind, ref)
    return _show(subject, place, ReportForm())


@bp.post("/<kind>/<ref>")
@public
@limiter.limit(REPORTS)
def reported(kind: str, ref: str) -> Response:
    """Put a report before the moderators."""
    (subject, place), form = _subject(kind, ref), ReportForm()
    if form.ready() and form.succeeds(
        lambda: reporting.report(
            me().person_id,
            subject,
            code=form.code.data or "",
            words=form.words.data or "",
            form_key=form.key,
            now=clock.now(),
        )
    ):
        return done(place, _("Thank you. A moderator looks at it."))
    return _show(subject, place, form)


def _show(subject: Subject, place: str, form: ReportForm) -> Response:
    return page(
        "pages/report.html", 422 if form.failures else 200, subject=subject, place=place, form=form
    )


def _subject(kind: str, ref: str) -> tuple[Subject, str]:
    if kind not in REPORTABLE:
        raise NotFound(kind)
    return REPORTABLE[kind](ref)
