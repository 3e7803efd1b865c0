"""What may be drawn on a credit line: never more than is left, and only while the line is good."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.loans.credit_lines import (
    DrawWish,
    Standing,
    Use,
    draw_refusals,
    lower_refusals,
    next_statement_day,
    reason_refusals,
    statement_day,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


def use(limit: str = "5000", used: str = "0", under_way: str = "0") -> Use:
    return Use(eur(limit), eur(used), eur(under_way))


def a_standing(**changes: object) -> Standing:
    """A line on which anything may be drawn that is left."""
    good = Standing(
        state="open",
        use=use(),
        draw_min=eur("100"),
        instalments_min=3,
        instalments_max=12,
        draw_until=date(2027, 3, 2),
        reported_at=NOW - timedelta(days=90),
        is_late=False,
    )
    return replace(good, **changes)  # type: ignore[arg-type]  # a field by its name


def a_wish(amount: str | Money = "1000", **changes: object) -> DrawWish:
    asked = amount if isinstance(amount, Money) else eur(amount)
    good = DrawWish(asked, 12, "home", "Tiles")
    return replace(good, **changes)  # type: ignore[arg-type]  # a field by its name


def codes(found: list[Refusal]) -> list[str]:
    return [one.code for one in found]


class TestUse:
    def test_row_91_of_5000_with_3000_drawn_and_1000_repaid_3000_is_available(self) -> None:
        assert use("5000", used="2000").available == eur("3000")

    def test_a_limit_below_what_is_taken_leaves_nothing_and_says_by_how_much(self) -> None:
        lowered = use("2500", used="2000", under_way="1000")

        assert (lowered.available, lowered.over) == (eur("0"), eur("500"))


class TestDrawing:
    def test_all_that_is_left_can_be_drawn_to_the_cent_and_not_a_cent_more(self) -> None:
        line = a_standing(use=use(used="1999.99", under_way="1000"))

        assert draw_refusals(a_wish("2000.01"), line, NOW) == []
        assert codes(draw_refusals(a_wish("2000.02"), line, NOW)) == ["line_draw_large"]

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"state": "closed"}, "line_closed"),
            ({"state": "frozen"}, "line_frozen"),
            ({"draw_until": date(2026, 3, 1)}, "line_over"),
            ({"reported_at": NOW - timedelta(days=90, seconds=1)}, "line_report_stale"),
            ({"reported_at": None}, "line_report_stale"),
            ({"is_late": True}, "line_late"),
        ],
    )
    def test_one_thing_wrong_with_the_line_stops_every_draw(
        self, changes: dict[str, object], code: str
    ) -> None:
        assert codes(draw_refusals(a_wish(), a_standing(**changes), NOW)) == [code]

    def test_everything_wrong_with_a_wish_is_said_at_once(self) -> None:
        wish = a_wish("99.99", instalments=13, purpose="", title=" ")

        assert codes(draw_refusals(wish, a_standing(), NOW)) == [
            "line_draw_small",
            "loan_term_outside",
            "loan_purpose_missing",
            "loan_title_missing",
        ]

    def test_another_currency_is_refused(self) -> None:
        wish = a_wish(amount=Money.of("1000", "USD"))

        assert codes(draw_refusals(wish, a_standing(), NOW)) == ["loan_currency"]


class TestDeciding:
    @pytest.mark.parametrize("to", ["0", "-1", "5000", "5000.01"])
    def test_a_limit_is_only_ever_lowered_and_stays_above_zero(self, to: str) -> None:
        assert codes(lower_refusals(eur(to), eur("5000"))) == ["line_limit_outside"]
        assert lower_refusals(eur("4999.99"), eur("5000")) == []

    def test_a_reason_is_there_and_no_essay(self) -> None:
        assert codes(reason_refusals(" \n")) == ["line_reason_missing"]
        assert codes(reason_refusals("x" * 501)) == ["note_too_long"]
        assert reason_refusals("x" * 500) == []


@given(st.integers(1, 28), st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_every_day_lies_between_two_statement_days_a_month_apart(day: int, on: date) -> None:
    last, coming = statement_day(day, on), next_statement_day(day, on)

    assert last <= on < coming
    assert last.day == coming.day == day
    assert (coming - last).days in range(28, 32)


# What happens to a line, in minor units: a draw, a payout, a repayment, a draw that fails, a
# lower limit. Each takes what it can of the number.
HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["draw", "pay_out", "repay", "fail", "lower"]), st.integers(1, 600_000)
    ),
    max_size=40,
)


@given(HAPPENINGS)
def test_whatever_happens_available_is_what_is_left_of_the_limit_and_never_negative(
    happenings: list[tuple[str, int]],
) -> None:
    limit, used, under_way, lowered = 500_000, 0, 0, False
    for what, minor in happenings:
        now = Use(*(Money(part, "EUR") for part in (limit, used, under_way)))
        if what == "draw":
            wish = a_wish(amount=Money(minor, "EUR"))
            allowed = not draw_refusals(wish, a_standing(use=now), NOW)
            assert allowed == (10_000 <= minor <= now.available.minor)
            under_way += minor if allowed else 0
        elif what == "pay_out":
            moved = min(minor, under_way)
            used, under_way = used + moved, under_way - moved
        elif what == "repay":
            used -= min(minor, used)
        elif what == "fail":
            under_way -= min(minor, under_way)
        elif not lower_refusals(Money(minor, "EUR"), now.limit):
            limit, lowered = minor, True
        after = Use(*(Money(part, "EUR") for part in (limit, used, under_way)))
        assert after.available.minor == max(0, limit - used - under_way)
        assert after.available.minor + after.taken.minor - after.over.minor == limit
        assert lowered or after.over.is_zero
