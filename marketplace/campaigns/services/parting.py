"""The parts of pledges: divided at the success, then released, returned or taken back.

Rows only, in sets; settlement moves the money.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries.parts import COLUMNS, PartRow
from marketplace.campaigns.rules.parts import pieces
from marketplace.campaigns.services import fulfilling, objecting
from marketplace.campaigns.states.fulfilments import OPEN, FulfilmentState
from marketplace.campaigns.states.parts import PART, PartState
from marketplace.infra import transitions
from marketplace.infra.commands import step
from marketplace.infra.database import column, execute, flush, rows
from marketplace.kernel.actors import SETTLEMENT, Actor
from marketplace.kernel.ids import new_id
from marketplace.kernel.money import Money

_BY: Final = frozenset({"settlement"})


@dataclass(frozen=True, slots=True)
class Division:
    """What of a success is paid at once (gross = net + fee), and what is held back."""

    net: Money
    fee: Money
    held: Money


@dataclass(frozen=True, slots=True)
class _Share:
    pledge_id: UUID
    part_id: UUID
    amount_minor: int
    fee_minor: int
    currency: str
    is_free: bool


# Each part ends where the running share of the pledge ends, and each fee where the running fee of
# all parts ends: together they are the pledge, and the fee on everything, to the cent. Who gets no
# reward has nothing to inspect.
_SHARES: Final = """
    WITH plan AS (
        SELECT id, position, kind, share_bps, state IN ('granted', 'ended') AS is_over,
            sum(share_bps) OVER (ORDER BY position) AS upto,
            first_value(id) OVER (ORDER BY position) AS first_id
        FROM release_part WHERE campaign_id = %(campaign)s
    ), undivided AS (
        SELECT p.id, p.amount_minor, p.currency, EXISTS (SELECT FROM pledge_line l
            WHERE l.pledge_id = p.id AND l.kind = 'reward') AS has_reward
        FROM pledge p WHERE p.campaign_id = %(campaign)s AND p.state = 'released'
            AND NOT EXISTS (SELECT FROM pledge_part part WHERE part.pledge_id = p.id)
    ), cut AS (
        SELECT u.id AS pledge_id, u.currency,
            CASE WHEN plan.kind = 'inspection' AND NOT u.has_reward THEN plan.first_id
                ELSE plan.id END AS part_id,
            (2 * u.amount_minor * plan.upto + 10000) / 20000
                - (2 * u.amount_minor * (plan.upto - plan.share_bps) + 10000) / 20000 AS minor
        FROM undivided u CROSS JOIN plan
    ), part AS (
        SELECT cut.pledge_id, cut.part_id, cut.currency, plan.position,
            plan.kind = 'first' OR coalesce(plan.is_over, false) AS is_free,
            sum(cut.minor)::bigint AS amount_minor
        FROM cut JOIN plan ON plan.id = cut.part_id
        GROUP BY 1, 2, 3, 4, 5 HAVING sum(cut.minor) > 0
    ), running AS (
        SELECT part.*, (before.minor + sum(amount_minor)
            OVER (ORDER BY pledge_id, position))::bigint AS upto
        FROM part CROSS JOIN (SELECT coalesce(sum(amount_minor), 0) AS minor FROM pledge_part
            WHERE campaign_id = %(campaign)s AND state <> 'divided') before
    )
    SELECT pledge_id, part_id, amount_minor, currency, is_free,
        (2 * upto * %(fee_bps)s + 10000) / 20000
            - (2 * (upto - amount_minor) * %(fee_bps)s + 10000) / 20000 AS fee_minor
    FROM running ORDER BY pledge_id, position
