"""Stretch goals: written by the sponsor as long as nothing is decided, reached by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.events import StretchGoalReached
from marketplace.campaigns.models.stretching import StretchGoal
from marketplace.campaigns.queries import stretching
from marketplace.campaigns.rules import one_line
from marketplace.campaigns.rules import stretching as rules
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.rules.stretching import Stretch
from marketplace.campaigns.services.moving import lock_own_campaign
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, rows
from marketplace.infra.events import announce_all
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, refuse_if

_REACHED: Final = """
    UPDATE stretch_goal s SET reached_at = %(now)s
    FROM campaign c JOIN campaign_total t ON t.campaign_id = c.id
    WHERE s.campaign_id = c.id AND s.reached_at IS NULL AND t.raised_minor >= s.amount_minor
        AND c.state IN ('live', 'closing', 'collecting', 'funded', 'paid_out')
    RETURNING s.campaign_id, c.sponsor_id, s.position
"""


class _Reached(NamedTuple):
    campaign_id: UUID
    sponsor_id: UUID
    position: int


@command
def write_goals(
    actor: Actor, campaign_id: UUID, goals: Sequence[Stretch], *, now: datetime
) -> None:
    """Let these be the stretch goals, the nearest first; one that was reached stays what it was.

    Somebody else's campaign is `NotFound`; one that has ended is refused.
    """
    campaign = lock_own_campaign(campaign_id, actor, Right.STORY)
    if campaign.state not in rules.WRITABLE:
        raise Refusal("stretch_too_late")
    if campaign.goal is None:
        raise Refusal("stretch_before_goal")
    former = {row.amount: row for row in stretching.of_campaign(campaign_id) if row.reached_at}
    reached = [Stretch(row.amount, row.title, row.text) for row in former.values()]
    plain = [Stretch(each.amount, *map(one_line, (each.title, each.text))) for each in goals]
    refuse_if(rules.stretch_refusals(plain, campaign.goal, reached))
    execute("DELETE FROM stretch_goal WHERE campaign_id = %s", (campaign_id,))
    kept = sorted((each.amount.minor, each) for each in plain if each.amount is not None)
    for position, (minor, each) in enumerate(kept, start=1):
        row = former.get(each.amount) if each.amount else None
        db.session.add(
            StretchGoal(
                campaign_id=campaign_id,
                position=position,
                amount_minor=minor,
                title=each.title,
                text=each.text,
                reached_at=row.reached_at if row else None,
            )
        )
    campaign.changed_at = now


@command
def note_reached(now: datetime) -> int:
    """Note which stretch goals so much was raised for, and tell; returns how many."""
    found = rows(_REACHED, {"now": now}, into=_Reached)
    announce_all([StretchGoalReached(*each) for each in found])
    return len(found)
