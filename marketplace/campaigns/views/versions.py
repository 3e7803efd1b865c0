"""The versions of a draft: which there are, what one said, and the way back to it."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from marketplace.campaigns.changes import compare
from marketplace.campaigns.forms.drafting import PART_LABELS
from marketplace.campaigns.queries import versions as queries
from marketplace.campaigns.rules.languages import LANGUAGES
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.rules.versions import PARTS, as_text
from marketplace.campaigns.services import versioning
from marketplace.campaigns.views import showing
from marketplace.campaigns.views.blueprint import bp
from marketplace.campaigns.views.drafting import own_campaign
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.web.guards import me, requires
from marketplace.web.locale import _
from marketplace.web.rendering import done, page


@bp.get("/my/campaigns/<ref>/versions")
@requires("campaign.draft")
def versions(ref: str) -> Response:
    """List the versions of what is written."""
    c = own_campaign(ref, Right.STORY)
    found = queries.of_campaign(c.id)
    rows = [_row(ref, version, is_now=at == 0) for at, version in enumerate(found)]
    return page("campaigns/versions.html", c=c, ref=ref, rows=rows)


def _row(ref: str, version: queries.VersionRow, *, is_now: bool) -> dict[str, Any]:
    names = [str(PART_LABELS[part]) for part in PARTS if part in version.changed]
    return {
        "version": _("Version %(number)s", number=version.number),
        "version_href": url_for("campaigns.version", ref=ref, number=version.number),
        "on": version.saved_at,
        "by": version.saved_by or _("Unknown"),
        "changed": ", ".join(names) if version.number > 1 else _("The beginning"),
        "how": _how(is_now=is_now, is_auto=version.is_auto),
    }


def _how(*, is_now: bool, is_auto: bool) -> dict[str, str]:
    if is_now:
        return {"label": _("As it stands"), "tone": "good"}
    label = _("By itself, while typing") if is_auto else _("Saved")
    return {"label": label, "tone": "neutral"}


@bp.get("/my/campaigns/<ref>/versions/<int:number>")
@requires("campaign.draft")
def version(ref: str, number: int) -> Response:
    """Show a version, and what going back to it would change."""
    c = own_campaign(ref, Right.STORY)
    then, now = queries.version(c.id, number), queries.current(c.id)
    title, tagline, category, language = then["basics"]
    return page(
        "campaigns/version.html",
        c=c,
        ref=ref,
        number=number,
        differs=compare(as_text(now), as_text(then)),
        labels=PART_LABELS,
        then={
            **then,
            "title": title,
            "tagline": tagline,
            "category": showing.category_words(category),
            "language": language,
            "language_name": LANGUAGES.get(language, language),
            "budget": [(words, Money(minor, code)) for words, minor, code in then["budget"]],
        },
    )


@bp.post("/my/campaigns/<ref>/versions/<int:number>/back")
@requires("campaign.draft")
def version_back(ref: str, number: int) -> Response:
    """Go back to a version; what stood there before stays one of its own."""
    c = own_campaign(ref, Right.STORY)
    versioning.go_back(me(), c.id, number, clock.now())
    words = _("The draft is as it was in version %(number)s.", number=number)
    return done(url_for("campaigns.desk", ref=ref), words)
