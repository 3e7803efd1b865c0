"""What may be submitted, approved, pledged. Pure: facts in, refusals out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from marketplace.campaigns.rules.claims import claim_refusals
from marketplace.campaigns.states import DECIDED_FOR, CampaignState, Collection
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

CATEGORIES: Final = (
    *("tech", "film", "design", "music", "publishing", "food", "games", "community"),
)

# Why a campaign is returned; the words that go with it are the moderator's own.
RETURN_CODES: Final = (
    *("story_unclear", "goal_unexplained", "pictures_unfit", "rewards_unclear"),
    *("risks_too_thin", "deadline_unfit", "not_allowed_here", "other"),
)

TITLE_MAX: Final = 80
TAGLINE_MAX: Final = 160
STORY_MAX: Final = 60_000
STORY_WORDS_MIN: Final = 30
RISKS_MAX: Final = 4_000
REWARD_TITLE_MAX: Final = 80
REWARD_TEXT_MAX: Final = 1_000
UPDATE_MAX: Final = 20_000
REASON_MAX: Final = 2_000
PICTURES_MAX: Final = 12
REWARDS_MAX: Final = 40
QUANTITY_MAX: Final = 1_000_000

DURATION_MIN: Final = timedelta(days=1)
DURATION_MAX: Final = timedelta(days=60)
STOCK_HELD: Final = timedelta(minutes=30)

# How many euros' worth one unit of a currency stands for, roughly: limits are round numbers
# in every currency, not exact conversions.
_SCALE: Final = {"JPY": 100, "TWD": 10, "HKD": 10, "CNY": 10}


def goal_min(currency: str) -> Money:
    """Return the smallest goal a campaign may have."""
    return _units(100, currency)


def goal_max(currency: str) -> Money:
    """Return the largest goal a campaign may have."""
    return _units(10_000_000, currency)


def pledge_min(currency: str) -> Money:
    """Return the smallest pledge."""
    return _units(1, currency)


def pledge_max(currency: str) -> Money:
    """Return the largest single pledge."""
    return _units(10_000, currency)


def _units(count: int, currency: str) -> Money:
    return Money.of(Decimal(count * _SCALE.get(currency, 1)), currency)


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """What a draft holds so far."""

    title: str
    tagline: str
    category: str
    story_words: int
    risks: str
    goal: Money | None
    deadline: datetime | None
    has_cover: bool
    rewards: int
    launch_at: datetime | None = None
    longest: timedelta = DURATION_MAX
    texts: Mapping[str, str] = field(default_factory=dict)  # what it says, by its parts


def goal_refusals(goal: Money) -> list[Refusal]:
    """Return what is wrong with a goal."""
    low, high = goal_min(goal.currency), goal_max(goal.currency)
    if goal < low:
        return [Refusal("goal_too_small", "goal", least=low)]
    return [Refusal("goal_too_large", "goal", most=high)] if goal > high else []


def longest(collection: str, collecting_days_max: int) -> timedelta:
    """Return how long a campaign may last, whose provider lets money be collected for so long.

    A campaign that charges at its deadline collects nothing before it: it has the usual time.
    """
    if collection == Collection.DEADLINE:
        return DURATION_MAX
    return min(DURATION_MAX, timedelta(days=collecting_days_max))


def starts_at(launch_at: datetime | None, now: datetime) -> datetime:
    """Return when a campaign that is approved now begins: at its hour, at once where it is past."""
    return launch_at if launch_at is not None and launch_at > now else now


def deadline_refusals(
    deadline: datetime, now: datetime, most: timedelta = DURATION_MAX
) -> list[Refusal]:
    """Return what is wrong with a deadline, seen at `now`, of a campaign of at most `most`."""
    if deadline <= now:
        return [Refusal("deadline_past", "deadline")]
    if deadline < now + DURATION_MIN:
        return [Refusal("deadline_too_near", "deadline", days=DURATION_MIN.days)]
    if deadline > now + most:
        code = "deadline_too_far" if most == DURATION_MAX else "deadline_past_holding"
        return [Refusal(code, "deadline", days=most.days)]
    return []


def collection_refusals(collection: str, *, can_save: bool) -> list[Refusal]:
    """Return what is wrong with when the money is to be taken.

    `can_save` says whether the provider has a way to pay that can be saved and charged later.
    """
    if collection not in set(Collection):
        return [Refusal("collection_unknown", "collection")]
    if collection == Collection.DEADLINE and not can_save:
        return [Refusal("collection_not_offered", "collection")]
    return []


def reward_refusals(
    price: Money, quantity: int | None, delivery: date | None, *, currency: str, today: date
) -> list[Refusal]:
    """Return what is wrong with a reward tier."""
    found = []
    if price.currency != currency:
        found.append(Refusal("currency_other", "price", currency=currency))
    elif price < pledge_min(currency):
        found.append(Refusal("pledge_too_small", "price", least=pledge_min(currency)))
    elif price > pledge_max(currency):
        found.append(Refusal("pledge_too_large", "price", most=pledge_max(currency)))
    if quantity is not None and not 1 <= quantity <= QUANTITY_MAX:
        found.append(Refusal("quantity_outside", "quantity", most=QUANTITY_MAX))
    if delivery is not None and delivery < today.replace(day=1):
        found.append(Refusal("delivery_past", "delivery"))
    return found


def submission_refusals(facts: DraftFacts, now: datetime) -> list[Refusal]:
    """Return everything that keeps a draft from being submitted, in the order of the tasks.

    Its deadline is judged by when it would begin.
    """
    found = []
    if not facts.title or not facts.tagline or facts.category not in CATEGORIES:
        found.append(Refusal("basics_missing", "basics"))
    if facts.story_words < STORY_WORDS_MIN:
        found.append(Refusal("story_too_short", "story", words=STORY_WORDS_MIN))
    if not facts.has_cover:
        found.append(Refusal("cover_missing", "pictures"))
    if facts.goal is None or facts.deadline is None:
        found.append(Refusal("funding_missing", "funding"))
    else:
        found += goal_refusals(facts.goal)
        found += deadline_refusals(facts.deadline, starts_at(facts.launch_at, now), facts.longest)
    if not facts.risks:
        found.append(Refusal("risks_missing", "risks"))
    return found + claim_refusals(facts.texts)


def decision_refusals(
    *,
    sponsor_id: UUID,
    moderator_id: UUID,
    deadline: datetime,
    approve: bool,
    now: datetime,
    most: timedelta = DURATION_MAX,
) -> list[Refusal]:
    """Return what keeps this moderator from this decision: four eyes, and time to live.

    From the approval on people pay: what they pay must not be held for longer than it may be.
    """
    if sponsor_id == moderator_id:
        return [Refusal("own_campaign_decision")]
    if approve and deadline < now + DURATION_MIN:
        return [Refusal("deadline_too_near_to_approve", days=DURATION_MIN.days)]
    if approve and deadline > now + most:
        return [Refusal("deadline_too_far_to_approve", days=most.days)]
    return []


@dataclass(frozen=True, slots=True)
class PledgeFacts:
    """What a pledge is judged by. `reward_price` is None for a pledge without reward."""

    amount: Money
    campaign_currency: str
    campaign_state: CampaignState
    deadline: datetime
    sponsor_id: UUID
    backer_id: UUID
    reward_price: Money | None
    reward_left: int | None
    late_until: datetime | None = None

    @property
    def is_late(self) -> bool:
        """Whether it would be a late one: the campaign has succeeded already."""
        return self.campaign_state in DECIDED_FOR

    @property
    def closes_at(self) -> datetime | None:
        """From when on it is too late; None where it is already."""
        if self.is_late:
            return self.late_until
        return self.deadline if self.campaign_state is CampaignState.LIVE else None


def pledge_refusals(facts: PledgeFacts, now: datetime) -> list[Refusal]:
    """Return what keeps this pledge from being made at `now`.

    The deadline belongs to the closed side: at the very instant it is over.
    """
    if facts.backer_id == facts.sponsor_id:
        return [Refusal("own_campaign")]
    if facts.closes_at is None or now >= facts.closes_at:
        return [Refusal("campaign_closed")]
    return amount_refusals(facts) + _stock_refusals(facts)


def amount_refusals(facts: PledgeFacts) -> list[Refusal]:
    """Return what is wrong with the amount."""
    amount, currency = facts.amount, facts.campaign_currency
    if amount.currency != currency:
        return [Refusal("currency_other", "amount", currency=currency)]
    if amount < pledge_min(currency):
        return [Refusal("pledge_too_small", "amount", least=pledge_min(currency))]
    if too_large := total_refusals(amount):
        return too_large
    if facts.reward_price is not None and amount < facts.reward_price:
        return [Refusal("below_reward", "amount", price=facts.reward_price)]
    return []


def total_refusals(total: Money) -> list[Refusal]:
    """Return whether a pledge comes to more than one may be."""
    most = pledge_max(total.currency)
    return [Refusal("pledge_too_large", "amount", most=most)] if total > most else []


def _stock_refusals(facts: PledgeFacts) -> list[Refusal]:
    if facts.reward_left is not None and facts.reward_left <= 0:
        return [Refusal("reward_gone", "reward")]
    return []


def checkout_until(now: datetime, deadline: datetime) -> datetime:
    """Return until when a reward is held for somebody who is paying."""
    return min(now + STOCK_HELD, deadline)


def cancel_refusals(deadline: datetime, now: datetime) -> list[Refusal]:
    """Return what keeps a backer from taking a pledge back at `now`."""
    return [Refusal("cancel_too_late")] if now >= deadline else []


def as_markup(text: str) -> str:
    """Return what somebody wrote as HTML: plain text gets its paragraphs, HTML stays as it is."""
    if "<" in text:
        return text
    parts = (part.strip() for part in text.replace("\r\n", "\n").split("\n\n"))
    return "".join("<p>{}</p>".format(part.replace("\n", "<br>")) for part in parts if part)


def return_refusals(code: str, reason: str) -> list[Refusal]:
    """Return what keeps a campaign from being returned: a listed code and words are needed."""
    found = [] if code in RETURN_CODES else [Refusal("reason_code_missing", "code")]
    if not reason.strip():
        found.append(Refusal("reason_missing", "reason"))
    return found + text_refusals([("reason", reason, REASON_MAX)])


def text_refusals(
    texts: Sequence[tuple[str, str, int]],
) -> list[Refusal]:
    """Return a refusal for every (field, text, longest) that is longer than allowed."""
    return [
        Refusal("text_too_long", field, most=most)
        for field, text, most in texts
        if len(text) > most
    ]


def one_line(text: str) -> str:
    """Return what was typed as one line, its words one space apart."""
    return " ".join(text.split())
