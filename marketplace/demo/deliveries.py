"""What becomes of rewards in the demo world: sent, received, objected to, decided.

Most sponsors send in time; the others' share is decided on its last day, and what they promised is
owed as before. What happened lately is left to whoever looks on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.services import fulfilling, inspecting, milestones, objecting
from marketplace.campaigns.services.fulfilling import Consignment
from marketplace.demo.since_acts import keep_time
from marketplace.demo.stage import Stage, actor_of
from marketplace.infra.database import db, rows
from marketplace.kernel.actors import Actor

# Days from the decision to the parcels, from a parcel to what its backer says, and for two people
# to decide.
_SENT_AFTER: Final = 24
_SAID_AFTER: Final = 5
_JUDGED_AFTER: Final = 3
_ACCEPTS_EVERY: Final = 3
_OBJECTS_EVERY: Final = 41
_SHOWN_AFTER: Final = 12
_NEVER_SENDS: Final = 5  # one of so many
_CARRIERS: Final = ("DHL", "Post", "UPS")
_EVIDENCE: Final = (
    "<p>The contract is signed and the first payment is made. The pictures of the workshop are in"
    " the latest update.</p>"
)
_WORDS: Final = "The corner is broken off and the box was wet. I sent pictures to the sponsor."
_REASON: Final = (
    "The pictures show that it broke on its way. The sponsor sends a new one; a third goes back"
    " for the trouble."
)

_TO_SEND: Final = """
    SELECT f.campaign_id, f.pledge_id AS id, c.sponsor_id AS person_id FROM fulfilment f
    JOIN campaign c ON c.id = f.campaign_id JOIN person p ON p.id = c.sponsor_id
    WHERE f.state IN ('to_ship', 'owed') AND c.decided_at <= %s
      AND p.email <> ALL(%s) AND p.email LIKE '%%@demo.example'
    ORDER BY f.campaign_id, f.pledge_id
"""
_ON_ITS_WAY: Final = """
    SELECT f.campaign_id, f.pledge_id AS id, f.backer_id AS person_id FROM fulfilment f
    JOIN person p ON p.id = f.backer_id
    WHERE f.state = 'shipped' AND f.shipped_at <= %s AND f.shipped_at > %s
      AND p.email <> ALL(%s) AND p.email LIKE '%%@demo.example'
    ORDER BY f.pledge_id
"""
_OBJECTIONS: Final = """
    SELECT o.id, o.pledge_id, o.state, (SELECT sum(part.amount_minor) FROM pledge_part part
        WHERE part.pledge_id = o.pledge_id AND part.state = 'held')::bigint AS held_minor
    FROM objection o WHERE o.state IN ('open', 'proposed') AND o.part_id IS NULL
      AND o.opened_at <= %s ORDER BY o.id
"""
_PLANNED: Final = """
    SELECT r.id, r.campaign_id, c.sponsor_id AS person_id FROM release_part r
    JOIN campaign c ON c.id = r.campaign_id JOIN person p ON p.id = c.sponsor_id
    WHERE r.state = 'planned' AND c.state IN ('funded', 'paid_out') AND c.decided_at <= %s
      AND p.email <> ALL(%s) AND p.email LIKE '%%@demo.example'
    ORDER BY r.id
"""


@dataclass(frozen=True, slots=True)
class _Turn:
    """A pledge or a milestone, and whose turn it is to say or show something about it."""

    campaign_id: UUID
    id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True)
class _Case:
    id: UUID
    pledge_id: UUID
    state: str
    held_minor: int | None


def deliver(stage: Stage, *, alone: tuple[str, ...] = (), is_last: bool = False) -> None:
    """Let sponsors keep time, send and show, backers say what they got, and two people decide.

    Those with an address in `alone` are played by somebody else; the last days' cases wait.
    """
    keep_time(stage)
    _send(stage, alone)
    _show_milestones(stage, alone)
    _say(stage, alone)
    if not is_last:
        _judge(stage)


def _send(stage: Stage, alone: tuple[str, ...]) -> None:
    found = _turns(_TO_SEND, stage.now - timedelta(days=_SENT_AFTER), list(alone))
    for campaign_id in dict.fromkeys(each.campaign_id for each in found):
        if campaign_id.int % _NEVER_SENDS == 0:
            continue
        mine = [each for each in found if each.campaign_id == campaign_id]
        carrier = _CARRIERS[campaign_id.int % len(_CARRIERS)]
        stage.pass_minutes(0, 2)
        fulfilling.mark_shipped(
            actor_of(mine[0].person_id),
            campaign_id,
            [Consignment(each.id, carrier, f"{each.id.int % 10**12:012d}") for each in mine],
            stage.now,
        )


def _show_milestones(stage: Stage, alone: tuple[str, ...]) -> None:
    for each in _turns(_PLANNED, stage.now - timedelta(days=_SHOWN_AFTER), list(alone)):
        stage.pass_minutes(0, 2)
        milestones.claim(
            actor_of(each.person_id),
            each.campaign_id,
            each.id,
            evidence=_EVIDENCE,
            now=stage.now,
        )


def _say(stage: Stage, alone: tuple[str, ...]) -> None:
    """Each backer speaks once, five days after it was sent; most say nothing."""
    since = stage.now - timedelta(days=_SAID_AFTER)
    found = _turns(_ON_ITS_WAY, since, since - timedelta(days=1), list(alone))
    for each in found:
        backer = actor_of(each.person_id)
        if each.id.int % _OBJECTS_EVERY == 0:
            _object(stage, backer, each.id)
        elif each.id.int % _ACCEPTS_EVERY == 0:
            stage.pass_minutes(0, 1)
            inspecting.accept(backer, each.id, stage.now)


def _object(stage: Stage, backer: Actor, pledge_id: UUID) -> None:
    stage.pass_minutes(0, 2)
    inspecting.object_to(
        backer,
        pledge_id,
        code="damaged",
        words=_WORDS,
        form_key=stage.form_key(),
        now=stage.now,
    )


def _judge(stage: Stage) -> None:
    before = stage.now - timedelta(days=_JUDGED_AFTER)
    found = rows(_OBJECTIONS, (before,), into=_Case)
    db.session.rollback()
    for case in found:
        stage.pass_minutes(0, 2)
        if case.state == "open":
            objecting.propose(
                stage.cast["moderator"],
                case.id,
                reason=_REASON,
                back_minor=(case.held_minor or 0) // 3,
                now=stage.now,
            )
        else:
            objecting.agree(stage.cast["finance_officer"], case.id, stage.now)


def _turns(sql: str, *facts: datetime | list[str]) -> list[_Turn]:
    found = rows(sql, facts, into=_Turn)
    db.session.rollback()
    return found
