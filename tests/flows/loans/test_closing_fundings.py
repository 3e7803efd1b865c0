"""Settlement of fundings: what cannot be done is named and left, and nothing is done twice."""

from __future__ import annotations

from uuid import UUID

from marketplace.infra.commands import command
from marketplace.infra.database import db, execute
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from marketplace.ledger import checks
from marketplace.ledger import queries as ledger_queries
from marketplace.settlement import funding_closing, runner
from tests.builders import contracts
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import an_actor


def funded(world: World, cast: build.Cast) -> UUID:
    """A loan that is full, its books not closed yet."""
    lou = an_actor("Lou Lender")
    build.topped_up(world, lou, "1000")
    return filled(cast, lou)


def filled(cast: build.Cast, lou: Actor) -> UUID:
    """A loan that one lender has just filled from the wallet."""
    loan_id = build.a_listed_loan(cast)
    build.commit(loan_id, "1000", lou, source="wallet")
    return loan_id


@command
def lose_a_part(loan_id: UUID) -> None:
    """As if a row had been lost: what is reserved is no longer what was lent."""
    execute("UPDATE commitment SET amount_minor = amount_minor - 1 WHERE loan_id = %s", (loan_id,))


class TestClosing:
    def test_writes_the_notes_the_fee_and_the_debt_in_one_journal(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = funded(world, cast)

        lines = funding_closing.close_funding(loan_id, clock.now())
        again = funding_closing.close_funding(loan_id, clock.now())

        assert [(line.kind, line.amount) for line in lines] == [
            ("loan.closed", build.euros("1000")),
            ("loan.fee", build.euros("20")),
        ]
        assert again == []
        journal = ledger_queries.journal(f"settlement.funding:{loan_id}")
        db.session.rollback()
        assert sorted((move.to_kind, move.amount_minor) for move in journal.moves) == [
            ("borrower:payable", 98_000),
            ("fees:platform", 2_000),
            ("note:claim", 100_000),
        ]
        prove(world)

    def test_a_loan_whose_books_do_not_add_up_is_named_and_left_and_others_go_on(
        self, world: World, cast: build.Cast
    ) -> None:
        lou, other = an_actor("Lou Lender"), build.Cast(an_actor("Bo"), cast.first, cast.second)
        build.topped_up(world, lou, "2000")
        broken, sound = filled(cast, lou), filled(other, lou)
        lose_a_part(broken)

        lines = runner.run(clock.now())["fundings"]
        violated = [found.name for found in checks.run(clock.now()) if not found.holds]
        db.session.rollback()

        assert violated == ["loan-parts"]
        stopped = [line for line in lines if line.kind == "loan.stopped"]
        assert [line.note for line in stopped] == ["99999 of 100000 is reserved, 100000 is held"]
        assert build.loan(broken).state == "funded"
        closed = [line.subject for line in lines if line.kind == "loan.closed"]
        assert closed == [public_id("ln", sound)]


class TestPayingOut:
    def test_waits_for_the_payout_account(self, world: World, cast: build.Cast) -> None:
        loan_id = funded(world, cast)

        lines = runner.run(clock.now())["fundings"]

        assert [line.kind for line in lines] == ["loan.closed", "loan.fee", "loan.waits"]
        assert build.loan(loan_id).state == "funded"

    def test_is_asked_for_once(self, world: World, cast: build.Cast) -> None:
        build.onboard(world, cast.borrower)
        loan_id = funded(world, cast)

        first = runner.run(clock.now())["fundings"]
        contracts.sign_all()
        contracts.approve_all()
        second = runner.run(clock.now())["fundings"]
        third = runner.run(clock.now())["fundings"]

        assert [line.kind for line in first] == ["loan.closed", "loan.fee", "loan.waits"]
        assert [line.kind for line in second] == ["loan.disburse"]
        assert third == []
        assert build.loan(loan_id).disburse_attempts == 1


def test_a_funding_that_is_over_without_a_lender_is_refunded_at_once(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    loan_id = build.a_listed_loan(cast)
    hand.advance(days=14)

    lines = runner.run(clock.now())["fundings"]

    assert [line.kind for line in lines] == ["loan.expired"]
    assert build.loan(loan_id).state == "refunded"
    build.a_submitted(cast.borrower)  # and the borrower may ask again
