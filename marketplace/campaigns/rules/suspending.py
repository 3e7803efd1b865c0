"""Who may suspend what, and what a suspended campaign does not take. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from marketplace.campaigns import rules
from marketplace.campaigns.states import CampaignState
from marketplace.campaigns.states.suspensions import SUSPENDABLE
from marketplace.kernel.errors import Refusal

# Why a campaign is suspended; the words that go with it are the moderator's own.
CODES: Final = (
    *("misleading", "not_its_own", "forbidden", "person_unclear", "money_unclear", "other"),
)


def suspension_refusals(
    *,
    state: str,
    suspended_at: datetime | None,
    sponsor_id: UUID,
    actor_id: UUID,
    is_held_back: bool = False,
) -> list[Refusal]:
    """Return what keeps this person from suspending a campaign in this state.

    One that is paid out can still be frozen while a part of it `is_held_back`.
    """
    if sponsor_id == actor_id:
        return [Refusal("own_campaign_decision")]
    if suspended_at is not None:
        return [Refusal("suspended_already")]
    if CampaignState(state) not in SUSPENDABLE and not is_held_back:
        return [Refusal("nothing_to_suspend")]
    return []


def reason_refusals(code: str, words: str) -> list[Refusal]:
    """Return what is wrong with the reason of a suspension."""
    found = [] if code in CODES else [Refusal("suspension_code_missing", "code")]
    return found + words_refusals(words)


def words_refusals(words: str) -> list[Refusal]:
    """Return what is wrong with the words of a decision about a suspension."""
    if not words.strip():
        return [Refusal("suspension_words_missing", "words")]
    return rules.text_refusals([("words", words, rules.REASON_MAX)])


def agreement_refusals(*, sponsor_id: UUID, proposed_by: UUID, actor_id: UUID) -> list[Refusal]:
    """Return what keeps this person from agreeing to end a campaign: two people end it."""
    if sponsor_id == actor_id:
        return [Refusal("own_campaign_decision")]
    return [Refusal("end_needs_another")] if proposed_by == actor_id else []


def standing_refusals(suspended_at: datetime | None) -> list[Refusal]:
    """Return what keeps anything about a campaign's money from being done while it is frozen."""
    return [] if suspended_at is None else [Refusal("campaign_suspended")]


def collecting_until(until: datetime, suspended_at: datetime, now: datetime) -> datetime:
    """Return the end of the collecting window, moved on by the time it stood still."""
    return until + max(now - suspended_at, timedelta())
