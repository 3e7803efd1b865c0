"""The backers of one campaign for its sponsor: who is in which segment, and how large each is.

Who chose not to be named is not named here either. "Again" is who backed an earlier campaign of
the same sponsor; what people did elsewhere is nobody's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse_public_id
from marketplace.kernel.money import Money

NO_REWARD: Final = "none"
STATES: Final[dict[str, tuple[str, ...]]] = {
    "promised": ("promised", "charging"),
    "declined": ("declined",),
    "held": ("held",),
    "released": ("released",),
    "back": ("refunding", "refunded"),
    "charged_back": ("charged_back",),
    "lapsed": ("lapsed", "cancelled"),
}
DELIVERIES: Final[dict[str, tuple[str, ...]]] = {
    "to_ship": ("to_ship", "owed"),
    "shipped": ("shipped", "sent"),
    "received": ("accepted", "auto_accepted"),
    "trouble": ("objected", "released", "partly_released", "returned"),
}
ONCE_OR_AGAIN: Final = ("first", "again")


@dataclass(frozen=True, slots=True)
class Segment:
    """Which backers a sponsor wants to see; what is empty or unknown does not narrow."""

    reward: str = ""
    country: str = ""
    state: str = ""
    delivery: str = ""
    once: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Segment:
        """Return the segment an address asks for."""
        country = asked.get("country", "").upper()
        return cls(
            reward=asked.get("reward", "") if _reward(asked.get("reward", "")) else "",
            country=country if len(country) == 2 and country.isalpha() else "",
            state=_known(asked.get("state", ""), STATES),
            delivery=_known(asked.get("delivery", ""), DELIVERIES),
            once=_known(asked.get("once", ""), ONCE_OR_AGAIN),
        )

    @property
    def asked(self) -> dict[str, Any]:
        """The segment as it stands in an address."""
        named = ("reward", "country", "state", "delivery", "once")
        return {name: getattr(self, name) for name in named if getattr(self, name)}


@dataclass(frozen=True, slots=True)
class Backer:
    """One pledge in a segment; `backer` is None for who chose not to be named."""

    pledge_id: UUID
    backer: str | None
    amount_minor: int
    currency: str
    reward_title: str | None
    country: str | None
    state: str
    delivery: str | None
    again: bool
    source: str | None
    pledged_at: datetime

    @property
    def amount(self) -> Money:
        """What was pledged."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Size:
    """How many pledges share one trait, and what they come to."""

    trait: str
    value: str
    count: int
    minor: int


# A pledge stands in its campaign's segments once it was paid or its card was saved.
_PLEDGES: Final = """
    SELECT p.id AS pledge_id, CASE WHEN p.anonymous THEN NULL ELSE person.name END AS backer,
        p.amount_minor, p.currency, p.reward_title, p.reward_id, p.country, p.state,
        f.state AS delivery, p.source, coalesce(p.promised_at, p.held_at) AS pledged_at,
        EXISTS (
            SELECT FROM pledge former JOIN campaign o ON o.id = former.campaign_id
                AND o.sponsor_id = c.sponsor_id AND o.id <> c.id
            WHERE former.backer_id = p.backer_id AND former.id < p.id
                AND coalesce(former.promised_at, former.held_at) IS NOT NULL) AS again
    FROM pledge p JOIN campaign c ON c.id = p.campaign_id
    JOIN person ON person.id = p.backer_id
    LEFT JOIN fulfilment f ON f.pledge_id = p.id
    WHERE p.campaign_id = %(campaign)s AND coalesce(p.promised_at, p.held_at) IS NOT NULL
"""
_BACKERS: Final = f"""
    SELECT pledge_id, backer, amount_minor, currency, reward_title, country, state, delivery, again,
        source, pledged_at
    FROM ({_PLEDGES}) found
    WHERE (%(reward)s::uuid IS NULL OR reward_id = %(reward)s)
        AND (NOT %(unrewarded)s OR reward_id IS NULL)
        AND (%(country)s = '' OR country = %(country)s)
        AND (%(states)s::text[] IS NULL OR state = ANY(%(states)s))
        AND (%(deliveries)s::text[] IS NULL OR delivery = ANY(%(deliveries)s))
        AND (%(again)s::boolean IS NULL OR again = %(again)s)
        AND (%(after)s::uuid IS NULL OR pledge_id < %(after)s)
    ORDER BY pledge_id DESC LIMIT %(limit)s
"""  # noqa: S608 - our own constant
_SIZES: Final = f"""
    SELECT d.trait, d.value, count(*) AS count, sum(amount_minor)::bigint AS minor
    FROM ({_PLEDGES}) found CROSS JOIN LATERAL (VALUES
        ('reward', coalesce(reward_id::text, '{NO_REWARD}')), ('country', country),
        ('once', CASE WHEN again THEN 'again' ELSE 'first' END)) AS d (trait, value)
    WHERE d.value IS NOT NULL
    GROUP BY d.trait, d.value ORDER BY d.trait DESC, count(*) DESC, d.value
"""  # noqa: S608 - our own constants


def backers(
    campaign_id: UUID, segment: Segment, *, after: UUID | None = None, limit: int = 50
) -> list[Backer]:
    """Return the pledges of a segment, the latest first."""
    reward = _reward(segment.reward)
    facts: dict[str, Any] = {
        "campaign": campaign_id,
        "reward": reward if isinstance(reward, UUID) else None,
        "unrewarded": reward == NO_REWARD,
        "country": segment.country,
        "states": list(STATES[segment.state]) if segment.state else None,
        "deliveries": list(DELIVERIES[segment.delivery]) if segment.delivery else None,
        "again": segment.once == "again" if segment.once else None,
        "after": after,
        "limit": limit,
    }
    return rows(_BACKERS, facts, into=Backer)


def sizes(campaign_id: UUID) -> list[Size]:
    """Return how many pledges there are of each reward and country, and for the first time."""
    return rows(_SIZES, {"campaign": campaign_id}, into=Size)


def _known(text: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    return text if text in known else ""


def _reward(text: str) -> UUID | str | None:
    """Return which reward is meant: its id, `none` for no reward, None for any."""
    if text == NO_REWARD:
        return text
    try:
        return parse_public_id("rwd", text)
    except NotFound:
        return None
