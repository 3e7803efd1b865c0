"""What may be asked about a loan, by whom, and when a question is taken off its page. Pure."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from marketplace.kernel.errors import Refusal
from marketplace.loans.states import LoanState

QUESTION_LENGTH_MAX: Final = 600
ANSWER_LENGTH_MAX: Final = 2_000
UNANSWERED_MAX: Final = 3
"""How many questions of one lender about one loan may wait for an answer."""
HIDE_REASONS: Final = ("identity", "contact", "insult", "advert", "off_topic")
HIDERS: Final = ("moderator", "first_reviewer", "second_reviewer")


def question_refusals(
    text: str, *, state: LoanState, asker_id: UUID, borrower_id: UUID, unanswered: int
) -> list[Refusal]:
    """Return why a question cannot be asked."""
    if asker_id == borrower_id:
        return [Refusal("question_own_loan")]
    if state is not LoanState.LISTED:
        return [Refusal("question_closed")]
    if unanswered >= UNANSWERED_MAX:
        return [Refusal("question_too_many", "question", at_most=UNANSWERED_MAX)]
    return text_refusals(text, "question", QUESTION_LENGTH_MAX)


def text_refusals(text: str, field: str, at_most: int) -> list[Refusal]:
    """Return what is wrong with a text: nothing in it, or too much."""
    if not text:
        return [Refusal(f"{field}_missing", field)]
    if len(text) > at_most:
        return [Refusal("question_too_long", field, at_most=at_most)]
    return []


def plain(text: str) -> str:
    """Return `text` as it is kept: plain, without what cannot be seen, in tidy paragraphs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    seen = ("".join(mark for mark in line if mark.isprintable()).strip() for line in lines)
    paragraphs = "\n".join(seen).strip()
    while "\n\n\n" in paragraphs:
        paragraphs = paragraphs.replace("\n\n\n", "\n\n")
    return paragraphs
