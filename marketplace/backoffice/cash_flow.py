"""The cockpit's two plots: cash this week, arrived and expected; what is overdue, by age."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from babel.dates import format_date
from flask import url_for

from marketplace.backoffice import queues
from marketplace.escrow import queries as escrow
from marketplace.kernel.money import Money
from marketplace.loans.queries import desk
from marketplace.web.locale import _, locale_name, ngettext
from marketplace.web.rendering import money_text

_TONES: Final = ("warn", "warn", "bad", "bad", "bad")


def week(currency: str, today: date) -> dict[str, Any]:
    """Return Monday to Sunday: what people paid in so far, and what open bills still ask for."""
    monday = today - timedelta(days=today.weekday())
    days = [monday + timedelta(days=n) for n in range(7)]
    arrived = dict.fromkeys(days, 0) | {
        each.on: each.amount_minor
        for each in escrow.arrivals(monday, days[-1])
        if each.currency == currency
    }
    due = dict.fromkeys(days, 0) | {
        each.on: each.amount_minor
        for each in desk.due(monday, days[-1])
        if each.currency == currency
    }
    return {
        "title": _(
            "%(arrived)s arrived this week, %(expected)s is still expected",
            arrived=_whole(sum(arrived.values()), currency),
            expected=_whole(sum(due.values()), currency),
        ),
        "points": [_day(on, arrived[on], due[on], currency, today) for on in days],
        "series": [
            {"label": _("arrived from backers, lenders and borrowers"), "tone": "ember"},
            {"label": _("bills due and not paid"), "tone": "past"},
        ],
    }


def ageing(currency: str, today: date) -> dict[str, Any]:
    """Return what is overdue by how late it is; every bucket, also where it is empty."""
    found = {each.from_days: each for each in desk.late(today) if each.currency == currency}
    count = sum(each.count for each in found.values())
    total = sum(each.amount_minor for each in found.values())
    return {
        "count": count,
        "title": _ageing_title(found, count, total, currency),
        "buckets": [
            _bucket(days, found.get(days), currency, tone)
            for days, tone in zip(desk.LATE, _TONES, strict=True)
        ],
        "href": url_for("finance.overdue", currency=currency),
    }


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


def _ageing_title(found: dict[int, desk.Late], count: int, total: int, currency: str) -> str:
    if not count:
        return _("No bill in %(currency)s is overdue", currency=currency)
    worst = max(found.values(), key=lambda each: each.amount_minor)
    return ngettext(
        "%(num)s bill is overdue, %(total)s, most of it by %(bucket)s",
        "%(num)s bills are overdue, %(total)s, most of it by %(bucket)s",
        count,
        total=_whole(total, currency),
        bucket=queues.bucket_words(worst.from_days),
    )


def _bucket(days: int, found: desk.Late | None, currency: str, tone: str) -> dict[str, Any]:
    amount = found.amount_minor if found else 0
    count = found.count if found else 0
    bills = ngettext("%(num)s bill", "%(num)s bills", count)
    return {
        "label": queues.bucket_words(days),
        "value": amount,
        "text": f"{money_text(Money(amount, currency))}, {bills}",
        "tone": tone,
        "href": url_for("finance.overdue", days=days, currency=currency) if found else None,
    }


def _whole(minor: int, currency: str) -> str:
    """Return an amount without decimals that are zero, for titles."""
    text = money_text(Money(minor, currency))
    return text.removesuffix(".00").removesuffix(",00")


def _short(minor: int, currency: str) -> str:
    """Return the number alone, for the room above a bar; nothing where nothing is."""
    return _whole(minor, currency).split("\u00a0")[-1] if minor else ""
