"""Saving a part of a draft: held against what stands there now, and kept as a version.

Two windows with the same draft never overwrite each other in silence: each says what it had before
it, and is refused when that is no longer what it would replace.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries import versions
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.rules.versions import Kept, mark, surplus
from marketplace.campaigns.services.moving import lock_own_campaign
from marketplace.campaigns.states import CampaignState
from marketplace.infra.commands import step
from marketplace.infra.database import execute
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal


@dataclass(frozen=True, slots=True)
class Save:
    """How a part is saved. `seen` is the mark of what the writer had before them, if they say.

    `is_auto` means that nobody pressed a button: it was saved while it was typed.
    """

    seen: str = ""
    is_auto: bool = False


BY_HAND: Final = Save()


class Saved(NamedTuple):
    """What came of a save: the mark of what stands there now, and what was taken out of it."""

    mark: str
    taken_out: list[str]


@dataclass(slots=True)
class Draft:
    """A draft that is being written; what came of it is known after the block."""

    campaign: Campaign
    mark: str = ""

    def saved(self, taken_out: list[str] | None = None) -> Saved:
        """Return what came of the save."""
        return Saved(self.mark, taken_out or [])


@step
def lock_draft(
    campaign_id: UUID, actor: Actor, now: datetime, right: Right | None = Right.STORY
) -> Campaign:
    """Return a draft that the actor may write, locked and marked as changed.

    Without `right` only its sponsor may. Later states are refused; to somebody who may not write
    it there is none.
    """
    campaign = lock_own_campaign(campaign_id, actor, right)
    if campaign.state != CampaignState.DRAFT:
        raise Refusal("draft_locked")
    campaign.changed_at = now
    return campaign


@step
@contextmanager
def saving(
    actor: Actor, campaign_id: UUID, part: str, now: datetime, save: Save = BY_HAND
) -> Iterator[Draft]:
    """Write a part of a draft within this block: it is locked for it, and kept as a version after.

    Refuses what would replace something the writer has not seen, unless it says the same.
    """
    draft = Draft(lock_draft(campaign_id, actor, now))
    before = versions.current(campaign_id)
    yield draft
    after = versions.current(campaign_id)
    draft.mark = mark(after[part])
    if after == before:
        return
    if save.seen and save.seen != mark(before[part]):
        raise Refusal("changed_elsewhere")
    keep_version(campaign_id, actor, after, now, save=save, before=before)


@step
def keep_version(
    campaign_id: UUID,
    actor: Actor,
    parts: dict[str, Any],
    now: datetime,
    *,
    save: Save = BY_HAND,
    before: dict[str, Any] | None = None,
) -> None:
    """Keep these parts as the next version, and give up what is too many.

    `before` is what stood there; it is kept too where nothing was yet.
    """
    kept = versions.kept(campaign_id)
    for each in [before, parts] if before is not None and not kept else [parts]:
        number = kept[0].number + 1 if kept else 1
        kept.insert(0, Kept(number, now, save.is_auto))
        execute(
            """
            INSERT INTO campaign_version (campaign_id, number, saved_at, saved_by, is_auto, parts)
            VALUES (%s, %s, %s, %s, %s, %s)
            """,
            (campaign_id, number, now, actor.known(), save.is_auto, Jsonb(each)),
        )
    if too_many := surplus(kept):
        sql = "DELETE FROM campaign_version WHERE campaign_id = %s AND number = ANY(%s)"
        execute(sql, (campaign_id, too_many))
