"""Deliveries, objections and parts in people's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from marketplace.campaigns.queries.fulfilments import FulfilmentRow
from marketplace.campaigns.queries.parts import PlanPart
from marketplace.campaigns.rules.parts import is_month_over
from marketplace.campaigns.rules.tracking import Fate
from marketplace.kernel.money import Money
from marketplace.web.locale import _, _l

STATES: Final = {
    "to_ship": (_l("To send"), "warn"),
    "shipped": (_l("On its way"), "info"),
    "accepted": (_l("Received"), "good"),
    "auto_accepted": (_l("Received, nobody objected"), "good"),
    "objected": (_l("Problem"), "bad"),
    "released": (_l("Decided for the sponsor"), "neutral"),
    "partly_released": (_l("Decided in part"), "neutral"),
    "returned": (_l("Decided for the backer"), "neutral"),
    "owed": (_l("To send, nothing is held"), "warn"),
    "sent": (_l("On its way, nothing is held"), "info"),
    "void": (_l("Pledge went back"), "neutral"),
}
OBJECTION_STATES: Final = {
    "open": (_l("Waits for a moderator"), "warn"),
    "proposed": (_l("Waits for a finance officer"), "info"),
    "decided": (_l("Decided"), "good"),
    "withdrawn": (_l("Taken back"), "neutral"),
}
MILESTONE_STATES: Final = {
    "planned": (_l("Planned"), "neutral"),
    "claimed": (_l("Shown, backers may object"), "info"),
    "objected": (_l("Objected to"), "bad"),
    "granted": (_l("Reached"), "good"),
    "ended": (_l("Over"), "neutral"),
}
FATES: Final = {
    Fate.SHIP: (_l("Will be marked as sent"), "good"),
    Fate.NUMBER: (_l("Gets its number"), "good"),
    Fate.SAME: (_l("Known already"), "neutral"),
    Fate.OVER: (_l("Received or decided already"), "neutral"),
    Fate.UNKNOWN: (_l("No such pledge here"), "bad"),
    Fate.TWICE: (_l("Stands twice in the sheet"), "bad"),
    Fate.TOO_LONG: (_l("Carrier or number is too long"), "bad"),
}


def state_tag(state: str) -> dict[str, Any]:
    """Return where something promised is, as a tag."""
    label, tone = STATES[state]
    return {"label": label, "tone": tone}


def objection_tag(state: str) -> dict[str, Any]:
    """Return where an objection stands, as a tag."""
    label, tone = OBJECTION_STATES[state]
    return {"label": label, "tone": tone}


def can_object(found: FulfilmentRow, now: datetime) -> bool:
    """Whether its backer may say now that it is not there, or not as promised."""
    if found.held_minor == 0:
        return False
    if found.state == "to_ship":
        return found.promised_for is None or is_month_over(found.promised_for, now.date())
    return (
        found.state == "shipped" and found.inspect_until is not None and now < found.inspect_until
    )


def is_overdue(found: FulfilmentRow | None, now: datetime) -> bool:
    """Whether something was promised for a month that is over, whatever became of it."""
    promised = found.promised_for if found is not None else None
    return promised is not None and is_month_over(promised, now.date())


def part_name(kind: str, title: str) -> str:
    """Return what a part of a plan is called."""
    if kind == "first":
        return _("When the goal is reached")
    return title or _("When backers have what they were promised")


def plan_rows(plan: Sequence[PlanPart], raised: Money | None) -> list[dict[str, Any]]:
    """Return a plan as rows: after what, how much, and how it stands."""
    return [
        {
            "what": part_name(each.kind, each.title),
            "share": f"{each.share_bps / 100:g} %",
            "due": each.due,
            "state": _part_state(each),
            **(_shares(each, raised.currency) if raised else {}),
        }
        for each in plan
    ]


def _shares(part: PlanPart, currency: str) -> dict[str, Money]:
    return {
        "held": Money(part.held_minor, currency),
        "released": Money(part.released_minor, currency),
        "back": Money(part.back_minor, currency),
        "charged_back": Money(part.charged_back_minor, currency),
    }


def plan_sentence(plan: Sequence[PlanPart]) -> str:
    """Say in one sentence when the sponsor gets what."""
    first = plan[0].share_bps / 100 if plan else 100
    if len(plan) < 2:
        return _("The sponsor gets everything when the goal is reached.")
    return _(
        "The sponsor gets %(first)s %% when the goal is reached; the rest is held until milestones"
        " are reached and backers have what they were promised.",
        first=f"{first:g}",
    )


def _part_state(part: PlanPart) -> dict[str, Any]:
    if part.state is not None:
        label, tone = MILESTONE_STATES[part.state]
        return {"label": label, "tone": tone}
    if part.held_minor:
        return {"label": _("Held"), "tone": "info"}
    if part.released_minor:
        return {"label": _("Released"), "tone": "good"}
    return {"label": _("Planned"), "tone": "neutral"}
