"""The page that shows the next settlement run: the very run, and nothing of it stays."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest

from marketplace.infra.database import db, scalar
from tests.builders.campaigns import a_live_campaign, campaign, euros, pledged
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.tables import download, table
from tests.page_client import PageClient

SETTLEMENT = "/staff/finance/settlement"


@pytest.fixture
def campaign_id(market: World) -> UUID:
    """A campaign that has reached its goal and ends in ten days."""
    found = a_live_campaign(an_actor("Sol Sponsor"), goal=euros(100), days=10)
    pledged(market, found, "120")
    return found


def test_nothing_is_due_on_a_quiet_day(officer: PageClient, campaign_id: UUID) -> None:
    assert "Nothing is due" in officer.get(SETTLEMENT).text


def test_a_time_ahead_shows_who_would_get_what(officer: PageClient, campaign_id: UUID) -> None:
    page = officer.get(f"{SETTLEMENT}?as_of=2026-03-13T00:00")

    sums = {row["Act"]: row["Total"] for row in table(page, "In sum")}
    assert sums["Our fee"] == "EUR 6.00"
    assert sums["Payout to the sponsor"] == "EUR 114.00"
    payout = next(row for row in table(page, "Every line") if row["Act"].startswith("Payout"))
    assert payout["Who"] == "Sol Sponsor"


def test_looking_changes_nothing(officer: PageClient, campaign_id: UUID) -> None:
    before = _rows()

    officer.get(f"{SETTLEMENT}?as_of=2026-03-13T00:00")

    assert campaign(campaign_id).state == "live"
    assert _rows() == before


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("tomorrow", "“tomorrow” is not a time."),
        ("2026-13-01", "“2026-13-01” is not a time."),
        ("2027-01-01", "Enter a time up to 6 Apr 2026, 09:00 UTC"),
        ("9999-12-31T23:59", "Enter a time up to"),
        ("0001-01-01", "That is too long ago."),
        ("2026-03-13T00:00%2B99:00", "is not a time."),
    ],
)
def test_a_time_that_cannot_be_used_is_said(
    officer: PageClient, campaign_id: UUID, typed: str, sentence: str
) -> None:
    page = officer.get(f"{SETTLEMENT}?as_of={typed}")

    assert sentence in page.text
    assert campaign(campaign_id).state == "live"


def test_the_page_gives_way_while_the_real_run_is_at_work(
    officer: PageClient, campaign_id: UUID, owner_connection: psycopg.Connection[Any]
) -> None:
    with owner_connection.transaction():
        owner_connection.execute("SELECT 1 FROM campaign FOR UPDATE")

        page = officer.get(f"{SETTLEMENT}?as_of=2026-03-13T00:00")

    assert "The real run is at work right now" in page.text


def test_a_long_run_is_cut_and_says_so(
    officer: PageClient, campaign_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.backoffice.settlement.SHOWN_MAX", 1)

    page = officer.get(f"{SETTLEMENT}?as_of=2026-03-13T00:00")

    assert len(table(page, "Every line")) == 1
    assert "The first 1 of" in page.text


def test_the_download_has_these_columns(officer: PageClient, campaign_id: UUID) -> None:
    rows = download(officer, f"{SETTLEMENT}?as_of=2026-03-13T00:00&format=csv")

    assert rows[0] == ["Stage", "Act", "About", "Who", "Amount", "Amount (currency)", "Why"]
    assert ["120.00", "EUR"] in [row[4:6] for row in rows[1:]]


def _rows() -> tuple[int, ...]:
    """Return how much was ever written where settlement writes."""
    found = tuple(
        int(scalar(f"SELECT count(*) FROM {name}"))
        for name in ("ledger_journal", "escrow_instruction", "state_transition", "bill")
    )
    db.session.rollback()
    return found
