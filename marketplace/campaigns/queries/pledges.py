"""Pledges as their backers see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.campaigns.queries.one import CampaignRow
from marketplace.campaigns.queries.rewards import RewardRow
from marketplace.campaigns.queries.surveys import UNANSWERED
from marketplace.campaigns.rules import PledgeFacts, models
from marketplace.campaigns.states import CampaignState, Collection, PledgeState
from marketplace.infra.database import row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money


@dataclass(frozen=True, slots=True)
class PledgeRow:
    """One pledge and what it needs to know of its campaign."""

    id: UUID
    campaign_id: UUID
    backer_id: UUID
    sponsor_id: UUID
    state: str
    amount_minor: int
    currency: str
    reward_id: UUID | None
    reward_title: str | None
    reward_delivery: date | None
    anonymous: bool
    placed_at: datetime
    expires_at: datetime
    checkout_id: UUID | None
    refund_id: UUID | None
    refund_reason: str | None
    held_at: datetime | None
    ended_at: datetime | None
    campaign_title: str
    campaign_state: str
    cover_id: UUID | None
    deadline: datetime
    fee_bps: int
    goal_minor: int
    collection: str
    collect_until: datetime | None
    setup_id: UUID | None
    promised_at: datetime | None
    charges: int
    decline_reason: str | None
    model: str
    first_deadline: datetime | None
    is_late: bool
    sponsor: str | None
    suspended_at: datetime | None

    @property
    def amount(self) -> Money:
        """What the backer pays."""
        return Money(self.amount_minor, self.currency)

    @property
    def goal(self) -> Money:
        """What the campaign needs."""
        return Money(self.goal_minor, self.currency)

    @property
    def is_later(self) -> bool:
        """Whether a card is saved first, and charged when the goal is reached."""
        return self.collection == Collection.DEADLINE and not self.is_late

    @property
    def cut_off(self) -> datetime:
        """Until when the backer may take it back or change it."""
        return models.cut_off(
            self.placed_at, deadline=self.deadline, first_deadline=self.first_deadline
        )

    @property
    def can_miss(self) -> bool:
        """Whether its campaign can still miss its deadline by too little being pledged."""
        return models.Rule(self.goal, self.model, round=2 if self.first_deadline else 1).can_miss

    @property
    def page_id(self) -> UUID | None:
        """The provider's page on which it is paid, or its card saved."""
        return self.setup_id or self.checkout_id

    def can_mend(self, now: datetime) -> bool:
        """Whether the backer may pay by hand what the saved card did not."""
        until = self.collect_until
        return self.state == PledgeState.DECLINED and until is not None and now < until

    def can_pay(self, now: datetime) -> bool:
        """Whether it still waits for its payment."""
        return self.state == PledgeState.AWAITING_PAYMENT and now < self.expires_at

    def can_change(self, now: datetime) -> bool:
        """Whether the backer may replace it by another one."""
        is_open = self.campaign_state == CampaignState.LIVE and now < self.cut_off
        return is_open and self.state in {PledgeState.PROMISED, PledgeState.HELD}

    def can_cancel(self, now: datetime) -> bool:
        """Whether the backer may take it back."""
        if self.is_late:
            return self.state == PledgeState.AWAITING_PAYMENT
        open_states = {PledgeState.AWAITING_PAYMENT, PledgeState.PROMISED, PledgeState.HELD}
        return self.state in open_states and now < self.cut_off


_SELECT: Final = """
    SELECT p.id, p.campaign_id, p.backer_id, c.sponsor_id, p.state, p.amount_minor, p.currency,
        p.reward_id, p.reward_title, p.reward_delivery, p.anonymous, p.placed_at, p.expires_at,
        p.checkout_id, p.refund_id, p.refund_reason, p.held_at, p.ended_at,
        c.title AS campaign_title, c.state AS campaign_state, c.cover_id, c.deadline, c.fee_bps,
        c.goal_minor, c.collection, c.collect_until, p.setup_id, p.promised_at, p.charges,
        p.decline_reason, c.model, c.first_deadline, p.is_late,
        (SELECT name FROM person WHERE id = c.sponsor_id) AS sponsor, c.suspended_at
    FROM pledge p JOIN campaign c ON c.id = p.campaign_id
"""


def pledge(pledge_id: UUID) -> PledgeRow:
    """Return any pledge; for the house itself."""
    found = row(f"{_SELECT} WHERE p.id = %s", (pledge_id,), into=PledgeRow)
    if found is None:
        raise NotFound(str(pledge_id))
    return found


def own_pledge(pledge_id: UUID, backer_id: UUID) -> PledgeRow:
    """Return the backer's own pledge; somebody else's is `NotFound`."""
    found = pledge(pledge_id)
    if found.backer_id != backer_id:
        raise NotFound(str(pledge_id))
    return found


class OwnPledge(NamedTuple):
    """One pledge in its backer's list."""

    id: UUID
    state: str
    amount_minor: int
    currency: str
    reward_title: str | None
    placed_at: datetime
    campaign_title: str
    decided_at: datetime
    task: str | None

    @property
    def amount(self) -> Money:
        """What the backer pays."""
        return Money(self.amount_minor, self.currency)


