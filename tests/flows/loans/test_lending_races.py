"""Several at once, each on a connection of its own: exactly one wins, nothing is lost."""

from __future__ import annotations

from functools import partial

import pytest

from marketplace.escrow.services import dispatching
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.loans.services import applying, investing, offering, paying, wallet
from marketplace.settlement import billing, distribution, funding_closing
from tests.builders import loans as build
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.builders.races import outcomes

pytestmark = pytest.mark.race


@pytest.mark.parametrize("source", ["provider", "wallet"])
def test_the_last_ten_of_a_loan_goes_to_one_of_many(
    world: World, cast: build.Cast, source: str
) -> None:
    loan_id = build.a_listed_loan(cast)
    build.lent(world, loan_id, "990")
    lenders = [an_actor(f"Lender {name}") for name in "ABCDEF"]
    for lender in lenders if source == "wallet" else []:
        build.topped_up(world, lender, "10")

    found = outcomes(
        world, [partial(build.commit, loan_id, "10", one, source=source) for one in lenders]
    )

    lost = {"provider": "lend_full", "wallet": "lend_closed"}[source]
    assert found == {"done": 1, lost: 5}
    assert build.loan(loan_id).committed_minor == 100_000
    assert sum(build.in_wallet(lender) for lender in lenders) == (5000 if source == "wallet" else 0)
    prove(world)


def test_many_small_parts_at_once_never_lend_a_cent_too_much(
    world: World, cast: build.Cast
) -> None:
    loan_id = build.a_listed_loan(cast, build.a_request("500"))
    lenders = [an_actor(f"Lender {name}") for name in "ABCDEFGH"]
    for lender in lenders:
        build.topped_up(world, lender, "100")

    found = outcomes(
        world, [partial(build.commit, loan_id, "100", one, source="wallet") for one in lenders]
    )

    assert found["done"] == 5
    assert build.loan(loan_id).state == "funded"
    world.work()
    assert sum(build.in_wallet(lender) for lender in lenders) == 30_000
    prove(world)


def test_the_same_form_sent_many_times_at_once_takes_one_part(
    world: World, cast: build.Cast
) -> None:
    loan_id, lou = build.a_listed_loan(cast), an_actor("Lou Lender")
    build.topped_up(world, lou, "500")
    send = partial(build.commit, loan_id, "100", lou, source="wallet", key="same")

    assert outcomes(world, [send] * 6) == {"done": 6}
    assert build.in_wallet(lou) == 40_000
    assert build.loan(loan_id).reserved_minor == 10_000


def test_a_wallet_is_never_spent_twice(world: World, cast: build.Cast) -> None:
    lou = an_actor("Lou Lender")
    build.topped_up(world, lou, "100")
    build.onboard(world, lou)
    loan_id = build.a_listed_loan(cast)
    lend = partial(build.commit, loan_id, "60", lou, source="wallet")
    leave = partial(_withdraw, lou)

    found = outcomes(
        world, [lend, leave, partial(build.commit, loan_id, "60", lou, source="wallet")]
    )

    assert found["done"] == 1
    assert set(found) <= {"done", "wallet_short", "withdraw_short"}
    assert build.in_wallet(lou) == 4000
    prove(world)


def _withdraw(lou: Actor) -> object:
    return wallet.withdraw(
        lou, amount=build.euros("60"), form_key=build.form_key(), now=clock.now()
    )


def test_two_reviewers_at_once_make_one_first_review(world: World, cast: build.Cast) -> None:
    loan_id = build.a_submitted(cast.borrower)
    other = an_actor("Frank First", role="first_reviewer")

    found = outcomes(world, [partial(build.passed, loan_id, one) for one in (cast.first, other)])

    assert found["done"] == 1
    assert build.loan(loan_id).state == "first_passed"


def test_two_requests_sent_at_once_are_one_under_way(world: World, cast: build.Cast) -> None:
    drafts = [build.a_draft(cast.borrower) for _ in range(2)]

    found = outcomes(
        world,
        [partial(applying.submit, cast.borrower, one, now=clock.now()) for one in drafts],
    )

    assert found == {"done": 1, "loan_other_open": 1}


def test_an_offer_is_accepted_or_withdrawn_never_both(world: World, cast: build.Cast) -> None:
    loan_id = build.an_offered(cast)

    found = outcomes(
        world,
        [
            partial(offering.accept, cast.borrower, loan_id, now=clock.now()),
            partial(applying.withdraw, cast.borrower, loan_id, now=clock.now()),
        ],
    )

    assert found["done"] == 1
    assert build.loan(loan_id).state in {"listed", "withdrawn"}


def test_a_payment_and_the_end_of_its_time_at_once_lose_no_money(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    a_top_up(build.euros(50))
    loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
    placed = build.commit(loan_id, "1000", lena)
    assert placed.instruction_id is not None
    dispatching.dispatch(placed.instruction_id)
    world.pay(placed.instruction_id)
    dispatching.refresh(placed.instruction_id)
    paid = partial(
        investing.mark_paid,
        placed.commitment_id,
        placed.instruction_id,
        amount=build.euros("1000"),
        now=clock.now(),
    )
    expire = partial(investing.expire, placed.commitment_id, now=clock.now())

    assert outcomes(world, [paid, expire, paid, expire]) == {"done": 4}

    world.deliver()
    assert build.commitment(placed.commitment_id, lena).state in {"reserved", "converted"}
    prove(world)


def test_several_runs_at_once_close_bill_and_share_once(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    lena = an_actor("Lena Lender")
    build.onboard(world, cast.borrower)
    loan_id = build.a_listed_loan(cast)
    build.topped_up(world, lena, "1000")
    build.commit(loan_id, "1000", lena, source="wallet")

    close = partial(funding_closing.close_due_fundings, clock.now())
    assert outcomes(world, [close] * 4) == {"done": 4}
    build.settle_until(world, hand, loan_id, "active")
    row = build.schedule(loan_id)[0]
    build.until_day(world, hand, row.due_on)
    bill = partial(billing.issue_due_bills, clock.now())
    assert outcomes(world, [bill] * 4) == {"done": 4}
    checkout = paying.open_checkout(cast.borrower, build.open_bills(loan_id)[0].id, now=clock.now())
    dispatching.dispatch(checkout)
    world.pay(checkout)
    dispatching.refresh(checkout)
    (open_bill,) = build.open_bills(loan_id)
    paying.mark_paid(open_bill.id, checkout, amount=open_bill.amount, paid_at=clock.now())
    share = partial(distribution.distribute_receipts, clock.now())
    assert outcomes(world, [share] * 4) == {"done": 4}

    assert build.loan(loan_id).disburse_attempts == 1
    assert build.loan(loan_id).repayments == 1
    assert build.in_wallet(lena) == row.total.minor
    prove(world)
