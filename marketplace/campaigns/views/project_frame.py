"""What every page of a campaign shows around its own content: its head, its tabs, how it stands.

Facts of the database are handed to the pieces as they are; addresses and words are made where a
piece is not remembered.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from flask import request, url_for

from marketplace.campaigns.queries import one, suspensions
from marketplace.campaigns.queries.one import CampaignRow
from marketplace.campaigns.rules.sources import tag_of
from marketplace.campaigns.views import funding_words, showing
from marketplace.campaigns.views.funding_words import Promise
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.web.locale import _, _l
from marketplace.web.pieces import Later
from marketplace.web.rendering import time_left

_TABS: Final = {
    "": _l("Story"),
    "rewards": _l("Rewards"),
    "updates": _l("Updates"),
    "money": _l("Money"),
    "backers": _l("Backers"),
    "questions": _l("Questions"),
    "comments": _l("Comments"),
}


class Maker(NamedTuple):
    """Who makes a campaign: the sponsor, what became of the earlier ones, and the team's names."""

    name: str
    launched: int
    funded: int
    team: str = ""


class Head(NamedTuple):
    """What names a campaign at the top of its pages; `left` is how long, in words, pledges come."""

    site_url: str
    id: UUID
    state: str
    is_later: bool
    is_open: bool
    is_suspended: bool
    preview: bool
    language: str
    title: str
    tagline: str
    category: str
    sponsor_id: UUID
    made_by: Maker
    terms_at: datetime | None
    raised: Money
    goal: Money
    percent: int
    left: str


class Standing(NamedTuple):
    """How a campaign, named by its `head`, stands and what can be done.

    `seen` is whether a visit is counted, `via` where the visitor comes from; each of the `notes` is
    a line.
    """

    head: Head
    is_stopped: bool
    seen: bool
    via: str
    collected: Money
    late: Money
    backers: int
    deadline: datetime | None
    collect_until: datetime | None
    late_until: datetime | None
    model: str
    promise: Promise
    notes: str


class Tabs(NamedTuple):
    """The pages of a campaign, with how much there is on each."""

    id: UUID
    tab: str
    tail: str
    rewards: int
    updates: int
    backers: int
    questions: int
    comments: int


def around(c: one.ShownCampaign, tab: str, pictures: dict[UUID, Any]) -> dict[str, Any]:
    """Return what every page of a public campaign shows around its own content."""
    via, talk = tail(), (c.questions, c.comments)
    record = c.sponsor_launched, c.sponsor_funded
    made_by = Maker(c.sponsor or _("Unknown"), *record, ", ".join(c.team))
    return {
        "tab": tab,
        "tab_name": _TABS[tab] if tab else "",
        "tabs": Later(Tabs(c.id, tab, via, c.rewards, c.updates, c.backers, *talk), _tabs),
        "tail": via,
        "cover": pictures.get(c.cover_id) if c.cover_id else None,
        "following": c.follows,
        "ways": Later(c.id, _ways),
        **framed(c, made_by, stopped=_was_stopped(c), seen=not tab),
    }


def framed(
    c: CampaignRow,
    made_by: Maker,
    *,
    stopped: bool = False,
    seen: bool = False,
    preview: bool = False,
) -> dict[str, Any]:
    """Return a campaign's head and standing, and what its pages' own content asks of them."""
    now = clock.now()
    head = _named(c, made_by, now, preview=preview)
    return {
        "c": c,
        "ref": public_id("cmp", c.id),
        "sponsor": made_by.name,
        "is_open": head.is_open,
        "stopped": stopped,
        "preview": preview,
        "head": Later(head, _head),
        "standing": Later(_standing(c, head, now, stopped=stopped, seen=seen), _stands),
    }


def _named(c: CampaignRow, made_by: Maker, now: datetime, *, preview: bool) -> Head:
    return Head(
        site_url=current_settings().site_url,
        id=c.id,
        state=c.state,
        is_later=c.is_later,
        is_open=not preview and c.is_open(now),
        is_suspended=c.suspended_at is not None,
        preview=preview,
        language=c.language,
        title=c.title,
        tagline=c.tagline,
        category=c.category,
        sponsor_id=c.sponsor_id,
        made_by=made_by,
        terms_at=c.terms_at,
        raised=c.raised,
        goal=c.goal,
        percent=c.percent,
        left=time_left(c.deadline) if c.deadline and c.takes_pledges(now) else "",
    )


