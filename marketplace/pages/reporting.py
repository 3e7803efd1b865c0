"""Anybody may report what is wrong, with or without an account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

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
from marketplace.web.rendering import day_text, done, gone, page

bp = Blueprint("reporting", __name__, url_prefix="/report")

REPORTS: Final = "20 per hour"


class Reportable(NamedTuple):
    """What can be reported, where it stands, and since when it does so no more."""

    subject: Subject
    place: str
    hidden_at: datetime | None = None


def _project(ref: str) -> Reportable:
    found = one.campaign(parse_public_id("cmp", ref))
    if not found.is_public:
        raise NotFound(ref)
    subject = Subject("campaign", found.id, found.sponsor_id, found.title)
    return Reportable(subject, url_for("campaigns.project", ref=ref))


def _update(ref: str) -> Reportable:
    found = updates.update(parse_public_id("upd", ref))
    place = url_for("campaigns.project_tab", ref=public_id("cmp", found.campaign_id), tab="updates")
    subject = Subject("update", found.id, found.author_id, found.title)
    return Reportable(subject, place, found.hidden_at)


def _comment(ref: str) -> Reportable:
    found = comments.comment(parse_public_id("cmt", ref))
    project = public_id("cmp", found.subject_id)
    place = url_for("campaigns.talk", ref=project, kind=f"{found.kind}s")
    subject = Subject("comment", found.id, found.author_id, found.body[:TITLE_MAX])
    return Reportable(subject, place, found.hidden_at)


# What can be reported: how it is found, and where it stands.
REPORTABLE: Final[dict[str, Callable[[str], Reportable]]] = {
    "project": _project,
    "update": _update,
    "comment": _comment,
}


@bp.get("/<kind>/<ref>")
@public
def report(kind: str, ref: str) -> Response:
    """Ask what is wrong."""
    found = _found(kind, ref)
    return _show(found, ReportForm()) if found.hidden_at is None else _gone(found)


@bp.post("/<kind>/<ref>")
@public
@limiter.limit(REPORTS)
def reported(kind: str, ref: str) -> Response:
    """Put a report before the moderators."""
    found, form = _found(kind, ref), ReportForm()
    if found.hidden_at is not None:
        return _gone(found)
    if form.ready() and form.succeeds(
        lambda: reporting.report(
            me().person_id,
            found.subject,
            code=form.code.data or "",
            words=form.words.data or "",
            form_key=form.key,
            now=clock.now(),
        )
    ):
        return done(found.place, _("Thank you. A moderator looks at it."))
    return _show(found, form)


def _show(found: Reportable, form: ReportForm) -> Response:
    return page(
        "pages/report.html",
        422 if form.failures else 200,
        subject=found.subject,
        place=found.place,
        form=form,
    )


def _gone(found: Reportable) -> Response:
    """Say that a moderator has taken it off already, and not what it said."""
    return gone(
        _("Taken off the page"),
        happened=_(
            "What you want to report was taken off on %(day)s by one of our moderators.",
            day=day_text(found.hidden_at or clock.now()),
        ),
        todo=_("You need do nothing. What our moderators decide, and why, stands in a public log."),
        links=[
            (url_for("moderation_log.log"), _("What our moderators decided")),
            (found.place, _("Back to the project")),
        ],
    )


def _found(kind: str, ref: str) -> Reportable:
    if kind not in REPORTABLE:
        raise NotFound(kind)
    return REPORTABLE[kind](ref)
