"""The line before a reward that is all taken.

What comes free while somebody waits is theirs who have waited longest: it is taken from the shelf
for them and kept for a day. Whoever comes along meanwhile finds the reward all taken, so nobody
overtakes the line. The locks are taken in this order: places that are offered, reward, places
that wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.events.waiting import PlaceLapsed, PlaceOffered
from marketplace.campaigns.models import Campaign, Pledge
from marketplace.campaigns.models.waiting import RewardWait
from marketplace.campaigns.queries import quotes, rewards
from marketplace.campaigns.queries.rewards import RewardRow
from marketplace.campaigns.rules.rewards import limit_refusals
from marketplace.campaigns.rules.suspending import standing_refusals
from marketplace.campaigns.rules.waiting import LineFacts, join_refusals, offer_until
from marketplace.campaigns.services.moving import lock_public_campaign
from marketplace.campaigns.states import CampaignState
from marketplace.campaigns.states.waiting import WAIT, WaitState
from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db, execute, flush, rows, scalar
from marketplace.infra.events import announce_all
from marketplace.kernel.actors import CLOCK, Actor
from marketplace.kernel.errors import Broken, refuse_if
from marketplace.kernel.ids import new_id

_BATCH: Final = 200
_OPEN: Final = (WaitState.WAITING, WaitState.OFFERED)


@command
def join(actor: Actor, campaign_id: UUID, reward_id: UUID, now: datetime) -> None:
    """Stand in the line before a reward; whoever stands there already keeps their place.

    Refuses: the own campaign, one that takes no pledges, a reward that is not offered or can be
    had at once, more of it than one person may have.
    """
    person_id = actor.known()
    campaign = lock_public_campaign(campaign_id)
    refuse_if(standing_refusals(campaign.suspended_at))
    reward = rewards.reward(reward_id, campaign_id)
    refuse_if(join_refusals(_facts(campaign, reward, person_id), now))
    if reward.per_person is not None:
        had = quotes.had_before(person_id, reward_id, but=[])
        refuse_if(limit_refusals(reward.per_person, had + 1, reward.title))
    execute(
        """
        INSERT INTO reward_wait (id, reward_id, campaign_id, person_id, joined_at)
        VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        (new_id(), reward_id, campaign_id, person_id, now),
    )


@command
def leave(actor: Actor, reward_id: UUID, now: datetime) -> None:
    """Leave the line before a reward; what was kept for the actor is the next one's."""
    found = _locked(actor.known(), reward_id, _OPEN)
    if found is None:
        return
    was_kept = found.state == WaitState.OFFERED
    _move(found, "leave", by={"backer"}, actor=actor, at=now)
    found.ended_at = now
    if was_kept:
        _put_back([reward_id])


@step
def use(actor: Actor, pledge: Pledge, reward_id: UUID) -> int:
    """Return how many of a reward were kept for this pledge's backer; from now on they are its."""
    found = _locked(pledge.backer_id, reward_id, (WaitState.OFFERED,))
    if found is None or found.offer_until is None or found.offer_until <= pledge.placed_at:
        return 0
    _move(found, "take", by={"backer"}, actor=actor, at=pledge.placed_at)
    found.pledge_id, found.ended_at = pledge.id, pledge.placed_at
    flush()
    return 1


class _Free(NamedTuple):
    id: UUID
    most: int | None
    closes_at: datetime | None
    deadline: datetime


# Of a live campaign, what is not all taken and waited for.
_FREE: Final = """
    SELECT r.id, r.quantity - r.taken AS most, r.closes_at, c.deadline
    FROM reward r JOIN campaign c ON c.id = r.campaign_id
    WHERE r.id IN (SELECT reward_id FROM reward_wait WHERE state = 'waiting')
        AND (r.quantity IS NULL OR r.taken < r.quantity) AND r.withdrawn_at IS NULL
        AND (r.closes_at IS NULL OR r.closes_at > %(now)s)
        AND c.state = 'live' AND c.suspended_at IS NULL AND c.deadline > %(now)s
    ORDER BY r.id LIMIT %(batch)s FOR UPDATE OF r
"""
# Chosen first and once: as a subquery the choice may be made anew for each row, with other places
# each time, and more would be kept than is free.
_OFFER: Final = """
    WITH first AS MATERIALIZED (
        SELECT id FROM reward_wait WHERE reward_id = %(reward)s AND state = 'waiting'
        ORDER BY joined_at, id LIMIT %(most)s FOR UPDATE
    )
    UPDATE reward_wait w SET state = 'offered', offered_at = %(now)s, offer_until = %(until)s
    FROM first WHERE w.id = first.id AND w.state = 'waiting'
    RETURNING w.id
"""


@command
def offer(now: datetime) -> int:
    """Keep what has come free for those who have waited longest; returns for how many."""
    found = rows(_FREE, {"now": now, "batch": _BATCH}, into=_Free)
    return sum(_offer(free, now) for free in found)


