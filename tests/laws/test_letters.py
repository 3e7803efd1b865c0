"""What every letter keeps to, whoever wrote it: read from the templates."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from marketplace.notifications import topics

LETTERS = Path(__file__).parents[2] / "templates" / "letters"
NAMES = sorted(path.stem for path in LETTERS.glob("*.txt") if path.stem != "frame")
SENTENCE = re.compile(r"(?:\b_|ngettext)\(\"([^\"]*[.:?!])\"")


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_begins_with_a_capital_letter_for_the_inbox_shows_it_without_salutation(
    name: str,
) -> None:
    sentences = SENTENCE.findall((LETTERS / f"{name}.txt").read_text())

    assert [each for each in sentences if each[0].islower()] == []


def test_a_letter_with_a_reason_or_a_topic_of_its_own_exists() -> None:
    named = {*topics._OF_LETTER, *topics._REASON_OF_LETTER}

    assert named <= set(NAMES)
