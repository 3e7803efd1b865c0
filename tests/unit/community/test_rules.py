"""How much may be said, and how fast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.community import rules
from marketplace.community.rules import Said, body_of, refusals

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def codes(body: str, *lately: Said) -> list[str]:
    return [refusal.code for refusal in refusals(body, lately, NOW)]


def said(count: int, ago: timedelta) -> list[Said]:
    return [Said(NOW - ago, f"words {number}") for number in range(count)]


def test_words_are_kept_without_stray_space() -> None:
    assert body_of("  Hello \r\n\r\n\n\n you  \n") == "Hello\n\n you"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "comment_empty"),
        ("x" * (rules.BODY_MAX + 1), "comment_too_long"),
        ("http://a https://b HTTP://c", "comment_links"),
    ],
)
def test_what_is_nothing_or_too_much_is_refused(body: str, code: str) -> None:
    assert codes(body) == [code]


def test_the_same_words_again_are_refused_however_they_are_spaced() -> None:
    assert codes("Great  PROJECT", Said(NOW - timedelta(hours=5), "great project")) == [
        "comment_again"
    ]


def test_five_a_minute_and_no_more() -> None:
    just_now = timedelta(seconds=59)
    assert codes("more", *said(4, just_now)) == []
    assert codes("more", *said(5, just_now)) == ["comments_too_fast"]
    assert codes("more", *said(5, timedelta(minutes=1))) == []


def test_fifty_a_day_and_no_more() -> None:
    assert codes("more", *said(49, timedelta(hours=3))) == []
    assert codes("more", *said(50, timedelta(hours=3))) == ["comments_too_many"]


def test_hiding_needs_a_listed_reason() -> None:
    assert [r.code for r in rules.hide_refusals("dislike")] == ["hide_code_missing"]
    assert rules.hide_refusals("spam") == []
