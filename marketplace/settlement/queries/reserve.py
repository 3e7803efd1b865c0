"""What refunds may need of the house's own money, and what there is.

The provider keeps its fee when a payment goes back. So as long as money may still go back, the
fees it kept for it must be covered by the house; and so must what banks may yet take back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from marketplace.infra.database import rows
from marketplace.kernel.money import Money

SOON: Final = timedelta(days=7)

# Own: what was put in and earned, less what was paid and lost. The fees kept for money that may
# go back are paid already, so they are counted as needed and, before they were paid, as had.
_RESERVES: Final = """
    WITH kept AS (
        SELECT m.currency, sum(m.fee_minor)::bigint AS minor,
            sum(m.fee_minor) FILTER (WHERE may.deadline <= %(soon)s)::bigint AS soon_minor,
            count(*) FILTER (WHERE may.deadline <= %(soon)s) AS soon_count,
            min(may.deadline) FILTER (WHERE may.deadline <= %(soon)s) AS first_deadline
        FROM escrow_movement m JOIN (
            SELECT p.checkout_id AS instruction_id,
                CASE WHEN t.raised_minor < c.goal_minor THEN c.deadline END AS deadline
            FROM pledge p JOIN campaign c ON c.id = p.campaign_id
            JOIN campaign_total t ON t.campaign_id = c.id
            WHERE p.state = 'refunding'
                OR (p.state = 'held' AND c.state IN ('live', 'closing', 'collecting'))
            UNION ALL
            SELECT o.instruction_id, l.funding_until FROM commitment o
            JOIN loan l ON l.id = o.loan_id
            WHERE o.source = 'provider' AND (o.state = 'refunding'
                OR (o.state IN ('in_reflection', 'reserved') AND l.state = 'listed'))
        ) may ON may.instruction_id = m.instruction_id
        WHERE m.kind = 'charge' AND m.provider = %(provider)s GROUP BY m.currency
    ), exposed AS (
        SELECT currency, sum(amount_minor)::bigint AS minor FROM escrow_dispute
        WHERE closed_at IS NULL AND NOT withdrawn GROUP BY currency
    ), own AS (
        SELECT a.currency, sum(CASE WHEN a.kind IN ('refund_reserve', 'fees:platform')
            THEN k.credits_posted - k.debits_posted - k.debits_pending
            ELSE k.credits_posted - k.debits_posted END)::bigint AS minor
        FROM ledger_account a CROSS JOIN LATERAL ledger_counters(a.id) k
        WHERE a.kind IN ('refund_reserve', 'fees:platform', 'fees:provider', 'loss:chargeback',
            'loss:credit')
        GROUP BY a.currency
    )
    SELECT currency, coalesce(kept.minor, 0) AS fees_minor,
        coalesce(exposed.minor, 0) AS disputed_minor, coalesce(own.minor, 0) AS own_minor,
        coalesce(kept.soon_minor, 0) AS soon_minor, coalesce(kept.soon_count, 0) AS soon_count,
        kept.first_deadline
    FROM own FULL JOIN kept USING (currency) FULL JOIN exposed USING (currency)
    ORDER BY currency
"""


@dataclass(frozen=True, slots=True)
class Reserve:
    """What the refunds of one currency may need, and what there is for them.

    `soon` is what of the fees is for what is decided within a week and would fail today.
    """

    currency: str
    fees_minor: int
    disputed_minor: int
    own_minor: int
    soon_minor: int
    soon_count: int
    first_deadline: datetime | None

    @property
    def fees(self) -> Money:
        """The fees the provider kept for money that may still go back."""
        return Money(self.fees_minor, self.currency)

    @property
    def disputed(self) -> Money:
        """What is disputed and may yet be taken back."""
        return Money(self.disputed_minor, self.currency)

    @property
    def need(self) -> Money:
        """What the house must have."""
        return self.fees + self.disputed

    @property
    def have(self) -> Money:
        """What it has, with the fees it has paid for that money already."""
        return Money(self.own_minor + self.fees_minor, self.currency)

    @property
    def short(self) -> Money:
        """What is missing; nothing where there is enough."""
        return Money(max(self.need.minor - self.have.minor, 0), self.currency)

    @property
    def free(self) -> Money:
        """What could be paid out to the house."""
        return Money(max(self.have.minor - self.need.minor, 0), self.currency)


def reserves(provider: str, now: datetime) -> list[Reserve]:
    """Return need and have by currency."""
    return rows(_RESERVES, {"provider": provider, "soon": now + SOON}, into=Reserve)
