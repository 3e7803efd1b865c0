"""What becomes of a pledge whose payment its backer's bank takes back, or gives back again.

Rows only; settlement moves the money.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.events import PledgeChargedBack, PledgeRestored
from marketplace.campaigns.models import Campaign, Pledge, PledgeSurplus
from marketplace.campaigns.services import fulfilling, parting
from marketplace.campaigns.services.moving import TAKEN, give_back_stock, move_pledge
from marketplace.campaigns.states import DECIDED_FOR, UNDECIDED, CampaignState, PledgeState
from marketplace.infra.commands import step
from marketplace.infra.database import db, execute, rows
from marketplace.infra.events import announce
from marketplace.kernel.actors import SETTLEMENT

_BY: Final = frozenset({"settlement"})


@dataclass(frozen=True, slots=True)
class _Shelf:
    id: UUID
    quantity: int | None
    taken: int
    wanted: int

    @property
    def has_enough(self) -> bool:
        return self.quantity is None or self.taken + self.wanted <= self.quantity


@step
def charge_back(campaign: Campaign, pledge: Pledge, dispute_id: UUID, now: datetime) -> None:
    """End a paid pledge: its money is gone, and its reward is on the shelf again."""
    former = PledgeState(pledge.state)
    move_pledge(pledge, "charge_back", by=_BY, actor=SETTLEMENT, at=now)
    pledge.ended_at = now
    if former is not PledgeState.REFUNDING:
        give_back_stock(pledge)
    announce(
        PledgeChargedBack(
            pledge.id,
            campaign.id,
            pledge.backer_id,
            campaign.sponsor_id,
            dispute_id,
            former is PledgeState.RELEASED,
        )
    )


@step
def restore(campaign: Campaign, pledge: Pledge, dispute_id: UUID, now: datetime) -> bool:
    """Let a pledge count again in a campaign that is not decided; False where it cannot.

    It cannot when the goal was judged without it, or its reward has gone to somebody else. A late
    pledge is part of no judgement: it counts as long as the campaign has succeeded.
    """
    standing = DECIDED_FOR if pledge.is_late else UNDECIDED
    counts = CampaignState(campaign.state) in standing
    if not counts or pledge.refund_id is not None or not _retake_stock(pledge):
        return False
    move_pledge(pledge, "restore", by=_BY, actor=SETTLEMENT, at=now)
    pledge.ended_at = None
    _tell(campaign, pledge, dispute_id, to_wallet=False)
    return True


@step
def reinstate(campaign: Campaign, pledge: Pledge, dispute_id: UUID, now: datetime) -> None:
    """Let a pledge of a funded campaign stand again: its sponsor has the money after all."""
    # Nobody can have taken the reward meanwhile: the campaign was over.
    _retake_stock(pledge)
    move_pledge(pledge, "reinstate", by=_BY, actor=SETTLEMENT, at=now)
    pledge.ended_at = campaign.decided_at
    _tell(campaign, pledge, dispute_id, to_wallet=False)


@step
def give_up(campaign: Campaign, pledge: Pledge, dispute_id: UUID, now: datetime) -> None:
    """A pledge that cannot count again: its money is in the backer's wallet."""
    move_pledge(pledge, "settle", by=_BY, actor=SETTLEMENT, at=now)
    pledge.ended_at = now
    _tell(campaign, pledge, dispute_id, to_wallet=True)


@step
def charge_parts_back(pledge: Pledge, now: datetime) -> None:
    """End the parts of a pledge whose payment is gone, and what was owed for it."""
    for state in ("held", "returning", "released"):
        found = parting.held_parts(pledge.campaign_id, pledge_id=pledge.id, states=(state,))
        parting.move(found, "charge_back", now)
    parting.void_fulfilments(pledge.campaign_id, now, pledge_id=pledge.id)


@step
def bring_parts_back(
    campaign: Campaign, pledge: Pledge, now: datetime, *, is_held_again: bool
) -> None:
    """The payment is there again: what was released is so again, and, if `is_held_again`, held.

    What was on its way back, or of which only a piece was disputed, is in the wallet.
    """
    gone = parting.held_parts(campaign.id, pledge_id=pledge.id, states=("charged_back",))
    former = {
        found.subject_id: found.from_state for found in rows(_FORMER, (pledge.id,), into=_Former)
    }
    released = [part for part in gone if former.get(part.id) == "released"]
    parting.move(released, "reinstate", now)
    if is_held_again:
        held = [part for part in gone if former.get(part.id) == "held"]
        parting.move(held, "restore", now)
    fulfilling.revive(campaign, pledge.id, now)


@dataclass(frozen=True, slots=True)
class _Former:
    subject_id: UUID
    from_state: str


_FORMER: Final = """
    SELECT DISTINCT ON (t.subject_id) t.subject_id, t.from_state FROM state_transition t
    JOIN pledge_part part ON part.id = t.subject_id AND part.pledge_id = %s
    WHERE t.subject_type = 'pledge_part' AND t.move = 'charge_back'
    ORDER BY t.subject_id, t.id DESC
"""


@step
def surplus_of(instruction_id: UUID) -> PledgeSurplus | None:
    """Return the second payment of a pledge that `instruction_id` was, locked."""
    return db.session.get(
        PledgeSurplus, instruction_id, with_for_update=True, populate_existing=True
    )


def _tell(campaign: Campaign, pledge: Pledge, dispute_id: UUID, *, to_wallet: bool) -> None:
    announce(
        PledgeRestored(
            pledge.id,
            campaign.id,
            pledge.backer_id,
            campaign.sponsor_id,
            dispute_id,
            to_wallet,
        )
    )


def _retake_stock(pledge: Pledge) -> bool:
    """Take everything the pledge is for from the shelf again; nothing where one is not there."""
    wanted = f"""
        SELECT r.id, r.quantity, r.taken, l.quantity AS wanted
        FROM reward r JOIN ({TAKEN}) l ON l.reward_id = r.id ORDER BY r.id FOR UPDATE OF r
    """  # noqa: S608 - our own constant
    found = rows(wanted, ([pledge.id],), into=_Shelf)
    if not all(shelf.has_enough for shelf in found):
        return False
    execute(
        f"UPDATE reward SET taken = taken + l.quantity FROM ({TAKEN}) l"  # noqa: S608 - as above
        " WHERE reward.id = l.reward_id",
        ([pledge.id],),
    )
    return True
