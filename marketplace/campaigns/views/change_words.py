"""A change as people read it: each part with what goes and what comes, word by word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from marketplace.campaigns.changes import Piece, pieces
from marketplace.campaigns.queries import changes
from marketplace.campaigns.queries.changes import ChangeRow
from marketplace.campaigns.views.showing import month
from marketplace.infra.html import words
from marketplace.kernel.money import Money
from marketplace.web.locale import _, _l
from marketplace.web.rendering import moment_text, money_text

STATE_TAGS: Final[dict[str, tuple[Any, str]]] = {
    "proposed": (_l("A moderator looks at it"), "info"),
    "asking": (_l("In force, backers are asked"), "ember"),
    "done": (_l("In force"), "good"),
    "refused": (_l("Returned"), "warn"),
    "withdrawn": (_l("Taken back"), "neutral"),
    "lapsed": (_l("Came too late"), "neutral"),
}
_PARTS: Final = {
    "goal": _l("Goal"),
    "deadline": _l("Deadline"),
    "story": _l("Story"),
    "risks": _l("Risks"),
}


@dataclass(frozen=True, slots=True)
class ChangedPart:
    """One part that differs."""

    label: str
    pieces: list[Piece]


def parts(change: ChangeRow) -> list[ChangedPart]:
    """Return everything that a change changes."""
    found = [
        ChangedPart(str(label), list(_pieces(change, part)))
        for part, label in _PARTS.items()
        if part in change.after
    ]
    return [*found, *_deliveries(change)]


def _pieces(change: ChangeRow, part: str) -> list[Piece]:
    before, after = change.before[part], change.after[part]
    if part == "goal":
        amounts = (Money(minor, change.currency) for minor in (before, after))
        return _whole(*map(money_text, amounts))
    if part == "deadline":
        return _whole(*(moment_text(datetime.fromisoformat(text)) for text in (before, after)))
    return pieces(words(before), words(after)) if part == "story" else pieces(before, after)


def _deliveries(change: ChangeRow) -> Iterator[ChangedPart]:
    later = change.after.get("delivery")
    if not later:
        return
    titles = changes.reward_titles(change.campaign_id)
    for reward_id, when in later.items():
        title = titles.get(reward_id, _("A reward that is gone"))
        label = _("Delivery of “%(title)s”", title=title)
        former = change.before["delivery"].get(reward_id)
        yield ChangedPart(label, _whole(_month(former), _month(when)))


def _whole(before: str, after: str) -> list[Piece]:
    """An amount or a day changes as a whole."""
    return [Piece("gone", before), Piece("new", after)]


def _month(text: str | None) -> str:
    return month(date.fromisoformat(text)) if text else _("no month")
