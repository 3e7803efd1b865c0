"""Asking for a loan: draft, change, send in, withdraw, accept; each with what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from marketplace.infra import transitions
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotFound, Refusal, Refused
from marketplace.kernel.money import Money
from marketplace.loans.services import applying, offering
from tests.builders import loans as build
from tests.builders.applications import asks_for
from tests.builders.escrow import World
from tests.builders.identity import an_actor


def codes(trouble: Refusal) -> list[str]:
    """What was refused, by code."""
    return (
        [one.code for one in trouble.refusals] if isinstance(trouble, Refused) else [trouble.code]
    )


def history(loan_id: UUID) -> list[str]:
    """The moves a loan has made."""
    found = [made.move for made in transitions.history("loan", loan_id)]
    db.session.rollback()
    return found


class TestDraft:
    def test_the_same_form_is_the_same_draft(self, world: World, cast: build.Cast) -> None:
        asked, now = build.a_request(), clock.now()

        first = applying.draft(cast.borrower, asked, form_key="f1", now=now)
        again = applying.draft(cast.borrower, asked, form_key="f1", now=now)
        other = applying.draft(an_actor("Bo"), asked, form_key="f1", now=now)

        assert first == again
        assert other != first

    def test_a_currency_nobody_lends_in_is_refused(self, world: World, cast: build.Cast) -> None:
        asked = build.a_request(Money.of("1000", "JPY"))

        with pytest.raises(Refusal) as refused:
            applying.draft(cast.borrower, asked, form_key="f1", now=clock.now())

        assert refused.value.code == "loan_currency_unknown"

    def test_may_be_as_incomplete_as_one_likes(self, world: World, cast: build.Cast) -> None:
        empty = replace(
            build.a_request(Money.zero("EUR")), instalments=0, purpose="", title="", story=""
        )

        loan_id = build.a_draft(cast.borrower, empty)

        assert build.loan(loan_id).state == "draft"


class TestAnswer:
    def test_replaces_what_was_asked_for(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_draft(cast.borrower)

        asks_for(cast.borrower, loan_id, build.a_request("2500", months=36))

        assert (build.loan(loan_id).amount_minor, build.loan(loan_id).term_months) == (250_000, 36)

    def test_is_over_once_it_was_sent(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)

        with pytest.raises(IllegalMove):
            asks_for(cast.borrower, loan_id, build.a_request("2500"))


class TestSubmit:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"amount": Money.of("499.99", "EUR")}, ["loan_amount_outside"]),
            ({"amount": Money.of("50000.01", "EUR")}, ["loan_amount_outside"]),
            ({"instalments": 2}, ["loan_term_outside"]),
            ({"instalments": 61}, ["loan_term_outside"]),
            ({"purpose": "yacht"}, ["loan_purpose_missing"]),
            ({"title": " ", "story": ""}, ["loan_title_missing", "loan_story_missing"]),
            ({"employment": ""}, ["loan_employment_missing"]),
            ({"employed_years": 71}, ["loan_years_outside"]),
            ({"housing": ""}, ["loan_housing_missing"]),
            ({"income": Money.zero("EUR")}, ["loan_income_missing"]),
        ],
    )
    def test_names_everything_that_is_missing(
        self, world: World, cast: build.Cast, changes: dict[str, object], expected: list[str]
    ) -> None:
        loan_id = build.a_draft(cast.borrower, replace(build.a_request(), **changes))  # type: ignore[arg-type]

        with pytest.raises(Refusal) as refused:
            applying.submit(cast.borrower, loan_id, now=clock.now())

        assert codes(refused.value) == expected
        assert build.loan(loan_id).state == "draft"

    def test_one_request_at_a_time(self, world: World, cast: build.Cast) -> None:
        build.a_submitted(cast.borrower)
        second = build.a_draft(cast.borrower)

        with pytest.raises(Refusal) as refused:
            applying.submit(cast.borrower, second, now=clock.now())

        assert codes(refused.value) == ["loan_other_open"]

    def test_twice_is_refused(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)

        with pytest.raises(IllegalMove):
            applying.submit(cast.borrower, loan_id, now=clock.now())
        assert history(loan_id) == ["submit"]


class TestWithdraw:
    @pytest.mark.parametrize("made", ["draft", "submitted", "passed", "offered"])
    def test_is_possible_until_the_loan_is_listed(
        self, world: World, cast: build.Cast, made: str
    ) -> None:
        loan_id = staged(cast, made)

        applying.withdraw(cast.borrower, loan_id, now=clock.now())

        assert build.loan(loan_id).state == "withdrawn"

    def test_is_not_possible_any_more_with_lenders(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_listed_loan(cast)

        with pytest.raises(IllegalMove):
            applying.withdraw(cast.borrower, loan_id, now=clock.now())


class TestAccept:
    def test_lists_the_loan_for_its_window(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_listed_loan(cast)

        listed = build.loan(loan_id)
        assert listed.state == "listed"
        assert listed.funding_until is not None
        assert (listed.funding_until - clock.now()).days == 14

    def test_is_refused_the_moment_the_offer_ends(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id = build.an_offered(cast)
        hand.advance(days=14)

        with pytest.raises(Refusal) as refused:
            offering.accept(cast.borrower, loan_id, now=clock.now())

        assert refused.value.code == "offer_lapsed"

    def test_what_nobody_answers_lapses_and_frees_the_borrower(
        self, world: World, hand: clock.Hand, cast: build.Cast
    ) -> None:
        loan_id = build.an_offered(cast)
        hand.advance(days=14)

        assert offering.lapse_due(now=clock.now()) == 1
        assert offering.lapse_due(now=clock.now()) == 0
        assert build.loan(loan_id).state == "withdrawn"
        build.a_submitted(cast.borrower)

    @pytest.mark.parametrize("made", ["draft", "submitted", "passed", "listed"])
    def test_needs_an_offer(self, world: World, cast: build.Cast, made: str) -> None:
        loan_id = staged(cast, made)

        with pytest.raises(IllegalMove):
            offering.accept(cast.borrower, loan_id, now=clock.now())


@pytest.mark.parametrize(
    "act",
    [
        lambda who, loan: asks_for(who, loan, build.a_request()),
        lambda who, loan: applying.submit(who, loan, now=clock.now()),
        lambda who, loan: applying.withdraw(who, loan, now=clock.now()),
        lambda who, loan: offering.accept(who, loan, now=clock.now()),
    ],
    ids=["answer", "submit", "withdraw", "accept"],
)
def test_another_persons_request_is_not_found(
    world: World, cast: build.Cast, act: Callable[[Actor, UUID], None]
) -> None:
    loan_id = build.a_draft(cast.borrower)

    with pytest.raises(NotFound):
        act(an_actor("Eve"), loan_id)
    with pytest.raises(NotFound):
        act(cast.borrower, uuid4())


def staged(cast: build.Cast, made: str) -> UUID:
    """A request that came as far as that."""
    match made:
        case "draft":
            return build.a_draft(cast.borrower)
        case "submitted":
            return build.a_submitted(cast.borrower)
        case "passed":
            return build.passed(build.a_submitted(cast.borrower), cast.first)
        case "offered":
            return build.an_offered(cast)
    return build.a_listed_loan(cast)
