"""Budget, timeline, questions and film as pages show them: in words, drawn, to be played."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import url_for

from marketplace.campaigns.fees import payout
from marketplace.campaigns.forms.digital import LANGUAGES
from marketplace.campaigns.queries import one
from marketplace.campaigns.queries.told import BudgetRow, FaqRow, FilmRow, StepRow, Told
from marketplace.campaigns.rules.drafting import allot
from marketplace.campaigns.views import showing
from marketplace.kernel.ids import public_id
from marketplace.kernel.money import Money
from marketplace.web.locale import _
from marketplace.web.pieces import Later
from marketplace.web.rendering import bps, brief_text, day_text


def shown(c: one.CampaignRow, told: Told, now: datetime) -> Later:
    """Return what a campaign's page shows of its budget, timeline, questions and risks."""
    fee_bps = _fee_bps(c, now) if told.budget else 0
    goal = c.goal if told.budget else None
    today = now.astimezone(UTC).date()
    lists = (told.budget, told.timeline, told.faq)
    changed = c.id if told.has_changed else None
    return Later((*lists, c.risks, c.language, goal, fee_bps, c.deadline, today, changed), _shown)


def _shown(told: tuple[Any, ...]) -> dict[str, Any]:
    lines, steps, faq, risks, language, goal, fee_bps, deadline, today, changed = told
    return {
        "plan": _budget(lines, goal, fee_bps) if lines else None,
        "timeline": _timeline(steps, deadline, today) if steps else None,
        "faq": [_answer(entry) for entry in faq],
        "changes": _changes_url(changed) if changed else None,
        "risks": risks,
        "language": language,
    }


def _answer(entry: FaqRow) -> dict[str, Any]:
    if entry.changed_on:
        since = _("Changed on %(day)s.", day=day_text(entry.changed_on))
    else:
        since = _("Answered on %(day)s.", day=day_text(entry.added_on)) if entry.added_on else ""
    return {"question": entry.question, "answer": entry.answer, "since": since}


def _changes_url(campaign_id: UUID) -> str:
    return url_for("campaigns.project_changes", ref=public_id("cmp", campaign_id))


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
    points = [_point(step, today) for step in steps]
    if deadline:
        ends = deadline.astimezone(UTC).date()
        state = "done" if ends < today else "next"
        points.append(_Point(ends, _("Funding ends"), day_text(ends), state, ""))
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
    body: str


def _point(step: StepRow, today: date) -> _Point:
    state = "done" if step.done_on else "next"
    return _Point(step.month, step.title, showing.month(step.month), state, _so_far(step, today))


def _so_far(step: StepRow, today: date) -> str:
    """Return what has become of a step since the launch, in sentences."""
    said = []
    if step.promised and step.moved_on:
        said.append(moved_words(step.promised, step.moved_on))
    if step.done_on:
        said.append(_("Done, as was said on %(day)s.", day=day_text(step.done_on)))
    elif step.month < today.replace(day=1):
        said.append(_("Its month is over, and it is not marked as done."))
    return " ".join(said)


def moved_words(promised: date, on: date) -> str:
    """Return from which month a step has moved, and when."""
    return _("Moved from %(month)s on %(day)s.", month=showing.month(promised), day=day_text(on))


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
