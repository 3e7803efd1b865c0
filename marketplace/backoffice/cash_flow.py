"""The cockpit's two plots: cash of the days around today; what is overdue, by age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date
from flask import url_for

from marketplace.backoffice import overdue as late_list
from marketplace.escrow import queries as escrow
from marketplace.kernel.money import Money
from marketplace.loans.queries import overdue
from marketplace.loans.queries.overdue import Asked
from marketplace.web.locale import _, locale_name, ngettext
from marketplace.web.rendering import money_text

_BEFORE, _AFTER = 6, 7


def outlook(currency: str, today: date) -> dict[str, Any]:
    """Return both plots, and the figures of today and tomorrow."""
    asked = [
        each
        for each in overdue.asked(
            today, today - timedelta(days=_BEFORE), today + timedelta(days=_AFTER)
        )
        if each.currency == currency
    ]
    return {
        "cash": _days_around([each for each in asked if each.on], currency, today),
        "ageing": _ageing([each for each in asked if each.bucket], currency),
    }


def _days_around(bills: Sequence[Asked], currency: str, today: date) -> dict[str, Any]:
    """Return the days around today: what people paid in, and what open bills still ask for."""
    days = [today + timedelta(days=n) for n in range(-_BEFORE, _AFTER + 1)]
    arrived = dict.fromkeys(days, 0) | {
        each.on: each.amount_minor
        for each in escrow.arrivals(days[0], today)
        if each.currency == currency
    }
    due = {each.on: each for each in bills if each.on}
    asked = {on: due[on].amount_minor if on in due else 0 for on in days}
    return {
        "title": _(
            "%(arrived)s arrived in a week, %(expected)s is asked for in the next",
            arrived=_whole(sum(arrived.values()), currency),
            expected=_whole(sum(asked[on] for on in days if on > today), currency),
        ),
        "figures": _figures(arrived[today], due, currency, today),
        "points": [_day(on, arrived[on], asked[on], currency, today) for on in days],
        "series": [
            {"label": _("arrived from backers, lenders and borrowers"), "tone": "ember"},
            {"label": _("bills due and not paid"), "tone": "past"},
        ],
    }


def _ageing(late: Sequence[Asked], currency: str) -> dict[str, Any]:
    """Return what is overdue by how late it is; every bucket, also where it is empty."""
    found = {each.bucket: each for each in late if each.bucket}
    count = sum(each.count for each in found.values())
    total = sum(each.amount_minor for each in found.values())
    return {
        "count": count,
        "title": _ageing_title(found, count, total, currency),
        "buckets": [_bucket(name, found.get(name), currency) for name in overdue.BUCKETS],
        "href": url_for("finance.overdue", currency=currency),
    }


def _figures(
    arrived: int, due: Mapping[date, Asked], currency: str, today: date
) -> list[dict[str, Any]]:
    """Return what came in today, and what open bills ask for today and tomorrow."""
    figures = [{"label": _("Arrived today"), "value": money_text(Money(arrived, currency))}]
    for label, on in (
        (_("Still expected today"), today),
        (_("Expected tomorrow"), today + timedelta(days=1)),
    ):
        asked = due.get(on)
        minor, count = (asked.amount_minor, asked.count) if asked else (0, 0)
        figures.append(
            {
                "label": label,
                "value": money_text(Money(minor, currency)),
                "hint": ngettext("%(num)s open bill", "%(num)s open bills", count),
            }
        )
    return figures


def _day(on: date, arrived: int, due: int, currency: str, today: date) -> dict[str, Any]:
    label = format_date(on, "EEE d", locale=locale_name())
    return {
        "label": _("today") if on == today else label,
        "parts": [arrived, due],
        "texts": [money_text(Money(arrived, currency)), money_text(Money(due, currency))],
        "total_text": _short(arrived + due, currency),
        "expected": on > today,
        "mark": on == today,
    }


def _ageing_title(found: Mapping[str, Asked], count: int, total: int, currency: str) -> str:
    if not count:
        return _("No loan in %(currency)s is overdue", currency=currency)
    worst = max(found.values(), key=lambda each: each.amount_minor)
    return ngettext(
        "%(num)s loan is overdue, %(total)s, the largest part by %(bucket)s",
        "%(num)s loans are overdue, %(total)s, the largest part by %(bucket)s",
        count,
        total=_whole(total, currency),
        bucket=late_list.bucket_words(worst.bucket or "").lower(),
    )


def _bucket(name: str, found: Asked | None, currency: str) -> dict[str, Any]:
    amount = found.amount_minor if found else 0
    loans = ngettext("%(num)s loan", "%(num)s loans", found.count if found else 0)
    return {
        "label": late_list.bucket_words(name),
        "value": amount,
        "text": f"{money_text(Money(amount, currency))}, {loans}",
        "tone": late_list.TONES[name],
        "href": url_for("finance.overdue", bucket=name, currency=currency) if found else None,
    }


def _whole(minor: int, currency: str) -> str:
    """Return an amount without decimals that are zero, for titles."""
    text = money_text(Money(minor, currency))
    return text.removesuffix(".00").removesuffix(",00")


def _short(minor: int, currency: str) -> str:
    """Return the number alone, for the room above a bar; nothing where nothing is."""
    return _whole(minor, currency).split("\u00a0")[-1] if minor else ""