# What its backer has to do about a pledge, the most urgent thing first.
_TASK: Final = f"""
    CASE WHEN p.state = 'declined' THEN 'repair'
        WHEN p.state IN ('held', 'promised') AND EXISTS (SELECT FROM reconfirmation r
            WHERE r.pledge_id = p.id AND r.answer IS NULL) THEN 'answer'
        WHEN p.state = 'released' THEN (SELECT CASE
            WHEN f.state = 'shipped' THEN 'inspect'
            WHEN f.state NOT IN ('to_ship', 'owed') OR c.address_lock_on <= %(today)s THEN NULL
            WHEN {UNANSWERED} THEN 'survey'
            WHEN w.kind = 'physical' AND NOT EXISTS (SELECT FROM pledge_address a
                WHERE a.pledge_id = p.id) THEN 'address' END
            FROM fulfilment f LEFT JOIN reward w ON w.id = p.reward_id
            WHERE f.pledge_id = p.id) END
"""  # noqa: S608 - our own constant
_OWN: Final = f"""
    SELECT id, state, amount_minor, currency, reward_title, placed_at, campaign_title, decided_at,
        task
    FROM (
        SELECT found.*, row_number() OVER (PARTITION BY state, task ORDER BY id DESC) AS place
        FROM (
            SELECT p.id, p.state, p.amount_minor, p.currency, p.reward_title, p.placed_at,
                c.title AS campaign_title, coalesce(c.collect_until, c.deadline) AS decided_at,
                {_TASK} AS task
            FROM pledge p JOIN campaign c ON c.id = p.campaign_id
            WHERE p.backer_id = %(backer)s AND p.state = ANY(%(states)s)
              AND (%(after)s::uuid IS NULL OR p.id < %(after)s::uuid)
        ) found
    ) placed WHERE place <= %(limit)s ORDER BY id DESC
"""  # noqa: S608 - our own constant


def own_pledges(
    backer_id: UUID,
    states: Sequence[str],
    *,
    today: date,
    after: UUID | None = None,
    limit: int = 50,
) -> list[OwnPledge]:
    """Return the backer's pledges in these states, the latest first.

    At most `limit` of each state, and of each thing to do about them.
    """
    params = {
        "backer": backer_id,
        "states": list(states),
        "today": today,
        "after": after,
        "limit": limit,
    }
    return rows(_OWN, params, into=OwnPledge)


@dataclass(frozen=True, slots=True)
class StateTotal:
    """How many pledges stand in one state, and how much of one currency."""

    state: str
    currency: str
    count: int
    amount_minor: int

    @property
    def amount(self) -> Money:
        """Their sum."""
        return Money(self.amount_minor, self.currency)


def own_totals(backer_id: UUID) -> list[StateTotal]:
    """Return the backer's pledges summed by state and currency."""
    sql = """
        SELECT state, currency, count(*) AS count, sum(amount_minor)::bigint AS amount_minor
        FROM pledge WHERE backer_id = %s GROUP BY state, currency ORDER BY currency, state
    """
    return rows(sql, (backer_id,), into=StateTotal)


def summed(found: Sequence[OwnPledge]) -> list[StateTotal]:
    """Return the same of pledges that were asked for already."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for one in found:
        count, minor = sums.get((one.currency, one.state), (0, 0))
        sums[one.currency, one.state] = count + 1, minor + one.amount_minor
    return [StateTotal(state, code, *sums[code, state]) for code, state in sorted(sums)]


def open_checkouts(campaign_id: UUID) -> int:
    """Return how many pledges of the campaign still wait for an answer about their payment."""
    sql = "SELECT count(*) FROM pledge WHERE campaign_id = %s AND state = 'awaiting_payment'"
    return int(scalar(sql, (campaign_id,)))


def of_person(campaign_id: UUID, backer_id: UUID) -> list[PledgeRow]:
    """Return the person's paid or awaited pledges to one campaign."""
    sql = f"""
        {_SELECT} WHERE p.campaign_id = %s AND p.backer_id = %s
          AND p.state IN
            ('awaiting_payment', 'promised', 'charging', 'declined', 'held', 'released')
        ORDER BY p.id DESC LIMIT 20
    """
    return rows(sql, (campaign_id, backer_id), into=PledgeRow)


@dataclass(frozen=True, slots=True)
class Addressee:
    """A pledge, for telling its backer something; also of those who are not shown."""

    pledge_id: UUID
    backer_id: UUID
    amount_minor: int
    currency: str
    decline_reason: str | None

    @property
    def amount(self) -> Money:
        """What the backer pledged."""
        return Money(self.amount_minor, self.currency)


_AUDIENCES: Final = {
    "backers": ("promised", "charging", "declined", "held", "released"),
    "lapsed": ("lapsed",),
}


def audience(campaign_id: UUID, who: str, *, after: UUID | None, limit: int) -> list[Addressee]:
    """Return the pledges of `backers` (money promised or paid) or of the `lapsed`, by their ids.

    Who had left a campaign after a change heard that then.
    """
    sql = """
        SELECT id AS pledge_id, backer_id, amount_minor, currency, decline_reason FROM pledge
        WHERE campaign_id = %(campaign)s AND state = ANY(%(states)s)
          AND decline_reason IS DISTINCT FROM 'not_reconfirmed'
          AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid)
        ORDER BY id LIMIT %(limit)s
    """
    params = {"campaign": campaign_id, "states": list(_AUDIENCES[who]), "after": after}
    return rows(sql, {**params, "limit": limit}, into=Addressee)


def facts(
    campaign: CampaignRow, reward: RewardRow | None, backer_id: UUID, amount: Money
) -> PledgeFacts:
    """Return what a pledge would be judged by right now."""
    if campaign.currency is None or campaign.deadline is None:
        raise NotFound(str(campaign.id))
    return PledgeFacts(
        amount=amount,
        campaign_currency=campaign.currency,
        campaign_state=CampaignState(campaign.state),
        deadline=campaign.deadline,
        sponsor_id=campaign.sponsor_id,
        backer_id=backer_id,
        reward_price=reward.price if reward else None,
        reward_left=reward.left if reward else None,
        late_until=campaign.late_until,
    )
