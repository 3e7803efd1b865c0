"""The demo world: lived through the real commands, the same every time, its books in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from marketplace.campaigns.states import CampaignState, PledgeState
from marketplace.demo import onwards, world
from marketplace.demo.stage import provider_here
from marketplace.escrow.reconcile import reconcile
from marketplace.infra.database import column, db, scalar
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.ledger import checks
from marketplace.loans.replay.events import Intent
from marketplace.loans.states import CommitmentState, LoanState, VoucherState
from tests.database import clean

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

END = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)

# Everything the world is made of. What is left out holds salts, or numbers of a sequence.
TOLD = {
    "person": "id, email, name, created_at",
    "campaign": "*",
    "reward": "*",
    "pledge": "*",
    "campaign_update": "*",
    "picture": "*",
    "loan": "id, borrower_id, state, title, story, amount_minor, grade, annual_rate, lenders,"
    " reserved_minor, principal_repaid_minor, interest_repaid_minor, disbursed_on, changed_at",
    "loan_review": "*",
    "commitment": "*",
    "note": "id, loan_id, lender_id, principal_minor, principal_back_minor, interest_back_minor",
    "bill": "*",
    "loan_mandate": "*",
    "pledge_surplus": "*",
    "repayment_share": "*",
    "wallet_order": "*",
    "escrow_instruction": "id, kind, purpose, amount_minor, currency, state, finished_at",
    "ledger_transfer": "line, amount, phase, code",
    "simulator.movement": "position, kind, amount_minor, fee_minor, currency, available_at",
}


def rows_of(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """Every told row as text, in an order of its own."""
    connection.execute("SET timezone = 'UTC'")
    return {
        table: sorted(
            str(found[0])
            for found in connection.execute(
                f"SELECT t::text FROM (SELECT {columns} FROM {table}) t"
            )
        )
        for table, columns in TOLD.items()
    }


@contextmanager
def provider(dsn: str) -> Iterator[None]:
    """The provider at hand, as on a running site."""
    with provider_here(current_settings(), dsn):
        yield


def prove(dsn: str) -> None:
    """Insist that ledger and provider are in order."""
    broken = [found for found in checks.run(clock.now()) if not found.holds]
    db.session.rollback()
    assert not broken, broken
    with provider(dsn):
        result = reconcile()
    assert result.differences == (), [str(found) for found in result.differences]


def states(table: str) -> set[str]:
    found = set(column(f"SELECT DISTINCT state FROM {table}"))
    db.session.rollback()
    return found


def count(sql: str) -> int:
    found = int(scalar(sql))
    db.session.rollback()
    return found


def test_two_loads_at_the_same_moment_give_the_same_world(
    app: Flask, database_url: str, owner_connection: psycopg.Connection[Any]
) -> None:
    world.load(current_settings(), database_url, end=END, days=35)
    first = rows_of(owner_connection)
    clean(owner_connection)

    world.load(current_settings(), database_url, end=END, days=35)

    second = rows_of(owner_connection)
    assert {name for name, found in first.items() if found != second[name]} == set()
    assert len(first["pledge"]) > 30
    assert len(first["note"]) > 10


@pytest.mark.parametrize(
    "end",
    [
        datetime(2026, 1, 31, 0, 5, tzinfo=UTC),
        datetime(2028, 2, 29, 23, 50, tzinfo=UTC),
        datetime(2026, 12, 31, 15, 0, tzinfo=UTC),
    ],
    ids=lambda end: end.strftime("%d-%b"),
)
def test_the_world_can_be_made_on_any_day_and_is_never_ahead_of_it(
    app: Flask, database_url: str, hand: clock.Hand, end: datetime
) -> None:
    hand.set(end)

    world.load(current_settings(), database_url, end=end, days=8)

    assert scalar("SELECT max(happened_at) FROM ledger_journal") <= end
    db.session.rollback()
    prove(database_url)


def test_the_year_holds_every_state_and_the_world_goes_on_from_there(
    app: Flask, database_url: str, hand: clock.Hand
) -> None:
    hand.set(END)

    made = world.load(current_settings(), database_url, end=END)

    assert made.people >= 150
    assert made.campaigns >= 25
    assert made.loans >= 60
    passing = {CampaignState.CLOSING, CampaignState.FUNDED, CampaignState.UNFUNDED, "cancelled"}
    assert states("campaign") >= set(CampaignState) - passing
    moving = {PledgeState.AWAITING_PAYMENT, PledgeState.CHARGING, PledgeState.REFUNDING}
    assert states("pledge") >= set(PledgeState) - moving
    gone_by = {LoanState.DISBURSING, LoanState.EXPIRED}
    later = "FROM campaign WHERE collection = 'deadline'"
    assert count(f"SELECT count(*) {later} AND state = 'paid_out'") == 1
    assert count(f"SELECT count(*) {later} AND state = 'refunded'") == 1
    mended = "charges > 0 AND decline_reason IS NOT NULL AND state = 'released'"
    assert count(f"SELECT count(*) FROM pledge WHERE {mended}") > 1
    assert count("SELECT count(*) FROM bill WHERE charges > 0 AND paid_at IS NOT NULL") > 10
    assert states("loan") >= set(LoanState) - gone_by
    early = "FROM prepayment WHERE intent ="
    assert count(f"SELECT count(*) {early} '{Intent.PAYOFF}'") == 1
    assert count(f"SELECT count(*) {early} '{Intent.SHORTER_TERM}'") == 1
    assert states("commitment") >= {
        CommitmentState.RESERVED,
        CommitmentState.CONVERTED,
        CommitmentState.REFUNDED,
    }
    prove_lending_is_varied()
    prove(database_url)

    before = pulse()
    onwards.advance(current_settings(), database_url, timedelta(days=30))
    hand.set(END + timedelta(days=30))

    after = pulse()
    assert {what for what in before if after[what] <= before[what]} == set()
    assert count("SELECT offset_seconds FROM business_clock") == 30 * 86_400
    prove(database_url)


def prove_lending_is_varied() -> None:
    """Insist on loans of many products, and on one of everything that people see to by hand."""
    product = "FROM loan l JOIN loan_product p ON p.id = l.product_id WHERE"
    lent = set(column(f"SELECT DISTINCT p.code {product} l.disbursed_on IS NOT NULL"))
    assert lent >= {"personal", "vehicle", "business", "harvest", "micro", "appliance", "line"}
    secured = f"{product} p.collateral AND l.state"
    valued = "EXISTS (SELECT FROM loan_valuation v WHERE v.loan_id = l.id)"
    assert count(f"SELECT count(*) {secured} = '{LoanState.ACTIVE}' AND {valued}") == 1
    assert count(f"SELECT count(*) {secured} = '{LoanState.SUBMITTED}' AND NOT {valued}") == 1
    countered = "FROM loan WHERE wished_minor > amount_minor AND state ="
    assert count(f"SELECT count(*) {countered} '{LoanState.OFFERED}'") == 1
    assert count(f"SELECT count(*) {countered} '{LoanState.ACTIVE}'") == 1
    shown = "FROM voucher v JOIN loan l ON l.id = v.loan_id WHERE v.state ="
    assert count(f"SELECT count(*) {shown} '{VoucherState.CREDITED}'") == 1
    late = "l.days_past_due > 0 AND v.line_id IS NOT NULL"
    assert count(f"SELECT count(*) {shown} '{VoucherState.MATCHED}' AND {late}") == 1
    proposed = "FROM disbursement_proposal WHERE state = 'proposed' AND expires_at > "
    assert count(f"SELECT count(*) {proposed} '{END}'") == 1
    marked = "FROM loan_document d JOIN loan l ON l.id = d.loan_id WHERE d.marked_at IS NOT NULL"
    assert count(f"SELECT count(*) {marked} AND l.state = '{LoanState.SUBMITTED}'") == 1


def pulse() -> dict[str, int]:
    """How much of everything that should go on has happened."""
    return {
        "pledges": count("SELECT count(*) FROM pledge"),
        "bills": count("SELECT count(*) FROM bill"),
        "repayments": count("SELECT count(*) FROM receipt"),
        "told of being late": count("SELECT count(*) FROM bill WHERE late_told_at IS NOT NULL"),
        "campaigns over": count("SELECT count(*) FROM campaign WHERE state <> 'live'"),
        "loans paid out": count("SELECT count(*) FROM loan WHERE disbursed_on IS NOT NULL"),
        "withdrawals": count("SELECT count(*) FROM wallet_order WHERE kind = 'withdrawal'"),
    }
