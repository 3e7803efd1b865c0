"""The watch over what is held: alarms 14, 7 and 3 days before the last day, and the last day.

Once a day everything that is held is looked through. Who can still do something is told, each
time once. What has come to its last day undecided goes back by itself (ADR 0005): a payment is
never older than the provider may hold it. While something waits for the provider, the watch
looks again every hour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow.limits import ALARM_DAYS, alarm_at
from marketplace.infra.commands import command, rehearsing, step
from marketplace.infra.database import execute, rows, scalar
from marketplace.infra.events import announce
from marketplace.infra.logs import log
from marketplace.kernel.actors import SETTLEMENT, Actor
from marketplace.kernel.errors import Broken
from marketplace.settlement import emptying, giving_back, inspecting, tranches
from marketplace.settlement.events import HoldingAlarmed
from marketplace.settlement.lines import Line
from marketplace.settlement.queries import holding
from marketplace.settlement.queries.alarms import Alarm
from marketplace.settlement.queries.holding import Held
from marketplace.settlement.queries.kinds import HeldAs

AGAIN: Final = timedelta(hours=1)
BATCH: Final = 500
# What is released on its last day becomes payable. Wallets last: what comes back to one must
# leave it on the same day.
_ORDER: Final = (
    (HeldAs.CAMPAIGN, HeldAs.HOLDBACK, HeldAs.LOAN, HeldAs.DISBURSEMENT),
    (HeldAs.PAYOUT,),
    (HeldAs.WALLET,),
)


def watch(now: datetime) -> list[Line]:
    """Raise the alarms that are due and send away what has come to its last day."""
    if not _is_time(now):
        return []
    lines = [line for person_id in emptying.ready_again() for line in send_on(person_id, now)]
    soon, acted = _soon(now), False
    for kinds in _ORDER:  # looked for anew only once something may have moved
        due = _every(kinds, now) if acted else _due(soon, kinds, now)
        lines += _act(due, now)
        acted = acted or bool(due)
    waiting = sum(line.kind == "holding.waits" for line in lines)
    alarms = _end(_soon(now) if acted else soon, waiting, now)
    return lines + [_line_of(alarm) for alarm in alarms]


def send_on(person_id: UUID, now: datetime) -> list[Line]:
    """Pay a person what was stranded, now that the provider knows where to."""
    back = emptying.unstrand(person_id, now)
    currencies = sorted({line.amount.currency for line in back if line.amount})
    out = [line for currency in currencies for line in emptying.empty(person_id, currency, now)]
    return back + out


def give_back(held: Held, now: datetime, *, actor: Actor = SETTLEMENT) -> list[Line]:
    """Send back what is held and would come to its last day within two weeks of it."""
    until = max(held.leave_by, now.date()) + timedelta(days=max(ALARM_DAYS))
    return _back(held, until_days=(until - now.date()).days, now=now, actor=actor)


def _act(due: Sequence[Held], now: datetime) -> list[Line]:
    lines: list[Line] = []
    for held in due:
        try:
            lines += _back(held, until_days=0, now=now, actor=SETTLEMENT)
        except Broken as trouble:
            log("settlement").error("holding stopped", subject=held.ref, why=str(trouble))
            lines.append(
                Line("holding.stopped", held.ref, held.person_id, held.amount, str(trouble))
            )
    return lines


def _soon(now: datetime) -> list[Held]:
    """Return all that an alarm may be due for, or more."""
    return _every(tuple(HeldAs), now, days=max(ALARM_DAYS))


def _due(soon: Sequence[Held], kinds: Sequence[HeldAs], now: datetime) -> list[Held]:
    return [held for held in soon if held.kind in kinds and held.leave_by <= now.date()]


def _every(kinds: Sequence[HeldAs], now: datetime, *, days: int = 0) -> list[Held]:
    until = now.date() + timedelta(days=days)
    found = holding.held(kinds, until=until, limit=BATCH)
    batch = found
    while len(batch) == BATCH:
        batch = holding.held(kinds, until=until, after=batch[-1].cursor, limit=BATCH)
        found += batch
    return found


def _back(held: Held, *, until_days: int, now: datetime, actor: Actor) -> list[Line]:
    until = now.date() + timedelta(days=until_days)
    acts: dict[HeldAs, Callable[[], list[Line]]] = {
        HeldAs.CAMPAIGN: lambda: giving_back.return_pledges(
            held.subject_id, until, now, actor=actor
        ),
        HeldAs.HOLDBACK: lambda: _end_holdback(held, until, now),
        HeldAs.PAYOUT: lambda: giving_back.undo_release(held.subject_id, now, actor=actor),
        HeldAs.LOAN: lambda: giving_back.return_parts(held.subject_id, until, now, actor=actor),
        HeldAs.DISBURSEMENT: lambda: giving_back.undo_lending(held.subject_id, now, actor=actor),
        HeldAs.WALLET: lambda: emptying.empty(
            held.subject_id, held.currency, now, until=until if until_days else None
        ),
    }
    act = acts.get(HeldAs(held.kind))
    return act() if act else []


def _end_holdback(held: Held, until: date, now: datetime) -> list[Line]:
    """Decide about what is held back, and ask at once for what became the sponsor's by it."""
    return inspecting.end_holding(held.subject_id, until, now) + tranches.pay(held.subject_id, now)


