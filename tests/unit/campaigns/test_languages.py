"""In which language a campaign is told: the tags, and the one that fits a reader's own."""

from __future__ import annotations

import re

import pytest

from marketplace.campaigns.rules.languages import LANGUAGES, count_words, nearest


def test_each_language_has_a_tag_that_the_database_takes_and_a_name_of_its_own() -> None:
    assert all(re.fullmatch("[a-z]{2,3}(-[A-Z][a-z]{3})?", tag) for tag in LANGUAGES)
    assert len(set(LANGUAGES.values())) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ([], "en"),
        (["de-AT", "en"], "de"),
        (["xx", "fr-CA"], "fr"),
        (["zh-CN"], "zh-Hans"),
        (["zh"], "zh-Hans"),
        (["zh-HK"], "zh-Hant"),
        (["zh_TW"], "zh-Hant"),
        (["zh-Hant-SG"], "zh-Hant"),
        (["nn-NO"], "nb"),
        (["*", "", "-"], "en"),
    ],
)
def test_a_reader_writes_in_the_first_language_asked_for_that_there_is(
    tags: list[str], expected: str
) -> None:
    assert nearest(tags) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("A lamp – for every window, isn’t it?", 7),
        ("潍坊的风筝会说话。", 4),
        ("每瓶 350 公克，來自 Taichung。", 5),
        ("ランプを作ります", 4),
        ("창마다 등불을 하나씩", 3),
    ],
)
def test_a_story_is_as_long_in_a_language_without_spaces(text: str, count: int) -> None:
    assert count_words(text) == count
