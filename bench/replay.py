"""A loan of 60 events replayed, and one payment split over 400 notes: the time of one of each.

Both are exact and without a database, so seconds are those this process worked. The goals are
those of issue 4; `distribution` measures the split where it is booked.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from time import process_time
from typing import Final
from uuid import UUID

from bench.figures import Figure, Rounds
from bench.place import Place
from bench.scales import Scale
from marketplace.kernel.days import DayCount, Period, Unit
from marketplace.kernel.money import Money, split_cumulative
from marketplace.loans.replay import Intent, LoanEvent, Payment, Reversal, replay
from marketplace.loans.schedule import Terms, build
from marketplace.loans.terms import FeeCap, LateRule, PrepaymentRule, ServicingTerms

_EVENTS: Final = 60
_NOTES: Final = 400
_START: Final = date(2021, 1, 31)
_REPLAY_MS: Final = 20.0
_SPLIT_MS: Final = 10.0
_TIMES: Final = 20


def run(_place: Place, scale: Scale) -> list[Figure]:
    """Measure a tidy and an untidy history, and the split of one payment's four portions."""
    tidy, untidy = history(late_days=0), history(late_days=40)
    return [
        _figure("replay, 60 payments on time", tidy, scale, _REPLAY_MS),
        _figure("replay, 60 events, late and corrected", untidy, scale, _REPLAY_MS),
        _figure(f"split over {_NOTES} notes", splitting(), scale, _SPLIT_MS),
    ]


def _figure(name: str, act: Callable[[], object], scale: Scale, goal_ms: float) -> Figure:
    act()  # what is remembered between loans (days, rates) is remembered
    rates = [_rate(act) for _ in range(scale.rounds)]
    goal = 1000 / goal_ms
    figure = Rounds(rates, [goal] * len(rates)).figure(name, "/s", f"goal {goal_ms:.0f} ms", 1.0)
    return replace(figure, remark=f"{1000 / figure.ours:.2f} ms")


def _rate(act: Callable[[], object]) -> float:
    began = process_time()
    for _ in range(_TIMES):
        act()
    return _TIMES / (process_time() - began)


def history(*, late_days: int) -> Callable[[], object]:
    """Five years of monthly instalments; with `late_days` most are late, and some taken back.

    Who pays late pays what that cost as well; what was taken back is paid again weeks later.
    """
    chance = random.Random(60)
    schedule = Terms(
        Money.of("25000", "EUR"), Decimal("7.9"), _EVENTS, Period(1, Unit.MONTHS), _START
    )
    terms = ServicingTerms(
        schedule,
        LateRule(Money.of("10", "EUR"), 3, 1_825),
        PrepaymentRule(50, FeeCap.INTEREST_SAVED, DayCount.ACT_365F),
    )
    rows, more = build(schedule), Money.of("20" if late_days else "0", "EUR")
    events: list[LoanEvent] = []
    for row in rows[: _EVENTS - 7 if late_days else _EVENTS]:
        on = row.due + timedelta(days=chance.randrange(late_days + 1))
        events.append(Payment(UUID(int=row.n), on, row.total + more))
    if late_days:
        events.append(
            Payment(UUID(int=100), rows[30].due, Money.of("2000", "EUR"), Intent.LOWER_INSTALMENT)
        )
        for n in (7, 19, 42):
            again = rows[n].due + timedelta(days=late_days)
            events.append(Reversal(UUID(int=200 + n), UUID(int=n)))
            events.append(Payment(UUID(int=300 + n), again, rows[n].total + more))
    assert len(events) == _EVENTS  # noqa: S101 - what the figure is named after
    as_of = rows[-1].due + timedelta(days=late_days)
    return lambda: replay(terms, events, as_of)


def splitting() -> Callable[[], object]:
    """Principal, interest, penalty and fee of one payment, each over notes of any size."""
    chance = random.Random(400)
    weights = [chance.randrange(1_000, 100_000) for _ in range(_NOTES)]
    before = [0] * _NOTES
    portions = (81_234, 9_871, 533, 1_000)
    return lambda: [split_cumulative(portion, weights, before) for portion in portions]
