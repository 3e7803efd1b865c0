"""A change as it is kept: only the parts that differ, as plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from marketplace.campaigns.rules.materiality import Terms, changed_deliveries, changed_parts
from marketplace.kernel.money import Money

Parts = Mapping[str, Any]


def difference(former: Terms, later: Terms) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parts that differ, as they were and as they are to be."""
    parts = changed_parts(former, later)
    rewards = list(changed_deliveries(former, later))
    return _kept(former, parts, rewards), _kept(later, parts, rewards)


def merged(former: Terms, after: Parts) -> Terms:
    """Return the terms with the parts of a kept change in the place of the former ones."""
    goal, deadline = after.get("goal"), after.get("deadline")
    months = {UUID(key): _month(text) for key, text in after.get("delivery", {}).items()}
    return Terms(
        goal=former.goal if goal is None else Money(goal, former.goal.currency),
        deadline=former.deadline if deadline is None else datetime.fromisoformat(deadline),
        story=after.get("story", former.story),
        risks=after.get("risks", former.risks),
        deliveries={**former.deliveries, **months},
    )


def _kept(terms: Terms, parts: list[str], rewards: list[UUID]) -> dict[str, Any]:
    months = {str(key): _text(terms.deliveries.get(key)) for key in rewards}
    everything = {
        "goal": terms.goal.minor,
        "deadline": terms.deadline.astimezone(UTC).isoformat(),
        "story": terms.story,
        "risks": terms.risks,
        "delivery": months,
    }
    return {part: everything[part] for part in parts}


def _month(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _text(month: date | None) -> str | None:
    return month.isoformat() if month else None
