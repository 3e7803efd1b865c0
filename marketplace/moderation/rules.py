"""What may be decided, undone, reported, appealed against. Pure: facts in, refusals out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.kernel.errors import Refusal
from marketplace.moderation.states import APPEALABLE, OUTCOMES, CaseKind, Outcome

UNDO_FOR: Final = timedelta(seconds=10)
APPEAL_FOR: Final = timedelta(days=30)
WORDS_MAX: Final = 2_000
TITLE_MAX: Final = 200
URGENT_FROM: Final = 5
"""So many reports of one thing are urgent, whatever they say."""

# Why something is reported, and how soon it has to be looked at.
REPORT_CODES: Final = {
    "fraud": 1,
    "danger": 1,
    "minors": 1,
    "misleading": 2,
    "not_its_own": 2,
    "private": 2,
    "insult": 2,
    "spam": 3,
    "other": 3,
}
PRIORITIES: Final = {
    CaseKind.SUBMISSION: 3,
    CaseKind.CHANGE: 2,
    CaseKind.REPORT: 3,
    CaseKind.APPEAL: 2,
}


# What needs a reason from a list, and what needs no words.
_CODED: Final = frozenset({Outcome.HIDE, Outcome.SUSPEND})
_WORDLESS: Final = frozenset({Outcome.APPROVE, Outcome.DISMISS})


def outcomes(kind: str, subject_type: str) -> tuple[Outcome, ...]:
    """Return what can be decided about such a case."""
    by_subject = OUTCOMES[CaseKind(kind)]
    return by_subject.get(subject_type, by_subject[""])


def decision_refusals(
    *,
    kind: str,
    subject_type: str,
    outcome: str,
    owner_id: UUID,
    moderator_id: UUID,
    code: str,
    words: str,
) -> list[Refusal]:
    """Return what keeps this moderator from this decision: four eyes, a listed outcome, words."""
    if owner_id == moderator_id:
        return [Refusal("own_case")]
    if outcome not in outcomes(kind, subject_type):
        return [Refusal("outcome_unknown")]
    found = [] if code or outcome not in _CODED else [Refusal("report_code_missing", "code")]
    if outcome not in _WORDLESS and not words.strip():
        found.append(Refusal("decision_words_missing", "words"))
    return found + length_refusals(words)


def undo_refusals(
    *, moderator_id: UUID, actor_id: UUID, effective_at: datetime, now: datetime
) -> list[Refusal]:
    """Return what keeps a decision from being undone: it has had its effect, or was another's."""
    if moderator_id != actor_id:
        return [Refusal("undo_of_another")]
    return [Refusal("undo_too_late")] if now >= effective_at else []


def report_refusals(
    code: str, words: str, *, owner_id: UUID, actor_id: UUID | None
) -> list[Refusal]:
    """Return what is wrong with a report."""
    if actor_id == owner_id:
        return [Refusal("report_of_own")]
    found = [] if code in REPORT_CODES else [Refusal("report_code_missing", "code")]
    return found + length_refusals(words)


def report_priority(codes: list[str]) -> int:
    """Return how urgent a case is about which this was reported; 1 is the most urgent."""
    if len(codes) >= URGENT_FROM:
        return 1
    return min(REPORT_CODES.get(code, 3) for code in codes)


def appeal_refusals(
    *, outcome: str, took_effect_at: datetime | None, words: str, now: datetime
) -> list[Refusal]:
    """Return what keeps an owner from appealing against a decision."""
    if Outcome(outcome) not in APPEALABLE or took_effect_at is None:
        return [Refusal("appeal_not_possible")]
    if now > took_effect_at + APPEAL_FOR:
        return [Refusal("appeal_too_late", days=APPEAL_FOR.days)]
    if not words.strip():
        return [Refusal("appeal_words_missing", "words")]
    return length_refusals(words)


def length_refusals(words: str) -> list[Refusal]:
    """Return a refusal of words that are too long."""
    return [Refusal("words_too_long", "words", most=WORDS_MAX)] if len(words) > WORDS_MAX else []
