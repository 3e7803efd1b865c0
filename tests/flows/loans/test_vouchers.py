"""Paying at a bank: a voucher, the line that proves it, the officers, the money, the loan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from marketplace.escrow.jobs import sweep
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotFound, Refusal
from marketplace.loans.services import collecting_lines, coming_back, proving, vouchers
from marketplace.loans.vouchers import Told
from marketplace.settlement import runner
from tests.builders import loans
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.loans import Cast
from tests.builders.scenes import Scenes
from tests.builders.vouchers import a_picture, came_in, last_line, officer, shown, voucher

BILL = "87.45"  # 1,000.00 at 9 % over twelve months


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with loans.a_market(app, database_url) as world:
        yield world


@pytest.fixture
def billed(world: World, hand: clock.Hand, scenes: Scenes) -> tuple[Cast, UUID]:
    """A running loan with its first bill open, and the people around it."""

    def build() -> tuple[Cast, UUID]:
        cast = Cast()
        made = loans.a_running_loan(world, hand, cast)
        loans.until_day(world, hand, loans.schedule(made)[0].due_on - timedelta(days=3))
        return cast, made

    return scenes.play("billed", hand, build)


@pytest.fixture
def cast(billed: tuple[Cast, UUID]) -> Cast:
    return billed[0]


@pytest.fixture
def loan_id(billed: tuple[Cast, UUID]) -> UUID:
    return billed[1]


def matched(cast: Cast, loan_id: UUID, by: Actor, amount: str = BILL) -> UUID:
    shown_id = shown(cast.borrower, loan_id, amount)
    came_in(by, amount)
    proving.match(by, shown_id, last_line(), now=clock.now())
    return shown_id


def settled(world: World) -> None:
    sweep()
    world.deliver()
    runner.run(clock.now())
    world.deliver()


def refused(code: str) -> pytest.RaisesExc[Refusal]:
    return pytest.raises(Refusal, match=code)


class TestShowing:
    def test_a_voucher_alone_pays_nobody(self, world: World, cast: Cast, loan_id: UUID) -> None:
        shown(cast.borrower, loan_id, BILL)

        settled(world)

        assert loans.open_bills(loan_id) != []
        prove(world)

    def test_the_same_form_again_is_the_same_voucher(self, cast: Cast, loan_id: UUID) -> None:
        told = Told(loans.euros(BILL), clock.today(), "REF 1")
        kept = vouchers.prepare(a_picture())
        both = {
            vouchers.upload(cast.borrower, loan_id, told, kept, form_key="same", now=clock.now())
            for _ in range(2)
        }
        assert len(both) == 1

    def test_the_same_reference_is_refused_however_it_is_written(
        self, cast: Cast, loan_id: UUID
    ) -> None:
        shown(cast.borrower, loan_id, BILL, bank_ref="Trx 2026/77")
        with refused("voucher_reference_known"):
            shown(cast.borrower, loan_id, BILL, bank_ref="TRX-2026-77")

    def test_the_same_image_is_refused_also_when_it_was_scaled(
        self, cast: Cast, loan_id: UUID
    ) -> None:
        shown(cast.borrower, loan_id, BILL, image=a_picture("ONE"))
        with refused("voucher_image_known"):
            shown(cast.borrower, loan_id, "50", image=a_picture("ONE"))
        with refused("voucher_image_known"):
            shown(cast.borrower, loan_id, BILL, image=a_picture("ONE", side=1200))

    def test_what_was_withdrawn_may_be_shown_again(self, cast: Cast, loan_id: UUID) -> None:
        first = shown(cast.borrower, loan_id, BILL, bank_ref="A1", image=a_picture("ONE"))
        vouchers.withdraw(cast.borrower, first, now=clock.now())
        shown(cast.borrower, loan_id, BILL, bank_ref="A1", image=a_picture("ONE"))

    def test_impossible_days_are_refused(self, cast: Cast, loan_id: UUID, hand: clock.Hand) -> None:
        tomorrow = clock.today() + timedelta(days=1)
        with refused("voucher_in_future"):
            shown(cast.borrower, loan_id, BILL, paid_on=tomorrow)
        with refused("voucher_too_early"):
            shown(cast.borrower, loan_id, BILL, paid_on=clock.today() - timedelta(days=200))

    def test_nothing_is_no_payment(self, cast: Cast, loan_id: UUID) -> None:
        with refused("voucher_amount"):
            shown(cast.borrower, loan_id, "0")

    def test_anothers_loan_is_not_found(self, loan_id: UUID) -> None:
        with pytest.raises(NotFound):
            shown(an_actor("Otto Other"), loan_id, BILL)


class TestProving:
    def test_one_officer_is_enough_for_a_small_one_and_the_bill_is_paid_from_the_banks_day(
        self, world: World, cast: Cast, loan_id: UUID, hand: clock.Hand
    ) -> None:
        fay = officer()
        paid_on = clock.today()
        shown_id = matched(cast, loan_id, fay)
        hand.advance(days=2)

        assert proving.confirm(fay, shown_id, seen_line_id=last_line(), now=clock.now())
        settled(world)

        found = voucher(shown_id)
        assert found.state == "credited"
        assert found.line_booked_on == paid_on
        assert loans.open_bills(loan_id) == []
        prove(world)

    def test_a_large_one_takes_two_of_them(self, world: World, cast: Cast, loan_id: UUID) -> None:
        fay, flo = officer(), officer("Flo Officer")
        shown_id = matched(cast, loan_id, fay, "1000.01")

        assert not proving.confirm(fay, shown_id, seen_line_id=last_line(), now=clock.now())
        with refused("voucher_second_officer"):
            proving.confirm(fay, shown_id, seen_line_id=last_line(), now=clock.now())
        settled(world)
        assert voucher(shown_id).state == "confirmed"

        assert proving.confirm(flo, shown_id, seen_line_id=last_line(), now=clock.now())
        settled(world)
        assert voucher(shown_id).state == "credited"
        prove(world)

    def test_none_is_confirmed_for_a_loan_whose_payout_came_back(
        self, world: World, cast: Cast, loan_id: UUID
    ) -> None:
        fay = officer()
        shown_id = matched(cast, loan_id, fay)
        coming_back.take_disbursement(loan_id, uuid4(), now=clock.now())

        with refused("voucher_line_too_early"):
            proving.confirm(fay, shown_id, seen_line_id=last_line(), now=clock.now())

        assert voucher(shown_id).state == "matched"

    def test_a_line_with_the_very_reference_is_matched_by_itself(
        self, cast: Cast, loan_id: UUID
    ) -> None:
        shown_id = shown(cast.borrower, loan_id, BILL, bank_ref="TRX 4711")
        assert came_in(officer(), BILL, text="trx-4711").matched == 1
        assert voucher(shown_id).state == "matched"

    def test_a_statement_brought_twice_adds_nothing(self, loan_id: UUID) -> None:
        fay = officer()
        assert came_in(fay, "10", ref="X1").fresh == 1
        again = came_in(fay, "10", ref="X1")
        assert (again.fresh, again.known) == (0, 1)

    def test_another_amount_does_not_match(self, cast: Cast, loan_id: UUID) -> None:
        fay, shown_id = officer(), shown(cast.borrower, loan_id, BILL)
        came_in(fay, "87.44")
        with refused("voucher_other_amount"):
            proving.match(fay, shown_id, last_line(), now=clock.now())

    def test_a_line_proves_one_voucher(self, cast: Cast, loan_id: UUID) -> None:
        fay = officer()
        matched(cast, loan_id, fay)
        other = shown(cast.borrower, loan_id, BILL)
        with refused("voucher_line_taken"):
            proving.match(fay, other, last_line(), now=clock.now())

    def test_a_line_that_was_changed_meanwhile_is_not_confirmed(
        self, cast: Cast, loan_id: UUID
    ) -> None:
        fay = officer()
        shown_id = matched(cast, loan_id, fay)
        seen = last_line()
        proving.unmatch(fay, shown_id, now=clock.now())
        came_in(fay, BILL)
        proving.match(fay, shown_id, last_line(), now=clock.now())
        with refused("voucher_line_changed"):
            proving.confirm(fay, shown_id, seen_line_id=seen, now=clock.now())

    def test_a_confirmed_one_is_not_withdrawn(self, cast: Cast, loan_id: UUID) -> None:
        fay = officer()
        shown_id = matched(cast, loan_id, fay)
        proving.confirm(fay, shown_id, seen_line_id=last_line(), now=clock.now())
        with pytest.raises(IllegalMove):
            vouchers.withdraw(cast.borrower, shown_id, now=clock.now())

    def test_a_refusal_carries_a_reason_and_frees_the_line(self, cast: Cast, loan_id: UUID) -> None:
        fay = officer()
        shown_id = matched(cast, loan_id, fay)
        with refused("why_missing"):
            proving.reject(fay, shown_id, reason=" ", now=clock.now())
        proving.reject(fay, shown_id, reason="This is another loan's.", now=clock.now())
        assert voucher(shown_id).reject_reason == "This is another loan's."
        collecting_lines.set_aside(fay, last_line(), note="Not ours", now=clock.now())


class TestTakingBack:
    def test_two_officers_take_a_payment_back_that_was_none(
        self, world: World, cast: Cast, loan_id: UUID
    ) -> None:
        fay, flo = officer(), officer("Flo Officer")
        shown_id = matched(cast, loan_id, fay)
        proving.confirm(fay, shown_id, seen_line_id=last_line(), now=clock.now())
        settled(world)

        proving.propose_undoing(fay, shown_id, reason="The bank recalled it", now=clock.now())
        with refused("voucher_second_officer"):
            proving.undo(fay, shown_id, now=clock.now())
        proving.undo(flo, shown_id, now=clock.now())
        settled(world)

        assert voucher(shown_id).state == "reversed"
        assert len(loans.open_bills(loan_id)) == 1
        prove(world)
