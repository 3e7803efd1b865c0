"""How much may be said, how fast, and why it may be hidden. Pure: facts in, refusals out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from marketplace.kernel.errors import Refusal

BODY_MAX: Final = 2_000
MINUTE_MAX: Final = 5
DAY_MAX: Final = 50
LINKS_MAX: Final = 2

# Why a moderator hides something; nobody ever changes another's words.
HIDE_CODES: Final = ("insult", "spam", "private_facts", "off_topic", "unlawful")


class Kind(StrEnum):
    """What is said, and where it stands."""

    COMMENT = "comment"  # among who backs it and who makes it
    QUESTION = "question"  # asked by anybody, answered by who makes it


class Said(NamedTuple):
    """Something the same person said within the last day."""

    at: datetime
    body: str


def body_of(text: str) -> str:
    """Return what was typed without trailing spaces, and with at most one empty line in a row."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]
    kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
    return "\n".join(kept)


def refusals(
    body: str, lately: Sequence[Said], now: datetime, *, may_repeat: bool = False
) -> list[Refusal]:
    """Return what keeps these words from being posted at `now`, after what was said `lately`.

    Who answers many may say the same to each of them: `may_repeat`.
    """
    if not body:
        return [Refusal("comment_empty", "body")]
    if len(body) > BODY_MAX:
        return [Refusal("comment_too_long", "body", most=BODY_MAX)]
    if body.lower().count("http") > LINKS_MAX:
        return [Refusal("comment_links", "body", most=LINKS_MAX)]
    if not may_repeat and any(_same(said.body, body) for said in lately):
        return [Refusal("comment_again", "body")]
    if len(lately) >= DAY_MAX:
        return [Refusal("comments_too_many", "body", most=DAY_MAX)]
    minute = sum(1 for said in lately if said.at > now - timedelta(minutes=1))
    return [Refusal("comments_too_fast", "body", most=MINUTE_MAX)] if minute >= MINUTE_MAX else []


def hide_refusals(code: str) -> list[Refusal]:
    """Return what keeps a comment from being hidden: a listed reason is needed."""
    return [] if code in HIDE_CODES else [Refusal("hide_code_missing", "code")]


def _same(one: str, other: str) -> bool:
    return "".join(one.lower().split()) == "".join(other.lower().split())
