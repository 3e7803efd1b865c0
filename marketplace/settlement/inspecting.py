"""What is held back of funded campaigns: released, or sent back, when that is decided.

    accepted, or silence for the whole inspection ──▶ the sponsor's
    a milestone nobody objects to for a week      ──▶ the sponsor's
    an objection two people have decided          ──▶ as they decided, also in two
    the last day it can be held                   ──▶ by the rule backers agreed to

What to do is read from how things stand, so that events may come twice or late and a run may be
killed and repeated anywhere. Nothing moves while a campaign is suspended, but for the last day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.events.parts import FulfilmentDecided
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries.parts import COLUMNS, PartRow
from marketplace.campaigns.rules.parts import Fate, last_day
from marketplace.campaigns.services import fulfilling, milestones, objecting, parting
from marketplace.campaigns.services.moving import lock_campaign
from marketplace.campaigns.states.fulfilments import UNDECIDED, FulfilmentState
from marketplace.campaigns.states.parts import MilestoneState
from marketplace.infra.commands import command, step
from marketplace.infra.database import column, flush, rows
from marketplace.infra.events import announce
from marketplace.kernel.actors import SETTLEMENT
from marketplace.kernel.errors import Broken
from marketplace.kernel.money import Money
from marketplace.settlement import deciding, releasing
from marketplace.settlement.lines import Line

BATCH: Final = 500

_DUE: Final = """
    SELECT c.id FROM campaign c WHERE c.suspended_at IS NULL AND c.id IN (
        SELECT campaign_id FROM fulfilment WHERE state = 'shipped' AND inspect_until <= %(now)s
        UNION
        SELECT campaign_id FROM release_part
        WHERE state IN ('claimed', 'objected') AND objections_until <= %(now)s
        UNION
        SELECT part.campaign_id FROM pledge_part part
        JOIN fulfilment f ON f.pledge_id = part.pledge_id
            AND f.state IN ('accepted', 'auto_accepted')
        JOIN release_part r ON r.id = part.part_id AND r.kind = 'inspection'
        WHERE part.state = 'held'
        UNION
        SELECT o.campaign_id FROM objection o
        JOIN fulfilment f ON f.pledge_id = o.pledge_id AND f.state = 'objected'
        WHERE o.state = 'decided' AND o.part_id IS NULL)
    ORDER BY c.id LIMIT %(limit)s
