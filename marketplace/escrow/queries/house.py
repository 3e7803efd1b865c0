"""Reads of the house's own money at the provider: what was put in or paid out, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money

PREFIX: Final = "hou"
SELECT: Final = """
    SELECT h.id, h.kind, h.amount_minor, h.currency, h.state, h.proposed_by, h.proposed_at,
        h.decided_by, h.decided_at, h.instruction_id, i.state AS carried, i.last_error
    FROM escrow_house_order h LEFT JOIN escrow_instruction i ON i.id = h.instruction_id
"""


@dataclass(frozen=True, slots=True)
class HouseOrder:
    """A top-up or payout of the house. `carried` is how far the provider is with it."""

    id: UUID
    kind: str
    amount_minor: int
    currency: str
    state: str
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    instruction_id: UUID | None
    carried: str | None
    last_error: str | None

    @property
    def amount(self) -> Money:
        """How much."""
        return Money(self.amount_minor, self.currency)


def order(order_id: UUID) -> HouseOrder:
    """Return one order; `NotFound` if there is none."""
    found = row(f"{SELECT} WHERE h.id = %(id)s", {"id": order_id}, into=HouseOrder)
    if found is None:
        raise NotFound(str(order_id))
    return found


def orders(limit: int = 30) -> list[HouseOrder]:
    """Return the latest orders; those that wait for a second officer first."""
    return rows(
        f"{SELECT} ORDER BY h.state <> 'proposed', h.id DESC LIMIT %(limit)s",
        {"limit": limit},
        into=HouseOrder,
    )
