"""Valuations: who writes one down, which one counts, and what cannot go on without one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.errors import IllegalMove, NotAllowed, Refusal
from marketplace.loans.queries import documents, review_facts, reviews, valuations
from marketplace.loans.queries.valuations import Valuation
from tests.builders import loans as build
from tests.builders.applications import a_valuation, valued
from tests.builders.campaigns import euros
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.flows.loans.test_asking import codes
from tests.flows.loans.test_review_rounds import passes
from tests.flows.loans.test_reviewing import offer


@pytest.fixture
def case(world: World, cast: build.Cast) -> UUID:
    """A request for 5,000 on a vehicle of 10,000, with its report."""
    asked = replace(build.a_request("5000", income="5400"), product="vehicle")
    loan_id = build.a_submitted(cast.borrower, asked)
    build.reported()
    return loan_id


def newest(loan_id: UUID) -> Valuation:
    found = valuations.newest(loan_id)
    db.session.rollback()
    assert found is not None
    return found


def test_the_paper_becomes_a_row_with_its_words_and_an_entry_in_the_book(
    case: UUID, cast: build.Cast
) -> None:
    made = valued(case, cast.first)

    found = newest(case)
    assert (found.id, found.appraiser, found.licence) == (made, "Ada Appraiser", "IHK 4711")
    assert (found.value_minor, found.haircut_bps) == (1_000_000, 2_000)
    assert found.worth.ltv_bps(euros("5000")) == 6_250
    assert found.recorded_by == cast.first.known()
    written = (
        "SELECT count(*) FROM audit_entry WHERE action = 'valuation.record' AND subject_id = %s"
    )
    assert scalar(written, (case,)) == 1


def test_nobody_passes_or_offers_on_collateral_that_is_not_valued_or_not_any_more(
    case: UUID, cast: build.Cast, hand: clock.Hand
) -> None:
    with pytest.raises(Refusal) as unvalued:
        passes(case, cast.first, "referred", "overruled")
    short = replace(a_valuation(case).worth, valid_until=clock.today() + timedelta(days=2))
    valued(case, cast.first, replace(a_valuation(case), worth=short))
    hand.advance(days=3)
    with pytest.raises(Refusal) as expired:
        passes(case, cast.first, "referred", "overruled")
    valued(case, cast.first, replace(a_valuation(case), worth=a_valuation(case).worth))
    passes(case, cast.first, "referred", "overruled")
    shorter = replace(
        a_valuation(case).worth,
        valued_on=clock.today(),
        valid_until=clock.today(),
    )
    valued(
        case,
        an_actor("Frank First", role="first_reviewer"),
        replace(a_valuation(case), worth=shorter),
    )
    hand.advance(days=1)
    with pytest.raises(Refusal) as late:
        offer(cast.second, case)

    assert codes(unvalued.value) == ["valuation_missing"]
    assert codes(expired.value) == ["valuation_expired"]
    assert codes(late.value) == ["valuation_expired"]
    assert build.loan(case).state == "first_passed"


def test_more_than_the_collateral_carries_is_not_offered_and_a_smaller_loan_is(
    case: UUID, cast: build.Cast
) -> None:
    low = replace(a_valuation(case), worth=a_valuation(case, value=euros("7000")).worth)
    valued(case, cast.first, low)
    passes(case, cast.first, "referred", "overruled")

    with pytest.raises(Refusal) as refused:
        offer(cast.second, case)
    offer(cast.second, case, amount=euros("4480"), counter_code="collateral")

    assert codes(refused.value) == ["valuation_ltv_over"]
    assert refused.value.facts == {"at_most": euros("4480")}
    assert build.loan(case).amount_minor == 448_000


def test_whoever_wrote_the_value_down_does_not_offer_on_it(case: UUID, cast: build.Cast) -> None:
    both = an_actor("Bo Both", role="first_reviewer")
    valued(case, both)
    passes(case, cast.first, "referred", "overruled")
    both = build.changed_role(both, "second_reviewer")

    with pytest.raises(Refusal) as refused:
        offer(both, case)

    assert codes(refused.value) == ["valuation_same_person"]


def test_it_is_for_first_reviewers_and_never_on_an_own_loan(case: UUID, cast: build.Cast) -> None:
    for somebody in (cast.second, cast.borrower, an_actor("Adam", role="admin")):
        with pytest.raises(NotAllowed):
            valued(case, somebody)
    own = build.changed_role(cast.first, "first_reviewer")

    @command
    def make_own() -> None:
        execute("UPDATE loan SET borrower_id = %s WHERE id = %s", (own.known(), case))

    make_own()
    with pytest.raises(Refusal) as refused:
        valued(case, own)

    assert refused.value.code == "review_own_case"
    assert scalar("SELECT count(*) FROM loan_valuation") == 0


def test_it_stands_in_a_paper_of_this_very_file(case: UUID, cast: build.Cast) -> None:
    strangers = build.a_submitted(an_actor("Olga Other"))
    other = documents.documents(strangers)[0].id
    db.session.rollback()

    for paper in (other, UUID(int=7)):
        with pytest.raises(Refusal) as refused:
            valued(case, cast.first, paper=paper)
        assert codes(refused.value) == ["valuation_paper_missing"]


def test_a_loan_without_collateral_and_one_that_is_over_are_not_valued(
    case: UUID, cast: build.Cast
) -> None:
    told = a_valuation(case)
    plain = build.a_submitted(an_actor("Paula Plain"))
    paper = documents.documents(plain)[0].id
    db.session.rollback()
    build.declined(case, cast.first)

    with pytest.raises(Refusal) as none:
        valued(plain, cast.first, told, paper=paper)
    with pytest.raises(IllegalMove):
        valued(case, cast.first)

    assert none.value.code == "collateral_none"


def test_several_stay_and_the_one_made_last_counts_whenever_it_is_written_down(
    case: UUID, cast: build.Cast
) -> None:
    today = clock.today()
    valued(case, cast.first)
    earlier = a_valuation(case, value=euros("20000"), valued_on=today - timedelta(days=40))
    valued(case, cast.first, earlier)
    counted = newest(case).value_minor
    valued(case, cast.first, a_valuation(case, value=euros("9000")))

    assert counted == 1_000_000
    assert newest(case).value_minor == 900_000
    assert scalar("SELECT count(*) FROM loan_valuation WHERE loan_id = %s", (case,)) == 3
    snapshot = review_facts.snapshot(case)
    db.session.rollback()
    assert snapshot["valuation_value_minor"] == 900_000


def test_the_database_keeps_a_valuation_as_it_is(case: UUID, cast: build.Cast) -> None:
    made = valued(case, cast.first)

    @command
    def alter() -> None:
        execute("UPDATE loan_valuation SET value_minor = 1 WHERE id = %s", (made,))

    with pytest.raises(psycopg.errors.RestrictViolation):
        alter()
    db.session.rollback()
    assert newest(case).value_minor == 1_000_000


def test_the_terms_of_the_version_are_kept_with_the_loan(case: UUID, cast: build.Cast) -> None:
    valued(case, cast.first)
    passes(case, cast.first, "referred", "overruled")
    offer(cast.second, case)

    @command
    def loosen() -> None:
        execute("UPDATE loan_product SET ltv_max_bps = 100, haircut_bps = 9000")

    loosen()

    kept = reviews.case(case)
    db.session.rollback()
    assert (kept.ltv_max_bps, kept.haircut_bps) == (8_000, 2_000)
