"""Autopay: a card saved once, bills charged on their due day, and never twice."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from uuid import UUID

import pytest

from marketplace.escrow import queries as escrow
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import dispatching
from marketplace.infra.commands import command
from marketplace.infra.database import column, db, execute
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.loans.queries import autopay
from marketplace.loans.queries.autopay import Mandate
from marketplace.loans.services import mandates, paying
from marketplace.settlement import autopay as charging
from marketplace.settlement import close_of_business, runner
from marketplace.simulator.teller import GOOD_CARD
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.builders.races import outcomes
from tests.builders.settling import settle

BROKE = "4000000000000341"
EXPIRED = "4000000000001067"


def switched_on(world: World, cast: build.Cast, loan_id: UUID, card: str = GOOD_CARD) -> None:
    """Follow the page to the provider and save a card."""
    page_id = mandates.switch_on(cast.borrower, loan_id, now=clock.now())
    dispatching.dispatch(page_id)
    world.save_card(page_id, card)
    world.deliver()


def on_autopay(world: World, cast: build.Cast, loan_id: UUID, card: str = GOOD_CARD) -> date:
    """Switch autopay on; the day the first bill is due."""
    switched_on(world, cast, loan_id, card)
    return build.schedule(loan_id)[0].due_on


@command
def _is_dear_when_late(loan_id: UUID) -> None:
    sql = """
        UPDATE loan SET late_fee_minor = 1000, late_grace_days = 3, penalty_bps_per_year = 1825
        WHERE id = %s
    """
    execute(sql, (loan_id,))


@command
def _allows(loan_id: UUID, most_minor: int) -> None:
    execute("UPDATE loan_mandate SET most_minor = %s WHERE loan_id = %s", (most_minor, loan_id))


def charges(loan_id: UUID, n: int = 1) -> list[Instruction]:
    sql = "SELECT id FROM bill WHERE loan_id = %s AND n = %s"
    (bill_id,) = column(sql, (loan_id, n))
    return [one for one in of_bill(bill_id) if one.kind == "charge"]


def of_bill(bill_id: UUID) -> list[Instruction]:
    found = escrow.instructions_for(bill_id)
    db.session.rollback()
    return found


def mandate(loan_id: UUID) -> Mandate | None:
    found = autopay.mandate(loan_id)
    db.session.rollback()
    return found


class TestSwitchingOn:
    def test_a_saved_card_switches_it_on_and_charges_nothing(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        due_on = on_autopay(world, cast, loan_id)

        found = mandate(loan_id)
        assert found is not None
        assert (found.is_on, found.next_on(clock.today())) == (True, due_on)
        assert found.amount == build.schedule(loan_id)[0].total
        assert any("Autopay is on" in one for one in build.letters_to(cast.borrower))
        prove(world)

    def test_it_is_for_the_borrower_only_and_once(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        on_autopay(world, cast, loan_id)

        with pytest.raises(NotFound):
            mandates.switch_on(an_actor("Eve"), loan_id, now=clock.now())
        with pytest.raises(NotFound):
            mandates.switch_off(an_actor("Eve"), loan_id, now=clock.now())
        with pytest.raises(Refusal, match="autopay_on_already"):
            mandates.switch_on(cast.borrower, loan_id, now=clock.now())

    def test_a_loan_that_is_not_paid_out_has_nothing_to_pay(
        self, world: World, cast: build.Cast
    ) -> None:
        del world
        loan_id = build.a_listed_loan(cast)

        with pytest.raises(Refusal, match="autopay_not_active"):
            mandates.switch_on(cast.borrower, loan_id, now=clock.now())

    def test_a_page_that_was_left_can_be_opened_again(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        left = mandates.switch_on(cast.borrower, loan_id, now=clock.now())
        dispatching.dispatch(left)
        again = mandates.switch_on(cast.borrower, loan_id, now=clock.now())
        assert again == left

        hand.advance(minutes=62)
        dispatching.recover()
        world.deliver()
        assert mandate(loan_id) is None

        switched_on(world, cast, loan_id)
        found = mandate(loan_id)
        assert found is not None
        assert found.is_on


class TestCharging:
    def test_it_is_told_three_days_before_and_charged_on_the_due_day(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        due_on = on_autopay(world, cast, loan_id)
        build.until_day(world, hand, due_on - timedelta(days=4))

        said = []
        for _ in range(6):
            said.append([kind for kind in settle(world) if kind.startswith("bill.")])
            hand.advance(days=1)

        assert said == [[], ["bill.announced"], [], [], ["bill.charge"], []]
        assert build.open_bills(loan_id) == []
        assert build.loan(loan_id).repayments == 1
        amount = build.schedule(loan_id)[0].total
        assert any("will be charged to your card" in one for one in build.letters_to(cast.borrower))
        assert [one.amount for one in charges(loan_id)] == [amount]
        prove(world)

    def test_paid_by_hand_before_it_is_not_charged(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        due_on = on_autopay(world, cast, loan_id)
        build.until_day(world, hand, due_on - timedelta(days=2))
        build.pay_next_bill(world, cast, loan_id)

        build.pass_days(world, hand, 4)

        assert charges(loan_id) == []
        assert build.loan(loan_id).repayments == 1
        prove(world)

    def test_while_a_page_is_open_it_waits_and_while_it_charges_no_page_opens(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        due_on = on_autopay(world, cast, loan_id)
        build.until_day(world, hand, due_on - timedelta(days=1))
        hand.advance(days=1)
        (bill,) = build.open_bills(loan_id)
        page_id = paying.open_checkout(cast.borrower, bill.id, now=clock.now())
        dispatching.dispatch(page_id)
        assert "bill.charge" not in settle(world)

        hand.advance(minutes=62)
        dispatching.recover()
        world.deliver()
        runner.run(clock.now())  # planned, and nobody has called yet

        with pytest.raises(Refusal, match="bill_being_charged"):
            paying.open_checkout(cast.borrower, bill.id, now=clock.now())
        settle(world)
        assert build.loan(loan_id).repayments == 1
        prove(world)

    @pytest.mark.parametrize(("card", "tries"), [(BROKE, 2), (EXPIRED, 1)])
    def test_a_decline_is_told_tried_once_more_where_that_may_help_and_paid_by_hand(
        self,
        world: World,
        hand: clock.Hand,
        cast: build.Cast,
        loan_id: UUID,
        *,
        card: str,
        tries: int,
    ) -> None:
        due_on = on_autopay(world, cast, loan_id, card)
        build.until_day(world, hand, due_on - timedelta(days=1))
        said: list[str] = []
        for _ in range(6):
            hand.advance(days=1)
            said += settle(world)

        assert len(charges(loan_id)) == tries
        assert said.count("bill.charge") == tries
        assert said.count("bill.late") == 1
        declines = [one for one in build.letters_to(cast.borrower) if "was not charged" in one]
        assert declines == ["Your card was not charged for instalment 1"]
        build.pay_next_bill(world, cast, loan_id)
        assert build.loan(loan_id).repayments == 1
        prove(world)

    def test_what_being_late_costs_is_told_to_the_cent_and_charged_with_the_bill(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        _is_dear_when_late(loan_id)
        due_on = build.schedule(loan_id)[0].due_on
        build.until_day(world, hand, due_on + timedelta(days=4))
        close_of_business.close_missing_days(clock.now())
        switched_on(world, cast, loan_id)
        settle(world)

        # 87.45, five days at 0.05 % of it (0.0437 a day), and the late fee
        told = mandate(loan_id)
        assert told is not None
        assert (str(told.amount), str(told.late_charges)) == ("EUR 97.67", "EUR 10.22")
        letters = build.letters_to(cast.borrower)
        assert any(one.startswith("EUR 97.67 will be charged to your card") for one in letters)
        hand.advance(days=1)
        close_of_business.close_missing_days(clock.now())
        settle(world)

        assert [str(one.amount) for one in charges(loan_id)] == ["EUR 97.67"]
        assert build.open_bills(loan_id) == []
        prove(world)

    def test_a_second_try_takes_what_is_due_on_its_day_as_the_letter_about_the_decline_said(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        due_on = on_autopay(world, cast, loan_id, BROKE)
        _is_dear_when_late(loan_id)
        build.until_day(world, hand, due_on)
        for _ in range(4):
            settle(world)
            hand.advance(days=1)
            close_of_business.close_missing_days(clock.now())

        # three days at 0.05 % of 87.45; the late fee comes on the fourth
        assert [str(one.amount) for one in charges(loan_id)] == ["EUR 87.45", "EUR 87.58"]
        sql = "SELECT body_text FROM mail_message WHERE subject LIKE '%was not charged%'"
        said = [" ".join(text.split()) for text in column(sql)]
        assert any("with EUR 87.58, what is due on that day" in text for text in said)
        prove(world)

    def test_no_more_is_charged_than_the_mandate_allows(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        due_on = on_autopay(world, cast, loan_id)
        found = mandate(loan_id)
        assert found is not None
        assert str(found.most) == "EUR 174.96"  # twice the largest instalment
        _allows(loan_id, 50_00)
        build.until_day(world, hand, due_on)
        settle(world)

        assert [str(one.amount) for one in charges(loan_id)] == ["EUR 50.00"]
        (bill,) = build.open_bills(loan_id)
        assert str(bill.open) == "EUR 37.45"
        prove(world)

    def test_late_is_said_when_the_last_try_has_failed_and_not_before(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        due_on = on_autopay(world, cast, loan_id, BROKE)
        build.until_day(world, hand, due_on - timedelta(days=1))

        late = []
        for _ in range(6):
            hand.advance(days=1)
            late.append("bill.late" in settle(world))

        assert late == [False, False, False, False, True, False]

    def test_what_was_not_told_is_not_charged_the_same_day(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        build.until_day(world, hand, build.schedule(loan_id)[0].due_on)
        switched_on(world, cast, loan_id)
        found = mandate(loan_id)
        assert found is not None
        assert found.next_on(clock.today()) == clock.today() + timedelta(days=1)

        assert "bill.charge" not in settle(world)
        hand.advance(days=1)
        assert "bill.charge" in settle(world)
        prove(world)

    def test_switched_off_nothing_is_charged(
        self, world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
    ) -> None:
        due_on = on_autopay(world, cast, loan_id)
        build.until_day(world, hand, due_on - timedelta(days=1))
        mandates.switch_off(cast.borrower, loan_id, now=clock.now())
        mandates.switch_off(cast.borrower, loan_id, now=clock.now())

        build.pass_days(world, hand, 3)

        assert mandate(loan_id) is None
        assert charges(loan_id) == []
        switched_on(world, cast, loan_id)
        prove(world)

    def test_a_whole_loan_is_repaid_by_itself_and_the_mandate_ends(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id = build.a_running_loan(world, hand, cast, build.a_request(months=3))
        switched_on(world, cast, loan_id)
        for row in build.schedule(loan_id):
            build.until_day(world, hand, row.due_on - timedelta(days=3))
            build.until_day(world, hand, row.due_on)
            build.pass_days(world, hand, 1)

        assert build.loan(loan_id).state == "paid_off"
        assert mandate(loan_id) is None
        prove(world)


def test_a_bank_that_is_down_on_the_due_day_is_asked_until_it_answers(
    world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
) -> None:
    due_on = on_autopay(world, cast, loan_id)
    build.until_day(world, hand, due_on - timedelta(days=1))
    hand.advance(days=1)
    world.wire.trouble = ["refused"] * 50
    settle(world)
    world.wire.trouble = []
    hand.advance(hours=2)
    settle(world)

    assert build.loan(loan_id).repayments == 1
    assert len(charges(loan_id)) == 1
    prove(world)


@pytest.mark.race
def test_a_hand_and_autopay_at_the_same_moment_pay_a_bill_once(
    world: World, hand: clock.Hand, cast: build.Cast, loan_id: UUID
) -> None:
    a_top_up(build.euros(50))
    due_on = on_autopay(world, cast, loan_id)
    build.until_day(world, hand, due_on - timedelta(days=1))
    hand.advance(days=1)
    (bill,) = build.open_bills(loan_id)
    by_hand = partial(paying.open_checkout, cast.borrower, bill.id, now=clock.now())
    by_itself = partial(charging.charge_due_bills, clock.now())

    found = outcomes(world, [by_hand, by_itself, by_hand, by_itself])

    assert set(found) <= {"done", "bill_being_charged"}
    for page in (one for one in of_bill(bill.id) if one.kind == "checkout"):
        dispatching.dispatch(page.id)
        world.pay(page.id)
    settle(world)
    build.pass_days(world, hand, 3)
    assert build.loan(loan_id).repayments == 1
    paid = [one for one in of_bill(bill.id) if one.state == "succeeded"]
    taken = sum(one.amount_minor for one in paid if one.kind in {"checkout", "charge"})
    returned = sum(one.amount_minor for one in paid if one.kind == "refund")
    assert taken - returned == bill.amount.minor
    prove(world)
