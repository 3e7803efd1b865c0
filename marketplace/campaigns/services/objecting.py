"""Objections: opened by a backer, judged by two people, ended by either or by the clock.

A moderator proposes what should be done, a finance officer agrees or turns it down. Nobody
decides alone, and nobody about a campaign or a pledge of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from marketplace.campaigns.events.parts import ObjectionDecided, ObjectionRaised
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.models.fulfilments import Objection
from marketplace.campaigns.queries import parts
from marketplace.campaigns.rules.parts import WORDS_MAX
from marketplace.campaigns.services.moving import lock_pledge
from marketplace.campaigns.states.fulfilments import OBJECTION, ObjectionState
from marketplace.infra import transitions
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, db, flush, scalar
from marketplace.infra.events import announce
from marketplace.kernel.actors import SETTLEMENT, Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal, refuse_if
from marketplace.kernel.ids import new_id

_OPEN = ("open", "proposed")


@command
def propose(
    actor: Actor,
    objection_id: UUID,
    *,
    reason: str,
    now: datetime,
    back_minor: int | None = None,
    upheld: bool | None = None,
) -> None:
    """Say, as a moderator, what should be done; a finance officer has to agree.

    About a delivery: how much of what is held goes back. About a milestone: whether the
    objection is right, so that it is not reached yet.
    """
    _insist(actor, "moderator", "objection.propose")
    objection = _locked(actor, objection_id)
    refuse_if(_proposal_refusals(objection, reason.strip(), back_minor, upheld=upheld))
    _move(objection, "propose", by="moderator", actor=actor, now=now)
    objection.back_minor, objection.upheld = back_minor, upheld
    objection.reason = reason.strip()
    objection.proposed_by, objection.proposed_at = actor.known(), now
    flush()


@command
def agree(actor: Actor, objection_id: UUID, now: datetime) -> None:
    """Agree, as a finance officer, with what a moderator proposed: it is decided."""
    _insist(actor, "finance_officer", "objection.decide")
    objection = _locked(actor, objection_id)
    if objection.proposed_by == actor.known():
        raise Refusal("same_person")
    _move(objection, "agree", by="finance_officer", actor=actor, now=now)
    objection.decided_by, objection.decided_at = actor.known(), now
    flush()
    _announce_decision(objection)


@command
def refuse(actor: Actor, objection_id: UUID, now: datetime) -> None:
    """Turn a proposal down, as a finance officer: a moderator has to look again."""
    _insist(actor, "finance_officer", "objection.decide")
    objection = _locked(actor, objection_id)
    _move(objection, "refuse", by="finance_officer", actor=actor, now=now)
    objection.back_minor = objection.upheld = objection.reason = None
    objection.proposed_by = objection.proposed_at = None
    flush()


@step
def known(pledge_id: UUID, form_key: str) -> UUID | None:
    """Return the objection a form has made already."""
    sql = "SELECT id FROM objection WHERE pledge_id = %s AND form_key = %s"
    found: UUID | None = scalar(sql, (pledge_id, form_key))
    return found


@step
def open_objection(
    campaign: Campaign,
    pledge_id: UUID,
    part_id: UUID | None,
    *,
    code: str,
    words: str,
    form_key: str,
    now: datetime,
) -> UUID:
    """Write a backer's objection down; one at a time is open about each thing."""
    objection = Objection(
        id=new_id(),
        pledge_id=pledge_id,
        campaign_id=campaign.id,
        part_id=part_id,
        form_key=form_key,
        code=code,
        words=words,
        state=ObjectionState.OPEN.value,
        opened_at=now,
    )
    db.session.add(objection)
    flush()
    backer_id = scalar("SELECT backer_id FROM pledge WHERE id = %s", (pledge_id,))
    announce(
        ObjectionRaised(
            objection.id, pledge_id, campaign.id, backer_id, campaign.sponsor_id, part_id
        )
    )
    return objection.id


@step
def withdraw_open(
    pledge_id: UUID, part_id: UUID | None, *, actor: Actor, now: datetime
) -> UUID | None:
    """Take back what a backer still objects to; returns it, None where there is nothing."""
    for objection in _open_ones([pledge_id], part_id):
        _move(objection, "withdraw", by="backer", actor=actor, now=now)
        objection.decided_at = now
        flush()
        return objection.id
    return None


@step
def expire(pledge_ids: Sequence[UUID], part_id: UUID | None, now: datetime) -> None:
    """End what is still open about something that the clock, or somebody else, has decided."""
    for objection in _open_ones(pledge_ids, part_id):
        _move(objection, "expire", by="settlement", actor=SETTLEMENT, now=now)
        objection.decided_at = now
    flush()


def _proposal_refusals(
    objection: Objection, reason: str, back_minor: int | None, *, upheld: bool | None
) -> list[Refusal]:
    found: list[Refusal] = []
    if not reason:
        found.append(Refusal("objection_reason_missing", "reason"))
    elif len(reason) > WORDS_MAX:
        found.append(Refusal("text_too_long", "reason", most=WORDS_MAX))
    if objection.part_id is None and not 0 <= _or(back_minor) <= parts.held_for_inspection(
        objection.pledge_id
    ):
        found.append(Refusal("back_outside_held", "back"))
    if (objection.part_id is None) != (upheld is None):
        found.append(Refusal("objection_choice_missing", "upheld"))
    return found


def _or(minor: int | None) -> int:
    return -1 if minor is None else minor


def _announce_decision(objection: Objection) -> None:
    campaign, pledge = lock_pledge(objection.pledge_id)
    announce(
        ObjectionDecided(
            objection.id, pledge.id, campaign.id, pledge.backer_id, campaign.sponsor_id
        )
    )


def _insist(actor: Actor, role: str, permission: str) -> None:
    if not actor.has(role):
        raise NotAllowed(permission)


def _locked(actor: Actor, objection_id: UUID) -> Objection:
    """Return an objection, locked after its pledge; refused to who has a part in it."""
    known = db.session.get(Objection, objection_id)
    if known is None:
        raise NotFound(str(objection_id))
    campaign, pledge = lock_pledge(known.pledge_id)
    if actor.known() in {campaign.sponsor_id, pledge.backer_id}:
        raise Refusal("own_case")
    found = db.session.get(Objection, objection_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(str(objection_id))
    return found


def _open_ones(pledge_ids: Sequence[UUID], part_id: UUID | None) -> list[Objection]:
    ids = column(
        """
        SELECT id FROM objection WHERE pledge_id = ANY(%s) AND part_id IS NOT DISTINCT FROM %s
            AND state = ANY(%s) ORDER BY id FOR UPDATE
        """,
        (list(pledge_ids), part_id, list(_OPEN)),
    )
    found = (db.session.get(Objection, id_, populate_existing=True) for id_ in ids)
    return [objection for objection in found if objection is not None]


def _move(objection: Objection, move: str, *, by: str, actor: Actor, now: datetime) -> None:
    objection.state = transitions.go(
        OBJECTION, objection.id, objection.state, move,
        by={by}, actor=actor, at=now, reason=objection.reason,
    ).value  # fmt: skip
