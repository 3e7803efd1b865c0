"""The rules of rewards: what sending costs, what a pledge comes to, what may still change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.campaigns.rules import prices, rewards, shipping
from marketplace.campaigns.rules.prices import Picked
from marketplace.campaigns.states import LineKind
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def euros(amount: str) -> Money:
    return Money.of(amount, "EUR")


def codes(found: Iterable[Refusal]) -> list[str]:
    return [refusal.code for refusal in found]


ZONES = {"DE": euros("3"), "EU": euros("5"), "*": euros("9")}
LAMP = Picked(uuid4(), "Lamp", euros("25"), "physical", 1, ZONES)
OIL = Picked(uuid4(), "Oil", euros("4"), "physical", 3, {"DE": euros("1"), "EU": euros("2")})
SONG = Picked(uuid4(), "Song", euros("7"), "digital", 1, ZONES)


class TestShipping:
    @pytest.mark.parametrize(
        ("country", "cost"), [("DE", "3"), ("FR", "5"), ("GR", "5"), ("CH", "9"), ("TW", "9")]
    )
    def test_the_nearest_zone_counts(self, country: str, cost: str) -> None:
        assert shipping.price_to(country, ZONES) == euros(cost)

    def test_what_no_zone_covers_is_not_sent_to(self) -> None:
        assert shipping.price_to("CH", {"EU": euros("5")}) is None

    @pytest.mark.parametrize(
        ("zone", "cost", "code"),
        [
            ("DE", euros("25"), None),
            ("EU", euros("0"), None),
            ("*", euros("25.01"), "shipping_above_price"),
            ("DEU", euros("1"), "zone_unknown"),
            ("de", euros("1"), "zone_unknown"),
            ("DE", Money.of("1", "USD"), "currency_other"),
        ],
    )
    def test_sending_costs_no_more_than_the_thing_itself(
        self, zone: str, cost: Money, code: str | None
    ) -> None:
        found = shipping.zone_refusals(zone, cost, euros("25"))
        assert codes(found) == ([code] if code else [])

    def test_a_price_does_not_fall_below_what_sending_costs(self) -> None:
        assert shipping.price_refusals(euros("9"), ZONES) == []
        assert codes(shipping.price_refusals(euros("8.99"), ZONES)) == ["price_below_shipping"]
        assert shipping.price_refusals(euros("1"), {}) == []


def read(quote: prices.Quote) -> list[tuple[str, int, int]]:
    return [(line.kind.value, line.quantity, line.amount.minor) for line in quote.lines]


class TestPrices:
    def test_add_ons_and_sending_come_on_top_of_reward_and_bonus(self) -> None:
        quote = prices.itemise(euros("30"), LAMP, [OIL], "DE")

        assert read(quote) == [
            ("reward", 1, 2500),
            ("add_on", 3, 1200),
            ("shipping", 1, 600),
            ("bonus", 1, 500),
        ]
        assert quote.total == euros("48")

    def test_what_is_not_sent_costs_no_sending(self) -> None:
        assert read(prices.itemise(euros("7"), SONG, [], "DE")) == [("reward", 1, 700)]
        assert not prices.asks_country([SONG])
        assert prices.country_refusals([SONG], None) == []

    def test_without_a_reward_all_of_it_is_a_bonus(self) -> None:
        assert read(prices.itemise(euros("12"), None, [], None)) == [("bonus", 1, 1200)]

    @given(
        bonus=st.integers(0, 10**6),
        count=st.integers(1, 20),
        country=st.sampled_from(["DE", "FR", "IT"]),
    )
    def test_the_lines_are_the_total_and_each_of_them_is_positive(
        self, bonus: int, count: int, country: str
    ) -> None:
        given_ = LAMP.price + Money(bonus, "EUR")
        oil = replace(OIL, quantity=count)
        quote = prices.itemise(given_, LAMP, [oil], country)

        sending = {"DE": 300 + 100 * count}.get(country, 500 + 200 * count)
        assert quote.total.minor == given_.minor + 400 * count + sending
        assert all(line.amount.is_positive for line in quote.lines)
        assert len({line.kind for line in quote.lines}) == len(quote.lines)
        assert (LineKind.BONUS in {line.kind for line in quote.lines}) == (bonus > 0)

    def test_the_country_is_asked_for_and_must_be_sent_to(self) -> None:
        assert codes(prices.country_refusals([LAMP, OIL], None)) == ["country_missing"]
        assert prices.country_refusals([LAMP, OIL], "FR") == []
        (refusal,) = prices.country_refusals([LAMP, OIL], "CH")
        assert (refusal.code, refusal.facts) == ("ships_not_there", {"title": "Oil"})

    def test_add_ons_are_bought_beside_a_tier_and_not_without_end(self) -> None:
        assert codes(prices.add_on_refusals(None, [OIL])) == ["add_on_alone"]
        for count, found in ((0, ["add_on_quantity"]), (20, []), (21, ["add_on_quantity"])):
            assert codes(prices.add_on_refusals(LAMP, [replace(OIL, quantity=count)])) == found


PROMISE = rewards.Promise("Lamp", "Of clay.", euros("25"), "physical", False, date(2027, 3, 1))
OFFER = rewards.OfferFacts(
    is_addon=False,
    as_addon=False,
    opens_at=NOW - HOUR,
    closes_at=NOW + HOUR,
    withdrawn_at=None,
    secret_digest=None,
    shown_digest=None,
)


class TestOffers:
    @pytest.mark.parametrize(
        ("facts", "at", "expected"),
        [
            (OFFER, NOW, []),
            (OFFER, NOW - HOUR, []),
            (OFFER, NOW - HOUR - timedelta.resolution, ["reward_not_open"]),
            (OFFER, NOW + HOUR - timedelta.resolution, []),
            (OFFER, NOW + HOUR, ["reward_over"]),
            (replace(OFFER, withdrawn_at=NOW), NOW, ["reward_withdrawn"]),
            (replace(OFFER, as_addon=True), NOW, ["reward_unknown"]),
            (replace(OFFER, secret_digest="a"), NOW, ["reward_unknown"]),
            (replace(OFFER, secret_digest="a", shown_digest="b"), NOW, ["reward_unknown"]),
            (replace(OFFER, secret_digest="a", shown_digest="a"), NOW, []),
        ],
    )
    def test_a_reward_is_chosen_in_its_window_by_whoever_was_shown_it(
        self, facts: rewards.OfferFacts, at: datetime, expected: list[str]
    ) -> None:
        assert codes(rewards.offer_refusals(facts, at)) == expected

    def test_a_person_has_at_most_so_many(self) -> None:
        assert rewards.limit_refusals(2, 2, "Lamp") == []
        assert rewards.limit_refusals(None, 99, "Lamp") == []
        assert codes(rewards.limit_refusals(2, 3, "Lamp")) == ["per_person_reached"]


class TestPromises:
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"title": "Candle"}, "title"),
            ({"description": ""}, "description"),
            ({"price": euros("24")}, "price"),
            ({"kind": "digital"}, "kind"),
            ({"is_addon": True}, "is_addon"),
            ({"delivery": None}, "delivery"),
        ],
    )
    def test_what_somebody_pledged_for_stays(self, change: dict[str, object], field: str) -> None:
        later = replace(PROMISE, **change)  # type: ignore[arg-type]  # one field of each type
        assert rewards.change_refusals(PROMISE, later, pledged=False) == []
        (refusal,) = rewards.change_refusals(PROMISE, later, pledged=True)
        assert (refusal.code, refusal.field) == ("reward_pledged_for", field)
        assert rewards.change_refusals(PROMISE, PROMISE, pledged=True) == []

    def test_there_are_not_fewer_than_are_taken(self) -> None:
        assert rewards.quantity_refusals(3, 3) == []
        assert rewards.quantity_refusals(None, 3) == []
        assert codes(rewards.quantity_refusals(2, 3)) == ["quantity_below_taken"]

    @pytest.mark.parametrize(
        ("kind", "per_person", "closes_at", "expected"),
        [
            ("physical", 1, NOW + HOUR, []),
            ("experience", None, None, []),
            ("other", None, None, ["kind_unknown"]),
            ("digital", 0, None, ["per_person_outside"]),
            ("digital", rewards.PER_PERSON_MAX + 1, None, ["per_person_outside"]),
            ("digital", None, NOW, ["window_reversed"]),
        ],
    )
    def test_a_reward_is_of_a_kind_for_a_number_in_a_window(
        self, kind: str, per_person: int | None, closes_at: datetime | None, expected: list[str]
    ) -> None:
        found = rewards.kind_refusals(
            kind, per_person=per_person, opens_at=NOW, closes_at=closes_at
        )
        assert codes(found) == expected

    @pytest.mark.parametrize(
        ("name", "choices", "expected"),
        [
            ("Colour", ["red", "blue"], []),
            ("", ["red", "blue"], ["option_unnamed"]),
            ("x" * 41, ["red", "blue"], ["option_unnamed"]),
            ("Colour", ["red"], ["choices_few"]),
            ("Colour", ["red", "red"], ["choices_few"]),
            ("Colour", [str(number) for number in range(31)], ["choices_few"]),
            ("Colour", ["red", "x" * 61], ["choice_long"]),
        ],
    )
    def test_a_choice_has_a_name_and_at_least_two_ways(
        self, name: str, choices: list[str], expected: list[str]
    ) -> None:
        assert codes(rewards.option_refusals(name, choices)) == expected