def _is_alarming(held: Held, now: datetime) -> bool:
    """What is on its way back needs nobody, unless it has not arrived in time."""
    return held.kind != HeldAs.REFUND or held.days_left(now.date()) < 0


@command
def _end(soon: Sequence[Held], waiting: int, now: datetime) -> list[Alarm]:
    """Note that all was looked through, and raise each alarm that is due, once.

    Who can act, and the officers, are written to.
    """
    execute("UPDATE holding_watch SET looked_at = %s, waiting = %s", (now, waiting))
    alarming = [held for held in soon if _is_alarming(held, now)]
    return _raise(alarming, now) if alarming else []


@step
def _raise(due: Sequence[Held], now: datetime) -> list[Alarm]:
    fresh = rows(
        _RAISE,
        {
            "kinds": [held.kind for held in due],
            "subjects": [held.subject_id for held in due],
            "currencies": [held.currency for held in due],
            "last_days": [held.leave_by for held in due],
            "days": [alarm_at(held.days_left(now.date())) for held in due],
            "people": [held.person_id for held in due],
            "amounts": [held.leaving_minor for held in due],
            "now": now,
        },
        into=Alarm,
    )
    if fresh:
        announce(HoldingAlarmed(now))
    return fresh


def _line_of(alarm: Alarm) -> Line:
    return Line(
        "holding.alarm",
        alarm.ref,
        alarm.person_id,
        alarm.amount,
        f"{alarm.kind} must leave by {alarm.leave_by}: the {alarm.days} days' alarm",
    )


_RAISE: Final = """
    INSERT INTO holding_alarm (kind, subject_id, currency, leave_by, days, person_id, amount_minor,
        raised_at)
    SELECT *, %(now)s FROM unnest(%(kinds)s::text[], %(subjects)s::uuid[], %(currencies)s::text[],
        %(last_days)s::date[], %(days)s::int[], %(people)s::uuid[], %(amounts)s::bigint[])
    ON CONFLICT DO NOTHING
    RETURNING kind, subject_id, person_id, currency, leave_by, days, amount_minor, raised_at
"""


def _is_time(now: datetime) -> bool:
    """Whether today was not looked yet, or something waited an hour ago. A dry run always looks."""
    if rehearsing():
        return True
    return bool(
        scalar(
            """
            SELECT looked_at IS NULL OR (looked_at AT TIME ZONE 'UTC')::date < %(on)s
                OR (waiting > 0 AND looked_at <= %(again)s)
            FROM holding_watch
            """,
            {"on": now.date(), "again": now - AGAIN},
        )
    )
