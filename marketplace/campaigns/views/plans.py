"""Budget, timeline, questions and film as pages show them: in words, drawn, to be played."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from flask import url_for

from marketplace.campaigns.fees import payout
from marketplace.campaigns.forms.digital import LANGUAGES
from marketplace.campaigns.queries import one
from marketplace.campaigns.queries.told import BudgetRow, FilmRow, StepRow, Told
from marketplace.campaigns.rules.drafting import allot
from marketplace.campaigns.views import showing
from marketplace.kernel.money import Money
from marketplace.web.locale import _
from marketplace.web.pieces import Later
from marketplace.web.rendering import bps, brief_text, day_text


def shown(c: one.CampaignRow, told: Told, now: datetime) -> Later:
    """Return what a campaign's page shows of its budget, timeline and questions."""
    fee_bps = _fee_bps(c, now) if told.budget else 0
    goal = c.goal if told.budget else None
    today = now.astimezone(UTC).date()
    lists = (told.budget, told.timeline, told.faq)
    return Later((*lists, goal, fee_bps, c.deadline, today), _shown)


def _shown(told: tuple[Any, ...]) -> dict[str, Any]:
    lines, steps, faq, goal, fee_bps, deadline, today = told
    return {
        "plan": _budget(lines, goal, fee_bps) if lines else None,
        "timeline": _timeline(steps, deadline, today) if steps else None,
        "faq": faq,
    }


def budget(lines: Sequence[BudgetRow], c: one.CampaignRow, now: datetime) -> dict[str, Any]:
    """Return a budget as bars, one for each line, and as sums with our fee and what is left."""
    return _budget(lines, c.goal, _fee_bps(c, now))


def _fee_bps(c: one.CampaignRow, now: datetime) -> int:
    return c.fee_bps if c.fee_bps is not None else one.fee_bps_at(now)


def _budget(lines: Sequence[BudgetRow], goal: Money, fee_bps: int) -> dict[str, Any]:
    all_of_it = allot((line.amount for line in lines), goal, payout(goal, fee_bps).fee)
    fee = _("Platform fee, %(percent)s", percent=bps(fee_bps))
    bars = [_bar(line.title, line.amount.minor, brief_text(line.amount)) for line in lines]
    bars.append(_bar(fee, all_of_it.fee.minor, brief_text(all_of_it.fee), tone="past"))
    left = all_of_it.left
    if left.minor > 0:
        words = _("For what is not foreseen")
        bars.append(_bar(words, left.minor, brief_text(left), tone="good"))
    return {
        "title": _largest_words(lines, goal),
        "bars": bars,
        "lines": all_of_it.lines,
        "fee": all_of_it.fee,
        "fee_words": fee,
        "left": left,
        "lacks": -left if left.minor < 0 else None,
        "goal": goal,
    }


def _bar(label: str, minor: int, text: str, tone: str = "ember") -> dict[str, Any]:
    return {"label": label, "value": minor, "text": text, "tone": tone}


def _largest_words(lines: Sequence[BudgetRow], goal: Money) -> str:
    largest = max(lines, key=lambda line: line.amount.minor)
    share = 100 * largest.amount.minor // goal.minor
    return _(
        "The largest part of the goal, %(percent)s, is for: %(title)s",
        percent=f"{share}\u00a0%",
        title=largest.title,
    )


def _timeline(steps: Sequence[StepRow], deadline: datetime | None, today: date) -> dict[str, Any]:
    """Return a timeline as numbered points on a line of months, the deadline among them."""
    points = [_point(step.month, step.title, showing.month(step.month), today) for step in steps]
    if deadline:
        ends = deadline.astimezone(UTC).date()
        state = "done" if ends < today else "next"
        points.append(_Point(ends, _("Funding ends"), day_text(ends), state))
    points.sort(key=lambda point: point.on)
    first, last = points[0].on, points[-1].on
    span = max((last - first).days, 1)
    return {
        "title": _span_words(points[-1].title, last),
        "points": [
            {**point._asdict(), "number": number, "at": (point.on - first).days / span}
            for number, point in enumerate(points, start=1)
        ],
        "first": showing.month(first),
        "last": showing.month(last),
    }


class _Point(NamedTuple):
    on: date
    title: str
    when: str
    state: str


def _point(month: date, title: str, when: str, today: date) -> _Point:
    return _Point(month, title, when, "done" if month < today.replace(day=1) else "next")


def _span_words(title: str, last: date) -> str:
    return _("By %(month)s: %(title)s", month=showing.month(last), title=title)


def film(row: FilmRow, endpoint: str, address: dict[str, Any]) -> dict[str, Any]:
    """Return a film as pages show it, played from where `endpoint` answers it."""
    has_captions = bool(row.captions_language)
    return {
        "title": row.title,
        "is_film": row.kind == "film",
        "play": url_for(endpoint, what="play", **address),
        "captions": url_for(endpoint, what="captions", **address) if has_captions else None,
        "language": row.captions_language,
        "language_words": dict(LANGUAGES).get(row.captions_language, row.captions_language),
        "transcript": row.transcript,
    }
