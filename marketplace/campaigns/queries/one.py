"""One campaign: its page, its rewards, updates, backers and money; its desk; its draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from marketplace.campaigns.fees import Payout, payout
from marketplace.campaigns.queries import team
from marketplace.campaigns.rules.deadlines import days_later
from marketplace.campaigns.rules.models import Rule, rule_of
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.states import DECIDED_FOR, PUBLIC, CampaignState, Collection
from marketplace.community.queries import comments
from marketplace.infra.database import column, row, rows, scalar
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money


class Record(NamedTuple):
    """What became of a sponsor's campaigns: how many went live, were funded, missed their goal."""

    launched: int
    funded: int
    missed: int


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One campaign with its totals (all zero before it went live)."""

    id: UUID
    sponsor_id: UUID
    state: str
    title: str
    tagline: str
    category: str
    language: str
    story_html: str
    story_stripped: list[str]
    risks: str
    currency: str | None
    goal_minor: int | None
    deadline: datetime | None
    cover_id: UUID | None
    fee_bps: int | None
    created_at: datetime
    submitted_at: datetime | None
    launched_at: datetime | None
    closed_at: datetime | None
    decided_at: datetime | None
    ended_at: datetime | None
    fee_minor: int | None
    net_minor: int | None
    release_id: UUID | None
    return_reason: str | None
    collection: str
    collect_until: datetime | None
    model: str
    floor_minor: int | None
    optimum_minor: int | None
    round: int
    round_two_days: int | None
    first_deadline: datetime | None
    deadline_zone: str
    late_until: datetime | None
    launch_at: datetime | None
    announced_at: datetime | None
    inspection_days: int
    suspended_at: datetime | None
    fulfilled_at: datetime | None
    terms_at: datetime | None
    raised_minor: int
    promised_minor: int
    held_minor: int
    released_minor: int
    refunding_minor: int
    refunded_minor: int
    backers: int
    late_minor: int

    @property
    def is_later(self) -> bool:
        """Whether cards are saved first, and charged when the goal is reached."""
        return self.collection == Collection.DEADLINE

    @property
    def collected(self) -> Money:
        """What was truly paid of what was pledged, and has not gone back."""
        return self.money(self.held_minor + self.released_minor)

    @property
    def is_public(self) -> bool:
        """Whether everybody may see it."""
        return CampaignState(self.state) in PUBLIC

    def takes_pledges(self, now: datetime) -> bool:
        """Whether a pledge may be made at `now`."""
        is_live = self.state == CampaignState.LIVE and self.suspended_at is None
        return is_live and self.deadline is not None and now < self.deadline

    def takes_late(self, now: datetime) -> bool:
        """Whether a late pledge may be made at `now`: it is funded, and they are wanted."""
        is_funded = self.state in DECIDED_FOR and self.suspended_at is None
        return is_funded and self.late_until is not None and now < self.late_until

    def is_open(self, now: datetime) -> bool:
        """Whether a pledge may be made at `now`, in time or late."""
        return self.takes_pledges(now) or self.takes_late(now)

    @property
    def last_deadline(self) -> datetime | None:
        """When its last round ends, as it is known now."""
        if self.deadline is None or self.round_two_days is None or self.round != 1:
            return self.deadline
        return days_later(self.deadline, self.round_two_days, self.deadline_zone)

    @property
    def rule(self) -> Rule:
        """By what it is judged."""
        return rule_of(self)

    def money(self, minor: int | None) -> Money:
        """Return `minor` in the campaign's currency, which it has once it left the first draft."""
        if self.currency is None:
            raise ValueError("a draft without a goal has no currency")
        return Money(minor or 0, self.currency)

    @property
    def goal(self) -> Money:
        """What it needs."""
        return self.money(self.goal_minor)

    @property
    def raised(self) -> Money:
        """What was raised, standing still after the decision."""
        return self.money(self.raised_minor)

    @property
    def payout(self) -> Payout:
        """How what was raised is, or would be, divided on success."""
        return payout(self.raised, self.fee_bps or 0)

    @property
    def percent(self) -> int:
        """Raised in percent of the goal, rounded down: 100 means reached."""
        return 100 * self.raised_minor // (self.goal_minor or 1)


@dataclass(frozen=True, slots=True)
class PublicCampaign(CampaignRow):
    """A campaign that everybody may see, with what its pages tell around it."""

    sponsor: str | None
    sponsor_launched: int
    sponsor_funded: int
    rewards: int
    updates: int
    team: list[str]


