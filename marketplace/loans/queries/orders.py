"""A person's own wallet orders, money in and money out: nobody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Order:
    """A top-up or a withdrawal of mine."""

    id: UUID
    kind: str
    state: str
    amount_minor: int
    currency: str
    instruction_id: UUID | None
    reason: str | None
    created_at: datetime
    closed_at: datetime | None

    @property
    def ref(self) -> str:
        """The public id."""
        return public_id("ord", self.id)

    @property
    def amount(self) -> Money:
        """How much."""
        return Money(self.amount_minor, self.currency)


_ORDER = """
    SELECT id, kind, state, amount_minor, currency, instruction_id, reason, created_at, closed_at
    FROM wallet_order
"""


def order(order_id: UUID, person_id: UUID) -> Order:
    """Return my wallet order; anybody else's is `NotFound`."""
    found = row(_ORDER + "WHERE id = %s AND person_id = %s", (order_id, person_id), into=Order)
    if found is None:
        raise NotFound(str(order_id))
    return found


def orders(person_id: UUID, *, limit: int = 10) -> list[Order]:
    """Return my newest wallet orders."""
    return rows(
        _ORDER + "WHERE person_id = %s ORDER BY id DESC LIMIT %s", (person_id, limit), into=Order
    )