"""


_INSERT: Final = """
    INSERT INTO pledge_part (id, pledge_id, campaign_id, part_id, piece, amount_minor, fee_minor,
        currency, state, ended_at)
    SELECT made.id, made.pledge_id, %(campaign)s, made.part_id, 1, made.amount, made.fee,
        %(currency)s, CASE WHEN made.is_free THEN 'released' ELSE 'held' END,
        CASE WHEN made.is_free THEN %(now)s::timestamptz END
    FROM unnest(%(ids)s::uuid[], %(pledges)s::uuid[], %(parts)s::uuid[], %(amounts)s::bigint[],
        %(fees)s::bigint[], %(free)s::boolean[])
        AS made (id, pledge_id, part_id, amount, fee, is_free)
"""
_FULFILMENTS: Final = """
    INSERT INTO fulfilment (pledge_id, campaign_id, backer_id, state, promised_for)
    SELECT p.id, p.campaign_id, p.backer_id, 'to_ship', p.reward_delivery FROM pledge p
    WHERE p.campaign_id = %s AND p.state = 'released' AND EXISTS (
        SELECT FROM pledge_line l WHERE l.pledge_id = p.id AND l.kind = 'reward')
    ON CONFLICT DO NOTHING
"""


@step
def divide(campaign: Campaign, now: datetime) -> Division | None:
    """Divide the released pledges that are not divided yet; None where there is no plan."""
    flush()
    facts = {"campaign": campaign.id, "fee_bps": campaign.fee_bps or 0}
    shares = rows(_SHARES, facts, into=_Share)
    if not shares:
        return None
    _write(campaign, shares, now)
    currency = shares[0].currency
    free = [share for share in shares if share.is_free]
    paid, fee = sum(each.amount_minor for each in free), sum(each.fee_minor for each in free)
    held = sum(each.amount_minor for each in shares) - paid
    return Division(Money(paid - fee, currency), Money(fee, currency), Money(held, currency))


@step
def open_fulfilments(campaign: Campaign) -> int:
    """From now on rewards are owed: to everyone whose pledge is released; returns to how many."""
    return execute(_FULFILMENTS, (campaign.id,))


@step
def held_parts(
    campaign_id: UUID, *, pledge_id: UUID | None = None, states: Collection[str] = ("held",)
) -> list[PartRow]:
    """Return the parts of a campaign, or of one pledge of it, that are in `states`, locked."""
    return rows(
        f"""
        SELECT {COLUMNS} FROM pledge_part part
        WHERE part.campaign_id = %(campaign)s AND part.state = ANY(%(states)s)
            AND (%(pledge)s::uuid IS NULL OR part.pledge_id = %(pledge)s)
        ORDER BY part.pledge_id, part.id FOR UPDATE
        """,  # noqa: S608 - our own constant
        {"campaign": campaign_id, "pledge": pledge_id, "states": list(states)},
        into=PartRow,
    )


_MOVE: Final = """
    UPDATE pledge_part SET state = %(state)s,
        ended_at = CASE WHEN %(is_open)s THEN NULL ELSE %(now)s::timestamptz END,
        refund_id = coalesce(by.refund_id, pledge_part.refund_id)
    FROM unnest(%(ids)s::uuid[], %(refunds)s::uuid[]) AS by (id, refund_id)
    WHERE pledge_part.id = by.id AND pledge_part.state = %(former)s
    RETURNING pledge_part.id
