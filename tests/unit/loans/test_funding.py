"""When a part is binding, how a funding ends, how much one may lend: without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel.money import Money
from marketplace.loans.funding import (
    Ending,
    Exposure,
    LendingLimits,
    Standing,
    ending,
    is_reflecting,
    least_allowed,
    least_refusals,
    limit_refusals,
    reflection_end,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


class TestReflection:
    def test_the_last_second_is_the_lenders_and_the_next_is_not(self) -> None:
        until = reflection_end(NOW, 4)

        assert until == datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
        assert is_reflecting(until, until - timedelta(seconds=1))
        assert not is_reflecting(until, until)
        assert not is_reflecting(until, until + timedelta(seconds=1))

    @pytest.mark.parametrize(
        ("paid_at", "ends"),
        [
            # 29 March 2026: the hour from 2 to 3 is left out in Berlin.
            (
                datetime(2026, 3, 27, 12, 0, tzinfo=BERLIN),
                datetime(2026, 3, 31, 13, 0, tzinfo=BERLIN),
            ),
            # 25 October 2026: the hour from 2 to 3 comes twice.
            (
                datetime(2026, 10, 23, 12, 0, tzinfo=BERLIN),
                datetime(2026, 10, 27, 11, 0, tzinfo=BERLIN),
            ),
            (
                datetime(2026, 3, 6, 23, 30, tzinfo=NEW_YORK),
                datetime(2026, 3, 11, 0, 30, tzinfo=NEW_YORK),
            ),
        ],
    )
    def test_a_change_of_the_clocks_makes_it_neither_longer_nor_shorter(
        self, paid_at: datetime, ends: datetime
    ) -> None:
        until = reflection_end(paid_at, 4)

        assert until == ends
        assert until - paid_at.astimezone(UTC) == timedelta(hours=96)

    def test_none_at_all_is_over_at_once(self) -> None:
        assert not is_reflecting(reflection_end(NOW, 0), NOW)
        assert not is_reflecting(None, NOW)


def standing(paid: int, reflecting: int = 0, *, least: int = 1_000, hours: int = 24) -> Standing:
    return Standing(1_000, paid, reflecting, least, NOW + timedelta(hours=hours))


class TestEnding:
    @pytest.mark.parametrize(
        ("found", "what"),
        [
            (standing(1_000), Ending.FUND),
            (standing(1_000, 1), Ending.WAIT),
            (standing(999), Ending.WAIT),
            (standing(999, hours=0), Ending.EXPIRE),
            (standing(1_000, 1_000, hours=0), Ending.WAIT),
            (standing(800, least=800, hours=0), Ending.FUND_SMALLER),
            (standing(800, 10, least=800, hours=0), Ending.WAIT),
            (standing(799, 10, least=800, hours=0), Ending.EXPIRE),
            (standing(800, least=800), Ending.WAIT),
            (standing(1_000, least=800, hours=0), Ending.FUND),
            (standing(0, hours=0), Ending.EXPIRE),
        ],
    )
    def test_follows_from_what_is_paid_what_is_firm_and_the_time(
        self, found: Standing, what: Ending
    ) -> None:
        assert ending(found, NOW) is what

    @given(
        amount=st.integers(1, 500),
        paid=st.integers(0, 500),
        reflecting=st.integers(0, 500),
        least=st.integers(1, 500),
        hours=st.integers(-3, 3),
    )
    def test_never_funds_what_may_be_withdrawn_or_is_less_than_the_least(
        self, amount: int, paid: int, reflecting: int, least: int, hours: int
    ) -> None:
        paid, least = min(paid, amount), min(least, amount)
        found = Standing(amount, paid, min(reflecting, paid), least, NOW + timedelta(hours=hours))

        what = ending(found, NOW)

        if what in {Ending.FUND, Ending.FUND_SMALLER}:
            assert found.reflecting_minor == 0
            assert paid >= least
        if what is Ending.FUND:
            assert paid == amount
        if what is Ending.EXPIRE:
            assert paid < least


class TestTheLeast:
    def test_is_a_share_rounded_up_and_never_below_the_product(self) -> None:
        assert least_allowed(eur(100_001), 8_000, eur(50_000)) == eur(80_001)
        assert least_allowed(eur(60_000), 8_000, eur(50_000)) == eur(50_000)
        assert least_allowed(eur(60_000), 10_000, eur(50_000)) == eur(60_000)
        assert least_allowed(eur(40_000), 8_000, eur(50_000)) == eur(40_000)

    @pytest.mark.parametrize(
        ("minor", "code"),
        [
            (79_999, "take_least_outside"),
            (80_000, ""),
            (100_000, ""),
            (100_001, "take_least_outside"),
        ],
    )
    def test_is_refused_outside_of_what_is_allowed(self, minor: int, code: str) -> None:
        found = least_refusals(eur(minor), eur(100_000), eur(80_000))

        assert [one.code for one in found] == ([code] if code else [])

    def test_is_refused_in_another_currency(self) -> None:
        (found,) = least_refusals(Money(90_000, "USD"), eur(100_000), eur(80_000))

        assert found.code == "loan_currency"


class TestLimits:
    @pytest.mark.parametrize(
        ("amount", "codes"),
        [
            (2_000, []),
            (2_001, ["lend_over_borrower_limit"]),
            (5_000, ["lend_over_borrower_limit"]),
            (5_001, ["lend_over_limit", "lend_over_borrower_limit"]),
        ],
    )
    def test_refuse_the_first_cent_too_much(self, amount: int, codes: list[str]) -> None:
        has, limits = Exposure(eur(5_000), eur(1_000)), LendingLimits(eur(10_000), eur(3_000))

        found = limit_refusals(eur(amount), has, limits)

        assert [one.code for one in found] == codes

    def test_name_the_limit_what_is_used_and_what_is_left(self) -> None:
        (found,) = limit_refusals(
            eur(600), Exposure(eur(500), eur(0)), LendingLimits(eur(1_000), None)
        )

        assert found.facts == {"limit": eur(1_000), "used": eur(500), "left": eur(500)}

    def test_that_were_lowered_leave_nothing_never_less(self) -> None:
        (found,) = limit_refusals(
            eur(1), Exposure(eur(1_500), eur(0)), LendingLimits(eur(1_000), None)
        )

        assert found.facts["left"] == eur(0)

    def test_say_how_much_one_borrower_would_weigh(self) -> None:
        assert Exposure(eur(86_000), eur(0)).share_bps(eur(14_000)) == 1_400
        assert Exposure(eur(0), eur(0)).share_bps(eur(1_000)) == 10_000
        assert Exposure(eur(0), eur(0)).share_bps(eur(0)) == 0
