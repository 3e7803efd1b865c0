"""Taking a part of a loan: what fits, what is refused, what becomes of the money."""

from __future__ import annotations

import pytest

from marketplace.escrow.services import dispatching
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound, Refusal
from marketplace.kernel.money import Money
from marketplace.loans.services import investing
from marketplace.settlement import runner
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor


def refusal_of(loan_id: object, amount: str | Money, **how: object) -> Refusal:
    """Why a part cannot be taken."""
    with pytest.raises(Refusal) as refused:
        build.commit(loan_id, amount, **how)  # type: ignore[arg-type]
    return refused.value


class TestWhatFits:
    @pytest.mark.parametrize(
        ("amount", "code"),
        [
            ("9.99", "lend_too_little"),
            ("1000.01", "lend_too_much"),
            ("990.01", "lend_leaves_crumb"),
            ("999.99", "lend_leaves_crumb"),
        ],
    )
    @pytest.mark.parametrize("source", ["provider", "wallet"])
    def test_a_part_is_refused_that_is_too_small_too_large_or_leaves_a_crumb(
        self, world: World, cast: build.Cast, amount: str, code: str, source: str
    ) -> None:
        loan_id = build.a_listed_loan(cast)

        assert refusal_of(loan_id, amount, source=source).code == code
        assert build.loan(loan_id).committed_minor == 0

    @pytest.mark.parametrize("amount", ["10.00", "990.00", "1000.00"])
    def test_the_smallest_the_largest_and_the_whole_fit(
        self, world: World, cast: build.Cast, amount: str
    ) -> None:
        loan_id = build.a_listed_loan(cast)

        build.commit(loan_id, amount)

        assert build.loan(loan_id).committed_minor == build.euros(amount).minor

    def test_a_rest_too_small_to_divide_is_lent_whole(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_listed_loan(cast)
        build.commit(loan_id, "985")

        refused = refusal_of(loan_id, "10")

        assert (refused.code, refused.facts["left"]) == ("lend_all_or_none", build.euros("15"))
        build.commit(loan_id, "15")
        assert refusal_of(loan_id, "10").code == "lend_full"

    def test_another_currency_is_refused(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_listed_loan(cast)

        assert refusal_of(loan_id, Money.of("100", "USD")).code == "lend_currency"

    def test_the_borrower_cannot_lend_to_the_own_loan(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_listed_loan(cast)
        build.topped_up(world, cast.borrower, "500")

        for source in ("provider", "wallet"):
            refused = refusal_of(loan_id, "100", lender=cast.borrower, source=source)
            assert refused.code == "lend_to_self"
        assert build.in_wallet(cast.borrower) == 50000

    def test_nothing_is_taken_from_the_second_in_which_funding_ends(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id = build.a_listed_loan(cast)
        hand.advance(days=14)

        assert refusal_of(loan_id, "100").code == "lend_closed"

    def test_nothing_is_taken_for_a_loan_that_is_full(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_listed_loan(cast)
        build.lent(world, loan_id, "1000")

        assert refusal_of(loan_id, "100").code == "lend_closed"

    def test_what_is_not_listed_is_not_found(self, world: World, cast: build.Cast) -> None:
        loan_id = build.an_offered(cast)

        for source in ("provider", "wallet"):
            with pytest.raises(NotFound):
                build.commit(loan_id, "100", source=source)


class TestFromTheWallet:
    def test_too_little_in_it_takes_nothing_at_all(self, world: World, cast: build.Cast) -> None:
        loan_id, lou = build.a_listed_loan(cast), an_actor("Lou Lender")
        build.topped_up(world, lou, "99.99")

        refused = refusal_of(loan_id, "100", lender=lou, source="wallet")

        assert (refused.code, refused.field) == ("wallet_short", "source")
        assert build.loan(loan_id).committed_minor == 0
        assert build.in_wallet(lou) == 9999
        prove(world)

    def test_the_same_form_is_the_same_part(self, world: World, cast: build.Cast) -> None:
        loan_id, lou = build.a_listed_loan(cast), an_actor("Lou Lender")
        build.topped_up(world, lou, "500")

        first = build.commit(loan_id, "100", lou, source="wallet", key="f1")
        again = build.commit(loan_id, "100", lou, source="wallet", key="f1")

        assert first == again
        assert build.in_wallet(lou) == 40000

    def test_the_last_part_funds_the_loan(self, world: World, cast: build.Cast) -> None:
        loan_id, lou = build.a_listed_loan(cast), an_actor("Lou Lender")
        build.topped_up(world, lou, "1000")

        build.commit(loan_id, "1000", lou, source="wallet")

        assert build.loan(loan_id).state == "funded"
        world.work()
        assert [note.principal_minor for note in build.notes(lou)] == [100_000]
        prove(world)


class TestThroughTheProvider:
    def test_a_part_is_kept_while_it_is_being_paid_but_funds_nothing(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_listed_loan(cast)

        build.commit(loan_id, "1000")

        assert build.loan(loan_id).state == "listed"
        assert build.loan(loan_id).reserved_minor == 0
        assert refusal_of(loan_id, "10").code == "lend_full"

    def test_unpaid_it_is_free_for_others_within_the_hour(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
        placed = build.commit(loan_id, "1000", lena)

        hand.advance(minutes=60)
        runner.run(clock.now())

        assert build.commitment(placed.commitment_id, lena).state == "expired"
        build.commit(loan_id, "1000")

    def test_the_same_form_is_the_same_part_and_the_same_checkout(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")

        first = build.commit(loan_id, "100", lena, key="f1")
        again = build.commit(loan_id, "100", lena, key="f1")

        assert first == again
        assert build.loan(loan_id).committed_minor == 10000

    def test_news_of_a_payment_may_come_any_number_of_times(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
        commitment_id = build.lent(world, loan_id, "100", lena)
        paid = build.commitment(commitment_id, lena).instruction_id
        assert paid is not None

        for _ in range(3):
            investing.mark_paid(commitment_id, paid, amount=build.euros("100"), now=clock.now())

        assert build.loan(loan_id).reserved_minor == 10000
        assert build.loan(loan_id).lenders == 1
        prove(world)

    def test_a_payment_that_comes_after_its_part_was_given_back_takes_it_again_if_it_can(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
        placed = paid_unheard(world, loan_id, lena)

        world.deliver()

        assert build.commitment(placed.commitment_id, lena).state == "converted"
        prove(world)

    def test_and_goes_back_whole_where_the_part_is_somebody_elses(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        a_top_up(build.euros(50))
        loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
        placed = paid_unheard(world, loan_id, lena)
        build.commit(loan_id, "1000")  # somebody else is quicker

        world.deliver()
        assert build.commitment(placed.commitment_id, lena).state == "refunding"
        build.pass_days(world, hand, 3)

        assert build.commitment(placed.commitment_id, lena).state == "refunded"
        prove(world)

    def test_two_parts_of_one_lender_are_one_lender_and_two_notes(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")

        build.lent(world, loan_id, "400", lena)
        build.lent(world, loan_id, "600", lena)

        assert build.loan(loan_id).lenders == 1
        assert sorted(note.principal_minor for note in build.notes(lena)) == [40000, 60000]


def paid_unheard(world: World, loan_id: object, lena: object) -> investing.Placed:
    """A part that was paid; before we heard of it, it was given back."""
    placed = build.commit(loan_id, "1000", lena)  # type: ignore[arg-type]
    assert placed.instruction_id is not None
    dispatching.dispatch(placed.instruction_id)
    world.pay(placed.instruction_id)
    investing.expire(placed.commitment_id, now=clock.now())
    return placed
