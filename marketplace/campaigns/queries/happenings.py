"""What happened to a person's money in projects, and what comes: for the page about all of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.money import Money

_PLEDGES_MAX: Final = 100


class Happening(NamedTuple):
    """One thing that happened or comes. `kind` says what; `subject_id` is a pledge or campaign.

    Of a sum of pledges `kind` is their state; it is neither past nor coming, and of no subject.
    """

    is_past: bool | None
    kind: str
    subject_id: UUID | None
    at: datetime | None
    title: str
    amount_minor: int
    currency: str | None

    @property
    def amount(self) -> Money | None:
        """The amount it is about; None where there is none."""
        return Money(self.amount_minor, self.currency) if self.currency else None


# Each pledge and each campaign is read once, and tells what it has to tell.
_HAPPENED = """
    SELECT told.kind, p.id AS subject_id, told.at, c.title, p.amount_minor, p.currency
    FROM (SELECT * FROM pledge WHERE backer_id = %(me)s ORDER BY id DESC LIMIT %(pledges)s) p
    JOIN campaign c ON c.id = p.campaign_id
    CROSS JOIN LATERAL (VALUES ('pledge.held', p.held_at), ('pledge.promised', p.promised_at),
        ('pledge.' || p.state, CASE WHEN p.state IN ('released', 'refunded', 'lapsed')
            THEN p.ended_at END)) AS told (kind, at)
    UNION ALL
    SELECT told.kind, c.id, told.at, c.title, told.amount_minor, c.currency FROM campaign c
    CROSS JOIN LATERAL (VALUES ('campaign.launched', c.launched_at, c.goal_minor),
        (CASE WHEN c.state IN ('funded', 'paid_out') THEN 'campaign.funded'
            ELSE 'campaign.missed' END, c.decided_at, coalesce(c.net_minor, c.goal_minor)),
        ('campaign.paid_out', CASE WHEN c.state = 'paid_out' THEN c.ended_at END, c.net_minor)
    ) AS told (kind, at, amount_minor)
    WHERE c.sponsor_id = %(me)s
"""

_COMING = """
    (SELECT CASE p.state WHEN 'held' THEN 'pledge.decided' WHEN 'refunding' THEN 'pledge.refunding'
            WHEN 'promised' THEN 'pledge.charged' WHEN 'charging' THEN 'pledge.charging'
            WHEN 'declined' THEN 'pledge.declined' ELSE 'pledge.unpaid' END AS kind,
        p.id AS subject_id,
        CASE p.state WHEN 'held' THEN coalesce(c.collect_until, c.deadline)
            WHEN 'promised' THEN c.deadline WHEN 'declined' THEN c.collect_until
            WHEN 'refunding' THEN NULL WHEN 'charging' THEN NULL
            ELSE p.expires_at END AS at, c.title, p.amount_minor, p.currency
    FROM pledge p JOIN campaign c ON c.id = p.campaign_id
    WHERE p.backer_id = %(me)s
      AND (p.state IN ('promised', 'charging', 'declined', 'held', 'refunding')
        OR p.state = 'awaiting_payment' AND p.expires_at > %(now)s)
    ORDER BY 3, p.id LIMIT %(limit)s)
    UNION ALL
    (SELECT CASE state WHEN 'live' THEN 'campaign.ends' WHEN 'funded' THEN 'campaign.pays'
            WHEN 'closing' THEN 'campaign.ends' WHEN 'collecting' THEN 'campaign.collects'
            ELSE 'campaign.returned' END, id,
        CASE WHEN state IN ('live', 'closing') THEN deadline
            WHEN state = 'collecting' THEN collect_until END, title,
        coalesce(CASE state WHEN 'funded' THEN net_minor ELSE goal_minor END, 0), currency
    FROM campaign
    WHERE sponsor_id = %(me)s AND (state IN ('live', 'closing', 'collecting', 'funded')
        OR state = 'draft' AND return_reason IS NOT NULL)
    ORDER BY id DESC LIMIT %(limit)s)
"""


_SUMS = """
    SELECT NULL::boolean, state, NULL::uuid, NULL::timestamptz, '', sum(amount_minor)::bigint,
        currency
    FROM pledge WHERE backer_id = %(me)s AND state IN ('held', 'released')
    GROUP BY state, currency
"""


class Story(NamedTuple):
    """What happened last, newest first, and what is open, what has a date first.

    `held` and `given` are the person's pledges that wait and those that went to their sponsors,
    one amount for each currency, of however many there are.
    """

    past: list[Happening]
    coming: list[Happening]
    held: list[Money]
    given: list[Money]


_STORY: Final = f"""
    (SELECT true AS is_past, * FROM ({_HAPPENED}) found WHERE at IS NOT NULL
    ORDER BY at DESC LIMIT %(limit)s)
    UNION ALL
    (SELECT false, * FROM ({_COMING}) found ORDER BY at NULLS FIRST LIMIT %(limit)s)
    UNION ALL
    {_SUMS}
"""  # noqa: S608 - our own constants


def story(person_id: UUID, *, now: datetime, limit: int = 12) -> Story:
    """Return what happened and what comes in the person's pledges and campaigns; one query.

    What happened is told of the last hundred pledges. Kinds that need the person:
    `pledge.unpaid`, `pledge.declined`, `campaign.returned`. `campaign.pays` waits for the
    provider, or for a payout account.
    """
    params = {"me": person_id, "now": now, "limit": limit, "pledges": _PLEDGES_MAX}
    found = rows(_STORY, params, into=Happening)
    return Story(
        [one for one in found if one.is_past],
        [one for one in found if one.is_past is False],
        _sums(found, "held"),
        _sums(found, "released"),
    )


def _sums(found: Sequence[Happening], state: str) -> list[Money]:
    sums = [one.amount for one in found if one.is_past is None and one.kind == state]
    return [amount for amount in sums if amount is not None]
