"""The close of business: loans a second over nights of a book, and what is left of being killed.

The book: so many loans of twelve instalments, falling due on every day of the month; six in a
hundred have one to three instalments open that were due, a late fee and penalty interest. One
night closes every loan, alerts and proves the day. Then days are closed by a process that is
killed (SIGKILL) twenty times at random, and every charge is compared with the formula.
"""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import monotonic, sleep
from typing import Any, Final

import psycopg

from bench.figures import Figure, Rounds
from bench.lending import Lending, lay_foundations, settle_in
from bench.place import ROOT, Place, site
from bench.scales import Scale
from marketplace.loans.late_charges import UNITS_A_MINOR
from marketplace.settlement import close_of_business

_GOAL: Final = 2_000.0
_FIRST: Final = date(2026, 5, 15)
_KILLS: Final = 20
_DAY: Final = timedelta(days=1)

_DUES: Final = """
    UPDATE instalment SET due_on = due_on + abs(uuid_hash(loan_id)) % 30
"""
_TERMS: Final = """
    UPDATE loan SET late_fee_minor = 1000, late_grace_days = 3, penalty_bps_per_year = 1825,
        last_closed_on = %(before)s
    WHERE state = 'active'
"""
_PAID: Final = """
    UPDATE instalment i SET paid_minor = principal_minor + interest_minor
    WHERE due_on < %(before)s
      AND (abs(uuid_hash(loan_id)) % 100 >= 6
        OR due_on < %(before)s::date - 30 * (1 + abs(uuid_hash(loan_id)) / 100 % 3))
"""

# What the formula says of each instalment, beside what is written of it, row by row.
_WRONG: Final = """
    SELECT count(*) FROM instalment i LEFT JOIN (
        SELECT loan_id, n, sum(amount_minor) FILTER (WHERE kind = 'penalty') AS penalty,
            count(*) FILTER (WHERE kind = 'late_fee') AS fees,
            count(*) - count(DISTINCT (kind, on_date)) AS doubles
        FROM loan_charge GROUP BY loan_id, n
    ) c ON c.loan_id = i.loan_id AND c.n = i.n
    WHERE coalesce(c.penalty, 0) <> (2 * i.penalty_units + %(whole)s) / (2 * %(whole)s)
       OR i.penalty_minor <> coalesce(c.penalty, 0) OR i.fee_minor <> 1000 * coalesce(c.fees, 0)
       OR coalesce(c.fees, 0) > 1 OR coalesce(c.doubles, 0) <> 0
       OR i.penalty_units <> CASE WHEN i.paid_minor > 0 THEN 0 ELSE
            (i.principal_minor + i.interest_minor) * 1825
            * greatest(0, %(last)s::date - greatest(i.due_on, %(before)s)) END
"""


def run(place: Place, scale: Scale) -> list[Figure]:
    """Measure nights over the book, then kill; a wrong or doubled charge is an error."""
    before = _FIRST - _DAY
    with site(place), place.owner() as connection:
        lay(connection, scale.loans, before)
        nights = [_night(_FIRST + _DAY * n) for n in range(scale.nights + 1)][1:]
        last, deaths = _killed(place, connection, _FIRST + _DAY * (scale.nights + 1), scale)
        facts = {"whole": UNITS_A_MINOR, "last": last, "before": before}
        wrong = connection.execute(_WRONG.encode(), facts).fetchone()
        if wrong != (0,):
            raise RuntimeError(f"{wrong} instalments are charged wrongly")
    rates = [scale.loans / seconds for seconds in nights]
    figure = Rounds(rates, [_GOAL] * len(rates)).figure(
        f"close of business, {scale.loans:,} loans", "loans/s", "goal", 1.0
    )
    told = f"{scale.loans / figure.ours:.1f} s a night; killed {deaths} times, 0 doubles"
    return [replace(figure, remark=told)]


def lay(connection: psycopg.Connection[Any], loans: int, before: date) -> None:
    """Lay the book down as it stands at the end of the day `before`."""
    lay_foundations(connection)
    settle_in(connection, Lending(family=0x30, loans=loans, notes=1, lenders=max(10, loans // 100)))
    connection.execute(_DUES)
    connection.execute(_TERMS, {"before": before})
    connection.execute(_PAID.replace("% ", "%% "), {"before": before})
    connection.execute("VACUUM ANALYZE loan")
    connection.execute("VACUUM ANALYZE instalment")


def _night(on: date) -> float:
    began = monotonic()
    close_of_business.close(on, _noon(on))
    return monotonic() - began


def _killed(
    place: Place, connection: psycopg.Connection[Any], first: date, scale: Scale
) -> tuple[date, int]:
    """Close days in processes of their own until twenty were killed; finish the last one."""
    chance, deaths, day = random.Random(20), 0, first
    kills = _KILLS if scale.rounds > 1 else 2
    while deaths < kills:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.close", day.isoformat()], cwd=ROOT, env=place.environ
        )
        _wait_for_work(connection, day, process)
        sleep(chance.uniform(0, max(0.05, scale.loans / 20_000)))
        if process.poll() is None:
            process.kill()
            deaths += 1
        process.wait()
        if _is_closed(connection, day):
            day += _DAY
    close_of_business.close(day, _noon(day))
    return day, deaths


def _wait_for_work(
    connection: psycopg.Connection[Any], day: date, process: subprocess.Popen[bytes]
) -> None:
    """Wait until the process has begun to write, or ended."""
    begun = "SELECT count(*) FROM loan WHERE last_closed_on = %s"
    was = connection.execute(begun.encode(), (day,)).fetchone()
    while process.poll() is None:
        if connection.execute(begun.encode(), (day,)).fetchone() != was:
            return
        sleep(0.02)


def _is_closed(connection: psycopg.Connection[Any], day: date) -> bool:
    sql = "SELECT count(*) FROM closing_day WHERE on_date = %s"
    return connection.execute(sql, (day,)).fetchone() == (1,)


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _main(day: date) -> None:
    from marketplace.app import create_app

    with create_app().app_context():
        close_of_business.close(day, _noon(day))


if __name__ == "__main__":
    _main(date.fromisoformat(sys.argv[1]))
