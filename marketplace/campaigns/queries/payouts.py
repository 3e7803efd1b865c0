"""What a sponsor was paid of all campaigns, payout by payout, and what banks took back of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries.flows import passed

LIMIT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Payout:
    """One payout: what was released since the one before, our fee of it, and what arrived.

    `state` is the instruction's; None where nothing was left to pay. What did not arrive is in a
    later payout again, so that what arrived adds up and what was tried does not. What a bank took
    back afterwards is a row of its own (`TakenBack`).
    """

    campaign_id: UUID
    title: str
    number: int
    gross_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    planned_at: datetime
    state: str | None
    asked_minor: int
    finished_at: datetime | None

    @property
    def has_arrived(self) -> bool:
        """Whether the provider has paid it."""
        return self.state == "succeeded"

    @property
    def paid(self) -> Money:
        """What has reached the sponsor by it."""
        minor = self.asked_minor if self.has_arrived else 0
        return Money(minor, self.currency)

    def money(self, minor: int) -> Money:
        """Return `minor` in the payout's currency."""
        return Money(minor, self.currency)


# A campaign that is paid whole has no rows of its own for its one payout.
_PAYOUTS: Final = """
    SELECT c.id AS campaign_id, c.title, k.number, k.gross_minor, k.fee_minor, k.net_minor,
        k.currency, k.planned_at, i.state, coalesce(i.amount_minor, 0) AS asked_minor,
        i.finished_at
    FROM (
        SELECT campaign_id, number, gross_minor, fee_minor, net_minor, currency, planned_at,
            instruction_id, kind = 'first' AS is_first
        FROM campaign_payout
        UNION ALL
        SELECT id, 1, fee_minor + net_minor, fee_minor, net_minor, currency, decided_at, NULL, true
        FROM campaign WHERE net_minor IS NOT NULL
            AND NOT EXISTS (SELECT FROM campaign_payout WHERE campaign_id = campaign.id)
    ) k JOIN campaign c ON c.id = k.campaign_id AND c.state IN ('funded', 'paid_out')
    LEFT JOIN escrow_instruction i
        ON i.id = CASE WHEN k.is_first THEN c.release_id ELSE k.instruction_id END
    WHERE c.sponsor_id = %(sponsor)s
        AND (%(campaign)s::uuid IS NULL OR c.id = %(campaign)s)
    ORDER BY k.planned_at DESC, c.id DESC, k.number DESC LIMIT %(limit)s
"""


def of_sponsor(sponsor_id: UUID, campaign_id: UUID | None = None) -> list[Payout]:
    """Return the sponsor's payouts, the latest first; of one campaign only, where it is named."""
    facts = {"sponsor": sponsor_id, "campaign": campaign_id, "limit": LIMIT}
    return rows(_PAYOUTS, facts, into=Payout)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a bank took back of what was released: our part of it, the sponsor's, and who has it.

    `bank_minor` is what left the sponsor's bank for it, `wallet_minor` what came back into the
    wallet because the bank gave it back in the end. Then nothing is taken of either part any more.
    """

    campaign_id: UUID
    title: str
    currency: str
    at: datetime
    fee_minor: int
    net_minor: int
    bank_minor: int
    wallet_minor: int
    is_given_back: bool

    @property
    def gross_minor(self) -> int:
        """Both parts together."""
        return self.fee_minor + self.net_minor


_TAKEN_BACK: Final = """
    SELECT c.id AS campaign_id, c.title, d.currency, min(r.created_at) AS at,
        coalesce(sum(r.amount_minor) FILTER (WHERE r.route = 'fee' AND r.state = 'taken'),
            0)::bigint AS fee_minor,
        coalesce(sum(r.amount_minor) FILTER (WHERE r.route IN ('sponsor', 'reversal')
            AND r.state IN ('taken', 'waiting')), 0)::bigint AS net_minor,
        coalesce(sum(r.amount_minor) FILTER (WHERE r.route = 'reversal'
            AND r.state IN ('taken', 'given_back')), 0)::bigint AS bank_minor,
        coalesce(sum(r.amount_minor) FILTER (WHERE r.route IN ('sponsor', 'reversal')
            AND r.state = 'given_back'), 0)::bigint AS wallet_minor,
        bool_and(r.state = 'given_back') AS is_given_back
    FROM campaign c JOIN pledge p ON p.campaign_id = c.id AND c.state IN ('funded', 'paid_out')
    JOIN escrow_instruction i ON i.subject_id = p.id AND i.purpose = 'pledge'
    JOIN escrow_dispute d ON d.instruction_id = i.id
    JOIN escrow_recovery r ON r.dispute_id = d.id AND r.state <> 'failed'
        AND r.route IN ('fee', 'sponsor', 'reversal')
    WHERE c.sponsor_id = %(sponsor)s AND (%(campaign)s::uuid IS NULL OR c.id = %(campaign)s)
    GROUP BY c.id, d.id ORDER BY at DESC, d.id DESC LIMIT %(limit)s
"""


def taken_back(sponsor_id: UUID, campaign_id: UUID | None = None) -> list[TakenBack]:
    """Return what banks took back of what was released to the sponsor, the latest first."""
    facts = {"sponsor": sponsor_id, "campaign": campaign_id, "limit": LIMIT}
    return rows(_TAKEN_BACK, facts, into=TakenBack)


@dataclass(frozen=True, slots=True)
class ToWallet:
    """What no bank took until it could be held no longer: it is in the sponsor's wallet since."""

    campaign_id: UUID
    title: str
    currency: str
    at: datetime
    minor: int


_TO_WALLET: Final = """
    SELECT c.id AS campaign_id, c.title, a.currency, j.happened_at AS at, t.amount AS minor
    FROM campaign c JOIN ledger_account a ON a.kind = 'sponsor:payable' AND a.owner_id = c.id
    JOIN ledger_transfer t ON t.debit_account = a.id AND t.code = 'stranded'
    JOIN ledger_journal j ON j.id = t.journal_id
    WHERE c.sponsor_id = %(sponsor)s AND (%(campaign)s::uuid IS NULL OR c.id = %(campaign)s)
    ORDER BY j.id DESC LIMIT %(limit)s
"""


def to_wallet(sponsor_id: UUID, campaign_id: UUID | None = None) -> list[ToWallet]:
    """Return what went to the sponsor's wallet because no bank took it, the latest first."""
    facts = {"sponsor": sponsor_id, "campaign": campaign_id, "limit": LIMIT}
    return rows(_TO_WALLET, facts, into=ToWallet)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What was released of a campaign and is in no payout yet; `fee_minor` is our part of it."""

    campaign_id: UUID
    title: str
    currency: str
    fee_minor: int
    net_minor: int


def waiting(found: Sequence[Payout]) -> list[Waiting]:
    """Return what the ledger has released of the campaigns of these payouts, and no payout has.

    So our fee adds up to what the ledger says at any moment.
    """
    titles = {paid.campaign_id: (paid.title, paid.currency) for paid in found}
    noted = Counter[UUID]()
    for paid in found:
        noted[paid.campaign_id] += paid.fee_minor
    fees = passed(list(titles), "fees:platform")
    owed = ledger.balances_of("sponsor:payable", list(titles))
    return [
        Waiting(
            campaign_id,
            *said,
            fee_minor=fees.get(campaign_id, 0) - noted[campaign_id],
            net_minor=owed[campaign_id].available_minor if campaign_id in owed else 0,
        )
        for campaign_id, said in titles.items()
        if fees.get(campaign_id, 0) != noted[campaign_id]
    ]
