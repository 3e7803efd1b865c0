"""What becomes possible with more than the goal: shown to backers, decides nothing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from marketplace.campaigns import rules
from marketplace.campaigns.rules.drafting import row_field
from marketplace.campaigns.states import CampaignState
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

GOALS_MAX: Final = 5
TITLE_MAX: Final = 80
TEXT_MAX: Final = 1_000
# As long as nobody knows how much will come together.
WRITABLE: Final = frozenset({CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.LIVE})


class Stretch(NamedTuple):
    """With so much, so much more."""

    amount: Money | None
    title: str
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return self.amount is None and not self.title.strip() and not self.text.strip()


def stretch_refusals(
    goals: Sequence[Stretch], goal: Money, reached: Collection[Stretch] = ()
) -> list[Refusal]:
    """Return everything that is wrong with these; what was `reached` must be among them."""
    found: list[Refusal] = []
    for number, each in enumerate(goals, start=1):
        if not each.is_empty:
            found += _refusals(each, number, goal)
    amounts = [each.amount for each in goals if each.amount is not None]
    if len(amounts) != len(set(amounts)):
        found.append(Refusal("stretch_twice"))
    if any(each not in goals for each in reached):
        found.append(Refusal("stretch_reached"))
    return found


def _refusals(each: Stretch, number: int, goal: Money) -> list[Refusal]:
    found, amount_field = [], row_field("amount", number)
    if each.amount is None:
        found.append(Refusal("stretch_amount_missing", amount_field))
    elif each.amount.currency != goal.currency or each.amount <= goal:
        found.append(Refusal("stretch_not_above", amount_field, goal=goal))
    elif each.amount > rules.goal_max(goal.currency):
        most = rules.goal_max(goal.currency)
        found.append(Refusal("goal_too_large", amount_field, most=most))
    if not each.title.strip():
        found.append(Refusal("stretch_untitled", row_field("title", number)))
    texts = [
        (row_field("title", number), each.title, TITLE_MAX),
        (row_field("text", number), each.text, TEXT_MAX),
    ]
    return found + rules.text_refusals(texts)
