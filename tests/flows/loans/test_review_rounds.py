"""Rounds of review: the report, going back, counter-offers, claims, and what the database holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from marketplace.infra.commands import command
from marketplace.infra.database import column, db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed, Refusal
from marketplace.loans.queries import reviews
from marketplace.loans.queries.reviews import Review
from marketplace.loans.rules import CHECKLIST
from marketplace.loans.services import applying, assessing, claiming, offering, returning, reviewing
from marketplace.risk import queries as risk
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.flows.loans.test_asking import codes
from tests.flows.loans.test_reviewing import offer


def decisions(loan_id: UUID) -> list[Review]:
    found = reviews.reviews(loan_id)
    db.session.rollback()
    return found


def sent_back(loan_id: UUID, reviewer: Actor) -> None:
    returning.ask_for_more(
        reviewer, loan_id, "Which kiln?", form_key=build.form_key(), now=clock.now()
    )


def passes(loan_id: UUID, reviewer: Actor, *checked: str) -> None:
    reviewing.pass_on(
        reviewer, loan_id, checked=[*CHECKLIST, *checked], notes="Seen.", now=clock.now()
    )


class TestTheReport:
    def test_is_asked_for_in_the_transaction_that_sends_the_request(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)

        found = risk.standing(loan_id)

        assert found is not None
        assert found.is_waiting
        facts = "SELECT facts ->> %s FROM risk_request WHERE subject_id = %s"
        assert scalar(facts, ("amount_minor", loan_id)) == "100000"
        assert scalar(facts, ("name", loan_id)) == "Bea Borrower"

    def test_counts_the_instalment_of_a_loan_by_the_month(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)

        sql = "SELECT facts ->> 'instalment_minor' FROM risk_request WHERE subject_id = %s"

        assert 8_400 < int(scalar(sql, (loan_id,))) < 9_100  # a twelfth, with interest

    def test_keeps_both_reviewers_from_passing_until_it_is_there(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)

        with pytest.raises(Refusal) as refused:
            passes(loan_id, cast.first)

        assert codes(refused.value) == ["review_report_waits"]

    def test_must_be_fresh_for_the_second_reviewer_too(
        self, world: World, cast: build.Cast, hand: clock.Hand
    ) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)
        hand.advance(days=91)

        with pytest.raises(Refusal) as refused:
            offer(cast.second, loan_id)
        assert codes(refused.value) == ["review_report_stale"]
        assessing.ask_anew(cast.second, loan_id, now=clock.now())
        with pytest.raises(Refusal) as refused:
            offer(cast.second, loan_id)
        assert codes(refused.value) == ["review_report_waits"]
        build.reported()
        offer(cast.second, loan_id)

        assert build.loan(loan_id).state == "offered"

    def test_is_asked_anew_by_the_reviewer_whose_turn_it_is(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)

        for somebody in (cast.second, cast.borrower):
            with pytest.raises(NotAllowed):
                assessing.ask_anew(somebody, loan_id, now=clock.now())
        build.declined(loan_id, cast.first)
        with pytest.raises(IllegalMove):
            assessing.ask_anew(cast.first, loan_id, now=clock.now())

    @pytest.mark.parametrize(
        ("name", "needed"),
        [("Theo Thin", ("referred",)), ("Anna Arrears", ("referred", "overruled"))],
    )
    def test_that_speaks_against_a_case_needs_more_ticks(
        self, world: World, cast: build.Cast, name: str, needed: tuple[str, ...]
    ) -> None:
        loan_id = build.a_submitted(an_actor(name))
        build.reported()

        with pytest.raises(Refusal) as refused:
            passes(loan_id, cast.first, *needed[:-1])
        assert codes(refused.value) == ["review_referral_open"]
        passes(loan_id, cast.first, *needed)

        assert build.loan(loan_id).state == "first_passed"

    def test_that_approves_leaves_no_mark_of_ticks_it_did_not_ask_for(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        build.reported()

        passes(loan_id, cast.first, "referred", "overruled")

        assert list(decisions(loan_id)[0].checked) == list(CHECKLIST)


class TestGoingBack:
    def test_begins_another_round_and_nothing_said_is_lost(
        self, world: World, cast: build.Cast, hand: clock.Hand
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        sent_back(loan_id, cast.first)
        hand.advance(minutes=1)
        applying.submit(cast.borrower, loan_id, now=clock.now())
        build.passed(loan_id, cast.first)
        hand.advance(minutes=1)
        sent_back(loan_id, cast.second)
        hand.advance(minutes=1)
        applying.submit(cast.borrower, loan_id, now=clock.now())
        build.passed(loan_id, cast.first)
        hand.advance(minutes=1)
        build.offered(loan_id, cast.second)

        assert [(one.stage, one.round, one.decision) for one in decisions(loan_id)] == [
            ("first", 1, "returned"),
            ("first", 2, "passed"),
            ("second", 1, "returned"),
            ("first", 3, "passed"),
            ("second", 2, "offered"),
        ]

    def test_needs_words(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)

        with pytest.raises(Refusal) as refused:
            returning.ask_for_more(
                cast.first, loan_id, "  ", form_key=build.form_key(), now=clock.now()
            )

        assert refused.value.code == "message_missing"

    def test_works_without_a_report(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)

        sent_back(loan_id, cast.first)

        assert build.loan(loan_id).state == "returned"

    def test_does_not_let_who_decided_second_decide_first(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)
        sent_back(loan_id, cast.second)
        applying.submit(cast.borrower, loan_id, now=clock.now())
        build.reported()
        moved = build.changed_role(cast.second, "first_reviewer")

        with pytest.raises(Refusal) as refused:
            passes(loan_id, moved)

        assert refused.value.code == "review_same_person"

    def test_asks_the_sources_again_only_if_facts_have_changed(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)
        sent_back(loan_id, cast.second)

        applying.submit(cast.borrower, loan_id, now=clock.now())

        count = "SELECT count(*) FROM risk_request WHERE subject_id = %s"
        assert scalar(count, (loan_id,)) == 1


class TestTheDatabase:
    @staticmethod
    def insert(loan_id: UUID, stage: str, reviewer: Actor, decision: str = "declined") -> None:
        command(execute)(
            """
            INSERT INTO loan_review (loan_id, stage, round, reviewer_id, decision, notes, at)
            VALUES (%s, %s, 9, %s, %s, '', now())
            """,
            (loan_id, stage, reviewer.known(), decision),
        )

    def test_lets_nobody_decide_at_both_stages(self, world: World, cast: build.Cast) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)

        with pytest.raises(psycopg.errors.CheckViolation, match="two people"):
            self.insert(loan_id, "second", cast.first)

    def test_lets_nobody_decide_on_an_own_request(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)

        with pytest.raises(psycopg.errors.CheckViolation, match="two people"):
            self.insert(loan_id, "first", cast.borrower)

    @pytest.mark.parametrize("decision", ["passed", "offered"])
    def test_passes_nothing_without_a_report(
        self, world: World, cast: build.Cast, decision: str
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)

        with pytest.raises(psycopg.errors.CheckViolation, match="loan_review_report_check"):
            self.insert(loan_id, "first", cast.first, decision)

    def test_keeps_what_was_decided(self, world: World, cast: build.Cast) -> None:
        build.passed(build.a_submitted(cast.borrower), cast.first)

        for act in ("UPDATE loan_review SET notes = 'x'", "DELETE FROM loan_review"):
            with pytest.raises(psycopg.Error):
                command(execute)(act)


class TestACounterOffer:
    def counter(self, cast: build.Cast, **changes: Any) -> UUID:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)
        facts = {"amount": build.euros("800"), "instalments": 18, "counter_code": "burden"}
        offer(cast.second, loan_id, **(facts | changes))
        return loan_id

    def test_is_listed_as_offered_and_what_was_asked_for_is_kept(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = self.counter(cast)

        offering.accept(cast.borrower, loan_id, now=clock.now())

        found = build.loan(loan_id)
        assert (found.state, found.amount_minor, found.instalments) == ("listed", 80_000, 18)
        asked = reviews.countered(loan_id)
        assert asked is not None
        assert (asked.wished_minor, asked.wished_instalments) == (100_000, 12)
        made = decisions(loan_id)[-1]
        assert (made.amount_minor, made.instalments, made.counter_code) == (80_000, 18, "burden")

    def test_may_be_declined_by_the_borrower(self, world: World, cast: build.Cast) -> None:
        loan_id = self.counter(cast)

        applying.withdraw(cast.borrower, loan_id, now=clock.now())

        assert build.loan(loan_id).state == "withdrawn"

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"amount": "1000.01"}, ["offer_amount_outside"]),
            ({"amount": "499.99"}, ["offer_amount_outside"]),
            ({"instalments": 2}, ["offer_instalments_outside"]),
            ({"counter_code": None}, ["offer_counter_code_missing"]),
            ({"counter_code": "mood"}, ["offer_counter_code_missing"]),
        ],
    )
    def test_stays_within_what_was_asked_for_and_the_product(
        self, world: World, cast: build.Cast, changes: dict[str, Any], expected: list[str]
    ) -> None:
        if "amount" in changes:
            changes = {"amount": build.euros(changes["amount"])}

        with pytest.raises(Refusal) as refused:
            self.counter(cast, **changes)

        assert codes(refused.value) == expected

    def test_the_offer_of_what_was_asked_for_is_none(self, world: World, cast: build.Cast) -> None:
        loan_id = build.an_offered(cast)

        assert reviews.countered(loan_id) is None


class TestTheGrade:
    def test_of_the_score_needs_no_words(self, world: World, cast: build.Cast) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)

        offer(cast.second, loan_id, grade="B", annual_rate=Decimal("0.07"), deviation="")

        made = decisions(loan_id)[-1]
        assert (made.grade, made.score_grade, made.deviation) == ("B", "B", None)
        assert made.risk_report_id is not None

    def test_that_differs_needs_them_and_they_are_kept(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)

        with pytest.raises(Refusal) as refused:
            offer(cast.second, loan_id, deviation=" ")
        assert codes(refused.value) == ["offer_deviation_missing"]
        offer(cast.second, loan_id, deviation="Freelance income.")

        made = decisions(loan_id)[-1]
        assert (made.grade, made.score_grade, made.deviation) == ("C", "B", "Freelance income.")


class TestAClaim:
    def test_keeps_colleagues_from_deciding(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)
        build.reported()
        claiming.claim(cast.first, loan_id, now=clock.now())
        frank = an_actor("Frank First", role="first_reviewer")

        for act in (passes, build.declined, sent_back):
            with pytest.raises(Refusal) as refused:
                act(loan_id, frank)
            assert refused.value.code == "review_claimed"
        passes(loan_id, cast.first)

        assert build.loan(loan_id).state == "first_passed"

    def test_brings_a_letter_when_the_report_is_there(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)
        build.a_submitted(an_actor("Otto Other"))
        claiming.claim(cast.first, loan_id, now=clock.now())

        world.work()

        subject = "The risk report for “A kiln for the pottery” is here"
        assert build.letters_to(cast.first) == {subject}

    def test_ends_with_the_decision(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)
        build.reported()
        claiming.claim(cast.first, loan_id, now=clock.now())

        passes(loan_id, cast.first)

        assert reviews.claim(loan_id) is None

    def test_is_released_by_its_owner_alone(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)
        claiming.claim(cast.first, loan_id, now=clock.now())

        claiming.release(an_actor("Frank", role="first_reviewer"), loan_id, now=clock.now())

        assert reviews.claim(loan_id) is not None

    def test_is_not_for_the_borrower_nor_for_who_decided_before(
        self, world: World, cast: build.Cast
    ) -> None:
        own = build.a_submitted(cast.first)
        with pytest.raises(Refusal) as refused:
            claiming.claim(cast.first, own, now=clock.now())
        assert refused.value.code == "review_own_case"

        passed = build.passed(build.a_submitted(cast.borrower), cast.first)
        moved = build.changed_role(cast.first, "second_reviewer")
        with pytest.raises(Refusal) as refused:
            claiming.claim(moved, passed, now=clock.now())
        assert refused.value.code == "review_same_person"

    def test_is_written_down(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)

        claiming.claim(cast.first, loan_id, now=clock.now())
        claiming.release(cast.first, loan_id, now=clock.now())

        acts = "SELECT action FROM audit_entry WHERE subject_id = %s ORDER BY id"
        assert column(acts, (loan_id,)) == ["review.claim", "review.release"]


class TestExposure:
    """One borrower owes no more than the product's cap, whatever is asked for where."""

    @staticmethod
    def cap(euros: int, currency: str = "EUR") -> None:
        command(execute)(
            "UPDATE loan_product SET exposure_max_minor = %s WHERE currency = %s",
            (euros * 100, currency),
        )

    @staticmethod
    def running(borrower: Actor, first: Actor, second: Actor, amount: str) -> UUID:
        """A listed loan, put to work without its lenders: what counts is what is owed."""
        loan_id = build.a_listed_loan(build.Cast(borrower, first, second), build.a_request(amount))
        command(execute)("UPDATE loan SET state = 'funded' WHERE id = %s", (loan_id,))
        return loan_id

    def test_names_cap_used_and_headroom(self, world: World, cast: build.Cast) -> None:
        self.cap(1_500)
        self.running(cast.borrower, cast.first, cast.second, "1000")

        with pytest.raises(Refusal) as refused:
            build.a_submitted(cast.borrower, build.a_request("500.01"))

        assert refused.value.code == "exposure_over"
        assert refused.value.facts == {
            "cap": build.euros("1500"),
            "used": build.euros("1000"),
            "headroom": build.euros("500"),
        }

    def test_lets_pass_what_just_fits(self, world: World, cast: build.Cast) -> None:
        self.cap(1_500)
        self.running(cast.borrower, cast.first, cast.second, "1000")

        loan_id = build.a_submitted(cast.borrower, build.a_request("500"))

        assert build.loan(loan_id).state == "submitted"

    def test_blocks_a_listing_where_the_share_of_one_name_has_grown_too_large(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.an_offered(cast)
        command(execute)(
            "UPDATE single_name_limit SET share_bps = 500, book_from_minor = 0"
            " WHERE currency = 'EUR'"
        )

        with pytest.raises(Refusal) as refused:
            offering.accept(cast.borrower, loan_id, now=clock.now())

        assert refused.value.code == "exposure_share_over"
        assert refused.value.facts["share"] == "5"
        assert build.loan(loan_id).state == "offered"
