"""Whole loans, from the first draft to the last cent, the books proved at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

import pytest
from flask import Flask

from marketplace.escrow.services import dispatching
from marketplace.infra.database import db, rows
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.ledger import queries as ledger
from marketplace.loans.queries.lender import shares
from marketplace.loans.services import applying, offering, paying, wallet
from marketplace.loans.states import bucket, days_late
from marketplace.settlement import distribution, runner
from tests.builders import loans as build
from tests.builders.applications import asks_for
from tests.builders.books import prove
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with build.a_market(app, database_url) as world:
        a_top_up(build.euros(200))  # the provider keeps its fees of what is given back
        yield world


@dataclass(frozen=True, slots=True)
class Sent:
    """What the provider was asked for."""

    state: str
    amount_minor: int


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split by exact fractions: floors first, then the largest remainders, the first of equals."""
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    parts = [int(part) for part in exact]
    by_rest = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_rest[: total - sum(parts)]:
        parts[i] += 1
    return parts


def came_back(lender: Actor) -> list[tuple[int, int]]:
    """What each repayment brought the lender's one note: principal, interest, in order."""
    (note,) = build.notes(lender)
    found = [(share.principal_minor, share.interest_minor) for share in shares(note.id)]
    db.session.rollback()
    return found


def debt(loan_id: UUID) -> int:
    found = ledger.balances_of("loan:debt", [loan_id])[loan_id].posted_minor
    db.session.rollback()
    return found


def test_a_loan_goes_from_draft_to_paid_off_and_every_lender_is_right_to_the_cent(
    world: World, hand: clock.Hand
) -> None:
    cast = build.Cast()
    lena, luis, lou = (an_actor(f"{name} Lender") for name in ("Lena", "Luis", "Lou"))
    build.topped_up(world, lou, "500")
    build.onboard(world, cast.borrower)

    # Asked, reviewed twice by different people, offered, accepted.
    loan_id = build.a_draft(cast.borrower)
    asks_for(cast.borrower, loan_id, build.a_request("1000", months=6))
    applying.submit(cast.borrower, loan_id, now=clock.now())
    build.passed(loan_id, cast.first)
    build.offered(loan_id, cast.second, grade="C", rate_pct="9.0")
    offering.accept(cast.borrower, loan_id, now=clock.now())

    # Funded in fractions, from outside and from a wallet; paid out less the fee of 2 %.
    build.lent(world, loan_id, "333.33", lena)
    hand.advance(seconds=1)  # notes stand in the order in which their parts were taken
    build.lent(world, loan_id, "100.01", luis)
    hand.advance(seconds=1)
    build.commit(loan_id, "66.66", lou, source="wallet")
    hand.advance(seconds=1)
    build.commit(loan_id, "250.00", lou, source="wallet")
    assert build.loan(loan_id).state == "listed"
    hand.advance(seconds=1)
    build.lent(world, loan_id, "250.00", luis)
    assert sorted(note.principal_minor for note in build.notes(lou)) == [6666, 25000]
    assert build.in_wallet(lou) == 50000 - 31666
    build.settle_until(world, hand, loan_id, "active")
    assert debt(loan_id) == 100_000

    # Six bills, each paid online on its day and shared at once.
    plan = build.schedule(loan_id)
    assert sum(row.principal_minor for row in plan) == 100_000
    for row in plan:
        build.until_day(world, hand, row.due_on)
        paid = build.pay_next_bill(world, cast, loan_id)
        assert (paid.n, paid.amount) == (row.n, row.total)
        assert debt(loan_id) == row.outstanding_minor

    # The same split by exact fractions, over everything repaid to date.
    weights = [33333, 10001, 6666, 25000, 25000]
    principal = sum(row.principal_minor for row in plan)
    interest = sum(row.interest_minor for row in plan)
    parts_back = largest_remainder(interest, weights)
    assert principal == sum(weights)
    assert build.loan(loan_id).state == "paid_off"
    held = [*build.notes(lena), *build.notes(luis), *build.notes(lou)]
    by_position = {note.position: note for note in held}
    assert [by_position[n].principal_back_minor for n in range(1, 6)] == weights
    assert [by_position[n].interest_back_minor for n in range(1, 6)] == parts_back
    # What lay in a wallet for longer than it may be held went back the way it was paid in.
    came_back = {
        lender: build.in_wallet(lender) + build.sent_out_of_wallet(lender)
        for lender in (lena, luis, lou)
    }
    assert came_back[lena] == 33333 + parts_back[0]
    assert came_back[luis] == 35001 + parts_back[1] + parts_back[4]
    assert came_back[lou] == 50000 + parts_back[2] + parts_back[3]
    assert "Your loan is paid off" in build.letters_to(cast.borrower)
    prove(world)


