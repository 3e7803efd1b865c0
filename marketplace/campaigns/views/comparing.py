"""A campaign's days beside the median of its category, as its sponsor sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from marketplace.campaigns.queries import comparing
from marketplace.campaigns.queries.comparing import MedianDay
from marketplace.campaigns.queries.one import CampaignRow, DayRow
from marketplace.campaigns.rules.comparing import OTHERS_MIN, Standing, own_shares, standing
from marketplace.campaigns.states import CampaignState
from marketplace.campaigns.views.showing import category_words
from marketplace.web.locale import _, ngettext


@dataclass(frozen=True, slots=True)
class Comparison:
    """What stands under the heading: a plot with its finding, or a sentence why there is none."""

    words: str
    series: list[dict[str, Any]]
    points: list[dict[str, Any]]
    note: str


def comparison(c: CampaignRow, days: Sequence[DayRow], now: datetime) -> Comparison | None:
    """Return the comparison to the last whole day; None once nobody can pledge any more."""
    if c.state != CampaignState.LIVE or c.launched_at is None or c.deadline is None:
        return None
    first, ends = _utc_day(c.launched_at), _utc_day(c.deadline)
    found = comparing.medians(c.id, c.category, (ends - first).days)
    others, kin = (found[0].campaigns, found[0].kin) if found else (0, 0)
    if others < OTHERS_MIN:
        return Comparison(_too_few(others), [], [], "")
    whole = (ends - first).days + 1 if now >= c.deadline else (_utc_day(now) - first).days
    dates = [first + timedelta(days=n) for n in range(whole)]
    own = own_shares({day.day: day.amount_minor for day in days}, dates, c.goal.minor)
    found_at = standing(own, [day.median_bps for day in found])
    if found_at is None:
        return Comparison(_("From tomorrow on you see here how others did."), [], [], "")
    return Comparison(
        _finding(c, whole, found_at, is_kin=kin >= OTHERS_MIN),
        [{"label": _("This project"), "tone": "ember"}, {"label": _("Median"), "tone": "past"}],
        _points(own, found),
        f"{_whose(c, others, kin)} {_how()}",
    )


def _points(own: Sequence[int], found: Sequence[MedianDay]) -> list[dict[str, Any]]:
    return [
        {
            "label": _("Day %(day)s", day=n + 1),
            "parts": [own[n] if n < len(own) else None, day.median_bps],
            "texts": [_share(own[n]) if n < len(own) else "–", _share(day.median_bps)],
        }
        for n, day in enumerate(found)
    ]


def _finding(c: CampaignRow, day: int, at: Standing, *, is_kin: bool) -> str:
    median, own = _share(at.median_bps), _share(at.own_bps)
    if not is_kin:
        return _(
            "At the end of day %(day)s, projects that reached their goal were at %(median)s in the"
            " median; you are at %(own)s",
            day=day,
            median=median,
            own=own,
        )
    return _(
        "At the end of day %(day)s, projects of %(category)s that reached their goal were at"
        " %(median)s in the median; you are at %(own)s",
        day=day,
        category=category_words(c.category),
        median=median,
        own=own,
    )


def _too_few(others: int) -> str:
    return ngettext(
        "There is nothing to compare with yet: %(num)s other project has reached its goal, and a"
        " median needs %(least)s.",
        "There is nothing to compare with yet: %(num)s other projects have reached their goal, and"
        " a median needs %(least)s.",
        others,
        least=OTHERS_MIN,
    )


def _whose(c: CampaignRow, others: int, kin: int) -> str:
    """Say of whom the median is, and why it is not of the category alone."""
    if kin >= OTHERS_MIN:
        return _(
            "Of the last %(others)s projects of %(category)s that reached their goal and are over.",
            others=others,
            category=category_words(c.category),
        )
    return ngettext(
        "Of the last %(others)s projects of every kind that reached their goal and are over: of"
        " %(category)s there is %(num)s, and a median needs %(least)s.",
        "Of the last %(others)s projects of every kind that reached their goal and are over: of"
        " %(category)s there are %(num)s, and a median needs %(least)s.",
        kin,
        others=others,
        category=category_words(c.category),
        least=OTHERS_MIN,
    )


def _how() -> str:
    return _(
        "Each on the same day after its launch; one that was over before stands with what it had."
        " What was taken back is left out."
    )


def _share(bps: int) -> str:
    return f"{bps // 100}\u00a0%"


def _utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
