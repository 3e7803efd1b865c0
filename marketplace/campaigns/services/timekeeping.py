"""The timeline of a campaign that everybody can see: steps are done, or come in another month.

No reward's delivery month moves with a step: that is what was promised, which changes by
`changing`, and what is late of it is told by `lateness`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.campaigns.events.asking import StepsMoved
from marketplace.campaigns.models.drafting import TimelineStep
from marketplace.campaigns.queries import since as queries
from marketplace.campaigns.rules import since as rules
from marketplace.campaigns.rules.since import MOVES_A_DAY, Mark, Standing
from marketplace.campaigns.services.noting import lock_told, note
from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, refuse_if

_DAY = timedelta(days=1)


@command
def mark_steps(
    actor: Actor, campaign_id: UUID, wanted: Mapping[int, Mark], *, reason: str, now: datetime
) -> None:
    """Say of steps, by their positions, when they come and whether they are done.

    What moves is told everybody who backs the campaign, with the reason. Steps that `wanted` does
    not name stay as they are.
    """
    lock_told(campaign_id, actor)
    query = select(TimelineStep).where(TimelineStep.campaign_id == campaign_id)
    steps = {each.position: each for each in db.session.scalars(query.with_for_update())}
    standing = [
        Standing(each.position, each.title, each.month, each.done_at is not None)
        for each in steps.values()
    ]
    refuse_if(rules.step_refusals(standing, wanted, reason, now.astimezone(UTC).date()))
    others = rules.moved(standing, wanted)
    if others and queries.moves_since(campaign_id, now - _DAY) >= MOVES_A_DAY:
        raise Refusal("moves_too_many", most=MOVES_A_DAY)
    for each in others:
        _move(actor, steps[each.position], wanted[each.position], reason.strip(), now)
    for each in rules.turned(standing, wanted):
        _turn(actor, steps[each.position], now)
    if others:
        announce(StepsMoved(campaign_id, now))


def _move(actor: Actor, step: TimelineStep, mark: Mark, reason: str, now: datetime) -> None:
    month = mark.month or step.month
    before, after = [step.title, step.month.isoformat()], [step.title, month.isoformat()]
    if step.promised_month is None:
        step.promised_month = step.month
    step.month, step.moved_at = month, now
    note(
        actor,
        step.campaign_id,
        step.position,
        "moved",
        before=before,
        after=after,
        reason=reason,
        now=now,
    )


def _turn(actor: Actor, step: TimelineStep, now: datetime) -> None:
    is_done = step.done_at is None
    step.done_at = now if is_done else None
    act, said = "done" if is_done else "reopened", [step.title]
    note(actor, step.campaign_id, step.position, act, before=said, after=said, now=now)