def test_each_repayment_is_split_so_that_nobody_drifts_by_more_than_a_cent(
    world: World, hand: clock.Hand
) -> None:
    cast = build.Cast()
    lenders = [an_actor(f"Lender {name}") for name in ("Ann", "Ben", "Cyd")]
    parts = ["333.33", "333.33", "333.34"]
    loan_id = build.a_running_loan(
        world, hand, cast, build.a_request(months=4), parts=list(zip(lenders, parts, strict=True))
    )
    plan = build.schedule(loan_id)
    for row in plan:
        build.until_day(world, hand, row.due_on)
        build.pay_next_bill(world, cast, loan_id)

    weights = [33333, 33333, 33334]
    got = [came_back(lender) for lender in lenders]
    for kind, of in enumerate(("principal_minor", "interest_minor")):
        to_date = 0
        for n, row in enumerate(plan):
            to_date += getattr(row, of)
            shared = [sum(share[kind] for share in each[: n + 1]) for each in got]
            assert shared == largest_remainder(to_date, weights)
            for share, weight in zip(shared, weights, strict=True):
                assert abs(share - Fraction(to_date * weight, 100_000)) < 1
    prove(world)


def test_a_late_payer_is_told_seen_and_back_on_time_after_paying(
    world: World, hand: clock.Hand
) -> None:
    cast, lena = build.Cast(), an_actor("Lena Lender")
    loan_id = build.a_running_loan(world, hand, cast, parts=[(lena, "1000")])
    first, second = build.schedule(loan_id)[:2]
    build.until_day(world, hand, first.due_on)
    assert any(" is due on " in subject for subject in build.letters_to(cast.borrower))

    build.pass_days(world, hand, 40)  # two bills are open now, one of them late
    bills = build.open_bills(loan_id)
    assert [bill.n for bill in bills] == [1, 2]
    assert any("has not arrived" in subject for subject in build.letters_to(cast.borrower))
    assert bucket(days_late(first.due_on, clock.today())) == "31-60"
    late = [line.kind for line in runner.run(clock.now())["bills"]]
    assert late == []  # said once, on the first day
    assert build.in_wallet(lena) == 0

    build.pay_next_bill(world, cast, loan_id)  # asks for all that is due: both are paid by it
    assert build.open_bills(loan_id) == []
    assert build.in_wallet(lena) == first.total.minor + second.total.minor
    assert build.loan(loan_id).state == "active"
    prove(world)


def test_a_loan_that_is_not_funded_in_time_gives_everybody_everything_back(
    world: World, hand: clock.Hand
) -> None:
    lena, lou = an_actor("Lena Lender"), an_actor("Lou Lender")
    build.topped_up(world, lou, "500")
    loan_id = build.a_listed_loan()
    by_card = build.lent(world, loan_id, "600.00", lena)
    from_wallet = build.commit(loan_id, "250.00", lou, source="wallet").commitment_id
    never_paid = build.commit(loan_id, "100.00", lena).commitment_id

    build.pass_days(world, hand, 13)
    assert build.loan(loan_id).state == "listed"
    build.pass_days(world, hand, 2)

    assert build.loan(loan_id).state == "refunded"
    assert build.commitment(by_card, lena).state == "refunded"
    assert build.commitment(from_wallet, lou).state == "refunded"
    assert build.commitment(never_paid, lena).state == "expired"
    assert build.in_wallet(lou) == 50000
    assert build.in_wallet(lena) == 0  # back on the card, not in a wallet
    refunds = instructions("refund")
    assert [(one.state, one.amount_minor) for one in refunds] == [("succeeded", 60000)]
    assert ledger.balances_of("escrow:loan", [loan_id])[loan_id].posted_minor == 0
    prove(world)


