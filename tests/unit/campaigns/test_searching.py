"""Which searches can be kept."""

from __future__ import annotations

import pytest

from marketplace.campaigns.rules.searching import as_address, save_refusals


def test_the_same_search_is_the_same_address_whatever_else_was_in_it() -> None:
    asked = {"sort": "newest", "q": " lamp & oil ", "after": "x", "category": "film", "ends": ""}
    assert as_address(asked) == "q=lamp+%26+oil&category=film"
    assert as_address({"category": "film", "q": "lamp & oil"}) == as_address(asked)
    assert as_address({"q": "lamp", "language": "zh-Hans"}) == "q=lamp&language=zh-Hans"
    assert not as_address({"sort": "newest", "q": "  "})


@pytest.mark.parametrize(
    ("name", "asked", "count", "code"),
    [
        ("", "q=a", 0, "search_unnamed"),
        ("x" * 121, "q=a", 0, "text_too_long"),
        ("Lamps", "", 0, "search_empty"),
        ("Lamps", "q=a", 20, "searches_full"),
    ],
)
def test_a_search_has_a_name_asks_for_something_and_there_are_not_too_many(
    name: str, asked: str, count: int, code: str
) -> None:
    assert save_refusals("Lamps", "q=a", count=19) == []
    assert [each.code for each in save_refusals(name, asked, count=count)] == [code]
