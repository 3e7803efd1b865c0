"""Alerts around a due day: who hears what and when, each of it once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from marketplace.infra.database import db, rows
from marketplace.kernel import clock
from marketplace.loans.queries import overdue
from marketplace.loans.queries.overdue import Wanted
from marketplace.settlement import billing, close_of_business
from tests.builders import loans as build
from tests.builders.calculators import terms
from tests.builders.closing import a_copy, pays
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.servicing import served


@pytest.fixture
def loan_id(world: World, hand: clock.Hand, cast: build.Cast) -> UUID:
    """A loan paid out today, whose first instalment of 88.85 is due in a month."""
    listed = build.a_listed_loan(cast)
    schedule = terms("1000", start=clock.today().isoformat())
    return a_copy(listed, served(schedule, late_fee="10", grace_days=3))


def alerts(loan_id: UUID) -> list[tuple[str, int]]:
    """Which alerts there were, and how many days before (or after) the due day."""
    sql = """
        SELECT a.kind, i.due_on - a.on_date AS ahead FROM arrears_alert a
        JOIN instalment i ON i.loan_id = a.loan_id AND i.n = a.n
        WHERE a.loan_id = %s AND a.n = 1 ORDER BY a.on_date
    """
    found = rows(sql, (loan_id,), into=dict)
    db.session.rollback()
    return [(one["kind"], one["ahead"]) for one in found]


def days_go_by(world: World, hand: clock.Hand, count: int) -> None:
    """Bills and the close of business of each day, and what they tell people."""
    for _ in range(count):
        now = hand.advance(days=1)
        billing.issue_due_bills(now)
        close_of_business.close_missing_days(now)
        world.deliver()


def test_an_instalment_nobody_pays_is_alerted_five_times_each_on_its_day(
    world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
) -> None:
    officer = an_actor("Olga Officer", role="finance_officer")
    days_go_by(world, hand, 40)
    assert alerts(loan_id) == [("T-7", 7), ("T-1", 1), ("T0", 0), ("T+1", -1), ("T+3", -3)]
    letters = build.letters_to(cast.borrower)
    assert "Soon due: EUR 88.85 on 2 Apr 2026" in letters
    assert "Due today: EUR 88.85" in letters
    assert "EUR 88.89 was due on 2 Apr 2026 and has not arrived" in letters  # 0.05 % a day
    assert "EUR 88.98 is still open since 2 Apr 2026" in letters
    assert "One instalment became late" in build.letters_to(officer)


def test_a_paid_instalment_alerts_nobody(
    world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
) -> None:
    days_go_by(world, hand, 26)
    today = clock.today()
    pays(loan_id, today, 8_885, from_=today)
    for _ in range(10):
        close_of_business.close_missing_days(hand.advance(days=1))
    assert alerts(loan_id) == [("T-7", 7)]


def test_a_lender_hears_once_a_day_which_loans_became_late(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    lender = an_actor("Lena Lender")
    running = build.a_running_loan(world, hand, cast, parts=[(lender, "1000")])
    build.until_day(world, hand, build.schedule(running)[0].due_on + timedelta(days=1))
    assert "One of your loans is late" in build.letters_to(lender)
    standing = rows("SELECT days_past_due, bucket FROM loan WHERE id = %s", (running,), into=dict)
    db.session.rollback()
    assert standing == [{"days_past_due": 1, "bucket": "1-30"}]


def test_the_desk_counts_what_being_late_costs(
    world: World, hand: clock.Hand, loan_id: UUID
) -> None:
    days_go_by(world, hand, 31 + 12)
    found = overdue.overdue(clock.today(), Wanted())
    db.session.rollback()
    # 88.85, twelve days at 0.05 % of it, and the late fee
    assert [str(one.cure) for one in found] == ["EUR 99.38"]
    assert found[0].days == 12


def test_a_reminder_whose_day_was_missed_does_not_come_late(
    world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
) -> None:
    days_go_by(world, hand, 20)
    hand.advance(days=10)
    days_go_by(world, hand, 1)  # on the due day: the alerts were made up for, day by day
    assert ("T-1", 1) in alerts(loan_id)
    assert "Soon due: EUR 88.85 on 2 Apr 2026" not in build.letters_to(cast.borrower)
    assert clock.today() - timedelta(days=31) == build.loan(loan_id).disbursed_on
