"""Letters about what was kept for somebody who waited in line."""

from __future__ import annotations

from marketplace.campaigns.events.waiting import PlaceLapsed, PlaceOffered
from marketplace.campaigns.queries import waiting
from marketplace.campaigns.queries.waiting import WaitRow
from marketplace.kernel.ids import public_id
from marketplace.notifications import letters
from marketplace.web.locale import _l


def on_offered(event: PlaceOffered) -> None:
    """Tell somebody that one is kept for them, and until when."""
    found = waiting.wait(event.wait_id)
    if found.is_offered:
        _send("place_offered", found, _l("Take it, or leave it to the next one"))


def on_lapsed(event: PlaceLapsed) -> None:
    """Tell somebody that what was kept for them is the next one's."""
    _send("place_lapsed", waiting.wait(event.wait_id), _l("Stand in line again"))


def _send(letter: str, found: WaitRow, label: str) -> None:
    ref, reward = public_id("cmp", found.campaign_id), public_id("rwd", found.reward_id)
    letters.send(
        found.person_id,
        letter,
        f"{letter}:{found.id}",
        action=f"/projects/{ref}/rewards/{reward}/wait",
        label=label,
        title=found.campaign_title,
        reward=found.reward_title,
        until=found.offer_until,
    )
