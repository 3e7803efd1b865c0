"""Where every cent that was ever paid for a campaign is now, as the ledger has it.

What left the campaign's own accounts and moved on because a bank took a payment back is followed:
our fee that was returned with it, and what a sponsor had to give back after being paid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from marketplace.campaigns.queries.one import CampaignRow
from marketplace.infra.database import column
from marketplace.ledger import queries as ledger
from marketplace.ledger.queries import TrailLine
from marketplace.ledger.queries.flows import Flow, flows

ESCROW: Final = "escrow:campaign"
HELD_BACK: Final = "holdback:campaign"
PAYABLE: Final = "sponsor:payable"
OWN: Final = (ESCROW, HELD_BACK, PAYABLE)
_WALLET, _FEES, _LOSS, _PROVIDER = "person:wallet", "fees:platform", "loss:chargeback", "provider"
_SPONSOR: Final = "the sponsor"


@dataclass(frozen=True, slots=True)
class Standing:
    """All that was ever paid in, cut into where it is now; in minor units of one currency.

    The parts are the whole: every cent left one account for another and is counted where it is.
    """

    paid_in: int
    held: int
    held_back: int
    returning: int
    payable: int
    paid_out: int
    fee: int
    refunded: int
    charged_back: int
    elsewhere: int

    @property
    def released(self) -> int:
        """What is, or was, the sponsor's, and what of it we took as our fee."""
        return self.payable + self.paid_out + self.fee


def standing(campaign: CampaignRow) -> Standing:
    """Return where everything that was paid for a campaign is; two statements without a bank."""
    moved, operations = flows(campaign.id), _operations(campaign.id)
    if not operations:
        return measure(moved, (), None)
    aftermath = [line for line in ledger.trail(operations) if _is_outside(line)]
    return measure(moved, aftermath, _sponsors_wallet(campaign))


def measure(
    moved: Sequence[Flow], aftermath: Sequence[TrailLine], sponsors_wallet: int | None
) -> Standing:
    """Add up where the money is: `aftermath` are movements between accounts not the campaign's."""
    net: Counter[tuple[str, str]] = Counter()
    for flow in moved:
        _carry(net, _place(flow.from_kind), _place(flow.to_kind), flow.minor)
    for line in aftermath:
        ends = [
            _SPONSOR if account == sponsors_wallet else _place(kind)
            for account, kind in (
                (line.from_account, line.from_kind),
                (line.to_account, line.to_kind),
            )
        ]
        _carry(net, ends[0], ends[1], line.amount_minor)
    pending = Counter[str]()
    for flow in moved:
        pending[flow.from_kind] += flow.pending_minor
    return _cut(net, pending, sum(flow.minor for flow in moved if flow.code == "charge"))


def _cut(net: Counter[tuple[str, str]], pending: Counter[str], paid_in: int) -> Standing:
    found = {kind: -_left(net, kind) for kind in OWN}
    returning = pending[ESCROW] + pending[HELD_BACK]
    backers = (_PROVIDER, _WALLET)
    # A bank that takes a payment back from a sponsor who was paid does so through the provider.
    paid_out = net[PAYABLE, _PROVIDER] + net[PAYABLE, _WALLET] - net[_PROVIDER, _LOSS]
    parts = {
        "held": found[ESCROW] - pending[ESCROW],
        "held_back": found[HELD_BACK] - pending[HELD_BACK],
        "returning": returning,
        "payable": found[PAYABLE],
        "paid_out": paid_out + net[_LOSS, _SPONSOR],
        "fee": sum(net[kind, _FEES] for kind in (*OWN, _LOSS)),
        "refunded": paid_in
        + sum(net[kind, place] for kind in (ESCROW, HELD_BACK) for place in backers)
        + net[_LOSS, _WALLET],
        "charged_back": sum(net[kind, _LOSS] for kind in (*OWN, _FEES, _PROVIDER, _WALLET))
        + net[_SPONSOR, _LOSS],
    }
    return Standing(paid_in=paid_in, elsewhere=paid_in - sum(parts.values()), **parts)


def _carry(net: Counter[tuple[str, str]], source: str, target: str, minor: int) -> None:
    net[source, target] += minor
    net[target, source] -= minor


def _left(net: Counter[tuple[str, str]], kind: str) -> int:
    return sum(minor for (source, _target), minor in net.items() if source == kind)


def _place(kind: str) -> str:
    return _PROVIDER if kind.startswith("provider:") else kind


def _is_outside(line: TrailLine) -> bool:
    return line.from_kind not in OWN and line.to_kind not in OWN


_OPERATIONS: Final = """
    SELECT operation.id FROM pledge p
    JOIN escrow_instruction i ON i.subject_id = p.id AND i.purpose = 'pledge'
    JOIN escrow_dispute d ON d.instruction_id = i.id
    JOIN escrow_recovery r ON r.dispute_id = d.id
    CROSS JOIN LATERAL (VALUES ('escrow.recovered:' || r.id), ('escrow.given_back:' || r.id),
        ('escrow.reversed:' || r.instruction_id)) AS operation (id)
    WHERE p.campaign_id = %s AND operation.id IS NOT NULL
"""


def _operations(campaign_id: UUID) -> list[str]:
    """Return the operations by which losses were charged, and given back when they were won."""
    return column(_OPERATIONS, (campaign_id,))


def _sponsors_wallet(campaign: CampaignRow) -> int | None:
    return ledger.account_number("person:wallet", campaign.currency or "", campaign.sponsor_id)