def test_a_payment_made_in_time_whose_news_is_lost_still_funds_the_loan(
    world: World, hand: clock.Hand
) -> None:
    cast, lena = build.Cast(), an_actor("Lena Lender")
    loan_id = build.a_listed_loan(cast)
    build.onboard(world, cast.borrower)
    hand.advance(days=14, minutes=-5)
    placed = build.commit(loan_id, "1000", lena)
    assert placed.instruction_id is not None
    dispatching.dispatch(placed.instruction_id)
    world.pay(placed.instruction_id)  # in time, and no notice of it ever arrives

    hand.advance(minutes=6)
    waiting = runner.run(clock.now())["fundings"]
    hand.advance(minutes=60)
    runner.run(clock.now())

    assert waiting == []
    build.settle_until(world, hand, loan_id, "active")
    prove(world)


def test_a_borrower_who_sets_up_payouts_late_is_paid_then(world: World, hand: clock.Hand) -> None:
    cast = build.Cast()
    loan_id = build.a_listed_loan(cast)
    build.lent(world, loan_id, "1000")
    build.pass_days(world, hand, 3)
    lines = runner.run(clock.now())["fundings"]
    assert [line.kind for line in lines] == ["loan.waits"]

    build.onboard(world, cast.borrower)
    build.settle_until(world, hand, loan_id, "active")

    assert build.loan(loan_id).disbursed_on == clock.today()
    prove(world)


def test_settlement_shown_first_names_every_lenders_part_and_changes_nothing(
    world: World, hand: clock.Hand
) -> None:
    cast = build.Cast()
    lenders = [an_actor(f"Lender {name}") for name in ("Ann", "Ben", "Cyd")]
    parts = list(zip(lenders, ["333.33", "333.33", "333.34"], strict=True))
    loan_id = build.a_running_loan(world, hand, cast, parts=parts)
    row = build.schedule(loan_id)[0]
    build.until_day(world, hand, row.due_on)
    paid_but_not_shared(world, cast, loan_id)

    shown = runner.rehearse(clock.now())["repayments"]
    untouched = [build.in_wallet(lender) for lender in lenders]
    done = runner.run(clock.now())["repayments"]
    again = runner.run(clock.now())["repayments"]

    principal = largest_remainder(row.principal_minor, [33333, 33333, 33334])
    interest = largest_remainder(row.interest_minor, [33333, 33333, 33334])
    expected = [p + i for p, i in zip(principal, interest, strict=True)]
    assert [line.kind for line in shown] == ["loan.repayment", *["loan.share"] * 3]
    assert [(line.person, line.amount.minor) for line in shown[1:] if line.amount] == [
        (lender.known(), part) for lender, part in zip(lenders, expected, strict=True)
    ]
    assert untouched == [0, 0, 0]
    assert [line.kind for line in done] == ["loan.repayment"]
    assert again == []
    assert [build.in_wallet(lender) for lender in lenders] == expected
    prove(world)


def paid_but_not_shared(world: World, cast: build.Cast, loan_id: UUID) -> None:
    """Pay the oldest bill; its distribution waits for the next run, as if the worker were away."""
    bill = build.open_bills(loan_id)[0]
    checkout_id = paying.open_checkout(cast.borrower, bill.id, now=clock.now())
    dispatching.dispatch(checkout_id)
    world.pay(checkout_id)
    paying.mark_paid(bill.id, checkout_id, amount=bill.amount, paid_at=clock.now())
    dispatching.refresh(checkout_id)


def test_every_stage_can_be_shown_run_and_run_again(world: World, hand: clock.Hand) -> None:
    cast = build.Cast()
    loan_id = build.a_listed_loan(cast)
    build.onboard(world, cast.borrower)
    build.lent(world, loan_id, "900.00")
    hand.advance(days=15)

    shown = runner.rehearse(clock.now())["fundings"]
    assert build.loan(loan_id).state == "listed"
    done = runner.run(clock.now())["fundings"]
    again = runner.run(clock.now())["fundings"]

    assert [line.kind for line in shown] == ["loan.expired", "loan.refund"]
    assert done == shown
    assert again == []
    world.deliver()
    assert build.loan(loan_id).state == "refunded"
    prove(world)


