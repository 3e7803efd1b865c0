"""Reflection: withdrawn until the last second, binding from the next; then the loan is funded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from marketplace.infra import transitions
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import IllegalMove, NotFound, Refusal
from marketplace.loans.services import reflecting
from marketplace.loans.services.investing import Placed
from marketplace.settlement import funding_closing, runner
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.builders.races import outcomes


def lent_from_wallet(world: World, loan_id: object, amount: str, lender: object) -> Placed:
    """A part paid from a wallet that was filled for it."""
    build.topped_up(world, lender, amount)  # type: ignore[arg-type]
    return build.commit(loan_id, amount, lender, source="wallet")  # type: ignore[arg-type]


def moves_of(commitment_id: object) -> list[str]:
    """What a commitment went through."""
    found = transitions.history("commitment", commitment_id)  # type: ignore[arg-type]
    db.session.rollback()
    return [made.move for made in found]


class TestWithdrawing:
    def test_gives_wallet_money_back_at_once_and_frees_the_part(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast, reflection_days=4), an_actor("Lena Lender")
        placed = lent_from_wallet(world, loan_id, "400", lena)
        assert build.commitment(placed.commitment_id, lena).state == "in_reflection"

        reflecting.withdraw(lena, placed.commitment_id, now=clock.now())

        assert build.in_wallet(lena) == 40_000
        assert build.commitment(placed.commitment_id, lena).state == "refunded"
        loan = build.loan(loan_id)
        assert (loan.committed_minor, loan.reserved_minor, loan.lenders) == (0, 0, 0)
        assert moves_of(placed.commitment_id) == ["pay", "withdraw", "settle"]
        build.commit(loan_id, "1000", an_actor("Lou Lender"))  # all of it is free
        prove(world)

    def test_sends_what_came_through_the_provider_back_there(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        a_top_up(build.euros(50))
        loan_id, lena = build.a_listed_loan(cast, reflection_days=4), an_actor("Lena Lender")
        commitment_id = build.lent(world, loan_id, "400", lena)

        reflecting.withdraw(lena, commitment_id, now=clock.now())

        assert build.commitment(commitment_id, lena).state == "refunding"
        build.pass_days(world, hand, 3)
        assert build.commitment(commitment_id, lena).state == "refunded"
        assert build.loan(loan_id).committed_minor == 0
        assert {"You have withdrawn EUR 400.00", "EUR 400.00 came back to you"} <= (
            build.letters_to(lena)
        )
        prove(world)

    @pytest.mark.parametrize(("seconds", "works"), [(-1, True), (0, False), (1, False)])
    def test_ends_with_the_second_whether_or_not_anybody_has_noted_it(
        self, world: World, hand: clock.Hand, cast: build.Cast, seconds: int, *, works: bool
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast, reflection_days=4), an_actor("Lena Lender")
        placed = lent_from_wallet(world, loan_id, "400", lena)
        end = build.commitment(placed.commitment_id, lena).reflect_until
        assert end == clock.now() + timedelta(days=4)
        at = end + timedelta(seconds=seconds)

        if works:
            reflecting.withdraw(lena, placed.commitment_id, now=at)
            assert build.in_wallet(lena) == 40_000
            return
        with pytest.raises(Refusal) as refused:
            reflecting.withdraw(lena, placed.commitment_id, now=at)
        assert refused.value.code == "reflection_over"
        assert build.in_wallet(lena) == 0

    def test_counts_ninety_six_hours_across_a_change_of_the_clocks(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        hand.advance(seconds=(datetime(2026, 3, 27, 11, tzinfo=UTC) - clock.now()).total_seconds())
        loan_id, lena = build.a_listed_loan(cast, reflection_days=4), an_actor("Lena Lender")
        placed = lent_from_wallet(world, loan_id, "400", lena)

        found = build.commitment(placed.commitment_id, lena).reflect_until

        assert found == datetime(2026, 3, 31, 11, tzinfo=UTC)

    def test_is_for_its_lender_alone_and_only_once(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast, reflection_days=4), an_actor("Lena Lender")
        placed = lent_from_wallet(world, loan_id, "400", lena)
        with pytest.raises(NotFound):
            reflecting.withdraw(an_actor("Eve"), placed.commitment_id, now=clock.now())

        reflecting.withdraw(lena, placed.commitment_id, now=clock.now())

        with pytest.raises(IllegalMove):
            reflecting.withdraw(lena, placed.commitment_id, now=clock.now())
        assert build.in_wallet(lena) == 40_000

    def test_makes_wallet_money_no_younger(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast, reflection_days=4), an_actor("Lena Lender")
        placed = lent_from_wallet(world, loan_id, "400", lena)
        leave_by = build.commitment(placed.commitment_id, lena).leave_by
        hand.advance(days=3)

        reflecting.withdraw(lena, placed.commitment_id, now=clock.now())
        again = build.commit(loan_id, "400", lena, source="wallet")

        assert build.commitment(again.commitment_id, lena).leave_by == leave_by


class TestFunding:
    def test_waits_for_the_last_reflection_of_a_full_loan(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id = build.a_listed_loan(cast, reflection_days=4)
        early, late = an_actor("Lena Early"), an_actor("Lou Late")
        lent_from_wallet(world, loan_id, "400", early)
        hand.advance(days=2)
        placed = lent_from_wallet(world, loan_id, "600", late)

        hand.advance(days=3)  # the first is binding, the second not yet
        runner.run(clock.now())
        assert build.loan(loan_id).state == "listed"
        world.work()
        assert "Your EUR 400.00 for “A kiln for the pottery” is confirmed" in (
            build.letters_to(early)
        )
        assert not any("confirmed" in subject for subject in build.letters_to(late))

        hand.advance(days=1)
        runner.run(clock.now())
        assert build.loan(loan_id).state == "funded"
        assert moves_of(placed.commitment_id)[:2] == ["pay", "confirm"]
        prove(world)

    def test_is_not_ended_by_the_deadline_while_a_part_may_be_withdrawn(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast, reflection_days=4), an_actor("Lena Lender")
        hand.advance(days=13)
        lent_from_wallet(world, loan_id, "1000", lena)

        hand.advance(days=2)  # the time to fund is over
        runner.run(clock.now())
        assert build.loan(loan_id).state == "listed"

        hand.advance(days=2)
        runner.run(clock.now())
        assert build.loan(loan_id).state == "funded"
        prove(world)

    def test_fails_when_a_needed_part_is_withdrawn_after_the_deadline(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id = build.a_listed_loan(cast, reflection_days=4)
        lena, lou = an_actor("Lena Lender"), an_actor("Lou Lender")
        hand.advance(days=13)
        lent_from_wallet(world, loan_id, "400", lena)
        placed = lent_from_wallet(world, loan_id, "600", lou)
        hand.advance(days=2)

        reflecting.withdraw(lou, placed.commitment_id, now=clock.now())
        with pytest.raises(Refusal) as refused:
            build.commit(loan_id, "600", an_actor("Too Late"))
        assert refused.value.code == "lend_closed"
        runner.run(clock.now())

        assert build.loan(loan_id).state == "refunded"
        assert (build.in_wallet(lena), build.in_wallet(lou)) == (40_000, 60_000)
        prove(world)

    def test_gives_reflecting_and_firm_parts_back_when_too_little_was_lent(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id = build.a_listed_loan(cast, reflection_days=4)
        firm, fresh = an_actor("Fay Firm"), an_actor("Fred Fresh")
        lent_from_wallet(world, loan_id, "300", firm)
        hand.advance(days=13)
        runner.run(clock.now())
        lent_from_wallet(world, loan_id, "300", fresh)

        hand.advance(days=1)
        runner.run(clock.now())

        assert build.loan(loan_id).state == "refunded"
        assert (build.in_wallet(firm), build.in_wallet(fresh)) == (30_000, 30_000)
        prove(world)


class TestTakingLess:
    def test_funds_a_smaller_loan_whose_figures_are_its_own(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        build.onboard(world, cast.borrower)
        loan_id = build.a_listed_loan(cast, take_least="800")
        lena = an_actor("Lena Lender")
        lent_from_wallet(world, loan_id, "850", lena)

        hand.advance(days=14)
        lines = funding_closing.close_due_fundings(clock.now())

        closed = {line.kind: line.amount for line in lines}
        assert closed["loan.smaller"] == closed["loan.closed"] == build.euros("850")
        assert closed["loan.fee"] == build.euros("17")
        build.settle_until(world, hand, loan_id, "active")
        rows = build.schedule(loan_id)
        assert sum(row.principal_minor for row in rows) == 85_000
        assert rows[-1].outstanding_minor == 0
        prove(world)

    @pytest.mark.parametrize(("lent", "state"), [("799.99", "refunded"), ("800", "funded")])
    def test_goes_down_to_the_least_and_not_a_cent_further(
        self, world: World, hand: clock.Hand, cast: build.Cast, lent: str, state: str
    ) -> None:
        loan_id = build.a_listed_loan(cast, take_least="800")
        lent_from_wallet(world, loan_id, lent, an_actor("Lena Lender"))

        hand.advance(days=14)
        funding_closing.close_due_fundings(clock.now())

        assert build.loan(loan_id).state == state
        prove(world)

    def test_needs_the_borrowers_word_before(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
        lent_from_wallet(world, loan_id, "990", lena)

        hand.advance(days=14)
        funding_closing.close_due_fundings(clock.now())

        assert build.loan(loan_id).state == "refunded"
        assert build.in_wallet(lena) == 99_000

    def test_waits_for_the_last_reflection_too(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id = build.a_listed_loan(cast, reflection_days=4, take_least="800")
        hand.advance(days=13)
        lent_from_wallet(world, loan_id, "850", an_actor("Lena Lender"))

        hand.advance(days=2)
        funding_closing.close_due_fundings(clock.now())
        assert build.loan(loan_id).state == "listed"

        hand.advance(days=2)
        funding_closing.close_due_fundings(clock.now())
        loan = build.loan(loan_id)
        assert (loan.state, loan.amount_minor) == ("funded", 85_000)
        prove(world)

    @pytest.mark.parametrize("least", ["799.99", "1000.01"])
    def test_is_refused_below_the_products_share_and_above_the_loan(
        self, world: World, cast: build.Cast, least: str
    ) -> None:
        with pytest.raises(Refusal) as refused:
            build.a_listed_loan(cast, take_least=least)

        assert refused.value.code == "take_least_outside"


@pytest.mark.race
class TestAtOnce:
    def test_a_part_is_withdrawn_or_binding_never_both(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast, reflection_days=4), an_actor("Lena Lender")
        placed = lent_from_wallet(world, loan_id, "1000", lena)
        end = clock.now() + timedelta(days=4)
        leave = partial(
            reflecting.withdraw, lena, placed.commitment_id, now=end - timedelta(seconds=1)
        )
        bind = partial(reflecting.confirm_due, loan_id, now=end)

        found = outcomes(world, [leave, bind, bind])

        loan = build.loan(loan_id)
        if "reflection_over" in found:
            assert (loan.state, loan.reserved_minor, build.in_wallet(lena)) == (
                "funded",
                100_000,
                0,
            )
        else:
            assert found == {"done": 3}
            assert (loan.state, loan.reserved_minor, build.in_wallet(lena)) == (
                "listed",
                0,
                100_000,
            )
        prove(world)

    def test_two_clicks_bring_the_money_back_once(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast, reflection_days=4), an_actor("Lena Lender")
        placed = lent_from_wallet(world, loan_id, "400", lena)
        leave = partial(reflecting.withdraw, lena, placed.commitment_id, now=clock.now())

        found = outcomes(world, [leave] * 4)

        assert found["done"] == 1
        assert not [what for what in found if what.startswith("crash")]
        assert build.in_wallet(lena) == 40_000
        prove(world)

    def test_what_one_withdraws_goes_to_one_of_those_who_wait(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast, reflection_days=4), an_actor("Lena Lender")
        placed = lent_from_wallet(world, loan_id, "1000", lena)
        waiting = [an_actor(f"Lender {name}") for name in "ABCD"]
        reflecting.withdraw(lena, placed.commitment_id, now=clock.now())

        found = outcomes(world, [partial(build.commit, loan_id, "1000", one) for one in waiting])

        assert found["done"] == 1
        assert build.loan(loan_id).committed_minor == 100_000
