"""Two reviews by two people: who may, what is needed, what is refused."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from psycopg.errors import CheckViolation

from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed, NotFound, Refusal
from marketplace.loans.rules import CHECKLIST
from marketplace.loans.services import reviewing
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.flows.loans.test_asking import codes


def offer(reviewer: Actor, loan_id: UUID, **changes: Any) -> None:
    """An offer that could be made, but for `changes`."""
    facts: dict[str, Any] = {
        "grade": "C",
        "annual_rate": Decimal("0.09"),
        "reasons": ["income_steady"],
        "notes": "",
        "deviation": "The papers say more than the score.",
    }
    reviewing.offer(reviewer, loan_id, **facts | changes, now=clock.now())


class TestTheFirst:
    @pytest.mark.parametrize(
        ("checked", "notes", "expected"),
        [
            (list(CHECKLIST)[:-1], "Seen.", ["review_checklist_open"]),
            (list(CHECKLIST), "  ", ["review_notes_missing"]),
            ([], "", ["review_checklist_open", "review_notes_missing"]),
        ],
    )
    def test_needs_the_whole_checklist_and_notes(
        self, world: World, cast: build.Cast, checked: list[str], notes: str, expected: list[str]
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        build.reported()

        with pytest.raises(Refusal) as refused:
            reviewing.pass_on(cast.first, loan_id, checked=checked, notes=notes, now=clock.now())

        assert codes(refused.value) == expected
        assert build.loan(loan_id).state == "submitted"

    def test_is_for_first_reviewers_only(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)

        for somebody in (cast.second, cast.borrower, an_actor("Adam", role="admin")):
            with pytest.raises(NotAllowed):
                build.passed(loan_id, somebody)

    def test_is_never_ones_own(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.first)

        for act in (build.passed, build.declined):
            with pytest.raises(Refusal) as refused:
                act(loan_id, cast.first)
            assert refused.value.code == "review_own_case"

    def test_happens_once(self, world: World, cast: build.Cast) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)

        with pytest.raises(IllegalMove):
            build.passed(loan_id, cast.first)


class TestTheSecond:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"grade": "H"}, ["offer_grade_missing"]),
            ({"annual_rate": Decimal("0.0789")}, ["offer_rate_outside"]),
            ({"annual_rate": Decimal("0.1041")}, ["offer_rate_outside"]),
            ({"reasons": []}, ["offer_reasons_missing"]),
            ({"reasons": ["nice_smile"]}, ["offer_reasons_missing"]),
        ],
    )
    def test_offers_within_the_published_table_and_with_reasons(
        self, world: World, cast: build.Cast, changes: dict[str, object], expected: list[str]
    ) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)

        with pytest.raises(Refusal) as refused:
            offer(cast.second, loan_id, **changes)

        assert codes(refused.value) == expected

    def test_takes_the_edges_of_a_band(self, world: World, cast: build.Cast) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)

        offer(cast.second, loan_id, annual_rate=Decimal("0.104"))

        assert build.loan(loan_id).annual_rate == Decimal("0.104")

    def test_is_another_person_than_the_first(self, world: World, cast: build.Cast) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)
        moved = build.changed_role(cast.first, "second_reviewer")

        for act in (partial(offer, moved, loan_id), partial(build.declined, loan_id, moved)):
            with pytest.raises(Refusal) as refused:
                act()
            assert refused.value.code == "review_same_person"

    def test_is_never_ones_own(self, world: World, cast: build.Cast) -> None:
        loan_id = build.passed(build.a_submitted(cast.second), cast.first)

        with pytest.raises(Refusal) as refused:
            offer(cast.second, loan_id)

        assert refused.value.code == "review_own_case"

    def test_is_for_second_reviewers_only(self, world: World, cast: build.Cast) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)

        with pytest.raises(NotAllowed):
            offer(an_actor("Frank", role="first_reviewer"), loan_id)

    def test_does_not_come_before_the_first(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)
        build.reported()

        with pytest.raises(IllegalMove):
            offer(cast.second, loan_id)

    def test_the_database_itself_insists_on_four_eyes(self, world: World, cast: build.Cast) -> None:
        loan_id = build.an_offered(cast)

        with pytest.raises(CheckViolation, match="loan_four_eyes_check"):
            both_by_one(loan_id)


@command
def both_by_one(loan_id: UUID) -> None:
    execute("UPDATE loan SET second_reviewer_id = first_reviewer_id WHERE id = %s", (loan_id,))


class TestDeclining:
    def test_needs_a_reason_of_the_published_list(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)

        with pytest.raises(Refusal) as refused:
            build.declined(loan_id, cast.first, "bad_hair")

        assert refused.value.code == "review_reason_missing"

    def test_frees_the_borrower_to_ask_again(self, world: World, cast: build.Cast) -> None:
        build.declined(build.a_submitted(cast.borrower), cast.first)

        again = build.a_submitted(cast.borrower)

        assert build.loan(again).state == "submitted"

    def test_what_was_offered_can_not_be_declined_any_more(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.an_offered(cast)

        with pytest.raises(IllegalMove):
            build.declined(loan_id, an_actor("Sue", role="second_reviewer"))


def test_a_case_nobody_knows_is_not_found(world: World, cast: build.Cast) -> None:
    with pytest.raises(NotFound):
        build.passed(UUID(int=1), cast.first)
