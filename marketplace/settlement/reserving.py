"""The refund reserve: an alarm before the refunds come that could not be paid."""

from __future__ import annotations

from datetime import datetime

from marketplace.escrow import gateway
from marketplace.escrow.queries import outgoing
from marketplace.infra.commands import command
from marketplace.infra.events import announce
from marketplace.settlement.events import ReserveShort
from marketplace.settlement.queries import reserve


@command
def watch(now: datetime) -> int:
    """Tell of every currency whose refunds may soon need more than there is; returns how many.

    Where nothing is decided within a week and no refund waits, there is time still.
    """
    waiting = {each.currency for each in outgoing.waiting_refunds()}
    told = 0
    for each in reserve.reserves(gateway.current().name, now):
        if each.short.is_positive and (each.soon_count or each.currency in waiting):
            told += 1
            announce(
                ReserveShort(
                    each.currency, each.need.minor, each.have.minor, each.first_deadline, now
                )
            )
    return told
