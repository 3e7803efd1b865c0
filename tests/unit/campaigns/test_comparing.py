"""A campaign beside others: its own share of each day, and where both stand."""

from __future__ import annotations

from datetime import date

from marketplace.campaigns.rules.comparing import Standing, own_shares, standing

DATES = [date(2026, 3, day) for day in (1, 2, 3)]


def test_what_came_in_adds_up_to_shares_of_the_goal_and_nothing_is_no_gap() -> None:
    by_day = {date(2026, 3, 1): 250, date(2026, 3, 3): 1_000, date(2026, 3, 9): 5_000}

    assert own_shares(by_day, DATES, 1_000) == [2_500, 2_500, 12_500]
    assert own_shares({}, [], 1_000) == []


def test_both_stand_where_they_stood_at_the_end_of_the_same_day() -> None:
    assert standing([1_000, 5_500], [900, 4_100, 7_000]) == Standing(5_500, 4_100)


def test_before_a_whole_day_or_beyond_the_days_of_the_others_there_is_no_standing() -> None:
    assert standing([], [900]) is None
    assert standing([1_000, 5_500], [900]) is None
