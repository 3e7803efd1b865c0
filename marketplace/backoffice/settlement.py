"""What the next settlement run would do: the very run, rolled back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
from flask import Response, url_for
from sqlalchemy.exc import OperationalError

from marketplace.backoffice import lists, subjects, words
from marketplace.backoffice.blueprints import finance
from marketplace.infra.commands import rehearsal
from marketplace.infra.database import execute
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.settlement import runner
from marketplace.settlement.lines import Line
from marketplace.web.csv_answer import Table, wanted
from marketplace.web.guards import requires
from marketplace.web.limits import limiter
from marketplace.web.locale import _
from marketplace.web.rendering import moment_text

AHEAD_MAX: Final = timedelta(days=35)
SHOWN_MAX: Final = 200
# A page may wait for nobody's lock and not work for long: the real run goes first.
_BOUNDS: Final = "SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '15s'"


@dataclass(frozen=True, slots=True)
class Planned:
    """One line of the run with the stage it belongs to."""

    stage: str
    line: Line


@finance.get("/settlement")
@requires("finance.see")
@limiter.limit("30 per minute")
def settlement() -> Response:
    """Show who would get what if settlement ran now, or at a time to come."""
    now = clock.now()
    as_of, trouble = _as_of(now)
    planned, busy = ([], False) if trouble else _rehearsed(as_of)
    shown = planned[: lists.DOWNLOAD if wanted() else SHOWN_MAX]
    return lists.answer(
        "backoffice/settlement.html",
        _table(shown),
        as_of=as_of,
        typed=lists.typed("as_of"),
        trouble=trouble,
        busy=busy,
        sums=_sums(planned),
        count=len(planned),
        shown=len(shown),
        stopped=[each for each in planned if each.line.kind.endswith((".stopped", ".stuck"))],
        quick=_quick(now),
    )


def _as_of(now: datetime) -> tuple[datetime, str | None]:
    """Return the time asked for, and what is wrong with it."""
    typed = lists.typed("as_of")
    if not typed:
        return now, None
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        return now, _("“%(typed)s” is not a time. Write it like 2027-03-31T18:00.", typed=typed)
    if found.year < 2000:
        return now, _("That is too long ago. Enter a time that is still to come.")
    asked = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    if asked > now + AHEAD_MAX:
        latest = moment_text(now + AHEAD_MAX)
        return now, _(
            "Enter a time up to %(latest)s: further ahead too much will change.", latest=latest
        )
    return asked, None


def _rehearsed(as_of: datetime) -> tuple[list[Planned], bool]:
    """Return what the run would do; nothing, and True, while the real one is at work."""
    try:
        with rehearsal():
            execute(_BOUNDS)
            report = runner.run(as_of)
    except (OperationalError, psycopg.OperationalError):
        return [], True
    return [Planned(stage, line) for stage, lines in report.items() for line in lines], False


def _sums(planned: Sequence[Planned]) -> list[dict[str, Any]]:
    """Return each act with how often it happens and its total in each currency."""
    counts: dict[tuple[str, str, str | None], int] = defaultdict(int)
    totals: dict[tuple[str, str, str | None], int] = defaultdict(int)
    for each in planned:
        amount = each.line.amount
        key = (each.stage, each.line.kind, amount.currency if amount else None)
        counts[key] += 1
        totals[key] += amount.minor if amount else 0
    return [
        {
            "stage": words.stage(stage),
            "act": words.line(kind),
            "count": count,
            "total": Money(totals[stage, kind, currency], currency) if currency else None,
        }
        for (stage, kind, currency), count in counts.items()
    ]


def _table(shown: Sequence[Planned]) -> Table:
    names = subjects.named(each.line.person for each in shown)
    return Table(
        "settlement",
        _("Every line of the run"),
        [
            {"key": "stage", "label": _("Stage")},
            {"key": "act", "label": _("Act")},
            {"key": "subject", "label": _("About"), "kind": "ref"},
            {"key": "person", "label": _("Who")},
            {"key": "amount", "label": _("Amount"), "kind": "money"},
            {"key": "note", "label": _("Why")},
        ],
        list(_rows(shown, names)),
    )


def _rows(
    shown: Sequence[Planned], names: Mapping[Any, subjects.Subject]
) -> Iterator[dict[str, Any]]:
    for each in shown:
        line = each.line
        person = names.get(line.person)
        yield {
            "stage": words.stage(each.stage),
            "act": words.line(line.kind),
            "subject": line.subject,
            "subject_href": url_for("books.search", q=line.subject),
            "person": person.name if person else None,
            "person_href": url_for("books.accounts", q=person.ref) if person else None,
            "amount": line.amount,
            "note": line.note,
            "_tone": "bad" if line.kind.endswith((".stopped", ".stuck")) else None,
        }


def _quick(now: datetime) -> list[dict[str, Any]]:
    """Return the times people ask for most."""
    times = [
        (_("Now"), None),
        (_("In 24 hours"), now + timedelta(days=1)),
        (_("In 7 days"), now + timedelta(days=7)),
        (_("In 30 days"), now + timedelta(days=30)),
    ]
    return [
        {
            "label": label,
            "href": lists.here(as_of=f"{at:%Y-%m-%dT%H:%M}" if at else None),
            "current": at is None and not lists.typed("as_of"),
        }
        for label, at in times
    ]