"""


def look_after(now: datetime) -> list[Line]:
    """Release and send back what is due; a campaign whose books do not add up is named."""
    return deciding.take_each(
        column(_DUE, {"now": now, "limit": BATCH}), lambda found: look_at(found, now)
    )


@command
def look_at(campaign_id: UUID, now: datetime) -> list[Line]:
    """Take everything that is held back of one campaign as far as it can be taken at `now`."""
    campaign = lock_campaign(campaign_id, shared=True)
    if campaign.suspended_at is not None:
        return []
    fulfilling.accept_silent(campaign, now)
    lines = releasing.release_parts(campaign, _accepted(campaign), now, why="accepted")
    lines += [line for found in _decided(campaign) for line in _carry_out(campaign, found, now)]
    lines += [
        line for found in milestones.due(campaign, now) for line in _grant(campaign, found, now)
    ]
    for part_id in milestones.upheld(campaign):
        milestones.refuse(campaign, part_id, now)
    fulfilling.note_fulfilled(campaign, now)
    return lines


@command
def end_holding(campaign_id: UUID, until: date, now: datetime) -> list[Line]:
    """Decide what can be held no longer than `until`, by the rule backers agreed to.

    A sponsor who was never paid is not looked at here: then all goes back, as a whole. While a
    campaign is suspended everything goes back.
    """
    campaign = lock_campaign(campaign_id)
    if not releasing.is_paid(campaign):
        return []
    endings = _held_until(campaign, until)
    objecting.expire([each.part.pledge_id for each in endings if each.is_inspection], None, now)
    fates = [(found, _fate(campaign, found, now)) for found in endings]
    released = [found for found, fate in fates if fate is Fate.RELEASE]
    returned = [found for found, fate in fates if fate is Fate.RETURN]
    lines = releasing.release_parts(
        campaign, [found.part for found in released], now, why="held as long as it may be"
    )
    lines += releasing.give_parts_back(
        campaign, [found.part for found in returned], now, reason="held_too_long"
    )
    _end(campaign, released, "release", now)
    _end(campaign, returned, "return", now)
    milestones.end_empty(campaign, now)
    fulfilling.note_fulfilled(campaign, now)
    return lines


@dataclass(frozen=True, slots=True)
class _Decision:
    """An objection two people have decided, and whose it was."""

    pledge_id: UUID
    backer_id: UUID
    back_minor: int


@step
def _accepted(campaign: Campaign) -> list[PartRow]:
    return rows(
        f"""
        SELECT {COLUMNS} FROM pledge_part part
        JOIN release_part r ON r.id = part.part_id AND r.kind = 'inspection'
        JOIN fulfilment f ON f.pledge_id = part.pledge_id
            AND f.state IN ('accepted', 'auto_accepted')
        WHERE part.campaign_id = %s AND part.state = 'held'
        ORDER BY part.pledge_id, part.id FOR UPDATE OF part
        """,  # noqa: S608 - our own constant
        (campaign.id,),
        into=PartRow,
    )


@step
def _decided(campaign: Campaign) -> list[_Decision]:
    return rows(
        """
        SELECT f.pledge_id, f.backer_id, o.back_minor FROM fulfilment f JOIN LATERAL (
            SELECT back_minor, state FROM objection
            WHERE pledge_id = f.pledge_id AND part_id IS NULL ORDER BY opened_at DESC, id DESC
            LIMIT 1) o ON o.state = 'decided' AND o.back_minor IS NOT NULL
        WHERE f.campaign_id = %s AND f.state = 'objected' ORDER BY f.pledge_id FOR UPDATE OF f
        """,
        (campaign.id,),
        into=_Decision,
    )


@step
def _carry_out(campaign: Campaign, decision: _Decision, now: datetime) -> list[Line]:
    """Divide what is held of a pledge as it was decided; a part of a part is one of its own."""
    if decision.back_minor and not releasing.is_paid(campaign):
        return []
    held = _inspected_part(campaign, decision.pledge_id)
    back = Money(min(decision.back_minor, held.amount_minor), held.currency)
    kept: list[PartRow] = [held]
    given: list[PartRow] = []
    move = "release"
    if back == held.amount:
        kept, given, move = [], [held], "return"
    elif back.is_positive:
        rest, gone = parting.divide_in_two(campaign.id, held, back, now)
        kept, given, move = [rest], [gone], "release_in_part"
    lines = releasing.release_parts(campaign, kept, now, why="decided")
    lines += releasing.give_parts_back(campaign, given, now, reason="objection_upheld")
    fulfilment = fulfilling.lock_fulfilment(decision.pledge_id)
    fulfilling.move(fulfilment, move, by={"settlement"}, actor=SETTLEMENT, at=now)
    _announce(campaign, decision.pledge_id, decision.backer_id, kept, given, by_clock=False)
    return lines


@step
def _inspected_part(campaign: Campaign, pledge_id: UUID) -> PartRow:
    held = parting.held_parts(campaign.id, pledge_id=pledge_id)
    ids = set(
        column(
            "SELECT id FROM release_part WHERE campaign_id = %s AND kind = 'inspection'",
            (campaign.id,),
        )
    )
    found = [part for part in held if part.part_id in ids]
    if len(found) != 1:
        raise Broken(f"{len(found)} parts of pledge {pledge_id} are held for its inspection")
    return found[0]


@step
def _grant(campaign: Campaign, part_id: UUID, now: datetime) -> list[Line]:
    held = [part for part in parting.held_parts(campaign.id) if part.part_id == part_id]
    lines = releasing.release_parts(campaign, held, now, why="the milestone is reached")
    total = Money.total((part.amount for part in held), campaign.currency or "")
    milestones.grant(campaign, part_id, total, now)
    return lines


@dataclass(frozen=True, slots=True)
class _Facts:
    id: UUID
    backer_id: UUID
    fulfilment: str | None
    milestone: str | None
    promised_for: date | None
    is_inspection: bool


@dataclass(frozen=True, slots=True)
class _Ending:
    """One part that can be held no longer, with what decides about it."""

    part: PartRow
    facts: _Facts

    @property
    def is_inspection(self) -> bool:
        return self.facts.is_inspection


_FACTS: Final = """
    SELECT part.id, p.backer_id, CASE WHEN r.kind = 'inspection' THEN f.state END AS fulfilment,
        r.state AS milestone,
        CASE WHEN r.kind = 'inspection' THEN f.promised_for ELSE r.due END AS promised_for,
        r.kind = 'inspection' AS is_inspection
    FROM pledge_part part JOIN release_part r ON r.id = part.part_id
    JOIN pledge p ON p.id = part.pledge_id
    JOIN escrow_instruction i ON i.id = p.checkout_id AND i.leave_by <= %(until)s
    LEFT JOIN fulfilment f ON f.pledge_id = part.pledge_id
    WHERE part.campaign_id = %(campaign)s AND part.state = 'held'
"""


@step
def _held_until(campaign: Campaign, until: date) -> list[_Ending]:
    flush()
    held = parting.held_parts(campaign.id)
    facts = {
        found.id: found
        for found in rows(_FACTS, {"campaign": campaign.id, "until": until}, into=_Facts)
    }
    return [_Ending(part, facts[part.id]) for part in held if part.id in facts]


def _fate(campaign: Campaign, found: _Ending, now: datetime) -> Fate:
    facts = found.facts
    fulfilment = FulfilmentState(facts.fulfilment) if facts.fulfilment else None
    if campaign.suspended_at is not None and (fulfilment is None or fulfilment in UNDECIDED):
        return Fate.RETURN
    return last_day(
        fulfilment=fulfilment,
        milestone=MilestoneState(facts.milestone) if facts.milestone else None,
        promised_for=facts.promised_for,
        on=now.date(),
    )


@step
def _end(campaign: Campaign, endings: Sequence[_Ending], move: str, now: datetime) -> None:
    """Move the fulfilments whose money was decided about by the clock, and say so.

    What was not sent is not over: it is owed, with nothing held for it any more.
    """
    mine = [found for found in endings if found.is_inspection]
    for state in sorted(UNDECIDED):
        ids = [found.part.pledge_id for found in mine if found.facts.fulfilment == state]
        if ids:
            fulfilling.move_all(ids, state, move, now)
    for found in mine:
        part = [found.part]
        kept, given = (part, []) if move == "release" else ([], part)
        pledge_id, backer_id = found.part.pledge_id, found.facts.backer_id
        _announce(campaign, pledge_id, backer_id, kept, given, by_clock=True)


@step
def _announce(
    campaign: Campaign,
    pledge_id: UUID,
    backer_id: UUID,
    kept: Sequence[PartRow],
    given: Sequence[PartRow],
    *,
    by_clock: bool,
) -> None:
    announce(
        FulfilmentDecided(
            pledge_id,
            campaign.id,
            backer_id,
            campaign.sponsor_id,
            sum(part.amount_minor for part in given),
            sum(part.amount_minor for part in kept),
            campaign.currency or "",
            by_clock,
        )
    )
