"""What the bank does by itself when time makes it due, in one look at the diary."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from marketplace.simulator import checkouts, disputes, funds, payouts, refunds, transfers
from marketplace.simulator.store import Work

_DUE: Final = """
    SELECT EXISTS (SELECT FROM simulator.movement
                   WHERE NOT matured AND available_at <= %(now)s) AS mature,
        EXISTS (SELECT FROM simulator.refund WHERE state = 'pending') AS refunds,
        EXISTS (SELECT FROM simulator.refund WHERE returns_at <= %(now)s) AS refunds_back,
        EXISTS (SELECT FROM simulator.transfer WHERE returns_at <= %(now)s) AS transfers_back,
        EXISTS (SELECT FROM simulator.charge WHERE dispute_at <= %(now)s) AS disputes,
        EXISTS (SELECT FROM simulator.dispute WHERE due_at <= %(now)s) AS verdicts,
        EXISTS (SELECT FROM simulator.payout WHERE due_at <= %(now)s) AS payouts,
        EXISTS (SELECT FROM simulator.checkout
                WHERE state = 'open' AND expires_at <= %(now)s) AS checkouts,
        EXISTS (SELECT FROM simulator.event
                WHERE state = 'waiting' AND due_at <= %(now)s) AS notices
"""
NOTICES: Final = "notices"  # no chore of the bank's, but its courier's


def due(work: Work) -> set[str]:
    """Return the chores of which anything is due, and `NOTICES` where some wait to be carried."""
    return {name for name, is_due in work.rows(_DUE, now=work.now)[0].items() if is_due}


def do(work: Work, site: str, due: Collection[str]) -> None:
    """Do all that is due, money that comes in before money that goes out."""
    chores: dict[str, Callable[[], object]] = {
        "mature": lambda: funds.mature(work),
        "disputes": lambda: disputes.open_due(work),
        "verdicts": lambda: disputes.close_due(work),
        "refunds_back": lambda: refunds.return_due(work),
        "transfers_back": lambda: transfers.return_due(work),
        "payouts": lambda: payouts.arrive_due(work),
        "refunds": lambda: refunds.settle_waiting(work),
        "checkouts": lambda: checkouts.expire_due(work, site),
    }
    for name, chore in chores.items():
        if name in due:
            chore()
