"""Ninety days in which nobody does anything: no payment is held longer than it may be.

Every way in which money can be left lying is laid out on the first day. By day 83 all of it has
gone, to its owner or back to who paid it, and everybody who could do something was told three
times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from marketplace.escrow.jobs import sweep
from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.settlement import runner
from marketplace.settlement.queries import holding
from tests.builders import campaigns, contracts, loans
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor

LAST_DAY = 83


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with campaigns.a_market(app, database_url) as world:
        a_top_up(campaigns.euros(200))  # the provider keeps its fees of what is given back
        yield world


@dataclass
class Left:
    """Money people left lying on the first day."""

    sponsor: Actor
    campaign_id: UUID
    borrower: Actor
    loan_id: UUID
    ready_borrower: Actor
    unapproved_id: UUID
    unsigned_borrower: Actor
    unsigned_id: UUID
    lender: Actor
    saver: Actor
    ready: Actor


def left_lying(world: World) -> Left:
    sponsor = an_actor("Sponsor Sol")
    campaign_id = campaigns.a_live_campaign(sponsor, goal=campaigns.euros(100), days=20)
    for amount in ("33.33", "66.68"):
        campaigns.pledged(world, campaign_id, amount)
    cast, lender = loans.Cast(), an_actor("Lena Lender")
    loan_id = loans.a_listed_loan(cast)
    loans.topped_up(world, lender, "400")
    loans.commit(loan_id, "400", lender, source="wallet")
    loans.lent(world, loan_id, "600")
    contracts.signed_by_borrower(loan_id)  # and never says where to pay it
    ready_borrower, unapproved_id = a_full_loan(world)
    loans.onboard(world, ready_borrower)
    contracts.signed_by_borrower(unapproved_id)  # and no officer ever looks at it
    unsigned_borrower, unsigned_id = a_full_loan(world)
    saver, ready = an_actor("Sam Saver"), an_actor("Rita Ready")
    loans.topped_up(world, saver, "50")
    loans.topped_up(world, ready, "70")
    loans.onboard(world, ready)
    return Left(
        sponsor=sponsor,
        campaign_id=campaign_id,
        borrower=cast.borrower,
        loan_id=loan_id,
        ready_borrower=ready_borrower,
        unapproved_id=unapproved_id,
        unsigned_borrower=unsigned_borrower,
        unsigned_id=unsigned_id,
        lender=lender,
        saver=saver,
        ready=ready,
    )


def a_full_loan(world: World) -> tuple[Actor, UUID]:
    """A loan of 1000 that is full, and whose it is."""
    cast = loans.Cast()
    loan_id = loans.a_listed_loan(cast)
    loans.lent(world, loan_id, "1000")
    return cast.borrower, loan_id


def live(world: World, hand: clock.Hand, days: int) -> None:
    for _ in range(days):
        hand.advance(days=1)
        runner.run(clock.now())
        sweep()
        world.deliver()


def held_now() -> list[holding.Held]:
    found = holding.held()
    db.session.rollback()
    return found


def told(person: Actor) -> Counter[int]:
    found = column(
        "SELECT days FROM holding_alarm WHERE person_id = %s ORDER BY raised_at", (person.known(),)
    )
    db.session.rollback()
    return Counter(found)


def letters_about_holding(officer: Actor) -> int:
    found = column(
        "SELECT count(*) FROM mail_message WHERE person_id = %s AND subject LIKE %s",
        (officer.known(), "% must leave soon"),
    )
    db.session.rollback()
    return int(found[0])


def test_after_83_days_nothing_is_held_any_more_and_everybody_was_told_three_times(
    world: World, hand: clock.Hand
) -> None:
    left = left_lying(world)
    officer = an_actor("Olga Officer", role="finance_officer")
    last = clock.today() + timedelta(days=LAST_DAY)
    assert {held.leave_by for held in held_now()} == {last}

    live(world, hand, 68)
    assert loans.loan(left.unsigned_id).state == "refunded"  # long before anything is alarming
    assert told(left.unsigned_borrower) == Counter()
    assert told(left.sponsor) == Counter()
    live(world, hand, LAST_DAY - 69)
    assert clock.today() == last - timedelta(days=1)
    once_each = Counter({14: 1, 7: 1, 3: 1})
    people = (left.sponsor, left.borrower, left.ready_borrower, left.saver, left.ready)
    for person in people:
        assert told(person) == once_each
    assert letters_about_holding(officer) == 3  # one letter a look
    released, lent, saved = 100_01 - 5_00, 2 * (1_000_00 - 20_00), 50_00 + 70_00
    assert sum(held.amount_minor for held in held_now()) == released + lent + saved

    live(world, hand, 1)

    assert clock.today() == last
    assert held_now() == []
    for person in people:
        assert told(person) == once_each
    assert campaigns.campaign(left.campaign_id).state == "refunded"
    assert loans.loan(left.loan_id).state == "refunded"
    assert loans.loan(left.unapproved_id).state == "refunded"
    prove(world)