def _standing(c: CampaignRow, head: Head, now: datetime, *, stopped: bool, seen: bool) -> Standing:
    is_late = head.is_open and c.takes_late(now)
    return Standing(
        head=head,
        is_stopped=stopped,
        seen=seen,
        via="" if head.preview else _via(),
        collected=c.collected,
        late=c.money(c.late_minor),
        backers=c.backers,
        deadline=c.deadline,
        collect_until=c.collect_until,
        late_until=c.late_until if is_late else None,
        model=c.model,
        promise=funding_words.promise(c),
        notes="\n".join(funding_words.notes(c)),
    )


def _head(head: Head) -> dict[str, Any]:
    ref, tag = public_id("cmp", head.id), showing.campaign_tag(head.state, later=head.is_later)
    category = showing.category_words(head.category)
    listed = url_for("campaigns.projects", category=head.category)
    return {
        **head._asdict(),
        "tag": tag,
        "category": category,
        "words": showing.raised_words(head.raised, head.goal, head.left),
        "address": head.site_url + url_for("campaigns.project", ref=ref),
        "card": f"{head.site_url}{url_for('discovery.card', ref=ref)}?at={head.percent}",
        "record": showing.record_words(head.made_by.launched, head.made_by.funded),
        "record_at": url_for("campaigns.person_record", ref=public_id("per", head.sponsor_id)),
        "changes": url_for("campaigns.project_changes", ref=ref),
        "trail": [
            {"label": _("Projects"), "href": url_for("campaigns.projects")},
            {"label": category, "href": listed},
            {"label": head.title},
        ],
    }


def _stands(standing: Standing) -> dict[str, Any]:
    head = standing.head
    ref = public_id("cmp", head.id)
    return {
        **head._asdict(),
        **standing._asdict(),
        "left": head.left if head.is_open else "",
        "percent": f"{head.percent}\u00a0%",
        "rule": funding_words.NAMES[standing.model],
        "over": funding_words.OVER[standing.model],
        "promise": funding_words.promised(standing.promise),
        "notes": standing.notes.splitlines(),
        "pledge": url_for("campaigns.pledge", ref=ref),
        "seen": url_for("campaigns.seen", ref=ref) if standing.seen else "",
        "address": "" if head.preview else url_for("campaigns.project", ref=ref),
    }


def _ways(campaign_id: UUID) -> dict[str, str]:
    ref = public_id("cmp", campaign_id)
    return {
        "feed": url_for("campaigns.updates_feed", ref=ref),
        "dates": url_for("campaigns.dates", ref=ref),
        "report": url_for("reporting.report", kind="project", ref=ref),
    }


def _tabs(shown: Tabs) -> list[dict[str, Any]]:
    counts, ref = shown._asdict(), public_id("cmp", shown.id)
    return [
        {
            "label": label,
            "href": _tab_url(ref, tab) + shown.tail,
            "current": tab == shown.tab,
            "count": counts.get(tab),
        }
        for tab, label in _TABS.items()
    ]


def _tab_url(ref: str, tab: str) -> str:
    if not tab:
        return url_for("campaigns.project", ref=ref)
    if tab in {"questions", "comments"}:
        return url_for("campaigns.talk", ref=ref, kind=tab)
    return url_for("campaigns.project_tab", ref=ref, tab=tab)


def tail(sign: str = "?") -> str:
    """Return what goes on an address so that a pledge is counted to the link one came by."""
    via = _via()
    return f"{sign}via={via}" if via else ""


def _via() -> str:
    via = request.args.get("via")
    return tag_of(via) if via else ""


def _was_stopped(c: one.PublicCampaign) -> bool:
    """Whether we ended it; asked only of what ended without its goal, not of every page."""
    if c.state not in {"unfunded", "refunded"}:
        return False
    found = suspensions.latest(c.id)
    return found is not None and found.is_stopped
