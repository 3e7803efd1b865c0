"""Living to a day: late fees and penalty interest of every day on the way."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from marketplace.loans.late_charges import charged_to_date, day_units, fee_day
from marketplace.loans.replay.events import ChargeKey, ChargeKind

if TYPE_CHECKING:
    from marketplace.loans.replay.books import Books, OpenRow

_DAY: Final = timedelta(days=1)


def live_to(books: Books, until: date) -> None:
    """Charge what each day up to and with `until` brings; nothing else happens in between.

    Who is late stays the same up to the next due day, on which nobody is late with it yet.
    """
    day = books.day
    while day < until:
        end = min(until, _next_due(books, day) or until)
        for row in books.late(day + _DAY):
            _charge(books, row, day, end)
        day = end
    books.day = until


def _charge(books: Books, row: OpenRow, day: date, end: date) -> None:
    """Charge an instalment that is late on every day after `day` up to `end`."""
    rule = books.terms.late
    if rule.fee.is_positive and day < fee_day(row.due, rule.grace_days) <= end:
        key = ChargeKey(ChargeKind.LATE_FEE, row.n, fee_day(row.due, rule.grace_days))
        books.charge(key, rule.fee.minor)
    units_a_day = day_units(row.open, rule.penalty_bps_per_year)
    while units_a_day and day < end:
        day += _DAY
        row.penalty_units += units_a_day
        to_date = charged_to_date(row.penalty_units)
        if to_date > row.penalty_charged:
            key = ChargeKey(ChargeKind.PENALTY, row.n, day)
            books.charge(key, to_date - row.penalty_charged)
            row.penalty_charged = to_date


def _next_due(books: Books, day: date) -> date | None:
    """Return the next day on which something falls due; it is late from the day after."""
    return min((row.due for row in books.rows if row.due > day and row.open > 0), default=None)
