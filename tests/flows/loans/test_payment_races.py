"""Two ways to pay at the same moment: every cent is counted once, and what is too much is kept."""

from __future__ import annotations

from functools import partial

import pytest

from marketplace.kernel import clock
from marketplace.loans.replay.events import Intent
from marketplace.loans.services import paying, prepaying
from marketplace.settlement import billing, distribution
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.ledger import WORLD, opened, posted
from tests.builders.races import outcomes
from tests.builders.served import Served, a_served_loan, broken, cents, go_to, in_wallet


@pytest.fixture
def served(world: World, hand: clock.Hand) -> Served:
    found = a_served_loan(hand)
    go_to(hand, found.position().rows[0].due)
    billing.issue_due_bills(clock.now())
    return found


def fill_wallet(served: Served, amount: str) -> None:
    wallet = opened("person:wallet", owner=served.borrower.known())
    posted(f"test.wallet:{served.id}", (opened(WORLD), wallet, cents(amount)))


def test_two_payments_of_one_bill_from_the_wallet_pay_it_once(served: Served, world: World) -> None:
    fill_wallet(served, "5000.00")
    (bill,) = build.open_bills(served.id)
    pay = partial(paying.pay_from_wallet, served.borrower, bill.id, now=clock.now())

    found = outcomes(world, [partial(pay, form_key="one"), partial(pay, form_key="two")])

    assert found == {"done": 1, "bill_paid": 1}
    assert in_wallet(served.borrower) == 500_000 - 88_849
    served.share()
    assert broken() == []


def test_the_same_form_twice_is_one_payment(served: Served, world: World) -> None:
    fill_wallet(served, "5000.00")
    (bill,) = build.open_bills(served.id)
    pay = partial(paying.pay_from_wallet, served.borrower, bill.id, form_key="one", now=clock.now())

    assert outcomes(world, [pay, pay]) == {"done": 2}
    assert in_wallet(served.borrower) == 500_000 - 88_849


def test_paying_while_payments_are_shared_loses_nothing(served: Served, world: World) -> None:
    fill_wallet(served, "5000.00")
    served.pay("100.00")
    (bill,) = build.open_bills(served.id)

    pay = partial(paying.pay_from_wallet, served.borrower, bill.id, form_key="one", now=clock.now())
    share = partial(distribution.distribute_receipts, clock.now())
    assert outcomes(world, [share, pay]) == {"done": 2}
    served.share()

    assert sum(served.wallets()) == 88_849
    assert broken() == []


def test_what_comes_after_everything_was_paid_off_is_in_the_wallet(served: Served) -> None:
    """A card was asked for the bill when its borrower paid everything from the wallet."""
    fill_wallet(served, "20000.00")
    prepaying.pay_from_wallet(
        served.borrower, served.id, intent=Intent.PAYOFF, amount=None, form_key="all",
        now=clock.now(),
    )  # fmt: skip
    served.share()
    assert served.loan().state == "paid_off"
    late = served.pay(88_849, source="autopay")
    served.share()
    assert late.overpaid_minor == 88_849
    assert in_wallet(served.borrower) == 2_000_000 - 1_010_000 + 88_849
    assert broken() == []