@dataclass(frozen=True, slots=True)
class ShownCampaign(PublicCampaign):
    """A campaign on its own pages: how much is said of it, and whether the reader follows it.

    `follows` is None where nobody is signed in.
    """

    comments: int
    questions: int
    follows: bool | None


Seen = TypeVar("Seen", bound=PublicCampaign)


@dataclass(frozen=True, slots=True)
class BackerRow:
    """One pledge as others may see it; `backer_id` is None for who chose not to be named."""

    pledge_id: UUID
    backer_id: UUID | None
    amount_minor: int
    currency: str
    reward_title: str | None
    state: str
    pledged_at: datetime

    @property
    def amount(self) -> Money:
        """What was pledged."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class DayRow:
    """What came in on one day (UTC)."""

    day: date
    amount_minor: int
    pledges: int


_COLUMNS: Final = """
    c.id, c.sponsor_id, c.state, c.title, c.tagline, c.category, c.language, c.story_html,
    c.story_stripped, c.risks, c.currency, c.goal_minor, c.deadline, c.cover_id, c.fee_bps,
    c.created_at, c.submitted_at, c.launched_at, c.closed_at, c.decided_at, c.ended_at,
    c.fee_minor, c.net_minor, c.release_id, c.return_reason, c.collection, c.collect_until,
    c.model, c.floor_minor, c.optimum_minor, c.round, c.round_two_days, c.first_deadline,
    c.deadline_zone, c.late_until, c.launch_at, c.announced_at, c.inspection_days, c.suspended_at,
    c.fulfilled_at, c.terms_at,
    coalesce(t.raised_minor, 0) AS raised_minor,
    coalesce(t.promised_minor, 0) AS promised_minor, coalesce(t.held_minor, 0) AS held_minor,
    coalesce(t.released_minor, 0) AS released_minor,
    coalesce(t.refunding_minor, 0) AS refunding_minor,
    coalesce(t.refunded_minor, 0) AS refunded_minor, coalesce(t.backers, 0) AS backers,
    CASE WHEN c.late_until IS NULL THEN 0 ELSE (
        SELECT coalesce(sum(p.amount_minor), 0) FROM pledge p WHERE p.campaign_id = c.id
            AND p.is_late AND p.state IN ('held', 'released'))::bigint END AS late_minor
"""
_FROM: Final = "FROM campaign c LEFT JOIN campaign_total t ON t.campaign_id = c.id"
_RECORD: Final = """
    SELECT count(launched_at) AS launched,
        count(*) FILTER (WHERE state IN ('funded', 'paid_out')) AS funded,
        count(*) FILTER (WHERE state IN ('unfunded', 'refunded')) AS missed
    FROM campaign
"""


def campaign(campaign_id: UUID) -> CampaignRow:
    """Return any campaign, whoever asks; for the house itself."""
    found = row(f"SELECT {_COLUMNS} {_FROM} WHERE c.id = %s", (campaign_id,), into=CampaignRow)
    if found is None:
        raise NotFound(str(campaign_id))
    return found


_AROUND: Final = """
    (SELECT name FROM person WHERE id = c.sponsor_id) AS sponsor,
    r.launched AS sponsor_launched, r.funded AS sponsor_funded,
    (SELECT count(*) FROM reward WHERE campaign_id = c.id) AS rewards,
    (SELECT count(*) FROM campaign_update u WHERE u.campaign_id = c.id
        AND u.audience = 'all' AND u.withdrawn_at IS NULL AND u.hidden_at IS NULL
        AND (u.sent_at IS NOT NULL OR u.publish_at = u.posted_at)) AS updates,
    ARRAY(SELECT p.name FROM campaign_member m JOIN person p ON p.id = m.person_id
        WHERE m.campaign_id = c.id AND m.accepted_at IS NOT NULL AND m.removed_at IS NULL
        ORDER BY m.accepted_at, p.id) AS team
"""


_FROM_ALL: Final = f"{_FROM} CROSS JOIN LATERAL ({_RECORD} WHERE sponsor_id = c.sponsor_id) r"
_PUBLIC: Final = f"SELECT {_COLUMNS}, {_AROUND} {_FROM_ALL}"
_SHOWN: Final = f"""
    SELECT {_COLUMNS}, {_AROUND}, s.comments, s.questions, s.follows {_FROM_ALL}
    CROSS JOIN LATERAL ({comments.beside("campaign", "c.id")}) s WHERE c.id = %(campaign)s
