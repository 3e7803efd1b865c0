"""Words that promise what nobody can."""

from __future__ import annotations

import pytest

from marketplace.campaigns.rules.claims import claim_refusals, claims


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Delivery in May is guaranteed.", "guaranteed"),
        ("We GUARANTEE a return.", "GUARANTEE"),
        ("This is a risk-free project.", "risk-free"),
        ("There is no risk for you.", "no risk"),
        ("It is 100% safe.", "100% safe"),
        ("It can’t fail.", "can’t fail"),
        ("You will double your money.", "double your money"),
        ("我们保证五月发货。", "保证"),
        ("我們保證五月出貨。", "保證"),
        ("零风险的项目", "零风险"),
        ("零風險的項目", "零風險"),
        ("穩賺不賠", "穩賺"),
        ("绝对安全。", "绝对安全"),
    ],
)
def test_a_listed_word_is_found_in_every_script(text: str, word: str) -> None:
    assert [claim.word for claim in claims(text)] == [word]


@pytest.mark.parametrize(
    "text",
    [
        "Delivery in May is not guaranteed.",
        "We cannot guarantee a date.",
        "Nobody can guarantee that.",
        "Nothing here is guaranteed.",
        "We don't guarantee it.",
        "It never fails to please, and there are risks.",
        "Our guarantor is a bank.",
        "我们不保证日期。",
        "我們無法保證日期。",
        "没有人能担任此职。",
    ],
)
def test_what_is_denied_or_only_looks_alike_is_no_promise(text: str) -> None:
    assert claims(text) == []


def test_the_place_is_told_with_the_words_around_it() -> None:
    text = "We have made nine lamps by hand. The tenth is guaranteed to burn for a thousand nights."

    (refusal,) = claim_refusals({"story": text, "risks": "Nothing is guaranteed."})

    assert (refusal.code, refusal.field) == ("claim_in_story", "story")
    assert refusal.facts == {
        "word": "guaranteed",
        "around": "made nine lamps by hand. The tenth is guaranteed to burn for a thousand",
    }


def test_a_word_that_is_said_often_is_told_once() -> None:
    assert len(claims("Guaranteed! It is guaranteed, and GUARANTEED.")) == 1