@step
def _offer(free: _Free, now: datetime) -> int:
    facts = {
        "now": now,
        "until": offer_until(now, free.deadline, free.closes_at),
        "reward": free.id,
        "most": _BATCH if free.most is None else free.most,
    }
    offered = column(_OFFER, facts)
    execute("UPDATE reward SET taken = taken + %s WHERE id = %s", (len(offered), free.id))
    _trace(offered, "offer", WaitState.WAITING, WaitState.OFFERED, now)
    announce_all([PlaceOffered(wait_id) for wait_id in offered])
    return len(offered)


class _Ended(NamedTuple):
    id: UUID
    reward_id: UUID


# Nothing lapses while a campaign is suspended: nobody could take what is kept for them.
_LAPSE: Final = """
    UPDATE reward_wait SET state = 'lapsed', ended_at = %(now)s
    WHERE id IN (SELECT w.id FROM reward_wait w JOIN campaign c ON c.id = w.campaign_id
        WHERE w.state = 'offered' AND w.offer_until <= %(now)s
            AND (c.suspended_at IS NULL OR c.state <> 'live')
        ORDER BY w.id LIMIT %(batch)s FOR UPDATE OF w SKIP LOCKED)
    RETURNING id, reward_id
"""
_CLOSE: Final = """
    UPDATE reward_wait SET state = 'over', ended_at = %(now)s
    WHERE id IN (SELECT w.id FROM reward_wait w JOIN campaign c ON c.id = w.campaign_id
            JOIN reward r ON r.id = w.reward_id
        WHERE w.state = 'waiting' AND (c.state <> 'live' OR c.deadline <= %(now)s
            OR r.withdrawn_at IS NOT NULL OR r.closes_at <= %(now)s)
        ORDER BY w.id LIMIT %(batch)s FOR UPDATE OF w SKIP LOCKED)
    RETURNING id
"""


@command
def lapse(now: datetime) -> int:
    """Give back what was kept and not taken in time, and end lines that lead nowhere; how many."""
    facts = {"now": now, "batch": _BATCH}
    lapsed = rows(_LAPSE, facts, into=_Ended)
    _put_back([each.reward_id for each in lapsed])
    _trace([each.id for each in lapsed], "lapse", WaitState.OFFERED, WaitState.LAPSED, now)
    announce_all([PlaceLapsed(each.id) for each in lapsed])
    closed = column(_CLOSE, facts)
    _trace(closed, "close", WaitState.WAITING, WaitState.OVER, now)
    return len(lapsed) + len(closed)


@step
def stand_still(campaign_id: UUID, since: datetime, now: datetime) -> None:
    """Keep what is kept for people of a campaign as much longer as it was suspended."""
    execute(
        """
        UPDATE reward_wait w SET offer_until = least(offer_until + %s, c.deadline, r.closes_at)
        FROM campaign c JOIN reward r ON r.campaign_id = c.id
        WHERE r.id = w.reward_id AND c.id = %s AND w.state = 'offered'
        """,
        (now - since, campaign_id),
    )


@step
def _put_back(reward_ids: Sequence[UUID]) -> None:
    for reward_id, count in sorted(Counter(reward_ids).items()):
        execute("UPDATE reward SET taken = taken - %s WHERE id = %s", (count, reward_id))


@step
def _trace(
    wait_ids: Sequence[UUID], move: str, former: WaitState, state: WaitState, now: datetime
) -> None:
    transitions.record_all(
        WAIT.name,
        wait_ids,
        move=move,
        from_state=former.value,
        to_state=state.value,
        actor=CLOCK,
        at=now,
    )


@step
def _move(found: RewardWait, move: str, *, by: set[str], actor: Actor, at: datetime) -> None:
    found.state = transitions.go(WAIT, found.id, found.state, move, by=by, actor=actor, at=at).value


@step
def _locked(person_id: UUID, reward_id: UUID, states: Sequence[WaitState]) -> RewardWait | None:
    # Hardly anybody stands in a line: an object is made only of what is found.
    found = scalar(
        """
        SELECT id FROM reward_wait
        WHERE person_id = %s AND reward_id = %s AND state = ANY(%s) FOR UPDATE
        """,
        (person_id, reward_id, [each.value for each in states]),
    )
    return None if found is None else db.session.get_one(RewardWait, found, populate_existing=True)


def _facts(campaign: Campaign, reward: RewardRow, person_id: UUID) -> LineFacts:
    if campaign.deadline is None:
        raise Broken(f"campaign {campaign.id} is public without a deadline")
    return LineFacts(
        person_id=person_id,
        sponsor_id=campaign.sponsor_id,
        is_live=campaign.state == CampaignState.LIVE,
        deadline=campaign.deadline,
        offer=reward.offer(),
        left=reward.left,
    )
