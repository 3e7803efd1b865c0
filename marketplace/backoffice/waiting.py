"""The queues of the cockpit: how many wait, by age, each number a way to its list."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import url_for

from marketplace.backoffice import words
from marketplace.backoffice.lists import AGES
from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import dead_letters
from marketplace.infra import jobs
from marketplace.kernel import clock
from marketplace.loans.queries import desk
from marketplace.web.locale import _, _l


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table. `state` narrows the list at `endpoint`, by age too where `by_age`.

    In a queue that is an `alarm` nothing should be; in the others nothing should be for long.
    """

    name: str
    label: Any
    endpoint: str
    state: str | None = None
    alarm: bool = False
    by_age: bool = True


_KINDS: Final = (
    Kind("dead", _l("Dead letters"), "dead_letters", alarm=True),
    Kind("disputes", _l("Disputes to answer"), "disputes_list", "needs_response", alarm=True),
    Kind("unknown", _l("Instructions without an answer"), "instructions", "unknown", alarm=True),
    Kind("unsolved", _l("Instructions that failed"), "instructions", "unsolved", alarm=True),
    Kind("delivery.failed", _l("Deliveries that failed"), "deliveries", "failed", alarm=True),
    Kind("jobs", _l("Failed jobs"), "jobs", alarm=True),
    Kind("lines", _l("Bank lines without a voucher"), "collections"),
    Kind("voucher.uploaded", _l("Vouchers to match"), "vouchers", "uploaded", by_age=False),
    Kind("voucher.matched", _l("Vouchers to confirm"), "vouchers", "matched", by_age=False),
    Kind(
        "voucher.confirmed",
        _l("Vouchers for a second officer"),
        "vouchers",
        "confirmed",
        by_age=False,
    ),
    Kind("voucher.undo", _l("Vouchers to take back"), "vouchers", "credited", by_age=False),
    Kind("onboarding", _l("Payouts waiting for an account"), "payouts"),
    Kind("planned", _l("Instructions waiting to be sent"), "instructions", "planned"),
    Kind("sent", _l("Instructions with the provider"), "instructions", "sent"),
    Kind("delivery.stored", _l("Deliveries not worked yet"), "deliveries", "stored"),
)


def queues(now: datetime) -> list[dict[str, Any]]:
    """Return a row for each queue, the alarming first, empty ones too: a zero is an answer."""
    counts = {
        each.name: {age: getattr(each, age) for age in AGES} | {"oldest": each.oldest}
        for each in escrow.queues(now)
    }
    counts["dead"] = dataclasses.asdict(dead_letters.tally(now))
    for each in desk.queues(now):
        counts[each.name] = _added(counts.get(each.name, {}), dataclasses.asdict(each))
    # Jobs run on the machine's time, whatever the business clock says.
    ahead = now - clock.wall()
    counts["jobs"] = _counted([each.at + ahead for each in jobs.gave_up()], now)
    return [_row(kind, counts.get(kind.name, {}), now) for kind in _KINDS]


def _counted(moments: Sequence[datetime], now: datetime) -> dict[str, Any]:
    """Return how many of these moments lie in each age, and the oldest."""
    found: dict[str, Any] = dict.fromkeys(AGES, 0)
    for at in moments:
        found[_age_of(now - at)] += 1
    return found | {"oldest": min(moments, default=None)}


def _age_of(passed: timedelta) -> str:
    for name, (longest, _shortest) in AGES.items():
        if longest is not None and passed < longest:
            return name
    return "older"


def _added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    sums: dict[str, Any] = {age: one.get(age, 0) + other.get(age, 0) for age in AGES}
    moments = [each["oldest"] for each in (one, other) if each.get("oldest")]
    unowned = sum(each.get("unowned", 0) for each in (one, other))
    return sums | {"oldest": min(moments, default=None), "unowned": unowned}


def _row(kind: Kind, counts: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    total = sum(counts.get(age, 0) for age in AGES)
    oldest = counts.get("oldest")
    row: dict[str, Any] = {
        "queue": str(kind.label),
        "queue_href": _href(kind, None),
        "all": total,
        "all_href": _href(kind, None) if total else None,
        "oldest": words.waited(oldest, now) if oldest else None,
        "state": _state(kind, counts, total),
        "_tone": "bad" if kind.alarm and total else None,
    }
    for age in AGES:
        count = counts.get(age, 0)
        row[age] = count or None
        row[f"{age}_href"] = _href(kind, age) if count else None
    return row


def _state(kind: Kind, counts: Mapping[str, Any], total: int) -> dict[str, str]:
    if total == 0:
        return {"label": _("Empty"), "tone": "good"}
    if kind.alarm:
        return {"label": _("Look at it"), "tone": "bad"}
    if unowned := counts.get("unowned", 0):
        return {"label": _("%(count)s without an owner", count=unowned), "tone": "warn"}
    if counts.get("older", 0):
        return {"label": _("Waits long"), "tone": "warn"}
    return {"label": _("On its way"), "tone": "info"}


def _href(kind: Kind, age: str | None) -> str:
    if kind.state is None:
        return url_for(f"finance.{kind.endpoint}")
    return url_for(f"finance.{kind.endpoint}", state=kind.state, age=age if kind.by_age else None)
