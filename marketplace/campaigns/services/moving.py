"""Moving campaigns and pledges along their machines, each move with its trace.

The locks are always taken in this order: campaign, pledge, reward, totals.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, select

from marketplace.campaigns.models import Campaign, Pledge
from marketplace.campaigns.queries import team
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.states import CAMPAIGN, PLEDGE, PUBLIC, CampaignState, PledgeState
from marketplace.infra import transitions
from marketplace.infra.commands import step
from marketplace.infra.database import column, db, execute
from marketplace.kernel.actors import SETTLEMENT, Actor
from marketplace.kernel.errors import NotFound

M = TypeVar("M", Campaign, Pledge)


@step
def lock_campaign(campaign_id: UUID, *, shared: bool = False) -> Campaign:
    """Return the campaign, locked to the end of the transaction.

    `shared` lets any number of pledges go on at once and only keeps the campaign from closing
    meanwhile.
    """
    found = _locked(Campaign, [campaign_id], shared=shared)
    if campaign_id not in found:
        raise NotFound(str(campaign_id))
    return found[campaign_id]


@step
def lock_public_campaign(campaign_id: UUID) -> Campaign:
    """Return a campaign that everybody may see, locked shared; any other is `NotFound`."""
    campaign = lock_campaign(campaign_id, shared=True)
    if CampaignState(campaign.state) not in PUBLIC:
        raise NotFound(str(campaign_id))
    return campaign


@step
def lock_own_campaign(campaign_id: UUID, actor: Actor, right: Right | None = None) -> Campaign:
    """Return the actor's own campaign, locked; somebody else's is `NotFound`.

    With `right`, a member of its team who has that right may act on it too.
    """
    found, person_id = lock_campaign(campaign_id), actor.known()
    if found.sponsor_id != person_id and not (
        right is not None and team.has_right(campaign_id, person_id, right)
    ):
        raise NotFound(str(campaign_id))
    return found


@step
def lock_pledge(pledge_id: UUID) -> tuple[Campaign, Pledge]:
    """Return the pledge and its campaign, locked, the campaign shared."""
    return lock_pledges([pledge_id])[pledge_id]


@step
def lock_pledges(pledge_ids: Sequence[UUID]) -> dict[UUID, tuple[Campaign, Pledge]]:
    """Return pledges, each with its campaign, locked, the campaigns shared."""
    about = column("SELECT campaign_id FROM pledge WHERE id = ANY(%s)", (list(pledge_ids),))
    campaigns = _locked(Campaign, set(about), shared=True)
    found = _locked(Pledge, set(pledge_ids))
    if missing := set(pledge_ids) - found.keys():
        raise NotFound(str(missing.pop()))
    return {each.id: (campaigns[each.campaign_id], each) for each in found.values()}


def _locked(kind: type[M], ids: Collection[UUID], *, shared: bool = False) -> dict[UUID, M]:
    """Return rows of one kind, locked in the order of their ids, as by everybody."""
    found = db.session.scalars(_locking(kind, shared=shared), {"ids": list(ids)})
    return {each.id: each for each in found}


@cache
def _locking(kind: type[M], *, shared: bool) -> Select[M]:
    """Return the question; to make it costs as much as to ask it."""
    query = select(kind).where(kind.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    query = query.order_by(kind.id).with_for_update(read=shared)
    return query.execution_options(populate_existing=True)


@step
def lock_own_pledge(pledge_id: UUID, actor: Actor) -> tuple[Campaign, Pledge]:
    """Return the actor's own pledge and its campaign, locked; somebody else's is `NotFound`."""
    campaign, pledge = lock_pledge(pledge_id)
    if pledge.backer_id != actor.known():
        raise NotFound(str(pledge_id))
    return campaign, pledge


@step
def move_campaign(
    campaign: Campaign,
    move: str,
    *,
    by: Iterable[str],
    actor: Actor,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Move the campaign on, or raise `IllegalMove`; the trace is written with it."""
    campaign.state = transitions.go(
        CAMPAIGN, campaign.id, campaign.state, move, by=by, actor=actor, at=at, reason=reason
    ).value


@step
def move_pledge(
    pledge: Pledge,
    move: str,
    *,
    by: Iterable[str],
    actor: Actor,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Move the pledge on, or raise `IllegalMove`; the totals follow in the database."""
    pledge.state = transitions.go(
        PLEDGE, pledge.id, pledge.state, move, by=by, actor=actor, at=at, reason=reason
    ).value


@step
def trace_pledges(
    ids: Sequence[UUID],
    move: str,
    former: PledgeState,
    state: PledgeState,
    *,
    at: datetime,
    actor: Actor = SETTLEMENT,
    reason: str | None = None,
) -> None:
    """Write the traces of pledges that one statement has moved."""
    transitions.record_all(
        "pledge",
        ids,
        move=move,
        from_state=former.value,
        to_state=state.value,
        actor=actor,
        at=at,
        reason=reason,
    )


@step
def give_back_stock(pledge: Pledge) -> None:
    """Put the pledge's reward and what was bought beside it back on the shelf."""
    give_back_all_stock([pledge.id])


# What pledges have taken from the shelf. What one and the pledge that is to take its place are
# both for was taken once.
TAKEN: Final = """
    SELECT mine.reward_id, sum(greatest(mine.quantity - coalesce(other.quantity, 0), 0)) AS quantity
    FROM pledge_line mine JOIN pledge p ON p.id = mine.pledge_id
    LEFT JOIN LATERAL (
        SELECT sum(l.quantity) AS quantity
        FROM pledge q JOIN pledge_line l ON l.pledge_id = q.id AND l.reward_id = mine.reward_id
        WHERE (q.replaces_id = p.id OR q.id = p.replaces_id) AND q.state IN
            ('awaiting_payment', 'promised', 'charging', 'declined', 'held', 'released')
    ) other ON true
    WHERE mine.pledge_id = ANY(%s) AND mine.reward_id IS NOT NULL GROUP BY mine.reward_id
"""
_GIVE_BACK: Final = f"""
    WITH given AS ({TAKEN}), locked AS (
        SELECT r.id, given.quantity FROM reward r JOIN given ON given.reward_id = r.id
        ORDER BY r.id FOR UPDATE OF r
    )
    UPDATE reward SET taken = taken - locked.quantity FROM locked WHERE reward.id = locked.id
"""  # noqa: S608 - our own constant


@step
def give_back_all_stock(pledge_ids: Sequence[UUID]) -> None:
    """Put the rewards of many pledges back on the shelf."""
    execute(_GIVE_BACK, (list(pledge_ids),))


@step
def once(person_id: UUID, form_key: str) -> None:
    """Let the same form of the same person through one at a time, to the end of the transaction.

    The second one then finds what the first one made.
    """
    execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{person_id}:{form_key}",))
