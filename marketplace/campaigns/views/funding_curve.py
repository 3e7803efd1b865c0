"""The funding curve of a campaign: what was raised by each day, and where the days lead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from babel.dates import format_date

from marketplace.campaigns.forecast import Ahead, forecast
from marketplace.campaigns.queries.one import CampaignRow, DayRow
from marketplace.campaigns.states import UNDECIDED
from marketplace.web.locale import _, locale_name
from marketplace.web.rendering import brief_text, money_text

Point = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Curve:
    """What the plot shows: its finding, the days so far, the days to come and how they are told."""

    title: str
    points: list[Point]
    ahead: list[Point]
    note: str | None


def curve(c: CampaignRow, days: Sequence[DayRow], now: datetime) -> Curve | None:
    """Return the curve from launch to today or the deadline; None before there is a second day."""
    if c.launched_at is None or c.deadline is None:
        return None
    by_day = {found.day: found.amount_minor for found in days}
    over = now >= c.deadline
    last = min(now, c.deadline).astimezone(UTC).date()
    dates = list(_days(c.launched_at.astimezone(UTC).date(), last))
    if len(dates) < 2:
        return None
    points = list(_points(c, dates, by_day))
    whole = [by_day.get(on, 0) for on in dates[:-1]]
    left = 0 if over else (c.deadline.astimezone(UTC).date() - last).days
    ahead = forecast(c.raised_minor, whole, left)
    return Curve(_finding(c, ahead), points, _ahead(c, last, ahead), _note(ahead))


def _points(c: CampaignRow, dates: Sequence[date], by_day: dict[date, int]) -> Iterator[Point]:
    total = 0
    for on in dates:
        total += by_day.get(on, 0)
        yield {"label": _short(on), "value": total, "text": money_text(c.money(total))}


def _ahead(c: CampaignRow, last: date, found: Sequence[Ahead]) -> list[Point]:
    return [
        {
            "label": _short(last + timedelta(days=step)),
            "low": ahead.low,
            "high": ahead.high,
            "value": ahead.likely,
            "text": _("if the days to come are like the last ones"),
            "range_text": _(
                "%(low)s to %(high)s",
                low=_about(c, ahead.low),
                high=_about(c, ahead.high),
            ),
        }
        for step, ahead in enumerate(found, start=1)
    ]


def _finding(c: CampaignRow, ahead: Sequence[Ahead]) -> str:
    if not ahead and c.is_later and c.state in UNDECIDED:
        return _("%(amount)s promised", amount=money_text(c.raised))
    if not ahead:
        return _("%(amount)s raised", amount=money_text(c.raised))
    end = _about(c, ahead[-1].likely)
    if c.raised_minor >= c.goal.minor:
        return _("The goal is reached; at this pace it ends near %(end)s", end=end)
    if ahead[-1].low >= c.goal.minor:
        return _("At this pace it ends near %(end)s, above the goal", end=end)
    if ahead[-1].high < c.goal.minor:
        return _("At this pace it ends near %(end)s, below the goal", end=end)
    return _("At this pace it ends near %(end)s: the goal is within reach", end=end)


def _about(c: CampaignRow, minor: int) -> str:
    """Return an amount with three figures that mean something: a forecast knows no cents."""
    return brief_text(c.money(round(minor, min(0, 3 - len(str(minor))))))


def _note(ahead: Sequence[Ahead]) -> str | None:
    if not ahead:
        return None
    return _(
        "The hatched band is no promise: it goes on with the mean of the last two weeks, as wide"
        " as the days differed."
    )


def _days(first: date, last: date) -> Iterator[date]:
    for step in range((last - first).days + 1):
        yield first + timedelta(days=step)


def _short(on: date) -> str:
    return str(format_date(on, format="d MMM", locale=locale_name()))
