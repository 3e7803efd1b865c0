"""Letters about what somebody looks for."""

from __future__ import annotations

from marketplace.campaigns.events.searching import SearchMatched
from marketplace.campaigns.queries import searches
from marketplace.kernel.errors import NotFound
from marketplace.notifications import letters
from marketplace.web.locale import _l


def on_matched(event: SearchMatched) -> None:
    """Tell somebody which projects have begun that their search finds."""
    try:
        kept = searches.search(event.search_id)
    except NotFound:  # let go meanwhile
        return
    begun = searches.begun_since(kept, event.since)
    if not begun:
        return
    letters.send(
        kept.person_id,
        "search_matched",
        f"search_matched:{kept.id}:{event.since}",
        action=f"/projects?{kept.asked}",
        label=_l("See them all"),
        search=kept.name,
        found=[(each.title, each.tagline) for each in begun],
    )
