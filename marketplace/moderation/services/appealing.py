"""An owner asks another moderator to look again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.infra.commands import command
from marketplace.infra.database import db
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal, refuse_if
from marketplace.moderation import rules
from marketplace.moderation.models import Appeal
from marketplace.moderation.services.deciding import locked_decision
from marketplace.moderation.services.opening import open_case
from marketplace.moderation.states import CaseKind


@command
def appeal(actor: Actor, decision_id: UUID, *, words: str, now: datetime) -> None:
    """Appeal against a decision about the actor's own thing; once for each decision.

    Somebody else's is `NotFound`. Refuses what has not had its effect, what went the owner's
    way, and what is too long ago.
    """
    decision, case = locked_decision(decision_id)
    if case.owner_id != actor.known():
        raise NotFound(str(decision_id))
    refuse_if(
        rules.appeal_refusals(
            outcome=decision.outcome, took_effect_at=decision.took_effect_at, words=words, now=now
        )
    )
    if db.session.get(Appeal, decision.id) is not None:
        raise Refusal("appealed_already")
    opened = open_case(
        CaseKind.APPEAL,
        "decision",
        decision.id,
        owner_id=case.owner_id,
        title=case.title,
        now=now,
    )
    db.session.add(
        Appeal(
            decision_id=decision.id,
            appellant_id=actor.known(),
            case_id=opened.id,
            words=words.strip(),
            at=now,
        )
    )
