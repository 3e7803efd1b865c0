"""The scorecard: points and reasons, what was not collected, rules that outweigh points."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.risk.answers import Findings
from marketplace.risk.facts import Facts, Source
from marketplace.risk.scorecard import (
    CARDS,
    CURRENT,
    Outcome,
    PriceBand,
    indicative_rate,
    score,
    values_of,
)

ONE = CARDS[1]

# What an ordinary borrower's sources say.
PLAIN: dict[str, int | None] = {
    "bureau_score": 760,
    "history_months": 90,
    "arrears_now": 0,
    "arrears_24m": 0,
    "enquiries_6m": 1,
    "behaviour_score": 720,
    "income_regularity_pct": 92,
    "overdrafts_12m": 0,
    "fraud_signals": 0,
    "score_gap": 40,
    "burden_pct": 37,
    "income_found_pct": 99,
    "obligations_found_pct": 88,
    "employed_years": 6,
    "loans_repaid": 0,
    "bills_late": 0,
}

FACTS = Facts(
    person_id=UUID(int=7),
    name="Bea Borrower",
    currency="EUR",
    amount_minor=100_000,
    instalment_minor=8_745,
    months=12,
    income_minor=240_000,
    obligations_minor=80_000,
    employment="employed",
    employed_years=6,
    loans_repaid=0,
    bills_late=0,
)
BUREAU = Findings(
    Source.BUREAU,
    found=True,
    as_of=date(2026, 3, 1),
    values={"score": 760, "history_months": 90, "arrears_now": 0, "arrears_24m": 0}
    | {"enquiries_6m": 1, "obligations_minor": 75_000},
)
BIG_DATA = Findings(
    Source.BIG_DATA,
    found=True,
    as_of=date(2026, 3, 1),
    values={"score": 720, "income_minor": 238_000, "income_regularity_pct": 92}
    | {"overdrafts_12m": 0, "fraud_signals": 0},
)


def test_version_1_gives_the_same_points_for_ever() -> None:
    """Written down by hand: whoever changes version 1 instead of adding a version fails here."""
    made = score(ONE, PLAIN)

    assert {line.key: (line.points, line.reason) for line in made.lines} == {
        "bureau_score": (16, "bureau_good"),
        "history_months": (10, "history_long"),
        "arrears_24m": (15, "arrears_none"),
        "burden_pct": (9, "burden_fair"),
        "income_regularity_pct": (10, "income_regular"),
        "overdrafts_12m": (5, "overdrafts_none"),
        "employed_years": (6, "employed_years"),
        "loans_repaid": (3, "record_none"),
        "bills_late": (5, "late_never"),
    }
    assert (made.points, made.points_max, made.grade) == (79, 100, "B")
    assert (made.outcome, made.codes) == (Outcome.APPROVE, ())


def test_version_2_counts_otherwise_and_leaves_version_1_alone() -> None:
    before = score(CARDS[1], PLAIN)

    challenger = score(CARDS[2], PLAIN)

    assert (challenger.version, challenger.points, challenger.grade) == (2, 74, "C")
    assert score(CARDS[1], PLAIN) == before
    assert CURRENT == 1


@pytest.mark.parametrize("key", [attribute.key for attribute in ONE.attributes])
def test_what_was_not_collected_is_not_zero(key: str) -> None:
    missing = score(ONE, PLAIN | {key: None})

    assert missing.outcome == Outcome.REFER
    assert "not_collected" in missing.codes
    line = next(line for line in missing.lines if line.key == key)
    assert (line.value, line.points, line.reason) == (None, 0, "not_collected")
    assert "not_collected" not in score(ONE, PLAIN | {key: 0}).codes


@pytest.mark.parametrize(
    ("change", "outcome", "code"),
    [
        ({"fraud_signals": 1}, Outcome.DECLINE, "fraud_signals"),
        ({"arrears_now": 1}, Outcome.DECLINE, "arrears_now"),
        ({"burden_pct": 71}, Outcome.DECLINE, "burden_too_high"),
        ({"score_gap": 251}, Outcome.REFER, "sources_disagree"),
        ({"history_months": 5}, Outcome.REFER, "thin_file"),
        ({"behaviour_score": None}, Outcome.REFER, "thin_file"),
        ({"arrears_24m": 2}, Outcome.REFER, "arrears_repeated"),
        ({"income_found_pct": 79}, Outcome.REFER, "income_unconfirmed"),
        ({"obligations_found_pct": 111}, Outcome.REFER, "obligations_understated"),
    ],
)
def test_some_facts_outweigh_all_points(
    change: dict[str, int | None], outcome: Outcome, code: str
) -> None:
    made = score(ONE, PLAIN | change)

    assert made.outcome == outcome
    assert code in made.codes


@pytest.mark.parametrize(
    "edge",
    [
        {"burden_pct": 70},
        {"score_gap": 250},
        {"history_months": 6},
        {"arrears_24m": 1},
        {"income_found_pct": 80},
        {"obligations_found_pct": 110},
        {"income_found_pct": None},
        {"obligations_found_pct": None},
    ],
)
def test_the_edge_of_a_rule_is_still_inside(edge: dict[str, int | None]) -> None:
    assert score(ONE, PLAIN | edge).codes == ()


def test_a_decline_outweighs_a_referral_and_both_are_named() -> None:
    made = score(ONE, PLAIN | {"arrears_now": 2, "score_gap": 400, "loans_repaid": None})

    assert made.outcome == Outcome.DECLINE
    assert made.codes == ("arrears_now", "sources_disagree", "not_collected")


@pytest.mark.parametrize("version", sorted(CARDS))
def test_bands_rise_from_zero_and_every_point_has_a_grade(version: int) -> None:
    card = CARDS[version]

    for attribute in card.attributes:
        assert attribute.bands[0].at_least == 0
        assert all(one.at_least < two.at_least for one, two in pairwise(attribute.bands))
    assert [grade for grade, _ in card.grades] == list("ABCDEFG")
    assert all(one > two for (_, one), (_, two) in pairwise(card.grades))
    assert card.grades[-1][1] == 0
    assert card.points_max == 100


values = st.dictionaries(
    st.sampled_from(sorted(PLAIN)), st.none() | st.integers(min_value=0, max_value=2_000)
)


@given(values=values, version=st.sampled_from(sorted(CARDS)))
def test_stored_input_gives_the_same_score_again(
    values: dict[str, int | None], version: int
) -> None:
    first = score(CARDS[version], values)

    again = score(CARDS[version], json.loads(json.dumps(values)))

    assert again == first
    assert 0 <= first.points <= first.points_max
    assert first.points == sum(line.points for line in first.lines)


@given(points=st.integers(min_value=0, max_value=100))
def test_more_points_never_cost_more(points: int) -> None:
    bands = {
        grade: PriceBand(Decimal(number * 4 + 4) / 100, Decimal(number * 4 + 8) / 100)
        for number, grade in enumerate("ABCDEFG")
    }

    def rate(total: int) -> Decimal:
        grade = next(grade for grade, at_least in ONE.grades if total >= at_least)
        found = indicative_rate(ONE, grade, total, bands)
        assert found is not None
        assert bands[grade].rate_from <= found <= bands[grade].rate_to
        return found

    assert rate(points) >= rate(min(points + 1, 100))


def test_the_rate_of_a_grade_the_price_list_lacks_is_unknown() -> None:
    assert indicative_rate(ONE, "B", 80, {}) is None


def test_the_middle_of_a_grade_is_the_middle_of_its_band() -> None:
    bands = {"B": PriceBand(Decimal("0.059"), Decimal("0.079"))}

    assert indicative_rate(ONE, "B", 75, bands) == Decimal("0.079")
    assert indicative_rate(ONE, "B", 80, bands) == Decimal("0.069")
    assert indicative_rate(ONE, "B", 84, bands) == Decimal("0.061")


class TestValues:
    def test_are_taken_from_both_sources_and_our_own_record(self) -> None:
        found = values_of(FACTS, [BUREAU, BIG_DATA])

        assert found == PLAIN | {"obligations_found_pct": 82}

    def test_of_two_obligations_the_larger_counts(self) -> None:
        more = replace(BUREAU, values={**BUREAU.values, "obligations_minor": 120_000})

        found = values_of(FACTS, [more, BIG_DATA])

        assert found["burden_pct"] == 54  # (1,200.00 + 87.45) of 2,400.00
        assert found["obligations_found_pct"] == 130

    def test_without_an_income_there_is_no_burden(self) -> None:
        for income in (None, 0):
            found = values_of(replace(FACTS, income_minor=income), [BUREAU, BIG_DATA])
            assert found["burden_pct"] is None

    def test_a_source_without_a_file_collects_nothing(self) -> None:
        nothing = replace(BUREAU, found=False, values=dict.fromkeys(BUREAU.values))

        found = values_of(FACTS, [nothing, BIG_DATA])

        assert found["bureau_score"] is None
        assert found["score_gap"] is None
        assert "thin_file" in score(ONE, found).codes

    def test_name_everything_any_version_counts(self) -> None:
        known = set(values_of(FACTS, [BUREAU, BIG_DATA]))

        assert {a.key for card in CARDS.values() for a in card.attributes} <= known
