"""Limits hold to the cent, however orders come; nobody lends before they know the risk."""

from __future__ import annotations

from functools import partial

import pytest

from marketplace.contracts.consents import How
from marketplace.infra.commands import command
from marketplace.infra.database import column, db, execute
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.loans.queries import limits
from marketplace.loans.services import acknowledging, consenting, investing
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.races import outcomes


@command
def set_limits(in_all: int | None, with_borrower: int | None) -> None:
    """Let the policy say how much one lender may lend, in cents."""
    execute(
        "UPDATE lending_limit SET lender_max_minor = %s, borrower_max_minor = %s"
        " WHERE currency = 'EUR'",
        (in_all, with_borrower),
    )


def test_the_cent_over_a_limit_is_refused_with_what_is_left(world: World, cast: build.Cast) -> None:
    set_limits(60_000, None)
    loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
    build.commit(loan_id, "400", lena)

    with pytest.raises(Refusal) as refused:
        build.commit(loan_id, "200.01", lena)

    assert refused.value.code == "lend_over_limit"
    assert refused.value.facts["left"] == build.euros("200")
    assert build.loan(loan_id).committed_minor == 40_000
    build.commit(loan_id, "200", lena)


def test_what_is_with_one_borrower_counts_over_all_their_loans(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    set_limits(None, 120_000)
    lena = an_actor("Lena Lender")
    build.a_running_loan(world, hand, cast, parts=[(lena, "1000")])
    second = build.a_listed_loan(cast)

    with pytest.raises(Refusal) as refused:
        build.commit(second, "200.01", lena)

    assert refused.value.code == "lend_over_borrower_limit"
    build.commit(second, "200", lena)
    build.commit(build.a_listed_loan(build.Cast(an_actor("Bob Borrower"))), "1000", lena)


@pytest.mark.race
def test_two_orders_at_once_do_not_break_a_limit_together(world: World, cast: build.Cast) -> None:
    set_limits(60_000, None)
    loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")

    found = outcomes(world, [partial(build.commit, loan_id, "400", lena)] * 3)

    assert found == {"done": 1, "lend_over_limit": 2}
    assert build.loan(loan_id).committed_minor == 40_000


def test_nobody_lends_before_they_have_agreed_to_the_risk(world: World, cast: build.Cast) -> None:
    loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
    order = partial(
        investing.commit_by_provider,
        lena,
        loan_id,
        amount=build.euros("100"),
        consent=consenting.to_terms_of(loan_id, How.CHECKBOX, at=clock.now()),
        form_key=build.form_key(),
        now=clock.now(),
    )

    with pytest.raises(Refusal) as refused:
        order()

    assert (refused.value.code, refused.value.field) == ("risk_not_acknowledged", "understood")
    assert build.loan(loan_id).committed_minor == 0
    acknowledging.acknowledge(lena, now=clock.now())
    acknowledging.acknowledge(lena, now=clock.now())
    order()
    assert column("SELECT version FROM risk_consent WHERE person_id = %s", (lena.known(),)) == [1]
    assert limits.knows_risk(lena.known())
    db.session.rollback()
