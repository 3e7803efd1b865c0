"""Who may be asked to work on a campaign, and who may accept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.campaigns.rules import teams

NOW = datetime(2027, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rights", "codes"),
    [(["story"], []), ([], ["rights_missing"]), (["story", "payouts"], ["rights_missing"])],
)
def test_somebody_may_do_something_that_can_be_shared(rights: list[str], codes: list[str]) -> None:
    assert [refusal.code for refusal in teams.rights_refusals(rights)] == codes


@pytest.mark.parametrize(
    ("email", "at_once", "lately", "codes"),
    [
        ("bo@example.org", 19, 19, []),
        ("SOL@example.org", 0, 0, ["team_of_oneself"]),
        ("Tea@example.org", 1, 0, ["team_already"]),
        ("bo@example.org", 20, 0, ["team_full"]),
        ("bo@example.org", 0, 20, ["invitations_many"]),
    ],
)
def test_an_address_is_asked_once_and_not_in_floods(
    email: str, at_once: int, lately: int, codes: list[str]
) -> None:
    found = teams.invitation_refusals(
        email=email,
        sponsor_email="sol@example.org",
        team=["tea@example.org"],
        at_once=at_once,
        lately=lately,
    )

    assert [refusal.code for refusal in found] == codes


@pytest.mark.parametrize(
    ("own_email", "is_staff", "is_over", "expires_in", "codes"),
    [
        ("BO@example.org", False, False, 1, []),
        ("eve@example.org", False, False, 1, ["invitation_of_another"]),
        ("bo@example.org", True, False, 1, ["team_not_staff"]),
        ("bo@example.org", False, True, 1, ["invitation_over"]),
        ("bo@example.org", False, False, 0, ["invitation_over"]),
    ],
)
def test_only_who_was_asked_joins_in_time_and_nobody_who_decides_here(
    own_email: str, *, is_staff: bool, is_over: bool, expires_in: int, codes: list[str]
) -> None:
    found = teams.acceptance_refusals(
        email="bo@example.org",
        own_email=own_email,
        is_staff=is_staff,
        expires_at=NOW + timedelta(days=expires_in),
        is_over=is_over,
        now=NOW,
    )

    assert [refusal.code for refusal in found] == codes
