"""Campaigns at their deadline: closed, decided, released to the sponsor or refunded.

    live ──deadline──▶ closing ──no payment open any more──▶ funded   (escrow → payable + fee)
                                                         └─▶ unfunded (every pledge goes back)

One transaction closes a campaign, another decides it. Between the two, checkouts that are still
open are shut at the provider; a payment made before the deadline whose news comes late still
counts, for at most 45 minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns.fees import Payout
from marketplace.campaigns.models import Campaign
from marketplace.campaigns.queries import pledges
from marketplace.campaigns.services import closing
from marketplace.campaigns.services.moving import lock_campaign
from marketplace.campaigns.services.pledging import escrow_account
from marketplace.campaigns.states import CampaignState
from marketplace.escrow.services import dispatching, planning
from marketplace.escrow.services.planning import RefundPlan
from marketplace.infra.commands import command, rehearsing, step
from marketplace.infra.database import column, execute, rows
from marketplace.infra.logs import log
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId, public_id
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger import services as ledger
from marketplace.ledger.services import Move
from marketplace.settlement.lines import Line

PATIENCE: Final = timedelta(minutes=45)
BATCH: Final = 500
ACTOR: Final = "settlement"


def due(now: datetime, limit: int = BATCH) -> list[UUID]:
    """Return the campaigns whose deadline has come and that are not decided, oldest first."""
    sql = """
        SELECT id FROM campaign
        WHERE state IN ('live', 'closing') AND deadline <= %s ORDER BY deadline, id LIMIT %s
    """
    return column(sql, (now, limit))


def close_due_campaigns(now: datetime) -> list[Line]:
    """Close and, where nothing is open any more, decide every campaign that is due.

    A campaign whose books do not add up is left as it is and named; the others go on.
    """
    lines: list[Line] = []
    for campaign_id in due(now):
        try:
            lines += close_campaign(campaign_id, now)
        except Broken as trouble:
            log("settlement").error("campaign stopped", campaign=str(campaign_id), why=str(trouble))
            lines.append(_line("campaign.stopped", campaign_id, note=str(trouble)))
    return lines


def close_campaign(campaign_id: UUID, now: datetime) -> list[Line]:
    """Take one campaign as far as it can be taken at `now`."""
    lines = _close(campaign_id, now)
    if not rehearsing():
        for checkout_id in _open_checkouts(campaign_id):
            dispatching.withdraw(checkout_id)
    return lines + _decide(campaign_id, now)


def finish_refunded_campaigns(now: datetime) -> list[Line]:
    """End the campaigns that missed their goal and owe nobody anything any more."""
    sql = """
        SELECT c.id FROM campaign c WHERE c.state = 'unfunded' AND NOT EXISTS (
            SELECT 1 FROM pledge p
            WHERE p.campaign_id = c.id AND p.state IN ('held', 'refunding'))
        ORDER BY c.id
    """
    ended = [found for found in column(sql) if closing.finish_refunds(found, now)]
    return [_line("campaign.refunded", found, note="every backer has the money") for found in ended]


@command
def _close(campaign_id: UUID, now: datetime) -> list[Line]:
    campaign = lock_campaign(campaign_id)
    if campaign.state != CampaignState.LIVE or campaign.deadline is None or campaign.deadline > now:
        return []
    closing.close(campaign, now)
    return [_line("campaign.closed", campaign_id, note="the deadline has come")]


@command
def _decide(campaign_id: UUID, now: datetime) -> list[Line]:
    campaign = lock_campaign(campaign_id)
    if campaign.state != CampaignState.CLOSING or campaign.deadline is None:
        return []
    waiting = pledges.open_checkouts(campaign_id)
    if waiting and now < campaign.deadline + PATIENCE:
        return [_line("campaign.waits", campaign_id, note=f"{waiting} payments are still open")]
    if waiting:
        closing.give_up_unpaid(campaign, now)
    _must_be_held(campaign)
    goal = campaign.goal
    if goal is not None and closing.held(campaign) >= goal:
        return _fund(campaign, now)
    return _miss(campaign, now)


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
    _post_release(campaign, division, now)
    campaign.release_id = _plan_payout(campaign, division)
    return [
        _line("campaign.funded", campaign.id, amount=division.gross, note="the goal was reached"),
        _line("campaign.fee", campaign.id, amount=division.fee, note="platform fee"),
        Line(
            "campaign.payout",
            public_id("cmp", campaign.id),
            campaign.sponsor_id,
            division.net,
            "to the sponsor, once payouts are set up and the money is available",
        ),
    ]


@step
def _post_release(campaign: Campaign, division: Payout, now: datetime) -> None:
    currency = division.gross.currency
    source = escrow_account(campaign.id, currency)
    parts = [
        (ledger.account("sponsor:payable", currency, campaign.id), division.net, "release"),
        (ledger.account("fees:platform", currency), division.fee, "platform_fee"),
    ]
    ledger.post(
        f"settlement.release:{campaign.id}",
        [Move(source, target, part, code) for target, part, code in parts if part.is_positive],
        cause=f"campaign:{campaign.id}",
        actor=ACTOR,
        happened_at=now,
    )


@step
def _plan_payout(campaign: Campaign, division: Payout) -> InstructionId | None:
    if not division.net.is_positive:
        return None
    return planning.plan_transfer(
        purpose="release",
        subject_id=campaign.id,
        person_id=campaign.sponsor_id,
        amount=division.net,
        debit_account=ledger.account("sponsor:payable", division.net.currency, campaign.id),
        cause=f"campaign:{campaign.id}",
        description=campaign.title,
    )


@step
def _miss(campaign: Campaign, now: datetime) -> list[Line]:
    raised = closing.held(campaign)
    ids = closing.miss(campaign, now)
    owed = _owed(ids)
    account = escrow_account(campaign.id, raised.currency)
    planned = planning.plan_refunds([pledge.plan(account) for pledge in owed])
    _remember_refunds(owed, planned)
    head = _line("campaign.unfunded", campaign.id, amount=raised, note="the goal was missed")
    return [head, *(pledge.line() for pledge in owed)]


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

    def plan(self, account: int) -> RefundPlan:
        """Return the refund of the whole pledge out of `account`."""
        return RefundPlan(
            of=InstructionId(self.checkout_id),
            subject_id=self.id,
            amount=self.amount,
            debit_account=account,
            purpose="pledge",
            cause=f"pledge:{self.id}",
            reason="goal_missed",
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


def _open_checkouts(campaign_id: UUID) -> list[UUID]:
    sql = """
        SELECT checkout_id FROM pledge
        WHERE campaign_id = %s AND state = 'awaiting_payment' AND checkout_id IS NOT NULL
        ORDER BY id
    """
    return column(sql, (campaign_id,))


def _line(kind: str, campaign_id: UUID, *, amount: Money | None = None, note: str = "") -> Line:
    return Line(kind, public_id("cmp", campaign_id), None, amount, note)
