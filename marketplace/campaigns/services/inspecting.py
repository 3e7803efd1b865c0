"""A backer looks at what came: accepts it, or objects while that is still possible.

The row of the fulfilment is locked: of accepting, objecting and the end of the time exactly one
comes first. An objection counts when it was made before the time was over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from marketplace.campaigns.events.parts import FulfilmentAccepted
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.models.fulfilments import Fulfilment
from marketplace.campaigns.queries import parts
from marketplace.campaigns.rules import parts as rules
from marketplace.campaigns.services import fulfilling, objecting, picturing_trouble
from marketplace.campaigns.services.moving import lock_own_pledge
from marketplace.campaigns.states.fulfilments import FulfilmentState
from marketplace.infra.commands import command
from marketplace.infra.events import announce
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import Refusal, refuse_if


@command
def accept(actor: Actor, pledge_id: UUID, now: datetime) -> None:
    """Say that what was promised is there; an objection that is still open is taken back.

    The share that was held becomes the sponsor's. Accepting twice changes nothing.
    """
    campaign, fulfilment = _own(actor, pledge_id)
    if fulfilment.state in {FulfilmentState.ACCEPTED, FulfilmentState.AUTO_ACCEPTED}:
        return
    fulfilling.move(fulfilment, "accept", by={"backer"}, actor=actor, at=now)
    objecting.withdraw_open(pledge_id, None, actor=actor, now=now)
    announce(FulfilmentAccepted(pledge_id, campaign.id, fulfilment.backer_id, by_silence=False))


@command
def object_to(
    actor: Actor,
    pledge_id: UUID,
    *,
    code: str,
    words: str,
    form_key: str,
    now: datetime,
    pictures: Sequence[str] = (),
) -> UUID:
    """Say that what was promised is not there, or not as promised; returns the objection.

    `pictures` are keys that `picturing_trouble.prepare` returned.

    What is held of the pledge stays where it is until two people have decided. Refused once the
    time to inspect is over, before the promised month is over where nothing was sent, and where
    nothing is held any more. The same `form_key` objects once.
    """
    campaign, fulfilment = _own(actor, pledge_id)
    known = objecting.known(pledge_id, form_key)
    if known is not None:
        return known
    text = words.strip()
    refuse_if(rules.object_refusals(code=code, words=text))
    _insist_it_is_time(fulfilment, now)
    if parts.held_for_inspection(pledge_id) == 0:
        raise Refusal("nothing_held_back")
    fulfilling.move(fulfilment, "object", by={"backer"}, actor=actor, at=now)
    objection_id = objecting.open_objection(
        campaign, pledge_id, None, code=code, words=text, form_key=form_key, now=now
    )
    picturing_trouble.put(objection_id, pictures)
    return objection_id


def _own(actor: Actor, pledge_id: UUID) -> tuple[Campaign, Fulfilment]:
    campaign, _pledge = lock_own_pledge(pledge_id, actor)
    return campaign, fulfilling.lock_fulfilment(pledge_id)


def _insist_it_is_time(fulfilment: Fulfilment, now: datetime) -> None:
    promised = fulfilment.promised_for
    is_early = promised is not None and not rules.is_month_over(promised, now.date())
    if fulfilment.state == FulfilmentState.TO_SHIP and is_early:
        raise Refusal("not_due_yet", on=promised)
    if fulfilment.inspect_until is not None and now >= fulfilment.inspect_until:
        raise Refusal("inspection_over", at=fulfilment.inspect_until)
