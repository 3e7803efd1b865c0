"""What a decision about a campaign does: released to the sponsor, or every pledge given back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.campaigns.fees import Payout
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.rules.models import Verdict, decided, rule_of
from marketplace.campaigns.services import closing, promising
from marketplace.campaigns.services.accounts import escrow_account
from marketplace.campaigns.states import Funding
from marketplace.escrow.services import planning
from marketplace.escrow.services.planning import RefundPlan
from marketplace.infra.commands import step
from marketplace.infra.database import execute, rows
from marketplace.infra.logs import log
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.settlement import releasing
from marketplace.settlement.lines import Line

_MISSED: Final = "the goal was missed"
_REACHED: Final = {
    Funding.ALL_OR_NOTHING: "the goal was reached",
    Funding.KEEP_WHAT_YOU_RAISE: "what came together is kept",
    Funding.TWO_ROUNDS: "the minimum was reached",
}


@step
def decide(campaign: Campaign, now: datetime) -> list[Line]:
    """Decide by what was collected, by the rule that backers saw."""
    _must_be_held(campaign)
    if decided(closing.held(campaign), rule_of(campaign)) is Verdict.FUND:
        return _fund(campaign, now)
    return miss(campaign, now)


def line(kind: str, campaign_id: UUID, *, amount: Money | None = None, note: str = "") -> Line:
    """Return a line about a whole campaign."""
    return Line(kind, public_id("cmp", campaign_id), None, amount, note)


def take_each(campaign_ids: Iterable[UUID], take: Callable[[UUID], list[Line]]) -> list[Line]:
    """Return what `take` says of each campaign.

    One whose books do not add up is left as it is and named; the others go on.
    """
    lines: list[Line] = []
    for campaign_id in campaign_ids:
        try:
            lines += take(campaign_id)
        except Broken as trouble:
            log("settlement").error("campaign stopped", campaign=str(campaign_id), why=str(trouble))
            lines.append(line("campaign.stopped", campaign_id, note=str(trouble)))
    return lines


@step
def _must_be_held(campaign: Campaign) -> None:
    held = closing.held(campaign)
    account = escrow_account(campaign.id, held.currency)
    free = ledger_queries.balance(account).available_minor
    if free < held.minor:
        raise Broken(f"the ledger holds {free} for pledges of {held.minor}")


@step
def _fund(campaign: Campaign, now: datetime) -> list[Line]:
    division = closing.fund(campaign, now)
    paid = releasing.release(
        campaign, division, now, operation_id=f"settlement.release:{campaign.id}"
    )
    campaign.release_id = (
        releasing.plan_payout(campaign, paid.net) if paid.net.is_positive else None
    )
    head = line(
        "campaign.funded",
        campaign.id,
        amount=division.gross,
        note=_REACHED[Funding(campaign.model)],
    )
    payout = Line(
        "campaign.payout",
        public_id("cmp", campaign.id),
        campaign.sponsor_id,
        paid.net,
        "to the sponsor, once payouts are set up and the money is available",
    )
    return [head, *kept_lines(campaign.id, division, paid), payout]


def kept_lines(campaign_id: UUID, whole: Payout, paid: Payout) -> list[Line]:
    """Return what of released pledges is not the sponsor's: our fee, and what is held back."""
    fee = line("campaign.fee", campaign_id, amount=paid.fee, note="platform fee")
    held = whole.gross - paid.gross
    back = line("campaign.held_back", campaign_id, amount=held, note="until it was inspected")
    return [fee, back] if held.is_positive else [fee]


@step
def miss(campaign: Campaign, now: datetime) -> list[Line]:
    """Decide for the backers: what was paid goes back, what was only promised is never charged."""
    raised = closing.held(campaign)
    promised = promising.outstanding(campaign)
    ids = closing.miss(campaign, now)
    lapsed = promising.lapse_promised(campaign, now)
    account = escrow_account(campaign.id, raised.currency)
    refunds = give_back(ids, account, reason="goal_missed")
    note = f"the goal was missed; {len(lapsed)} promises end uncharged" if lapsed else _MISSED
    head = line("campaign.unfunded", campaign.id, amount=raised + promised, note=note)
    return [head, *refunds]


@step
def give_back(ids: list[UUID], account: int, *, reason: str) -> list[Line]:
    """Plan to give these pledges back whole, out of `account`."""
    owed = _owed(ids)
    planned = planning.plan_refunds([pledge.plan(account, reason) for pledge in owed])
    _remember_refunds(owed, planned)
    return [pledge.line() for pledge in owed]


@dataclass(frozen=True, slots=True)
class _Owed:
    """One pledge that goes back."""

    id: UUID
    backer_id: UUID
    checkout_id: UUID
    amount_minor: int
    currency: str

    @property
    def amount(self) -> Money:
        """All of it."""
        return Money(self.amount_minor, self.currency)

    def plan(self, account: int, reason: str) -> RefundPlan:
        """Return the refund of the whole pledge out of `account`."""
        return RefundPlan(
            of=InstructionId(self.checkout_id),
            subject_id=self.id,
            amount=self.amount,
            debit_account=account,
            purpose="pledge",
            cause=f"pledge:{self.id}",
            reason=reason,
        )

    def line(self) -> Line:
        """Return what the run says about it."""
        return Line("pledge.refund", public_id("pl", self.id), self.backer_id, self.amount)


def _owed(ids: list[UUID]) -> list[_Owed]:
    sql = """
        SELECT id, backer_id, checkout_id, amount_minor, currency FROM pledge
        WHERE id = ANY(%s) ORDER BY id
    """
    return rows(sql, (ids,), into=_Owed)


def _remember_refunds(owed: list[_Owed], planned: list[InstructionId]) -> None:
    execute(
        """
        UPDATE pledge SET refund_id = plan.refund_id
        FROM unnest(%s::uuid[], %s::uuid[]) AS plan (pledge_id, refund_id)
        WHERE pledge.id = plan.pledge_id
        """,
        ([pledge.id for pledge in owed], list(planned)),
    )
