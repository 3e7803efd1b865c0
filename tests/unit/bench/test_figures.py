"""What the bench makes of its rounds, and when a floor counts as reached."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

from bench.figures import Rounds, alternate, as_json, table


def told(*values: float) -> Callable[[], float]:
    """A rate that is measured with these answers, one after the other."""
    left = list(values)
    return lambda: left.pop(0)


class TestRounds:
    def test_yardstick_and_ours_are_measured_in_turn(self) -> None:
        order = itertools.count(1)

        one, other = alternate(2, *[lambda: float(next(order))] * 3)

        assert (one.theirs, one.ours, other.ours) == ([1, 4], [2, 5], [3, 6])

    def test_the_ratio_is_the_median_of_the_rounds_and_not_of_the_medians(self) -> None:
        [rounds] = alternate(3, told(100, 10, 50), told(50, 10, 100))

        figure = rounds.figure("posting", "/s", "pgbench", 1.0)

        assert (figure.ours, figure.theirs, figure.ratio) == (50, 50, 1.0)

    def test_a_floor_is_reached_by_its_own_figure_and_missed_below(self) -> None:
        assert Rounds([50.0], [100.0]).figure("page", "/s", "hello", 0.5).ok
        assert not Rounds([49.0], [100.0]).figure("page", "/s", "hello", 0.5).ok

    def test_a_figure_below_its_floor_may_be_quick_enough(self) -> None:
        figure = Rounds([1.0], [100.0]).figure("loan", "/s", "raw", 0.33)

        assert dataclasses.replace(figure, quick_enough=True).ok


class TestReport:
    def test_the_table_says_which_floor_is_missed(self) -> None:
        good = Rounds([60.0], [100.0]).figure("good", "/s", "raw", 0.5)
        bad = dataclasses.replace(good, name="bad", ratio=0.4, remark="9 ms")

        lines = table([good, bad]).splitlines()

        assert [line.split()[-1] for line in lines] == ["ok", "ok", "MISSED"]
        assert lines[2].startswith("bad (9 ms)")
        assert "0.40" in lines[2]

    def test_json_is_not_ok_when_one_floor_is_missed(self) -> None:
        good = Rounds([60.0], [100.0]).figure("good", "/s", "raw", 0.5)
        bad = dataclasses.replace(good, ratio=0.4)

        assert as_json([good], {"processors": 2})["ok"] is True
        assert as_json([good, bad], {})["ok"] is False
