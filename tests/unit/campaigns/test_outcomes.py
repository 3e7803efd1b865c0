"""What a backer is told to get back, in every case, before pledging."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketplace.campaigns.rules.outcomes import Terms, outcomes, sentence
from marketplace.kernel.money import Money

TOTAL = Money.of("43.01", "EUR")
NOTHING = Money.zero("EUR")


def told(terms: Terms) -> dict[str, Money | None]:
    return {found.case: found.back for found in outcomes(terms)}


def test_money_that_is_charged_at_once_comes_back_whole_until_the_success() -> None:
    assert told(Terms(TOTAL, "all_or_nothing", "now")) == {
        "taken_back": TOTAL,
        "stopped": TOTAL,
        "too_late": TOTAL,
        "missed": TOTAL,
        "sponsor_unpaid": TOTAL,
        "released": NOTHING,
    }


def test_a_saved_card_is_never_charged_unless_enough_is_promised() -> None:
    assert told(Terms(TOTAL, "two_rounds", "deadline")) == {
        "taken_back": None,
        "stopped": None,
        "missed": None,
        "declined": None,
        "undercollected": TOTAL,
        "sponsor_unpaid": TOTAL,
        "released": NOTHING,
    }


def test_what_is_held_back_can_come_back_after_the_success() -> None:
    """The sponsor gets 70 % of EUR 43.01 at once, rounded half up: EUR 30.11."""
    found = told(Terms(TOTAL, "all_or_nothing", "now", held_back_bps=3_000))

    assert found["objected"] == Money.of("12.90", "EUR")
    assert found["overdue_on_last_day"] == Money.of("12.90", "EUR")
    assert found["owed_after_last_day"] == found["accepted"] == NOTHING
    assert "released" not in found


@pytest.mark.parametrize(
    ("model", "collection", "code"),
    [
        ("all_or_nothing", "now", "now_missed"),
        ("two_rounds", "now", "now_first"),
        ("two_rounds", "deadline", "later_first"),
        ("keep_what_you_raise", "now", "now_kept"),
        ("all_or_nothing", "deadline", "later_missed"),
        ("keep_what_you_raise", "deadline", "later_kept"),
    ],
)
def test_one_sentence_says_what_is_charged_when_and_what_if_the_goal_is_missed(
    model: str, collection: str, code: str
) -> None:
    terms = Terms(TOTAL, model, collection)

    assert sentence(terms) == code
    assert ("missed" in told(terms)) == code.endswith(("missed", "first"))


@pytest.mark.parametrize("collection", ["now", "deadline"])
def test_in_the_second_round_nothing_can_be_missed_any_more(collection: str) -> None:
    terms = Terms(TOTAL, "two_rounds", collection, round=2)

    assert sentence(terms).endswith("second")
    assert "missed" not in told(terms)


def test_what_is_pledged_late_is_charged_at_once_and_stands() -> None:
    terms = Terms(TOTAL, "all_or_nothing", "deadline", held_back_bps=3_000, is_late=True)

    assert sentence(terms) == "late"
    assert [*told(terms)] == [
        *("too_late", "sponsor_unpaid", "objected"),
        *("overdue_on_last_day", "owed_after_last_day", "accepted"),
    ]
    assert [*told(replace(terms, held_back_bps=0))][-1] == "released_daily"
