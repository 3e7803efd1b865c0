"""The house's own money: put in for refunds, or paid out when it is earned. Two officers each."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow.queries import disputes, house
from marketplace.escrow.queries.house import HouseOrder
from marketplace.escrow.services import planning
from marketplace.escrow.services.dispatching import wake
from marketplace.infra import audit
from marketplace.infra.commands import command, step
from marketplace.infra.database import execute, row
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.ids import InstructionId, new_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger

# What the house put in and earned, and what it paid and lost: the difference is its own.
_GAINS: Final = ("refund_reserve", "fees:platform")
_COSTS: Final = ("fees:provider", "loss:chargeback", "loss:credit")


@step
def free(currency: str) -> Money:
    """Return what the house could pay itself: its own money, less what banks may yet take back."""
    gains = [ledger.account(kind, currency) for kind in _GAINS]
    minor = sum(ledger_queries.balance(account).available_minor for account in gains)
    minor -= sum(ledger_queries.total(kind, currency) for kind in _COSTS)
    open_ones = [each for each in disputes.exposures() if each.currency == currency]
    minor -= sum(each.disputed_minor - each.gone_minor for each in open_ones)
    return Money(minor, currency)


@command
def propose(officer: Actor, kind: str, amount: Money, now: datetime) -> UUID:
    """Propose a `top_up` or `payout`; another officer must agree. Nothing moves yet.

    A payout of more than the house's own money is refused (`house_short`).
    """
    _must_be_own(kind, amount)
    order_id = new_id()
    execute(
        "INSERT INTO escrow_house_order (id, kind, amount_minor, currency, state, proposed_by,"
        " proposed_at) VALUES (%(id)s, %(kind)s, %(minor)s, %(currency)s, 'proposed', %(by)s,"
        " %(now)s)",
        {"id": order_id, "kind": kind, "minor": amount.minor, "currency": amount.currency,
         "by": officer.known(), "now": now},
    )  # fmt: skip
    audit.record(officer, f"house.{kind}_proposed", "house_order", order_id, at=now)
    return order_id


@command
def approve(officer: Actor, order_id: UUID, now: datetime) -> None:
    """Agree to what another officer proposed: the provider is asked.

    Refuses the proposer (`same_person`), a second decision (`house_decided`), `house_short`.
    """
    found = _proposed(order_id)
    if found.proposed_by == officer.known():
        raise Refusal("same_person")
    _must_be_own(found.kind, found.amount)
    instruction_id = plan(found.kind, found.amount)
    execute(
        "UPDATE escrow_house_order SET state = 'ordered', decided_by = %(by)s,"
        " decided_at = %(now)s, instruction_id = %(instruction)s WHERE id = %(id)s",
        {"by": officer.known(), "now": now, "instruction": instruction_id, "id": order_id},
    )
    audit.record(officer, f"house.{found.kind}_ordered", "house_order", order_id, at=now)


@command
def refuse(officer: Actor, order_id: UUID, now: datetime) -> None:
    """Take a proposal off the table, an own one too."""
    found = _proposed(order_id)
    execute(
        "UPDATE escrow_house_order SET state = 'refused', decided_by = %(by)s,"
        " decided_at = %(now)s WHERE id = %(id)s",
        {"by": officer.known(), "now": now, "id": found.id},
    )
    audit.record(officer, f"house.{found.kind}_refused", "house_order", order_id, at=now)


@step
def plan(kind: str, amount: Money) -> InstructionId:
    """Plan the instruction of a top-up or payout."""
    if kind == "top_up":
        planned = planning.plan_top_up(amount, description="Refund reserve")
        wake(planned)
        return planned
    return planning.plan_payout(
        amount,
        debit_account=ledger.account("fees:platform", amount.currency),
        description="Fees",
    )


@command
def pay_out(amount: Money) -> InstructionId:
    """Plan a payout of earned fees, by an operator at the command line."""
    _must_be_own("payout", amount)
    return plan("payout", amount)


def _must_be_own(kind: str, amount: Money) -> None:
    if kind == "payout" and amount > (most := free(amount.currency)):
        raise Refusal("house_short", "amount", free=str(most))


@step
def _proposed(order_id: UUID) -> HouseOrder:
    found = row(f"{house.SELECT} WHERE h.id = %(id)s FOR UPDATE OF h", {"id": order_id},
                into=HouseOrder)  # fmt: skip
    if found is None:
        raise NotFound(str(order_id))
    if found.state != "proposed":
        raise Refusal("house_decided")
    return found