"""


@step
def move(
    parts: Sequence[PartRow],
    move: str,
    now: datetime,
    *,
    actor: Actor = SETTLEMENT,
    refunds: Sequence[UUID] | None = None,
) -> list[PartRow]:
    """Move parts that were in one state on; returns those that were still in it.

    `refunds` are by which each goes back, in their order.
    """
    if not parts:
        return []
    former = PartState(parts[0].state)
    state = PART.go(former, move, by=_BY)
    moved = column(
        _MOVE,
        {
            "state": state.value,
            "former": former.value,
            "is_open": state in {PartState.HELD, PartState.RETURNING},
            "now": now,
            "ids": [part.id for part in parts],
            "refunds": list(refunds) if refunds else [None] * len(parts),
        },
    )
    transitions.record_all(
        "pledge_part",
        sorted(moved),
        move=move,
        from_state=former.value,
        to_state=state.value,
        actor=actor,
        at=now,
    )
    kept = set(moved)
    return [part for part in parts if part.id in kept]


@step
def divide_in_two(
    campaign_id: UUID, part: PartRow, back: Money, now: datetime
) -> tuple[PartRow, PartRow]:
    """Replace a held part by two: what is to be released, and what goes `back`."""
    move([part], "divide", now)
    made = pieces(part.amount, part.fee, back)
    last = column(
        "SELECT max(piece) FROM pledge_part WHERE pledge_id = %s AND part_id = %s",
        (part.pledge_id, part.part_id),
    )[0]
    ids = [new_id(), new_id()]
    execute(
        """
        INSERT INTO pledge_part (id, pledge_id, campaign_id, part_id, piece, amount_minor,
            fee_minor, currency, state)
        SELECT made.id, %(pledge)s, %(campaign)s, %(part)s, made.piece, made.amount, made.fee,
            %(currency)s, 'held'
        FROM unnest(%(ids)s::uuid[], %(pieces)s::int[], %(amounts)s::bigint[], %(fees)s::bigint[])
            AS made (id, piece, amount, fee)
        """,
        {
            "pledge": part.pledge_id,
            "campaign": campaign_id,
            "part": part.part_id,
            "currency": part.currency,
            "ids": ids,
            "pieces": [last + 1, last + 2],
            "amounts": [amount.minor for amount, _fee in made],
            "fees": [fee.minor for _amount, fee in made],
        },
    )
    found = {row.id: row for row in held_parts(campaign_id, pledge_id=part.pledge_id)}
    return found[ids[0]], found[ids[1]]


@step
def undo(campaign: Campaign, now: datetime) -> None:
    """All pledges go back whole: so does every part, by the refund of its pledge."""
    flush()
    for state in ("held", "released"):
        parts = held_parts(campaign.id, states=(state,))
        refunds = {
            found.id: found.refund_id for found in rows(_REFUNDS, (campaign.id,), into=_Refund)
        }
        going = [part for part in parts if part.pledge_id in refunds]
        move(going, "undo", now, refunds=[refunds[part.pledge_id] for part in going])
    void_fulfilments(campaign.id, now)


@step
def void_fulfilments(campaign_id: UUID, now: datetime, *, pledge_id: UUID | None = None) -> None:
    """Nothing is owed any more: for one pledge that went back itself, or for any."""
    for state in sorted(OPEN | {FulfilmentState.SENT}):
        ids = column(
            """
            SELECT pledge_id FROM fulfilment WHERE campaign_id = %(campaign)s AND state = %(state)s
                AND (%(pledge)s::uuid IS NULL OR pledge_id = %(pledge)s)
            ORDER BY pledge_id
            """,
            {"campaign": campaign_id, "state": state.value, "pledge": pledge_id},
        )
        if ids:
            fulfilling.move_all(ids, state, "void", now)
            objecting.expire(ids, None, now)


@dataclass(frozen=True, slots=True)
class _Refund:
    id: UUID
    refund_id: UUID


_REFUNDS: Final = """
    SELECT id, refund_id FROM pledge WHERE campaign_id = %s AND refund_id IS NOT NULL
"""


@step
def _write(campaign: Campaign, shares: Sequence[_Share], now: datetime) -> None:
    execute(
        _INSERT,
        {
            "campaign": campaign.id,
            "currency": shares[0].currency,
            "now": now,
            "ids": [new_id() for _share in shares],
            "pledges": [share.pledge_id for share in shares],
            "parts": [share.part_id for share in shares],
            "amounts": [share.amount_minor for share in shares],
            "fees": [share.fee_minor for share in shares],
            "free": [share.is_free for share in shares],
        },
    )
