"""Chargebacks: the loss of a disputed payment is charged to those who had its money (ADR 0006).

    money gone ──▶ our loss ──what it bought──▶ escrow · sponsor · bill · wallet ──▶ recovered
         └── dispute won ──▶ everybody has again what they had

What to do is read from how things stand, never from which notice came: so notices may come in
any order and twice, and a run may be killed and repeated anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow.queries import disputes
from marketplace.escrow.queries.disputes import Dispute
from marketplace.escrow.services import recovering
from marketplace.escrow.states import DisputeState, RecoveryState
from marketplace.infra.commands import command, step
from marketplace.infra.logs import log
from marketplace.kernel.errors import Broken
from marketplace.kernel.money import Money
from marketplace.settlement import charged_lending, charged_pledges
from marketplace.settlement.lines import Line
from marketplace.settlement.rules import Route, rule


@dataclass(frozen=True, slots=True)
class _Case:
    """How payments for one purpose are looked at, charged and given back."""

    standing: Callable[[Dispute], str]
    charge: Callable[[Dispute, Route, datetime], bool]
    undo: Callable[[Dispute, datetime], None]


_CASES: Final = {
    "pledge": _Case(charged_pledges.standing, charged_pledges.charge, charged_pledges.undo),
    "commitment": _Case(
        charged_lending.standing_of_commitment, charged_lending.charge, charged_lending.undo
    ),
    "bill": _Case(
        charged_lending.standing_of_payment, charged_lending.charge, charged_lending.undo
    ),
    "prepayment": _Case(
        charged_lending.standing_of_payment, charged_lending.charge, charged_lending.undo
    ),
    "wallet": _Case(
        charged_lending.standing_of_order, charged_lending.charge, charged_lending.undo
    ),
}


def recover_all(now: datetime) -> list[Line]:
    """Take every dispute whose loss is to be charged, or given back, as far as it can be taken."""
    due = disputes.unrecovered()
    return [line for dispute_id in due for line in _guarded(dispute_id, now)]


@command
def recover(dispute_id: UUID, now: datetime) -> list[Line]:
    """Charge the loss of one dispute to who had its money, or give it back when it was won."""
    seen = disputes.dispute(dispute_id)
    case = _CASES.get(seen.purpose)
    standing = case.standing(seen) if case else "unknown"
    dispute = recovering.locked(dispute_id)  # after its subject, as everybody does
    if dispute.recovery not in {RecoveryState.DUE, RecoveryState.WAITING}:
        return []
    if dispute.state == DisputeState.WON:
        return _undo(case, dispute, now)
    found = rule(dispute.purpose, standing)
    done = _charge(case, dispute, found.route, now)
    waits = not done or any(each.state == "waiting" for each in disputes.recoveries(dispute.id))
    state = RecoveryState.WAITING if waits else RecoveryState.DONE
    recovering.conclude(dispute.id, RecoveryState.DUE if found.route is Route.WAIT else state)
    gained = Money(
        recovering.locked(dispute.id).recovered_minor - dispute.recovered_minor, dispute.currency
    )
    if not gained.is_positive and (waits or dispute.recovery == RecoveryState.WAITING):
        return []
    return [Line("dispute.recovered", dispute.ref, dispute.person_id, gained, found.why)]


@command
def note_reversal(instruction_id: UUID, *, landed: bool, now: datetime) -> UUID | None:
    """A transfer that was to be taken back was, or could not be; returns the dispute."""
    return recovering.note_reversal(instruction_id, landed=landed, now=now)


@step
def _charge(case: _Case | None, dispute: Dispute, route: Route, now: datetime) -> bool:
    if case is None or route is Route.NOTHING:
        return True
    if route is Route.WAIT:
        return False
    if route is Route.WALLET:
        return charged_lending.charge_wallet(dispute, now)
    return case.charge(dispute, route, now)


@step
def _undo(case: _Case | None, dispute: Dispute, now: datetime) -> list[Line]:
    if recovering.stop_reversals(dispute, now):
        recovering.conclude(dispute.id, RecoveryState.WAITING)
        return []
    if case is not None:
        case.undo(dispute, now)
    recovering.conclude(dispute.id, RecoveryState.UNDONE)
    return [Line("dispute.won", dispute.ref, dispute.person_id, dispute.amount, "given back")]


def _guarded(dispute_id: UUID, now: datetime) -> list[Line]:
    """Recover one loss; a dispute whose books do not add up is named and left."""
    try:
        return recover(dispute_id, now)
    except Broken as trouble:
        log("settlement").error("dispute stopped", dispute=str(dispute_id), why=str(trouble))
        return [Line("dispute.stopped", str(dispute_id), None, None, str(trouble))]
