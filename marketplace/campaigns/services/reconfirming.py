"""What backers say to a change of what they pledged for, and what becomes of who does not stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select

from marketplace.campaigns.events.changes import (
    BackerLeft,
    PromiseNotKept,
    ReconfirmationReminded,
)
from marketplace.campaigns.models import Campaign, Pledge
from marketplace.campaigns.models.changes import MaterialChange, Reconfirmation
from marketplace.campaigns.rules import materiality
from marketplace.campaigns.rules.suspending import standing_refusals
from marketplace.campaigns.services import changing
from marketplace.campaigns.services.moving import (
    give_back_all_stock,
    lock_own_pledge,
    trace_pledges,
)
from marketplace.campaigns.states import PledgeState
from marketplace.campaigns.states.changes import Answer, ChangeState
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db, execute, scalar
from marketplace.infra.events import announce, announce_all
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, refuse_if

REASON: Final = "not_reconfirmed"

# Whose pledge ends: who has left, and who was asked and has said nothing in time.
_GOING: Final = """
    FROM reconfirmation r JOIN material_change m ON m.id = r.change_id
    JOIN pledge p ON p.id = r.pledge_id
    WHERE r.campaign_id = %(campaign)s AND p.state = %(state)s
      AND (r.answer IN ('leave', 'silent')
           OR (r.answer IS NULL AND m.reconfirm_until <= %(now)s))
"""


@command
def answer(actor: Actor, pledge_id: UUID, *, stays: bool, now: datetime) -> None:
    """Say whether the actor's own pledge stands after the change; the same again changes nothing.

    Who stays agrees to what stands now, and may still leave while others are asked. Who leaves
    gets all of it back. Somebody else's pledge, or one that nobody was asked about, is `NotFound`.
    """
    campaign, pledge = lock_own_pledge(pledge_id, actor)
    change, question = _latest(pledge_id)
    said = Answer.KEEP if stays else Answer.LEAVE
    if question.answer == said:
        return
    refuse_if(standing_refusals(campaign.suspended_at))
    until = change.reconfirm_until or now
    refuse_if(materiality.answer_refusals(pledge.state, until, now))
    question.answer, question.answered_at = said, now
    if stays:
        _agree(pledge, change)
    else:
        announce(BackerLeft(campaign.id, pledge.id))


class Gone(NamedTuple):
    """The pledges that ended: paid ones, which go back, and promised ones, never charged."""

    held: list[UUID]
    promised: list[UUID]


@step
def end_unconfirmed(campaign: Campaign, now: datetime) -> Gone:
    """End the pledges of who does not stay; returns which, in their order.

    What was only promised lapses: nobody is charged for what they did not agree to. Their rewards
    are back on the shelf, and what is not asked any more is done.
    """
    held = _take(campaign, PledgeState.HELD, now)
    execute(
        "UPDATE pledge SET state = 'refunding', refund_reason = %s WHERE id = ANY(%s)",
        (REASON, held),
    )
    trace_pledges(held, "return", PledgeState.HELD, PledgeState.REFUNDING, at=now, reason=REASON)
    promised = _take(campaign, PledgeState.PROMISED, now)
    execute(
        """
        UPDATE pledge SET state = 'lapsed', ended_at = %s, decline_reason = %s
        WHERE id = ANY(%s)
        """,
        (now, REASON, promised),
    )
    trace_pledges(
        promised, "lapse", PledgeState.PROMISED, PledgeState.LAPSED, at=now, reason=REASON
    )
    give_back_all_stock([*held, *promised])
    announce_all([PromiseNotKept(pledge_id) for pledge_id in promised])
    _note_silence(campaign, [*held, *promised], now)
    return Gone(held, promised)


@step
def remind(campaign: Campaign, now: datetime) -> list[UUID]:
    """Remind, once, whoever has not answered and has a day left; returns of which pledges."""
    sql = """
        UPDATE reconfirmation r SET reminded_at = %(now)s
        FROM material_change m, pledge p
        WHERE m.id = r.change_id AND p.id = r.pledge_id AND r.campaign_id = %(campaign)s
          AND r.answer IS NULL AND r.reminded_at IS NULL AND p.state IN ('held', 'promised')
          AND m.reconfirm_until > %(now)s AND m.reconfirm_until <= %(soon)s
        RETURNING r.pledge_id
    """
    soon = now + materiality.REMIND_BEFORE
    ids = sorted(column(sql, {"campaign": campaign.id, "now": now, "soon": soon}))
    announce_all([ReconfirmationReminded(campaign.id, pledge_id, now) for pledge_id in ids])
    return ids


@step
def finish(campaign: Campaign, now: datetime) -> bool:
    """End the asking once nobody's answer is awaited any more; returns whether it ended now."""
    query = select(MaterialChange).where(
        MaterialChange.campaign_id == campaign.id, MaterialChange.state == ChangeState.ASKING
    )
    change = db.session.scalars(query.with_for_update()).one_or_none()
    if change is None or (_is_awaited(change) and now < (change.reconfirm_until or now)):
        return False
    changing.settle(change, now)
    return True


def _latest(pledge_id: UUID) -> tuple[MaterialChange, Reconfirmation]:
    query = (
        select(MaterialChange, Reconfirmation)
        .join(Reconfirmation, Reconfirmation.change_id == MaterialChange.id)
        .where(Reconfirmation.pledge_id == pledge_id)
        .order_by(Reconfirmation.asked_at.desc())
        .limit(1)
    )
    found = db.session.execute(query.with_for_update(of=Reconfirmation)).first()
    if found is None:
        raise NotFound(str(pledge_id))
    change, question = found
    return change, question


def _agree(pledge: Pledge, change: MaterialChange) -> None:
    """From here on the later month is what this backer was promised."""
    months = change.after.get("delivery", {})
    later = months.get(str(pledge.reward_id))
    if later is not None:
        pledge.reward_delivery = date.fromisoformat(later)


def _take(campaign: Campaign, state: PledgeState, now: datetime) -> list[UUID]:
    params = {"campaign": campaign.id, "state": state, "now": now}
    return column(f"SELECT DISTINCT p.id {_GOING} ORDER BY p.id", params)


def _note_silence(campaign: Campaign, ended: Sequence[UUID], now: datetime) -> None:
    execute(
        """
        UPDATE reconfirmation SET answer = 'silent', answered_at = %s
        WHERE campaign_id = %s AND pledge_id = ANY(%s) AND answer IS NULL
        """,
        (now, campaign.id, list(ended)),
    )


def _is_awaited(change: MaterialChange) -> bool:
    sql = """
        SELECT EXISTS (SELECT FROM reconfirmation r JOIN pledge p ON p.id = r.pledge_id
            WHERE r.change_id = %s AND r.answer IS NULL
              AND p.state IN ('awaiting_payment', 'held', 'promised'))
    """
    return bool(scalar(sql, (change.id,)))
