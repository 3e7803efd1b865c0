"""Changes of what was promised, proposed and decided by the commands that people use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries import changes
from marketplace.campaigns.rules.materiality import Terms
from marketplace.campaigns.services import changing
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.money import Money
from tests.builders.identity import an_actor


def terms(campaign_id: UUID) -> Terms:
    """What a campaign tells its backers now."""
    c = db.session.get_one(Campaign, campaign_id, populate_existing=True)
    assert c.goal is not None
    assert c.deadline is not None
    found = Terms(c.goal, c.deadline, c.story_html, c.risks, changes.deliveries(c.id))
    db.session.rollback()
    return found


def a_proposal(
    sponsor: Actor,
    campaign_id: UUID,
    *,
    goal: Money | None = None,
    deadline: datetime | None = None,
    story: str | None = None,
    deliveries: Mapping[UUID, Any] | None = None,
    reason: str = "The kiln costs less.",
    is_wording: bool = False,
) -> UUID:
    """A change that waits for a moderator."""
    former = terms(campaign_id)
    wanted = Terms(
        goal or former.goal,
        deadline or former.deadline,
        story or former.story,
        former.risks,
        {**former.deliveries, **(deliveries or {})},
    )
    return changing.propose(
        sponsor, campaign_id, wanted, reason=reason, is_wording=is_wording, now=clock.now()
    )


def a_change(sponsor: Actor, campaign_id: UUID, **wanted: Any) -> UUID:
    """A change that is in force."""
    made = a_proposal(sponsor, campaign_id, **wanted)
    changing.approve(an_actor("Mo Derator", role="moderator"), made, clock.now())
    return made


def change(change_id: UUID) -> changes.ChangeRow:
    """A change as it stands."""
    found = changes.change(change_id)
    db.session.rollback()
    assert found is not None
    return found


def asked(pledge_id: UUID) -> changes.AskedRow | None:
    """What the backer of a pledge is asked."""
    found = changes.asked(pledge_id)
    db.session.rollback()
    return found
