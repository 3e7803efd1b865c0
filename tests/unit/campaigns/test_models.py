"""By what a campaign is judged, and what a sponsor may choose about its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.campaigns.rules import deadlines, models
from marketplace.campaigns.rules.models import Ending, Rule, Verdict, at_deadline, decided
from marketplace.kernel.money import Money

GOAL = Money.of("1000", "EUR")
NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
TWO = Ending("two_rounds", optimum=Money.of("2500", "EUR"), round_two_days=20)


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")


def rule(model: str = "all_or_nothing", collection: str = "now", **facts: object) -> Rule:
    optimum = eur("2500") if model == "two_rounds" else None
    return Rule(GOAL, model, collection, optimum=optimum, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("judged", "pledged", "verdict"),
    [
        (rule(), "999.99", "miss"),
        (rule(), "1000", "fund"),
        (rule(collection="deadline", floor=eur("500")), "999.99", "miss"),
        (rule("keep_what_you_raise"), "0.99", "miss"),
        (rule("keep_what_you_raise"), "1", "fund"),
        (rule("two_rounds"), "999.99", "miss"),
        (rule("two_rounds"), "1000", "next_round"),
        (rule("two_rounds"), "2499.99", "next_round"),
        (rule("two_rounds"), "2500", "fund"),
        (rule("two_rounds", round=2), "1", "fund"),
    ],
)
def test_a_cent_decides_at_the_deadline(judged: Rule, pledged: str, verdict: str) -> None:
    assert at_deadline(eur(pledged), judged) == verdict


@pytest.mark.parametrize(
    ("judged", "least"),
    [
        (rule(), "1000"),
        (rule(collection="deadline"), "1000"),
        (rule(collection="deadline", floor=eur("800")), "800"),
        (rule("keep_what_you_raise", "deadline"), "1"),
        (rule("two_rounds"), "1000"),
        (rule("two_rounds", round=2), "1"),
        (rule("two_rounds", "deadline", round=2), "1000"),
        (rule("two_rounds", "deadline", round=2, floor=eur("900")), "900"),
    ],
)
def test_what_was_collected_is_held_against_the_floor_that_backers_saw(
    judged: Rule, least: str
) -> None:
    assert decided(eur(least), judged) is Verdict.FUND
    assert decided(eur(least) - Money(1, "EUR"), judged) is Verdict.MISS


@pytest.mark.parametrize(
    ("ending", "collection", "wrong"),
    [
        (Ending(), "now", set()),
        (TWO, "deadline", set()),
        (Ending(floor=eur("500"), late_days=60), "deadline", set()),
        (Ending("half"), "now", {("model_unknown", "model")}),
        (Ending(floor=eur("500")), "now", {("floor_of_charged", "floor")}),
        (Ending(floor=eur("499.99")), "deadline", {("floor_outside", "floor")}),
        (Ending(floor=eur("1000.01")), "deadline", {("floor_outside", "floor")}),
        (Ending(floor=Money.of("800", "USD")), "deadline", {("floor_outside", "floor")}),
        (
            Ending("keep_what_you_raise", floor=eur("800")),
            "deadline",
            {("floor_of_keeping", "floor")},
        ),
        (
            Ending(optimum=eur("2500"), round_two_days=20),
            "now",
            {("only_in_two_rounds", "optimum"), ("only_in_two_rounds", "round_two_days")},
        ),
        (
            Ending("two_rounds", optimum=GOAL, round_two_days=61, late_days=61, zone="Mars/Base"),
            "now",
            {
                ("optimum_not_above", "optimum"),
                ("round_two_days_outside", "round_two_days"),
                ("late_days_outside", "late_days"),
                ("time_zone_unknown", "zone"),
            },
        ),
    ],
)
def test_everything_wrong_about_the_end_is_said_beside_its_field(
    ending: Ending, collection: str, wrong: set[tuple[str, str]]
) -> None:
    found = models.ending_refusals(ending, GOAL, collection)

    assert {(each.code, each.field) for each in found} == wrong


def test_both_rounds_together_last_no_longer_than_money_may_be_collected() -> None:
    most = timedelta(days=60)

    def codes(days: int) -> list[str]:
        found = models.length_refusals(NOW + timedelta(days=days), TWO, NOW, most)
        return [each.code for each in found]

    assert codes(40) == []
    assert codes(41) == ["rounds_too_long"]
    assert codes(61) == ["deadline_too_far"]


def test_what_the_first_round_was_reached_with_stays_pledged_in_the_second() -> None:
    first, second = NOW, NOW + timedelta(days=20)
    early, late = first - timedelta(seconds=1), first

    assert models.cut_off(early, deadline=second, first_deadline=first) == first
    assert models.cut_off(late, deadline=second, first_deadline=first) == second
    assert models.cut_off(early, deadline=second, first_deadline=None) == second


class TestDeadlines:
    def test_a_time_that_never_comes_is_refused_with_both_readings(self) -> None:
        [found] = deadlines.refusals(datetime(2027, 3, 28, 2, 30), "Europe/Berlin")  # noqa: DTZ001

        assert (found.code, found.field) == ("deadline_does_not_exist", "deadline")
        assert found.facts["first"] == "01:30 CET (00:30 UTC)"
        assert found.facts["second"] == "03:30 CEST (01:30 UTC)"

    def test_a_time_that_comes_twice_is_refused_with_both_readings(self) -> None:
        [found] = deadlines.refusals(datetime(2027, 10, 31, 2, 30), "Europe/Berlin")  # noqa: DTZ001

        assert (found.code, found.field) == ("deadline_exists_twice", "deadline")
        assert found.facts["first"] == "02:30 CEST (00:30 UTC)"
        assert found.facts["second"] == "02:30 CET (01:30 UTC)"

    @pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Taipei"])
    def test_any_other_time_is_one_instant(self, zone: str) -> None:
        wall = datetime(2027, 3, 28, 3, 30)  # noqa: DTZ001

        assert deadlines.refusals(wall, zone) == []
        first, second = deadlines.readings(wall, zone)
        assert first == second
        assert deadlines.on_the_wall(first, zone) == wall

    def test_the_second_round_ends_at_the_same_hour_on_the_wall(self) -> None:
        first = deadlines.readings(datetime(2027, 3, 20, 20, 0), "Europe/Berlin")[0]  # noqa: DTZ001

        later = deadlines.days_later(first, 20, "Europe/Berlin")

        assert later - first == timedelta(days=20) - timedelta(hours=1)
        assert deadlines.on_the_wall(later, "Europe/Berlin").hour == 20
