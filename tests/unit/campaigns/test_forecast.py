"""Where a campaign would end if the days to come were like the days before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from marketplace.campaigns.forecast import DAYS_MAX, Ahead, forecast


def test_even_days_lead_straight_on() -> None:
    assert forecast(300, [100, 100, 100], 2) == [Ahead(400, 400, 400), Ahead(500, 500, 500)]


def test_days_that_differ_widen_the_range_with_time() -> None:
    found = forecast(300, [0, 200, 100], 30)
    widths = [ahead.high - ahead.low for ahead in found]

    assert found[-1].likely == 3_300
    assert widths == sorted(widths)
    assert widths[0] > 0


def test_too_little_past_says_nothing() -> None:
    assert forecast(100, [50, 50], 10) == []
    assert forecast(100, [50, 50, 50], 0) == []


def test_only_the_last_two_weeks_count() -> None:
    assert forecast(0, [10_000] + [10] * DAYS_MAX, 1) == [Ahead(10, 10, 10)]


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**10), max_size=60), st.integers(0, 60))
def test_the_range_holds_the_likely_end_and_never_loses_what_is_there(
    total: int, days: list[int], left: int
) -> None:
    for ahead in forecast(total, days, left):
        assert total <= ahead.low <= ahead.likely <= ahead.high
