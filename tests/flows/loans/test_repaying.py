"""Bills: issued once, paid once, the oldest first; what is paid twice goes back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from marketplace.escrow.services import dispatching
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.loans.services import paying
from marketplace.settlement import billing, runner
from marketplace.simulator.teller import GOOD_CARD
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor


class TestBilling:
    def test_a_bill_comes_a_week_before_it_is_due_and_once(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        first = build.schedule(loan_id)[0]

        build.until_day(world, hand, first.due_on - timedelta(days=8))
        early = build.open_bills(loan_id)
        hand.advance(days=1)
        issued = [billing.issue_due_bills(clock.now()) for _ in range(3)]

        assert early == []
        assert [[line.kind for line in lines] for lines in issued] == [["bill.issued"], [], []]
        (bill,) = build.open_bills(loan_id)
        assert (bill.n, bill.due_on, bill.amount) == (1, first.due_on, first.total)

    def test_a_bill_is_late_the_day_after_and_that_is_said_once(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        build.until_day(world, hand, build.schedule(loan_id)[0].due_on)

        said = []
        for _ in range(3):
            said.append([line.kind for line in billing.issue_due_bills(clock.now())])
            hand.advance(days=1)

        assert said == [[], ["bill.late"], []]


class TestPaying:
    def test_is_for_the_borrower_only(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        build.until_day(world, hand, build.schedule(loan_id)[0].due_on)
        (bill,) = build.open_bills(loan_id)

        with pytest.raises(NotFound):
            paying.open_checkout(an_actor("Eve"), bill.id, now=clock.now())
        with pytest.raises(NotFound):
            paying.open_checkout(cast.borrower, uuid4(), now=clock.now())

    def test_the_oldest_comes_first_and_none_is_paid_twice(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        build.until_day(world, hand, build.schedule(loan_id)[1].due_on)
        older, newer = build.open_bills(loan_id)

        with pytest.raises(Refusal) as early:
            paying.open_checkout(cast.borrower, newer.id, now=clock.now())
        build.pay_next_bill(world, cast, loan_id)
        with pytest.raises(Refusal) as again:
            paying.open_checkout(cast.borrower, older.id, now=clock.now())

        assert (early.value.code, again.value.code) == ("bill_older_open", "bill_paid")

    def test_a_click_too_many_opens_the_same_checkout(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        build.until_day(world, hand, build.schedule(loan_id)[0].due_on)
        (bill,) = build.open_bills(loan_id)

        first = paying.open_checkout(cast.borrower, bill.id, now=clock.now())
        again = paying.open_checkout(cast.borrower, bill.id, now=clock.now())

        assert first == again

    def test_what_was_paid_twice_goes_back_whole(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        a_top_up(build.euros(50))
        lena = an_actor("Lena Lender")
        loan_id = build.a_running_loan(world, hand, cast, parts=[(lena, "1000")])
        due = paid_twice(world, hand, cast, loan_id)

        build.pass_days(world, hand, 3)

        assert build.in_wallet(lena) == due
        assert build.loan(loan_id).repayments == 1
        assert build.in_wallet(cast.borrower) == 0
        prove(world)

    def test_and_is_in_the_wallet_where_the_card_does_not_take_it_back(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        due = paid_twice(world, hand, cast, loan_id, card="4000 0000 0000 5126")

        build.pass_days(world, hand, 10)

        assert build.in_wallet(cast.borrower) == due
        prove(world)


def paid_twice(
    world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID, *, card: str = GOOD_CARD
) -> int:
    """Pay the first bill, hear nothing of it for an hour, and pay it again; returns what is due."""
    row = build.schedule(loan_id)[0]
    build.until_day(world, hand, row.due_on)
    (bill,) = build.open_bills(loan_id)
    checkouts = []
    for _ in range(2):  # news of either may come first
        checkout = paying.open_checkout(cast.borrower, bill.id, now=clock.now())
        dispatching.dispatch(checkout)
        world.pay(checkout, card)
        checkouts.append(checkout)
        hand.advance(minutes=61)
    assert len(set(checkouts)) == 2
    return row.total.minor


def test_a_paid_bill_is_shared_at_once_without_waiting_for_the_timetable(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    lena = an_actor("Lena Lender")
    loan_id = build.a_running_loan(world, hand, cast, parts=[(lena, "1000")])
    row = build.schedule(loan_id)[0]
    build.until_day(world, hand, row.due_on)

    build.pay_next_bill(world, cast, loan_id)

    assert build.in_wallet(lena) == row.total.minor
    assert runner.run(clock.now())["repayments"] == []
