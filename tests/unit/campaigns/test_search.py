"""Words to find a campaign by, in languages with spaces and without."""

from __future__ import annotations

from marketplace.campaigns.search import lexemes, terms


def test_latin_words_are_kept_whole_in_lower_case_and_once() -> None:
    assert lexemes("The lamp, the LAMP — and Öl 42!") == ["the", "lamp", "and", "öl", "42"]


def test_chinese_is_found_by_any_sign_and_any_neighbouring_pair() -> None:
    assert lexemes("陶灯火") == ["陶", "灯", "火", "陶灯", "灯火"]
    assert terms("灯火") == [("灯火", False)]
    assert terms("灯") == [("灯", False)]


def test_full_width_letters_are_read_as_plain_ones() -> None:
    assert lexemes("ＬＡＭＰ") == ["lamp"]
    assert terms("ｌａｍｐ") == [("lamp", True)]


def test_what_could_be_query_language_is_only_separators() -> None:
    assert terms("a' & b | !(c):* <-> \\") == [("a", True), ("b", True), ("c", True)]
    assert terms("!?… ()") == []


def test_endless_input_is_bounded() -> None:
    assert len(lexemes(" ".join(f"w{n}" for n in range(10_000)))) == 3_000
    assert max(map(len, lexemes("x" * 500))) == 40
    assert len(terms(" ".join(str(n) for n in range(100)))) == 12
