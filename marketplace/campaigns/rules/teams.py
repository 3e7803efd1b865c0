"""Who may work on a campaign beside its sponsor. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from marketplace.campaigns.rules.rights import Right
from marketplace.kernel.errors import Refusal

TEAM_MAX: Final = 20
INVITATIONS_A_DAY: Final = 20
OPEN_FOR: Final = timedelta(days=14)


def rights_refusals(rights: Collection[str]) -> list[Refusal]:
    """Return what is wrong with what somebody is to be allowed."""
    if not rights or not set(rights) <= {right.value for right in Right}:
        return [Refusal("rights_missing", "rights")]
    return []


def invitation_refusals(
    *, email: str, sponsor_email: str, team: Collection[str], at_once: int, lately: int
) -> list[Refusal]:
    """Return what keeps an address from being invited.

    `team` are the addresses of who is on it, `at_once` how many are on it or invited, `lately`
    how many invitations went out within a day.
    """
    if email.casefold() == sponsor_email.casefold():
        return [Refusal("team_of_oneself", "email")]
    if email.casefold() in {each.casefold() for each in team}:
        return [Refusal("team_already", "email")]
    if at_once >= TEAM_MAX:
        return [Refusal("team_full", "email", most=TEAM_MAX)]
    return [Refusal("invitations_many", "email")] if lately >= INVITATIONS_A_DAY else []


def acceptance_refusals(
    *,
    email: str,
    own_email: str,
    is_staff: bool,
    expires_at: datetime,
    is_over: bool,
    now: datetime,
) -> list[Refusal]:
    """Return what keeps somebody from joining: another address, a staff role, too late.

    Who decides on campaigns works on none.
    """
    if is_over or now >= expires_at:
        return [Refusal("invitation_over")]
    if email.casefold() != own_email.casefold():
        return [Refusal("invitation_of_another")]
    return [Refusal("team_not_staff")] if is_staff else []
