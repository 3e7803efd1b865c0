"""What has changed of answers and timeline since the launch, as everybody reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from marketplace.campaigns.changes import Piece, pieces
from marketplace.campaigns.queries.since import ToldRow
from marketplace.campaigns.views.showing import month
from marketplace.web.locale import _


@dataclass(frozen=True, slots=True)
class Said:
    """One change: when, what, the words that went and came, and why if that was said."""

    at: datetime
    title: str
    pieces: list[Piece]
    reason: str


def said(row: ToldRow) -> Said:
    """Return a change in words."""
    title, changed = _WORDS[row.act](row)
    return Said(row.at, title, changed, row.reason)


def _answered(row: ToldRow) -> tuple[str, list[Piece]]:
    question, answer = row.after
    return _("A new answer: %(question)s", question=question), pieces("", answer)


def _reworded(row: ToldRow) -> tuple[str, list[Piece]]:
    words = _("An answer has changed: %(question)s", question=row.after[0])
    return words, pieces("\n".join(row.before), "\n".join(row.after))


def _moved(row: ToldRow) -> tuple[str, list[Piece]]:
    title, before = row.before
    former, later = month(date.fromisoformat(before)), month(date.fromisoformat(row.after[1]))
    words = _(
        "“%(title)s” moved from %(former)s to %(later)s", title=title, former=former, later=later
    )
    return words, []


def _done(row: ToldRow) -> tuple[str, list[Piece]]:
    return _("“%(title)s” is done", title=row.after[0]), []


def _reopened(row: ToldRow) -> tuple[str, list[Piece]]:
    return _("“%(title)s” is not done after all", title=row.after[0]), []


_WORDS: Final[dict[str, Callable[[ToldRow], tuple[str, list[Piece]]]]] = {
    "answered": _answered,
    "reworded": _reworded,
    "moved": _moved,
    "done": _done,
    "reopened": _reopened,
}
