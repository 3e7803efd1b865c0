"""Auto-invest: a word given for exact terms, a fair line, a reason for every listing left."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from marketplace.infra import jobs
from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.kernel import clock
from marketplace.kernel.errors import IllegalMove, NotFound, Refusal, Stale
from marketplace.loans.matching import Order, Reason
from marketplace.loans.services import auto_invest, auto_invest_orders, reflecting
from tests.builders import auto_invest as rules
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import an_actor


def fill() -> auto_invest_orders.Filled:
    """One run of the line."""
    return auto_invest_orders.fill(clock.now())


@command
def with_reflection(days: int) -> None:
    """Give the lenders of all loans so many days to think better of it."""
    execute("UPDATE loan SET reflection_days = %s", (days,))


def ordered(rule_id: UUID, loan_id: UUID) -> int | None:
    """What a rule ordered of a loan, in cents."""
    found = rules.outcome(rule_id, loan_id)
    return found.amount_minor if found else None


class TestTheMandate:
    def test_a_rule_orders_nothing_before_its_lender_agreed_to_exactly_its_terms(
        self, world: World, cast: build.Cast
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "100")
        rule_id = rules.a_draft_rule(lou)
        build.a_listed_loan(cast)

        assert fill().orders == 0
        with pytest.raises(Stale):
            auto_invest.activate(lou, rule_id, agreed_hash="0" * 64, now=clock.now())

    def test_who_has_not_agreed_to_the_risk_cannot_switch_a_rule_on(self, world: World) -> None:
        lou = an_actor("Lou Lender")
        rule_id = rules.a_draft_rule(lou)
        shown = rules.rule(rule_id, lou).terms_hash

        with pytest.raises(Refusal) as refused:
            auto_invest.activate(lou, rule_id, agreed_hash=shown, now=clock.now())

        assert refused.value.code == "risk_not_acknowledged"

    def test_a_paused_rule_orders_nothing_a_resumed_one_is_last_in_line_an_ended_one_is_over(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "100")
        rule_id = rules.a_rule(lou)
        auto_invest.pause(lou, rule_id, now=clock.now())
        loan_id = build.a_listed_loan(cast)
        assert fill().orders == 0

        hand.advance(hours=1)
        auto_invest.resume(lou, rule_id, now=clock.now())
        assert rules.rule(rule_id, lou).waiting_since == clock.now()
        assert fill().orders == 1
        assert ordered(rule_id, loan_id) == 5000
        auto_invest.end(lou, rule_id, now=clock.now())
        with pytest.raises(IllegalMove):
            auto_invest.resume(lou, rule_id, now=clock.now())

    def test_nobody_touches_somebody_elses_rule(self, world: World) -> None:
        rule_id = rules.a_rule(an_actor("Lou Lender"))
        with pytest.raises(NotFound):
            auto_invest.end(an_actor("Lena Lender"), rule_id, now=clock.now())

    def test_limits_below_the_amount_and_an_amount_below_the_smallest_part_are_refused(
        self, world: World
    ) -> None:
        lou = an_actor("Lou Lender")
        for terms, code in (
            ({"amount": "9.99"}, "lend_too_little"),
            ({"borrower_max": build.euros("49.99")}, "rule_cap_below_amount"),
        ):
            with pytest.raises(Refusal) as refused:
                rules.a_draft_rule(lou, **terms)
            assert refused.value.code == code


class TestFilling:
    def test_leaves_money_in_the_wallet_that_must_leave_before_the_loan_needs_it_no_more(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "100")
        rule_id = rules.a_rule(lou)
        hand.advance(days=55)  # 28 days are left; the loan may need 14 to be funded, 14 to sign
        loan_id = build.a_listed_loan(cast)

        assert fill().orders == 0

        found = rules.outcome(rule_id, loan_id)
        assert found is not None
        assert found.outcome == Reason.LEAVING
        assert build.in_wallet(lou) == 10000

    def test_a_new_listing_is_ordered_by_the_event_and_the_order_is_one_like_any_other(
        self, world: World, cast: build.Cast
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "100")
        rule_id = rules.a_rule(lou)

        loan_id = build.a_listed_loan(cast)
        world.deliver()
        jobs.run_due()

        (order,) = build.open_commitments(lou)
        assert (order.loan_id, order.amount, order.state) == (
            loan_id,
            build.euros("50"),
            "reserved",
        )
        assert build.in_wallet(lou) == 5000
        assert rules.outcome(rule_id, loan_id) == rules.Outcome("ordered", 5000, order.id)
        prove(world)

    def test_a_second_run_orders_nothing_and_a_withdrawn_order_is_not_placed_again(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "100")
        rules.a_rule(lou)
        build.a_listed_loan(cast)
        with_reflection(4)
        assert fill().orders == 1
        assert fill().orders == 0

        (order,) = build.open_commitments(lou)
        reflecting.withdraw(lou, order.id, now=clock.now())
        hand.advance(days=2)

        assert fill().orders == 0
        assert build.in_wallet(lou) == 10_000
        prove(world)

    def test_half_is_kept_for_hands_in_the_first_day_and_open_to_rules_after_it(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        lenders = [an_actor(f"Lender {n}") for n in range(3)]
        ids = []
        for lender in lenders:
            build.topped_up(world, lender, "400")
            ids.append(rules.a_rule(lender, "400"))
            hand.advance(minutes=1)
        loan_id = build.a_listed_loan(cast)

        fill()
        assert [ordered(one, loan_id) for one in ids] == [16_667, 16_667, 16_666]
        assert build.loan(loan_id).committed_minor == 50_000

        late = an_actor("Late Lender")
        build.topped_up(world, late, "400")
        late_rule = rules.a_rule(late, "400")
        assert fill().orders == 0
        hand.advance(hours=24)
        assert fill().orders == 1
        assert ordered(late_rule, loan_id) == 40_000
        prove(world)

    def test_each_listing_passed_over_has_its_reason(self, world: World, cast: build.Cast) -> None:
        lou, lea = an_actor("Lou Lender"), an_actor("Lea Lender")
        build.topped_up(world, lou, "60")
        poor = rules.a_rule(lou, reserve=build.euros("51"))
        picky = rules.a_rule(lea, grades=("A",))
        loan_id = build.a_listed_loan(cast)

        fill()

        assert rules.outcome(poor, loan_id) == rules.Outcome("wallet", None, None)
        assert rules.outcome(picky, loan_id) is None  # its terms say why

    def test_the_cap_for_a_borrower_counts_what_was_lent_by_hand(
        self, world: World, cast: build.Cast
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "300")
        rule_id = rules.a_rule(lou, borrower_max=build.euros("70"))
        loan_id = build.a_listed_loan(cast)
        build.commit(loan_id, "40", lou, source="wallet")

        fill()

        assert ordered(rule_id, loan_id) == 3000

    def test_the_month_is_a_calendar_month_and_begins_anew(
        self, world: World, hand: clock.Hand
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "300")
        rule_id = rules.a_rule(lou, month_max=build.euros("60"))
        first = build.a_listed_loan(build.Cast())
        second = build.a_listed_loan(build.Cast(borrower=an_actor("Ben Borrower")))

        fill()
        assert (ordered(rule_id, first), ordered(rule_id, second)) == (5000, 1000)

        hand.advance(days=30)  # 2 March to 1 April
        third = build.a_listed_loan(build.Cast(borrower=an_actor("Bo Borrower")))
        fill()
        assert ordered(rule_id, third) == 5000

    def test_who_waited_longest_is_first_and_whoever_was_served_goes_to_the_end(
        self, world: World, hand: clock.Hand
    ) -> None:
        early, late = an_actor("Early Lender"), an_actor("Late Lender")
        ids = []
        for lender in (early, late):
            build.topped_up(world, lender, "900")
            ids.append(rules.a_rule(lender, "20"))
            hand.advance(minutes=1)
        small = build.a_request("1000")
        loans = [
            build.a_listed_loan(build.Cast(borrower=an_actor(f"Borrower {n}")), small)
            for n in range(2)
        ]
        for loan_id in loans:  # by hand so much that one smallest part is left for rules
            build.commit(loan_id, "980", an_actor("Hand Lender"))
        hand.advance(days=2)
        auto_invest.pause(late, ids[1], now=clock.now())
        fill()
        assert ordered(ids[0], loans[0]) == 2000

    def test_a_lender_whose_money_went_elsewhere_since_matching_is_told_so_and_pays_nothing(
        self, world: World, cast: build.Cast
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "50")
        rule_id = rules.a_rule(lou)
        loan_id = build.a_listed_loan(cast)
        proposed = Order(loan_id, rule_id, lou.known(), 5000)  # as another run matched it before
        other = build.a_listed_loan(build.Cast(borrower=an_actor("Ben Borrower")))
        build.commit(other, "45", lou, source="wallet")

        assert auto_invest_orders.place(proposed, "EUR", now=clock.now()) is False

        assert rules.outcome(rule_id, loan_id) == rules.Outcome("wallet", None, None)
        assert build.in_wallet(lou) == 500
        prove(world)


def test_a_rule_sent_twice_is_written_once(world: World) -> None:
    lou, key = an_actor("Lou Lender"), uuid4().hex
    terms = auto_invest.RuleTerms(name="All", amount=build.euros("50"))
    facts = {"fraction_min": build.euros("10"), "form_key": key, "now": clock.now()}
    first = auto_invest.draft(lou, terms, **facts)  # type: ignore[arg-type]
    assert auto_invest.draft(lou, terms, **facts) == first  # type: ignore[arg-type]
    assert rules.rule(first, lou).created_at <= clock.now() + timedelta(0)
