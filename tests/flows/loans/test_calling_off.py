"""A borrower who thinks better of an accepted loan: everything goes back, and nothing is owed."""

from __future__ import annotations

import pytest

from marketplace.kernel import clock
from marketplace.kernel.errors import IllegalMove, NotFound, Refusal
from marketplace.loans.services import applying
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World
from tests.builders.identity import an_actor


def test_a_listed_loan_takes_no_more_and_returns_what_it_has(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    lou, lena = an_actor("Lou Lender"), an_actor("Lena Lender")
    build.topped_up(world, lou, "300")
    loan_id = build.a_listed_loan(cast)
    build.commit(loan_id, "300", lou, source="wallet")
    build.lent(world, loan_id, "400", lena)

    for _again in range(2):
        applying.call_off(cast.borrower, loan_id, now=clock.now())
    with pytest.raises(Refusal) as refused:
        build.commit(loan_id, "100", lena)
    build.settle_until(world, hand, loan_id, "refunded")

    assert refused.value.code == "lend_closed"
    assert build.in_wallet(lou) == 30_000
    assert "You called “A kiln for the pottery” off: everything goes back" in build.letters_to(
        cast.borrower
    )
    prove(world)


def test_a_funded_loan_is_undone_and_never_paid_out(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    lou = an_actor("Lou Lender")
    build.topped_up(world, lou, "1000")
    loan_id = build.a_listed_loan(cast)
    build.onboard(world, cast.borrower)
    build.commit(loan_id, "1000", lou, source="wallet")
    build.settle_until(world, hand, loan_id, "funded")

    applying.call_off(cast.borrower, loan_id, now=clock.now())
    build.settle_until(world, hand, loan_id, "refunded")

    assert build.loan(loan_id).disbursed_on is None
    assert build.in_wallet(lou) == 100_000
    assert build.notes(lou) == []
    prove(world)


def test_a_full_loan_still_in_reflection_goes_back_too(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    lou = an_actor("Lou Lender")
    build.topped_up(world, lou, "1000")
    loan_id = build.a_listed_loan(cast)
    build.commit(loan_id, "1000", lou, source="wallet")

    applying.call_off(cast.borrower, loan_id, now=clock.now())
    build.settle_until(world, hand, loan_id, "refunded")

    assert build.in_wallet(lou) == 100_000


def test_what_is_not_listed_yet_or_paid_out_cannot_be_called_off(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    running = build.a_running_loan(world, hand, cast)
    draft = build.a_draft(cast.borrower)

    for loan_id in (running, draft):
        with pytest.raises(IllegalMove):
            applying.call_off(cast.borrower, loan_id, now=clock.now())
    with pytest.raises(NotFound):
        applying.call_off(an_actor("Eve"), running, now=clock.now())