def test_a_run_killed_midway_leaves_nothing_half_done_and_the_next_one_finishes(
    world: World, hand: clock.Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = build.Cast()
    lena = an_actor("Lena Lender")
    loan_id = build.a_running_loan(world, hand, cast, parts=[(lena, "1000")])
    row = build.schedule(loan_id)[0]
    build.until_day(world, hand, row.due_on)
    paid_but_not_shared(world, cast, loan_id)

    post = distribution._post
    with monkeypatch.context() as patched:
        patched.setattr(distribution, "_post", dies_after(post))  # the last step before the commit
        with pytest.raises(KeyboardInterrupt):
            runner.run(clock.now())
    assert build.in_wallet(lena) == 0
    assert came_back(lena) == []
    assert build.loan(loan_id).outstanding == build.euros("1000")
    assert debt(loan_id) == 100_000

    runner.run(clock.now())
    assert build.in_wallet(lena) == row.total.minor
    assert came_back(lena) == [(row.principal_minor, row.interest_minor)]
    assert build.loan(loan_id).outstanding.minor == row.outstanding_minor
    assert debt(loan_id) == row.outstanding_minor
    prove(world)


def dies_after(act: Callable[[datetime], None]) -> Callable[[datetime], None]:
    """Return `act`, killed when all of it is done."""

    def die(now: datetime) -> None:
        act(now)
        raise KeyboardInterrupt

    return die


def test_a_wallet_takes_money_in_and_pays_it_out(world: World, hand: clock.Hand) -> None:
    lou = an_actor("Lou Lender")
    build.topped_up(world, lou, "120.50")
    assert build.in_wallet(lou) == 12050
    build.onboard(world, lou)
    build.pass_days(world, hand, 3)  # card money has arrived at the provider

    order_id = wallet.withdraw(
        lou, amount=build.euros("100.00"), form_key=build.form_key(), now=clock.now()
    )
    assert build.in_wallet(lou) == 2050  # set aside at once
    build.pass_days(world, hand, 3)

    assert build.wallet_order(order_id).state == "done"
    assert build.in_wallet(lou) == 2050
    assert "EUR 100.00 is on its way to your bank" in build.letters_to(lou)
    prove(world)


def test_a_withdrawal_that_fails_at_the_bank_is_back_in_the_wallet(
    world: World, hand: clock.Hand
) -> None:
    lou = an_actor("Lou Lender")
    build.topped_up(world, lou, "120.50")
    build.onboard(world, lou, build.CLOSED_BANK)
    build.pass_days(world, hand, 3)

    order_id = wallet.withdraw(
        lou, amount=build.euros("100.00"), form_key=build.form_key(), now=clock.now()
    )
    build.pass_days(world, hand, 5)

    assert build.wallet_order(order_id).state == "failed"
    assert build.wallet_order(order_id).reason
    assert "EUR 100.00 is back in your wallet" in build.letters_to(lou)
    assert build.in_wallet(lou) == 12050
    prove(world)


def test_a_payout_to_a_borrower_that_fails_is_tried_again(world: World, hand: clock.Hand) -> None:
    cast = build.Cast()
    loan_id = build.a_listed_loan(cast)
    build.onboard(world, cast.borrower, build.CLOSED_BANK)
    build.lent(world, loan_id, "1000")
    build.pass_days(world, hand, 8)
    failed = build.loan(loan_id)
    assert failed.state in {"funded", "disbursing"}
    assert failed.disburse_attempts >= 1

    build.onboard(world, cast.borrower, build.GOOD_BANK)
    build.settle_until(world, hand, loan_id, "active")

    assert build.loan(loan_id).disburse_attempts > 1
    prove(world)


def instructions(kind: str) -> list[Sent]:
    found = rows(
        "SELECT state, amount_minor FROM escrow_instruction WHERE kind = %s ORDER BY id",
        (kind,),
        into=Sent,
    )
    db.session.rollback()
    return found


def test_money_a_card_does_not_take_back_is_in_the_lenders_wallet(
    world: World, hand: clock.Hand
) -> None:
    lena = an_actor("Lena Lender")
    loan_id = build.a_listed_loan()
    placed = build.commit(loan_id, "600.00", lena)
    assert placed.instruction_id is not None
    dispatching.dispatch(placed.instruction_id)
    world.pay(placed.instruction_id, "4000 0000 0000 5126")  # its bank refuses refunds
    world.deliver()

    build.pass_days(world, hand, 25)

    assert build.commitment(placed.commitment_id, lena).state == "refunded"
    assert build.loan(loan_id).state == "refunded"
    assert build.in_wallet(lena) == 60_000
    prove(world)
