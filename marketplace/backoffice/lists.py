"""What all lists of the desk share: reading filters from the address, pages, downloads.

Filters come from links and from people's fingers. What is not one of the choices is left out of
the question; a day that cannot be read is said to be unreadable.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from flask import Response, request

from marketplace.ledger.queries.browsing import Between
from marketplace.web import csv_answer
from marketplace.web.csv_answer import Table
from marketplace.web.locale import _
from marketplace.web.rendering import page

T = TypeVar("T")

PAGE: Final = 50
DOWNLOAD: Final = 5000
TYPED_MAX: Final = 200

# How long something has waited; the same bounds as `escrow.queries.queues`.
_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
AGES: Final[dict[str, tuple[timedelta | None, timedelta | None]]] = {
    "hour": (_HOUR, None),
    "day": (_DAY, _HOUR),
    "week": (_WEEK, _DAY),
    "older": (None, _WEEK),
}


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """One page of a list, and whether there is more behind it."""

    rows: Sequence[T]
    more: bool


def size() -> int:
    """Return how many rows to ask for: one more than a page, or than a download, holds."""
    return (DOWNLOAD if csv_answer.wanted() else PAGE) + 1


def cut(found: Sequence[T]) -> Shown[T]:
    """Return what was asked for with `size`, without the one row too many."""
    most = size() - 1
    return Shown(found[:most], len(found) > most)


def typed(name: str) -> str:
    """Return what was typed into the field `name`: bounded, and nothing that cannot be printed."""
    raw = request.args.get(name, "")[:TYPED_MAX]
    return "".join(letter for letter in raw if letter.isprintable()).strip()


def one_of(name: str, choices: Container[str]) -> str | None:
    """Return the argument `name` where it is one of `choices`."""
    found = request.args.get(name, "")
    return found if found in choices else None


def pair(name: str) -> tuple[int, int] | None:
    """Return the two numbers in the argument `name`, written `12.3`, or None."""
    parts = request.args.get(name, "").split(".")
    numbers = [int(part) for part in parts if part.isascii() and part.isdecimal()]
    if len(numbers) != 2 or max(numbers) >= 1 << 31 << 31:
        return None
    return numbers[0], numbers[1]


def age(now: datetime) -> Between:
    """Return the moments between which the argument `age` lies."""
    longest, shortest = AGES.get(request.args.get("age", ""), (None, None))
    return Between(now - longest if longest else None, now - shortest if shortest else None)


@dataclass(slots=True)
class Days:
    """Two days that were typed, the last one included; what cannot be read is in `troubles`."""

    first: date | None = None
    last: date | None = None
    troubles: list[str] = field(default_factory=list)

    @property
    def between(self) -> Between:
        """Return the moments they mean, in UTC."""
        return Between(
            _midnight(self.first) if self.first else None,
            _midnight(self.last) + _DAY if self.last else None,
        )


def days() -> Days:
    """Return the days in the arguments `from` and `to`."""
    found = Days()
    found.first = _day("from", found.troubles)
    found.last = _day("to", found.troubles)
    if found.first and found.last and found.first > found.last:
        found.troubles.append(_("The first day is after the last: nothing lies between them."))
    return found


def here(**changes: str | None) -> str:
    """Return the address of this page with these arguments instead; None takes one away."""
    kept = {key: text for key, text in request.args.items() if key not in changes}
    kept.pop("format", None)
    pairs = {**kept, **{key: text for key, text in changes.items() if text is not None}}
    return f"{request.path}?{urlencode(pairs)}" if pairs else request.path


def answer(template: str, table: Table, **context: Any) -> Response:  # noqa: ANN401 - a template's
    """Answer with the page, or with its table as a file where that is asked for."""
    if csv_answer.wanted():
        return csv_answer.csv_answer(table)
    return page(template, table=table, csv_href=csv_answer.here(), **context)


def _day(name: str, troubles: list[str]) -> date | None:
    text = typed(name)
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 1900 < found.year < 9000:
        message = _(
            "“%(typed)s” is not a day. Write year-month-day, such as 2027-03-31.", typed=text
        )
        troubles.append(message)
        return None
    return found


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(0), UTC)
