"""Feeds to follow without an account, and dates for calendars."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Response, url_for

from marketplace.campaigns.queries import feeds, updates
from marketplace.campaigns.views import public as pages
from marketplace.campaigns.views.blueprint import bp
from marketplace.infra import crypto
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.web.calendar import Date, calendar, calendar_answer
from marketplace.web.feeds import Entry, Feed, feed_answer
from marketplace.web.guards import me, public
from marketplace.web.locale import _

_PURPOSE: Final = "dates"
_YEARS_SECONDS: Final = 2 * 366 * 24 * 3600
_ENTRIES_MAX: Final = 50


@bp.get("/projects/<ref>/updates.atom")
@public
def updates_feed(ref: str) -> Response:
    """Tell what a campaign's sponsor told everybody."""
    c = pages.shown(ref)
    page, author = _whole(url_for("campaigns.project", ref=ref)), c.sponsor or _("Unknown")
    entries = [
        Entry(
            id=f"urn:uuid:{update.id}",
            title=update.title,
            at=update.publish_at,
            author=author,
            href=_whole(
                url_for("campaigns.project_tab", ref=ref, tab="updates")
                + f"#{public_id('upd', update.id)}"
            ),
            content=update.body_html,
            language=c.language,
        )
        for update in updates.told(c.id, clock.now(), limit=_ENTRIES_MAX)
    ]
    here = _whole(url_for("campaigns.updates_feed", ref=ref))
    since = c.launched_at or c.created_at
    return feed_answer(Feed(f"urn:uuid:{c.id}", c.title, here, page, since, entries))


@bp.get("/projects.atom")
@public
def projects_feed() -> Response:
    """Tell which campaigns went live."""
    found = feeds.launches(_ENTRIES_MAX)
    entries = [
        Entry(
            id=f"urn:uuid:{launch.id}",
            title=launch.title,
            at=launch.launched_at,
            author=launch.sponsor,
            href=_whole(url_for("campaigns.project", ref=public_id("cmp", launch.id))),
            content=launch.tagline,
            language=launch.language,
        )
        for launch in found
    ]
    here, page = (_whole(url_for(f"campaigns.{name}")) for name in ("projects_feed", "projects"))
    title = _("New projects on %(site)s", site=current_settings().site_name)
    return feed_answer(Feed(here, title, here, page, clock.now(), entries))


@bp.get("/projects/<ref>/dates.ics")
@public
def dates(ref: str) -> Response:
    """Give the dates of one campaign to a calendar."""
    c = pages.shown(ref)
    found = [feeds.Dates(c.id, c.title, c.deadline, c.collect_until)] if c.deadline else []
    text = calendar(c.title, _dates(found), clock.now())
    return calendar_answer(text, public_id("cmp", c.id))


@bp.get("/my/dates/<token>.ics")
@public
def my_dates(token: str) -> Response:
    """Give a person's dates to a calendar that cannot sign in; the address is the secret."""
    said = crypto.unsign(_PURPOSE, token, max_age_seconds=_YEARS_SECONDS)
    if said is None:
        raise NotFound(token)
    text = calendar(_("My projects"), _dates(feeds.own_dates(UUID(said))), clock.now())
    response = calendar_answer(text, "kindling")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def dates_href() -> str:
    """Return the address under which the reader's own calendar finds their dates."""
    token = crypto.sign(_PURPOSE, str(me().known()))
    return _whole(url_for("campaigns.my_dates", token=token))


def _dates(found: list[feeds.Dates]) -> list[Date]:
    made = []
    for each in found:
        ref = public_id("cmp", each.id)
        url = _whole(url_for("campaigns.project", ref=ref))
        title = _("Last moment to pledge: %(title)s", title=each.title)
        made.append(Date(f"{ref}-deadline", each.deadline, title, url))
        if each.collect_until:
            title = _("Last moment to mend a card: %(title)s", title=each.title)
            made.append(Date(f"{ref}-collect", each.collect_until, title, url))
    return made


def _whole(path: str) -> str:
    return current_settings().site_url + path
