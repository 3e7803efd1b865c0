"""Whatever a scorecard can say has words."""

from __future__ import annotations

from marketplace.risk.facts import Source
from marketplace.risk.faults import FAULTS
from marketplace.risk.forms import (
    ATTRIBUTES,
    CODES,
    OUTCOME_TONES,
    OUTCOMES,
    REASONS,
    SOURCES,
    TROUBLES,
)
from marketplace.risk.scorecard import CARDS, Outcome


def test_every_attribute_band_rule_and_outcome_has_words() -> None:
    attributes = [attribute for card in CARDS.values() for attribute in card.attributes]

    assert {one.key for one in attributes} == set(ATTRIBUTES)
    assert {band.reason for one in attributes for band in one.bands} == set(REASONS) - {
        "not_collected"
    }
    rules = {rule.code for card in CARDS.values() for rule in card.rules}
    assert rules | {"not_collected"} == set(CODES)
    assert set(Outcome) == set(OUTCOMES) == set(OUTCOME_TONES)
    assert set(Source) == set(SOURCES)


def test_every_fault_says_why_a_question_waits() -> None:
    assert set(FAULTS) - {"nonsense"} < set(TROUBLES)
