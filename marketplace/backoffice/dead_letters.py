"""The list of what needs a person: why, how long, how much, whom it concerns, what was tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Response, url_for

from marketplace.backoffice import lists, remedy_words, subjects, words
from marketplace.backoffice.blueprints import finance
from marketplace.backoffice.instructions import KINDS
from marketplace.escrow.queries import dead_letters as letters
from marketplace.escrow.queries import forgeries
from marketplace.escrow.queries.dead_letters import DeadLetter
from marketplace.kernel import clock
from marketplace.web.csv_answer import Table
from marketplace.web.guards import requires
from marketplace.web.locale import _, ngettext
from marketplace.web.rendering import moment_text

_SHOWN_MAX: Final = 500


@finance.get("/dead-letters")
@requires("finance.see")
def dead_letters() -> Response:
    """List what will not come to its end by itself, the oldest first."""
    now = clock.now()
    why, kind = lists.one_of("why", letters.KINDS), lists.one_of("kind", KINDS)
    waiting = lists.typed("waiting") == "1"
    found = letters.dead_letters(now, why=why, kind=kind, proposed=waiting, limit=_SHOWN_MAX)
    names = subjects.named(
        each for one in found for each in (one.person_id, subjects.of_cause(one.cause)[1])
    )
    return lists.answer(
        "backoffice/dead_letters.html",
        _table(found, names, now),
        why=why,
        kind=kind,
        waiting=waiting,
        whys=remedy_words.choices(),
        turned_away=turned_away(now),
    )


def turned_away(now: datetime) -> str | None:
    """Return how many notices with a false signature came within a day; None if none did."""
    found = forgeries.of_last_day(now)
    if not found:
        return None
    reasons = ", ".join(f"{remedy_words.forgery(each.reason)}: {each.count}" for each in found)
    count = sum(each.count for each in found)
    return ngettext(
        "%(num)s notice was turned away within the last day (%(reasons)s), the last on %(at)s."
        " It was not kept.",
        "%(num)s notices were turned away within the last day (%(reasons)s), the last on %(at)s."
        " They were not kept.",
        count,
        reasons=reasons,
        at=moment_text(max(each.last_at for each in found)),
    )


def _table(
    found: Sequence[DeadLetter], names: Mapping[UUID, subjects.Subject], now: datetime
) -> Table:
    return Table(
        "dead-letters",
        _("Dead letters, the oldest first"),
        [
            {"key": "what", "label": _("What")},
            {"key": "why", "label": _("State"), "kind": "tag"},
            {"key": "amount", "label": _("Amount"), "kind": "money"},
            {"key": "whom", "label": _("Concerns")},
            {"key": "reason", "label": _("Reason")},
            {"key": "code", "label": _("Code"), "kind": "ref"},
            {"key": "age", "label": _("Age"), "kind": "number"},
            {"key": "tried", "label": _("Calls"), "kind": "number"},
            {"key": "proposed", "label": _("Proposed"), "kind": "tag"},
            {"key": "ref", "label": _("Reference"), "kind": "ref"},
            {"key": "since", "label": _("Since"), "kind": "moment", "csv_only": True},
            {"key": "provider_ref", "label": _("Provider’s id"), "csv_only": True},
        ],
        [_row(each, names, now) for each in found],
    )


def _row(one: DeadLetter, names: Mapping[UUID, subjects.Subject], now: datetime) -> dict[str, Any]:
    is_notice = one.why == "delivery"
    endpoint = "finance.delivery" if is_notice else "finance.instruction"
    href = url_for(endpoint, ref=one.ref)
    return {
        "what": _("Notice %(kind)s", kind=one.kind)
        if is_notice
        else words.asked(one.kind, one.purpose),
        "what_href": href,
        "why": remedy_words.why(one.why),
        "amount": one.amount,
        "whom": _whom(one, names),
        "reason": one.error if is_notice else remedy_words.trouble(one.error),
        "code": None if is_notice else one.error,
        "age": words.waited(one.since, now),
        "since": one.since,
        "tried": one.attempts,
        "proposed": {"label": remedy_words.act(one.proposed), "tone": "warn"}
        if one.proposed
        else None,
        "ref": one.ref,
        "ref_href": href,
        "provider_ref": one.provider_ref,
        "_tone": "bad" if one.why != "stuck" else None,
    }


def _whom(one: DeadLetter, names: Mapping[UUID, subjects.Subject]) -> str | None:
    for each in (one.person_id, subjects.of_cause(one.cause)[1]):
        if each is not None and each in names:
            return names[each].name
    return None
