"""Payouts nobody tries any more: an officer has them tried again, and who owes them does so."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask

from marketplace.escrow.queries import dead_letters
from marketplace.escrow.services import retrying
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.ids import parse_public_id
from marketplace.settlement import funding_closing
from tests.builders import campaigns
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import an_actor


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with campaigns.a_market(app, database_url) as world:
        yield world


def the_dead_letter() -> UUID:
    """The only payout that waits for a person."""
    (letter,) = dead_letters.dead_letters(clock.now(), why="failed")
    db.session.rollback()
    return parse_public_id("ins", letter.ref)


def retried() -> None:
    """A finance officer has the one dead letter tried again."""
    officer = an_actor("Flo Finance", role="finance_officer")
    reason = "The account has been mended."
    retrying.retry(officer, the_dead_letter(), reason=reason, now=clock.now())


def test_a_sponsor_is_paid_after_the_last_try_has_failed(world: World, hand: clock.Hand) -> None:
    sponsor = an_actor("Sponsor Sol")
    build.onboard(world, sponsor, build.CLOSED_BANK)
    made = campaigns.a_live_campaign(sponsor, goal=campaigns.euros(100), days=5)
    campaigns.pledged(world, made, "100.00")
    build.pass_days(world, hand, 30)
    assert campaigns.campaign(made).state == "funded"
    build.onboard(world, sponsor, build.GOOD_BANK)

    retried()
    build.pass_days(world, hand, 1)

    assert campaigns.campaign(made).state == "paid_out"
    assert dead_letters.dead_letters(clock.now()) == []
    prove(world)


def test_a_borrower_is_paid_after_the_last_try_has_failed(world: World, hand: clock.Hand) -> None:
    cast = build.Cast()
    loan_id = build.a_listed_loan(cast)
    build.onboard(world, cast.borrower, build.CLOSED_BANK)
    build.lent(world, loan_id, "1000")
    build.pass_days(world, hand, 40)
    assert build.loan(loan_id).disburse_attempts == funding_closing.ATTEMPTS_MAX
    build.onboard(world, cast.borrower, build.GOOD_BANK)

    retried()  # the account is another one than was approved: nothing goes there unseen
    world.deliver()
    assert build.loan(loan_id).state == "funded"
    build.pass_days(world, hand, 1)  # two officers approve it

    assert build.loan(loan_id).state == "active"
    assert dead_letters.dead_letters(clock.now()) == []
    prove(world)
