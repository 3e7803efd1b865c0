"""What may change of what was promised, and whom a change touches. Pure.

Nobody is bound to what they did not agree to: whoever pledged before a change may leave with all
of the money. So a change needs time before the deadline in which to ask them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.states import CampaignState
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

RECONFIRM_FOR: Final = timedelta(days=5)
REMIND_BEFORE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """What backers were told, as far as it may change; `deliveries` by reward."""

    goal: Money
    deadline: datetime
    story: str
    risks: str
    deliveries: Mapping[UUID, date | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a campaign's terms may change now.

    `longest` is how long a campaign like this may last, counted from its launch.
    """

    state: CampaignState
    suspended_at: datetime | None
    launched_at: datetime
    longest: timedelta
    floor: Money | None
    story_words: int


def changed_parts(former: Terms, later: Terms) -> list[str]:
    """Return what differs: `goal`, `deadline`, `story`, `risks`, `delivery`."""
    differs = {
        "goal": former.goal != later.goal,
        "deadline": former.deadline != later.deadline,
        "story": former.story != later.story,
        "risks": former.risks != later.risks,
        "delivery": bool(changed_deliveries(former, later)),
    }
    return [part for part, is_other in differs.items() if is_other]


def changed_deliveries(former: Terms, later: Terms) -> dict[UUID, date | None]:
    """Return the later months of the rewards that are to come in another month."""
    return {
        reward_id: month
        for reward_id, month in later.deliveries.items()
        if former.deliveries.get(reward_id) != month
    }


def touches_everybody(parts: list[str]) -> bool:
    """Whether every backer is touched, not only those of the rewards that come later."""
    return bool(set(parts) - {"delivery"})


def proposal_refusals(
    former: Terms, later: Terms, standing: Standing, now: datetime, *, is_wording: bool
) -> list[Refusal]:
    """Return what keeps these terms from being proposed."""
    parts = changed_parts(former, later)
    if not_now := _not_now(standing, former.deadline, now):
        return not_now
    if not parts:
        return [Refusal("change_nothing")]
    if is_wording and set(parts) - {"story", "risks"}:
        return [Refusal("change_is_no_wording", "is_wording")]
    found = _goal_refusals(former, later, standing)
    found += _deadline_refusals(former, later, standing, now)
    found += _text_refusals(later, standing)
    return found + _delivery_refusals(former, later, now)


def effect_refusals(
    later: Terms, standing: Standing, now: datetime, *, is_stale: bool
) -> list[Refusal]:
    """Return what keeps an approved change from coming into force now.

    `is_stale`: what it was to change is not what it was when it was proposed.
    """
    if is_stale:
        return [Refusal("change_stale")]
    return _not_now(standing, later.deadline, now) or _time_refusals(later.deadline, now)


def answer_refusals(state: str, until: datetime, now: datetime) -> list[Refusal]:
    """Return what keeps a backer from answering: the last instant is over already."""
    if state not in {"held", "promised"}:
        return [Refusal("answer_not_asked")]
    return [Refusal("answer_too_late")] if now >= until else []


def reason_refusals(reason: str) -> list[Refusal]:
    """Return what is wrong with what a sponsor says about a change."""
    found = [] if reason.strip() else [Refusal("change_reason_missing", "reason")]
    return found + rules.text_refusals([("reason", reason, rules.REASON_MAX)])


def _not_now(standing: Standing, deadline: datetime, now: datetime) -> list[Refusal]:
    if standing.suspended_at is not None:
        return [Refusal("change_suspended")]
    if standing.state is not CampaignState.LIVE or now >= deadline:
        return [Refusal("change_not_live")]
    return []


def _goal_refusals(former: Terms, later: Terms, standing: Standing) -> list[Refusal]:
    if later.goal == former.goal:
        return []
    if later.goal > former.goal:
        return [Refusal("goal_only_down", "goal")]
    if standing.floor is not None and later.goal < standing.floor:
        return [Refusal("goal_below_floor", "goal", floor=standing.floor)]
    return rules.goal_refusals(later.goal)


def _time_refusals(deadline: datetime, now: datetime) -> list[Refusal]:
    """The end must leave everybody the time to answer, whether or not it is what changes."""
    if deadline < now + RECONFIRM_FOR:
        return [Refusal("deadline_leaves_no_time", "deadline", days=RECONFIRM_FOR.days)]
    return []


def _deadline_refusals(
    former: Terms, later: Terms, standing: Standing, now: datetime
) -> list[Refusal]:
    last = standing.launched_at + standing.longest
    if later.deadline != former.deadline and later.deadline > last:
        return [Refusal("deadline_beyond", "deadline", last=last)]
    return _time_refusals(later.deadline, now)


def _text_refusals(later: Terms, standing: Standing) -> list[Refusal]:
    found = rules.text_refusals([("risks", later.risks, rules.RISKS_MAX)])
    if standing.story_words < rules.STORY_WORDS_MIN:
        found.append(Refusal("story_too_short", "story", words=rules.STORY_WORDS_MIN))
    if not later.risks:
        found.append(Refusal("risks_missing", "risks"))
    return found


def _delivery_refusals(former: Terms, later: Terms, now: datetime) -> list[Refusal]:
    found: list[Refusal] = []
    for reward_id, month in changed_deliveries(former, later).items():
        if month is None:
            found.append(Refusal("delivery_missing", delivery_field(reward_id)))
        elif month < now.date().replace(day=1):
            found.append(Refusal("delivery_past", delivery_field(reward_id)))
    return found


def delivery_field(reward_id: UUID) -> str:
    """Return the name under which a reward's month is asked for."""
    return f"delivery-{reward_id.hex}"
