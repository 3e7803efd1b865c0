"""A credit line: granted once by two reviewers, drawn on by loans of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import pytest

from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed, NotFound, Refusal
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger
from marketplace.loans.queries import line_statements
from marketplace.loans.queries.line_statements import Statement
from marketplace.loans.replay.events import Intent
from marketplace.loans.services import applying, granting, prepaying
from marketplace.settlement import runner
from tests.builders import credit_lines as lines
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.campaigns import euros
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.races import outcomes


def repay(world: World, cast: build.Cast, loan_id: UUID, amount: str) -> None:
    """Pay so much of a draw early, today, and let settlement share it."""
    checkout = prepaying.open_checkout(
        cast.borrower,
        loan_id,
        intent=Intent.SHORTER_TERM,
        amount=euros(amount),
        on=clock.today(),
        form_key=build.form_key(),
        now=clock.now(),
    )
    build.pay(world, checkout)
    runner.run(clock.now())


class TestGranting:
    def test_a_limit_is_granted_by_two_reviews_and_nothing_is_lent_before_a_draw(
        self, world: World, cast: build.Cast
    ) -> None:
        line = lines.line(lines.a_line(cast))

        assert build.loan(line.application_id).state == "granted"
        assert (line.state, line.limit, line.grade) == ("open", euros("5000"), "C")
        assert line.draw_until == date(2027, 3, 2)
        assert lines.sums(line.id) == ("0.00", "0.00", "5000.00")

    def test_another_review_renews_the_line_once_its_report_is_old(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        line_id = lines.a_line(cast)
        lines.drawn(cast, line_id, "1000")
        hand.advance(days=91)
        with pytest.raises(Refusal) as stale:
            lines.drawn(cast, line_id, "500")

        again = lines.a_line(cast, "6000", months=18)
        lines.drawn(cast, line_id, "500", months=18)

        assert stale.value.code == "line_report_stale"
        line = lines.line(line_id)
        assert again == line_id
        assert (line.limit, line.instalments_max) == (euros("6000"), 18)
        assert lines.sums(line_id) == ("0.00", "1500.00", "4500.00")

    def test_what_may_still_be_drawn_counts_for_what_one_may_owe(
        self, world: World, cast: build.Cast
    ) -> None:
        lines.drawn(cast, lines.a_line(cast, "10000"), "4000")
        other = build.a_draft(cast.borrower, build.a_request("45000", months=60, income="9000"))
        lines.allow_in_all("50000")

        with pytest.raises(Refusal) as refused:
            applying.submit(cast.borrower, other, now=clock.now())

        assert refused.value.code == "exposure_over"
        assert refused.value.facts["used"] == euros("10000")


class TestDrawing:
    def test_row_91_limit_5000_draw_3000_repay_1000_leaves_3000_available(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        line_id = lines.a_line(cast, "5000")
        build.onboard(world, cast.borrower)

        loan_id = lines.drawn(cast, line_id, "3000")
        assert lines.sums(line_id) == ("0.00", "3000.00", "2000.00")
        build.lent(world, loan_id, "3000")
        build.settle_until(world, hand, loan_id, "active")
        assert lines.sums(line_id) == ("3000.00", "0.00", "2000.00")
        repay(world, cast, loan_id, "1000")

        assert lines.sums(line_id) == ("2000.00", "0.00", "3000.00")
        assert debts(loan_id) == euros("2000")
        prove(world)

    def test_a_draw_has_the_terms_of_the_line_and_is_funded_without_a_review(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        line_id = lines.a_line(cast)
        build.onboard(world, cast.borrower)

        first = lines.drawn(cast, line_id, "1000", months=6)
        second = lines.drawn(cast, line_id, "500")
        build.lent(world, first, "1000")
        build.settle_until(world, hand, first, "active")

        drawn = build.loan(first)
        assert (drawn.grade, str(drawn.annual_rate), drawn.instalments) == ("C", "0.090000", 6)
        assert drawn.disbursed_on is not None
        assert build.loan(second).state == "listed"
        assert lines.sums(line_id) == ("1000.00", "500.00", "3500.00")

    def test_the_same_form_is_the_same_draw_and_nobody_draws_on_anothers_line(
        self, world: World, cast: build.Cast
    ) -> None:
        line_id = lines.a_line(cast)

        once, again = (lines.drawn(cast, line_id, "1000", key="same") for _ in range(2))
        with pytest.raises(NotFound):
            lines.drawn(build.Cast(borrower=an_actor("Eve")), line_id, "1000")

        assert once == again
        assert lines.sums(line_id) == ("0.00", "1000.00", "4000.00")

    def test_a_draw_nobody_funds_or_its_borrower_calls_off_gives_its_part_back(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        line_id = lines.a_line(cast)
        loan_id = lines.drawn(cast, line_id, "2000")

        applying.call_off(cast.borrower, loan_id, now=clock.now())
        build.settle_until(world, hand, loan_id, "refunded")

        assert lines.sums(line_id) == ("0.00", "0.00", "5000.00")

    @pytest.mark.race
    def test_of_two_draws_at_once_that_want_the_last_of_a_line_one_is_made(
        self, world: World, cast: build.Cast
    ) -> None:
        line_id = lines.a_line(cast)

        found = outcomes(world, [partial(lines.drawn, cast, line_id, "3000")] * 2)

        assert found == {"done": 1, "line_draw_large": 1}
        assert lines.sums(line_id) == ("0.00", "3000.00", "2000.00")

    def test_a_late_draw_stops_the_next_until_it_is_paid(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        line_id = lines.a_line(cast)
        build.onboard(world, cast.borrower)
        loan_id = lines.a_running_draw(world, hand, cast, line_id, "1000")

        build.until_day(world, hand, build.schedule(loan_id)[0].due_on + timedelta(days=1))
        with pytest.raises(Refusal) as late:
            lines.drawn(cast, line_id, "500")
        build.pay_next_bill(world, cast, loan_id)
        again = lines.drawn(cast, line_id, "500")

        assert late.value.code == "line_late"
        assert build.loan(again).state == "listed"


class TestDeciding:
    def test_a_line_is_lowered_below_what_is_owed_and_then_nothing_is_available(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        line_id = lines.a_line(cast)
        lines.drawn(cast, line_id, "3000")

        granting.lower(
            cast.second,
            line_id,
            to=euros("2500"),
            reason="Income fell.",
            now=clock.now(),
        )

        use = lines.line(line_id).use
        assert (use.available, use.over) == (euros("0"), euros("500"))

    def test_a_frozen_line_takes_no_draw_until_it_is_opened_and_a_closed_one_never(
        self, world: World, cast: build.Cast
    ) -> None:
        line_id, officer = lines.a_line(cast), an_actor("Finn", role="finance_officer")

        def decide(move: str) -> None:
            granting.decide(officer, line_id, move, reason="Card lost.", now=clock.now())

        decide("freeze")
        with pytest.raises(Refusal) as frozen:
            lines.drawn(cast, line_id, "500")
        decide("thaw")
        lines.drawn(cast, line_id, "500")
        granting.close_own(cast.borrower, line_id, now=clock.now())
        with pytest.raises(Refusal) as closed:
            lines.drawn(cast, line_id, "500")
        with pytest.raises(IllegalMove):
            decide("thaw")

        assert (frozen.value.code, closed.value.code) == ("line_frozen", "line_closed")

    def test_only_officers_decide_with_a_reason_and_never_on_their_own_line(
        self, world: World, cast: build.Cast
    ) -> None:
        line_id = lines.a_line(cast)

        def freeze(who: Actor, reason: str = "Why") -> None:
            granting.decide(who, line_id, "freeze", reason=reason, now=clock.now())

        with pytest.raises(NotAllowed):
            freeze(cast.first)
        with pytest.raises(Refusal) as silent:
            freeze(cast.second, "  ")
        own = replace(cast.borrower, roles=cast.borrower.roles | {"second_reviewer"})
        with pytest.raises(Refusal) as mine:
            freeze(own)

        assert (silent.value.code, mine.value.code) == ("line_reason_missing", "review_own_case")


class TestStatements:
    def test_every_figure_is_the_ledgers_and_the_minimum_due_is_the_sum_of_the_bills(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        line_id = lines.a_line(cast)
        build.onboard(world, cast.borrower)
        hand.advance(days=20)
        first = lines.a_running_draw(world, hand, cast, line_id, "3000")
        repay(world, cast, first, "1000")
        second = lines.a_running_draw(world, hand, cast, line_id, "600")

        build.until_day(world, hand, date(2026, 4, 15))
        (april,) = line_statements.statements(line_id)
        billed = owed_by_bills(first, second)
        build.until_day(world, hand, build.schedule(second)[0].due_on)
        for loan_id in (first, second):
            build.pay_next_bill(world, cast, loan_id)
        build.until_day(world, hand, date(2026, 5, 15))
        may, april_again = line_statements.statements(line_id)
        second_run = runner.run(clock.now())["line statements"]

        assert (april, april.from_on) == (april_again, date(2026, 3, 2))
        assert (april.closes_on, april.pay_by) == (date(2026, 4, 15), date(2026, 4, 29))
        assert told(april) == ("0.00", "3600.00", "1000.00", "0.00", "0.00", "2600.00")
        assert april.figures.due == billed
        assert billed.is_positive
        assert (may.n, may.from_on, may.figures.opening) == (2, date(2026, 4, 15), euros("2600"))
        assert may.figures.closing == lines.line(line_id).use.used == debts(first, second)
        assert may.figures.interest == interest_of_first_instalments(first, second)
        assert may.figures.due == owed_by_bills(first, second)
        assert second_run == []
        prove(world)


def told(statement: Statement) -> tuple[str, ...]:
    """A statement's figures but for what is due, as people read them."""
    figures = statement.figures
    amounts = (figures.opening, figures.drawn, figures.repaid, figures.interest, figures.charges)
    return tuple(str(one.decimal()) for one in (*amounts, figures.closing))


def owed_by_bills(*loan_ids: UUID) -> Money:
    """What the open bills of these draws ask for."""
    return Money.total([bill.open for one in loan_ids for bill in build.open_bills(one)], "EUR")


def debts(*loan_ids: UUID) -> Money:
    """What the memo book says is owed."""
    found = ledger.balances_of("loan:debt", loan_ids, "EUR")
    db.session.rollback()
    return Money.total([one.posted for one in found.values()], "EUR")


def interest_of_first_instalments(*loan_ids: UUID) -> Money:
    """What the first instalments of these draws ask for beside principal."""
    return Money.total([build.schedule(one)[0].interest for one in loan_ids], "EUR")
