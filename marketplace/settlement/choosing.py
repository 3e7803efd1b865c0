"""Officers decide about what is held before its last day comes: one proposes, another agrees."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from marketplace.escrow.limits import ALARM_DAYS
from marketplace.infra import audit
from marketplace.infra.commands import command
from marketplace.infra.database import execute, row
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal
from marketplace.kernel.ids import new_id
from marketplace.settlement import funding_closing, holding, payouts, tranches
from marketplace.settlement.lines import Line
from marketplace.settlement.queries import holding as queries
from marketplace.settlement.queries.alarms import Decision
from marketplace.settlement.queries.holding import Held
from marketplace.settlement.queries.kinds import HeldAs

REASON_MAX: Final = 2_000


class Choice(StrEnum):
    """What can be done before the last day."""

    GIVE_BACK = "give_back"  # to the people who paid, or whose wallet it is
    PAY_ON = "pay_on"  # ask the provider once more to pay the receiver
    DECIDE = "decide"  # part by part, as its last day would


def choices(held: Held) -> tuple[Choice, ...]:
    """Return what an officer can choose for something that is held."""
    return _CHOICES.get(HeldAs(held.kind), ())


_CHOICES: Final = {
    HeldAs.CAMPAIGN: (Choice.GIVE_BACK,),
    HeldAs.HOLDBACK: (Choice.DECIDE,),
    HeldAs.LOAN: (Choice.GIVE_BACK,),
    HeldAs.WALLET: (Choice.GIVE_BACK,),
    HeldAs.PAYOUT: (Choice.PAY_ON, Choice.GIVE_BACK),
    HeldAs.DISBURSEMENT: (Choice.PAY_ON, Choice.GIVE_BACK),
}


@command
def propose(actor: Actor, held: Held, *, choice: str, reason: str, now: datetime) -> UUID:
    """Put a decision before a second officer; from two weeks before the last day on.

    Refused where it is too early, where the choice does not fit, where no reason or a far too
    long one is given, and where another proposal waits.
    """
    _must_decide(actor)
    if choice not in choices(held):
        raise Refusal("holding_choice_missing", "choice")
    if held.days_left(now.date()) > max(ALARM_DAYS):
        opens = held.leave_by - timedelta(days=max(ALARM_DAYS))
        raise Refusal("holding_too_early", opens=opens)
    words = reason.strip()
    if not words:
        raise Refusal("remedy_reason_missing", "reason")
    if len(words) > REASON_MAX:
        raise Refusal("note_too_long", "reason", most=REASON_MAX)
    made = new_id()
    done = execute(
        """
        INSERT INTO holding_decision (id, kind, subject_id, currency, choice, reason, state,
            proposed_by, proposed_at)
        VALUES (%s, %s, %s, %s, %s, %s, 'proposed', %s, %s) ON CONFLICT DO NOTHING
        """,
        (
            *(made, held.kind, held.subject_id, held.currency, choice, words),
            *(actor.known(), now),
        ),
    )
    if not done:
        raise Refusal("remedy_proposed")
    facts = {"held_as": held.kind, "choice": choice, "reason": words}
    audit.record(actor, "holding.propose", "holding_decision", made, at=now, **facts)
    return made


def agree(actor: Actor, decision_id: UUID, now: datetime) -> list[Line]:
    """Agree as the second officer, and do it at once; returns who gets what.

    Safe to repeat: what is held no longer is not touched.
    """
    decision = _close(actor, decision_id, "done", now)
    try:
        held = queries.one(HeldAs(decision.kind), decision.subject_id, decision.currency)
    except NotFound:
        return []  # it has left meanwhile
    if decision.choice in {Choice.GIVE_BACK, Choice.DECIDE}:
        return holding.give_back(held, now, actor=actor)
    if held.kind == HeldAs.PAYOUT:
        return payouts.repeat_payout(held.subject_id) or tranches.pay(held.subject_id, now)
    return funding_closing.disburse(held.subject_id, now, insisting=True)


def refuse(actor: Actor, decision_id: UUID, now: datetime) -> None:
    """Turn a proposal down; who made it may also take it back."""
    _close(actor, decision_id, "refused", now)


@command
def _close(actor: Actor, decision_id: UUID, state: str, now: datetime) -> Decision:
    _must_decide(actor)
    found = row(
        """
        SELECT id, kind, subject_id, currency, choice, reason, state, proposed_by, proposed_at,
            decided_by, decided_at
        FROM holding_decision WHERE id = %s FOR UPDATE
        """,
        (decision_id,),
        into=Decision,
    )
    if found is None:
        raise NotFound(str(decision_id))
    if found.state != "proposed":
        raise Refusal("remedy_decided")
    if state == "done" and found.proposed_by == actor.known():
        raise Refusal("same_person")
    execute(
        "UPDATE holding_decision SET state = %s, decided_by = %s, decided_at = %s WHERE id = %s",
        (state, actor.known(), now, decision_id),
    )
    verb = "holding.agree" if state == "done" else "holding.refuse"
    audit.record(actor, verb, "holding_decision", decision_id, at=now, choice=found.choice)
    return found


def _must_decide(actor: Actor) -> None:
    if not actor.has("finance_officer"):
        raise NotAllowed("finance.decide")
