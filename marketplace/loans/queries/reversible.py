"""Repayments that are not final yet: their payers' banks may still take the money back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from marketplace.escrow import queries as escrow
from marketplace.infra.database import row
from marketplace.kernel.money import Money


def windows() -> dict[str, list[Any]]:
    """Return the methods of which a payer's bank may take payments back, and for how long."""
    found = [each for each in escrow.terms().methods if each.dispute_days is not None]
    return {
        "methods": [each.name for each in found],
        "days": [each.dispute_days for each in found],
    }


@dataclass(frozen=True, slots=True)
class NotFinal:
    """What came of payments that borrowers' banks may still take back, and until when."""

    amount_minor: int
    currency: str
    last_on: date | None

    @property
    def amount(self) -> Money:
        """How much it is."""
        return Money(self.amount_minor, self.currency)


def of_lender(lender_id: UUID, currency: str, today: date) -> NotFinal:
    """Return what of a lender's repayments was paid in a way that is not final by today."""
    found = row(
        """
        SELECT coalesce(sum(s.principal_minor + s.interest_minor + s.penalty_minor - s.fee_minor),
                0)::bigint AS amount_minor, %(currency)s::text AS currency,
            max((i.finished_at AT TIME ZONE 'UTC')::date + m.days) AS last_on
        FROM unnest(%(methods)s::text[], %(days)s::int[]) AS m (method, days)
        JOIN escrow_instruction i ON i.method = m.method AND i.state = 'succeeded'
            AND i.finished_at >= %(today)s::date - m.days
        JOIN receipt r ON r.instruction_id = i.id
        JOIN note n ON n.loan_id = r.loan_id AND n.lender_id = %(me)s AND n.currency = %(currency)s
        JOIN repayment_share s ON s.note_id = n.id AND s.sequence = r.sequence
        """,
        {"me": lender_id, "currency": currency, "today": today, **windows()},
        into=NotFinal,
    )
    return found or NotFinal(0, currency, None)
