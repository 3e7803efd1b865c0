"""What was promised to backers, on its way: each move with its trace.

Locked after campaign and pledge. Whoever has it may accept it whether it was marked or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.events.parts import FulfilmentAccepted, FulfilmentShipped
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.models.fulfilments import Fulfilment
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.services.moving import lock_own_campaign
from marketplace.campaigns.states.fulfilments import FULFILMENT, OPEN, TO_SEND, FulfilmentState
from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db, execute, flush, rows, scalar
from marketplace.infra.events import announce_all
from marketplace.kernel.actors import SETTLEMENT, Actor
from marketplace.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Consignment:
    """What is on its way to one backer, and with whom."""

    pledge_id: UUID
    carrier: str = ""
    tracking: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """A fulfilment that one statement has moved, and whose it is."""

    pledge_id: UUID
    backer_id: UUID


@command
def mark_shipped(
    actor: Actor, campaign_id: UUID, consignments: Sequence[Consignment], now: datetime
) -> list[UUID]:
    """Note what is on its way; the inspection begins. Returns the pledges it was new for.

    What is shipped already only gets its carrier and number: the inspection goes on as it runs.
    Of what is only owed no share is held, so there is no inspection: with it all may be fulfilled.
    """
    campaign = lock_own_campaign(campaign_id, actor, Right.FULFIL)
    _note_tracking(campaign, consignments)
    ids = [each.pledge_id for each in consignments]
    moved = [
        each for former in sorted(TO_SEND) for each in _ship(campaign, ids, former, actor, now)
    ]
    note_fulfilled(campaign, now)
    announce_all([FulfilmentShipped(each.pledge_id, campaign.id, each.backer_id) for each in moved])
    return [each.pledge_id for each in moved]


@step
def lock_fulfilment(pledge_id: UUID) -> Fulfilment:
    """Return what a pledge has coming, locked; `NotFound` where it has nothing."""
    flush()
    found = db.session.get(Fulfilment, pledge_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(str(pledge_id))
    return found


@step
def move(
    fulfilment: Fulfilment,
    move: str,
    *,
    by: Iterable[str],
    actor: Actor,
    at: datetime,
    reason: str | None = None,
) -> None:
    """Move one fulfilment on, or raise `IllegalMove`."""
    state = transitions.go(
        FULFILMENT, fulfilment.pledge_id, fulfilment.state, move,
        by=by, actor=actor, at=at, reason=reason,
    )  # fmt: skip
    fulfilment.state = state.value
    fulfilment.ended_at = None if state in OPEN else at
    flush()


@step
def move_all(
    pledge_ids: Sequence[UUID], former: FulfilmentState, move: str, now: datetime
) -> list[UUID]:
    """Move the fulfilments of many pledges that are in one state; returns which were."""
    state = FULFILMENT.go(former, move, by={"settlement"})
    moved = column(
        """
        UPDATE fulfilment SET state = %s, ended_at = %s
        WHERE pledge_id = ANY(%s) AND state = %s RETURNING pledge_id
        """,
        (state.value, None if state in OPEN else now, list(pledge_ids), former.value),
    )
    _trace(moved, move, (former, state), SETTLEMENT, now)
    return moved


@step
def accept_silent(campaign: Campaign, now: datetime) -> list[UUID]:
    """Accept for the backers who said nothing while they could inspect; returns their pledges."""
    former, state = FulfilmentState.SHIPPED, FulfilmentState.AUTO_ACCEPTED
    moved = rows(
        """
        UPDATE fulfilment SET state = %s, ended_at = %s
        WHERE campaign_id = %s AND state = %s AND inspect_until <= %s
        RETURNING pledge_id, backer_id
        """,
        (state.value, now, campaign.id, former.value, now),
        into=Moved,
    )
    ids = [each.pledge_id for each in moved]
    _trace(ids, "lapse", (former, state), SETTLEMENT, now)
    announce_all(
        [
            FulfilmentAccepted(each.pledge_id, campaign.id, each.backer_id, by_silence=True)
            for each in moved
        ]
    )
    return ids


@step
def revive(campaign: Campaign, pledge_id: UUID, now: datetime) -> None:
    """Let what was void be owed again; what was shipped may be inspected anew.

    That of which nothing was held comes back as that: its share went to the sponsor meanwhile.
    """
    found = db.session.get(Fulfilment, pledge_id, with_for_update=True, populate_existing=True)
    if found is None or found.state != FulfilmentState.VOID:
        return
    again = _AGAIN.get(str(scalar(_VOIDED, (pledge_id,))))
    if again is None:
        again = "restore" if found.shipped_at is None else "resume"
    if again == "resume":
        found.inspect_until = now + timedelta(days=campaign.inspection_days)
    move(found, again, by={"settlement"}, actor=SETTLEMENT, at=now)


_VOIDED: Final = """
    SELECT from_state FROM state_transition
    WHERE subject_type = 'fulfilment' AND subject_id = %s AND move = 'void'
    ORDER BY id DESC LIMIT 1
"""
_AGAIN: Final = {
    FulfilmentState.OWED.value: "restore_owed",
    FulfilmentState.SENT.value: "restore_sent",
}


@step
def note_fulfilled(campaign: Campaign, now: datetime) -> None:
    """Note once that nobody waits for anything of a campaign any more."""
    execute(
        """
        UPDATE campaign SET fulfilled_at = %(now)s
        WHERE id = %(id)s AND fulfilled_at IS NULL
            AND EXISTS (SELECT FROM fulfilment WHERE campaign_id = %(id)s)
            AND NOT EXISTS (
                SELECT FROM fulfilment WHERE campaign_id = %(id)s AND ended_at IS NULL)
        """,
        {"id": campaign.id, "now": now},
    )


@step
def _note_tracking(campaign: Campaign, consignments: Sequence[Consignment]) -> None:
    execute(
        """
        UPDATE fulfilment SET carrier = sent.carrier, tracking = sent.tracking
        FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS sent (pledge_id, carrier, tracking)
        WHERE fulfilment.pledge_id = sent.pledge_id AND campaign_id = %s
            AND state IN ('to_ship', 'shipped', 'owed', 'sent')
            AND (sent.carrier, sent.tracking) <> ('', '')
        """,
        (
            [each.pledge_id for each in consignments],
            [each.carrier.strip()[:60] for each in consignments],
            [each.tracking.strip()[:80] for each in consignments],
            campaign.id,
        ),
    )


@step
def _ship(
    campaign: Campaign, ids: Sequence[UUID], former: FulfilmentState, actor: Actor, now: datetime
) -> list[Moved]:
    state = FULFILMENT.go(former, "ship", by={"owner"})
    until = now + timedelta(days=campaign.inspection_days)
    ends = (until, None) if state in OPEN else (None, now)
    moved = rows(
        """
        UPDATE fulfilment SET state = %s, shipped_at = %s, inspect_until = %s, ended_at = %s
        WHERE campaign_id = %s AND pledge_id = ANY(%s) AND state = %s
        RETURNING pledge_id, backer_id
        """,
        (state.value, now, *ends, campaign.id, list(ids), former.value),
        into=Moved,
    )
    _trace([each.pledge_id for each in moved], "ship", (former, state), actor, now)
    return moved


@step
def _trace(
    ids: Sequence[UUID],
    move: str,
    states: tuple[FulfilmentState, FulfilmentState],
    actor: Actor,
    now: datetime,
) -> None:
    former, state = states
    transitions.record_all(
        "fulfilment",
        ids,
        move=move,
        from_state=former.value,
        to_state=state.value,
        actor=actor,
        at=now,
    )