"""


def public_campaign(campaign_id: UUID) -> PublicCampaign:
    """Return a campaign that everybody may see; any other is `NotFound`."""
    found = row(f"{_PUBLIC} WHERE c.id = %s", (campaign_id,), into=PublicCampaign)
    return _seen(found, campaign_id)


def shown_campaign(campaign_id: UUID, reader_id: UUID | None) -> ShownCampaign:
    """Return the same with what its own pages say around it."""
    params = {"campaign": campaign_id, "reader": reader_id}
    return _seen(row(_SHOWN, params, into=ShownCampaign), campaign_id)


def _seen(found: Seen | None, campaign_id: UUID) -> Seen:
    if found is None or not found.is_public:
        raise NotFound(str(campaign_id))
    return found


def own_campaign(campaign_id: UUID, person_id: UUID, right: Right | None = None) -> CampaignRow:
    """Return a campaign of the person's own in any state; somebody else's is `NotFound`.

    With `right`, a member of its team who has that right may see it too.
    """
    found = campaign(campaign_id)
    if found.sponsor_id != person_id and not (
        right is not None and team.has_right(campaign_id, person_id, right)
    ):
        raise NotFound(str(campaign_id))
    return found


def own_campaigns(sponsor_id: UUID) -> list[CampaignRow]:
    """Return the sponsor's campaigns, newest first, discarded drafts left out."""
    sql = f"""
        SELECT {_COLUMNS} {_FROM} WHERE c.sponsor_id = %s AND c.state <> 'cancelled'
        ORDER BY c.id DESC LIMIT 200
    """
    return rows(sql, (sponsor_id,), into=CampaignRow)


def picture_ids(campaign_id: UUID) -> list[UUID]:
    """Return the campaign's pictures in order."""
    sql = """
        SELECT picture_id FROM campaign_picture WHERE campaign_id = %s
        ORDER BY position, picture_id
    """
    return column(sql, (campaign_id,))


def backers(campaign_id: UUID, *, after: UUID | None = None, limit: int = 50) -> list[BackerRow]:
    """Return the paid and promised pledges, latest first, names hidden where it was asked for.

    Also used for the sponsor: who chose to stay unnamed is unnamed to the sponsor too.
    """
    sql = """
        SELECT id AS pledge_id, CASE WHEN anonymous THEN NULL ELSE backer_id END AS backer_id,
            amount_minor, currency, reward_title, state,
            coalesce(promised_at, held_at) AS pledged_at
        FROM pledge
        WHERE campaign_id = %(campaign)s AND coalesce(promised_at, held_at) IS NOT NULL
          AND (state IN ('promised', 'charging', 'declined', 'held', 'released')
               OR (state IN ('refunding', 'refunded')
                   AND refund_reason IN ('goal_missed', 'stopped'))
               OR (state = 'lapsed' AND decline_reason IS NULL))
          AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
        ORDER BY id DESC LIMIT %(limit)s
    """
    return rows(sql, {"campaign": campaign_id, "after": after, "limit": limit}, into=BackerRow)


# Pledges that count in the days of a campaign: paid or promised, and not taken back.
COUNTED: Final = """
    coalesce(promised_at, held_at) IS NOT NULL
    AND (pledge.state IN ('promised', 'charging', 'declined', 'held', 'released')
        OR refund_reason IN ('goal_missed', 'stopped')
        OR (pledge.state = 'lapsed' AND decline_reason IS NULL))
"""


def days(campaign_id: UUID) -> list[DayRow]:
    """Return what was pledged on each day that had any, pledges taken back left out."""
    sql = f"""
        SELECT (coalesce(promised_at, held_at) AT TIME ZONE 'UTC')::date AS day,
            sum(amount_minor)::bigint AS amount_minor, count(*) AS pledges
        FROM pledge WHERE campaign_id = %s AND {COUNTED} GROUP BY 1 ORDER BY 1
    """  # noqa: S608 - our own clause
    return rows(sql, (campaign_id,), into=DayRow)


def fee_bps_at(now: datetime) -> int:
    """Return the platform's fee in force at `now`, in basis points."""
    sql = "SELECT fee_bps FROM campaign_fee WHERE valid_from <= %s ORDER BY valid_from DESC LIMIT 1"
    return int(scalar(sql, (now,)))


def record_of(sponsor_id: UUID) -> Record:
    """Return one sponsor's record."""
    found = rows(f"{_RECORD} WHERE sponsor_id = %s", (sponsor_id,), into=Record)
    return found[0]
