"""Reads of what is on its way out, or waits to go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.escrow import gateway
from marketplace.escrow.queries import SELECT, Instruction
from marketplace.infra.database import rows
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class _Room:
    id: UUID
    minor: int


@dataclass(frozen=True, slots=True)
class WaitingRefunds:
    """Refunds of one currency the provider cannot pay yet: it has not enough available."""

    currency: str
    count: int
    amount_minor: int
    since: datetime

    @property
    def amount(self) -> Money:
        """Their sum."""
        return Money(self.amount_minor, self.currency)


def room(payment_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return what each payment can still be given back, in minor units of its currency.

    One that its bank takes back, or may, can be given nothing once somebody has made its loss
    good: it must not go back twice. Until then recovery ends what it had paid for.
    """
    found = rows(
        """
        SELECT paid.id, CASE WHEN EXISTS (SELECT FROM escrow_dispute d
                WHERE d.instruction_id = paid.id AND d.state <> 'won'
                    AND d.recovery = 'done') THEN 0
            ELSE (paid.amount_minor - coalesce(sum(back.amount_minor), 0))::bigint END AS minor
        FROM escrow_instruction paid
        LEFT JOIN escrow_instruction back ON back.of_id = paid.id
            AND back.kind = 'refund' AND back.state <> 'failed'
        WHERE paid.id = ANY(%s) GROUP BY paid.id
        """,
        (list(payment_ids),),
        into=_Room,
    )
    return {one.id: one.minor for one in found}


def waiting(person_id: UUID) -> list[Instruction]:
    """Return a person's payouts that nobody was asked for yet, oldest first."""
    return rows(
        f"{SELECT} WHERE person_id = %(person)s AND kind = 'transfer' AND state = 'planned'"
        " AND provider = %(provider)s ORDER BY created_at, id LIMIT 50",
        {"person": person_id, "provider": gateway.current().name},
        into=Instruction,
    )


def waiting_refunds() -> list[WaitingRefunds]:
    """Return the refunds that wait with the provider for available money, by currency."""
    return rows(
        """
        SELECT currency, count(*) AS count, sum(amount_minor)::bigint AS amount_minor,
            min(created_at) AS since
        FROM escrow_instruction
        WHERE kind = 'refund' AND finished_at IS NULL AND provider = %(provider)s
        GROUP BY currency ORDER BY currency
        """,
        {"provider": gateway.current().name},
        into=WaitingRefunds,
    )
