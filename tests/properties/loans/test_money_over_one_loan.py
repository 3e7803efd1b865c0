"""Money over one loan, in any order: payments, corrections, days; the books stay in order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.ledger import queries as ledger
from marketplace.loans.models import Receipt
from marketplace.loans.replay.events import Intent
from marketplace.settlement import billing, owing
from tests.builders.served import Rules, Served, a_served_loan, broken, in_wallet, owed_by

RULES = st.builds(
    Rules,
    rate=st.sampled_from(["0", "0.07", "0.24"]),
    instalments=st.integers(1, 5),
    method=st.sampled_from(["equal_instalment", "equal_principal", "interest_only"]),
    lender_fee_bps=st.sampled_from([0, 100, 3_333]),
    late_fee_minor=st.sampled_from([0, 250]),
    penalty_bps_per_year=st.sampled_from([0, 3_650]),
    prepayment_fee_bps=st.sampled_from([0, 100]),
)
PARTS = st.lists(st.integers(1, 30_000), min_size=1, max_size=5)


def test_money_over_one_loan_stays_in_order(app: Flask, hand: clock.Hand) -> None:
    """Whatever happens, every cent that came in is with its owner, and debts are claims."""

    class OneLoan(RuleBasedStateMachine):
        """What may happen to one loan."""

        served: Served
        kept: list[Receipt]
        leaving: int  # taken back, and still in escrow until it is shared
        before: tuple[int, int]

        @initialize(parts=PARTS, rules=RULES)
        def lend(self, parts: list[int], rules: Rules) -> None:
            self.served = a_served_loan(hand, parts, rules)
            self.kept, self.leaving = [], 0
            self.before = (total("fees:platform"), total("loss:credit"))

        @rule(days=st.integers(1, 40))
        def days_pass(self, days: int) -> None:
            hand.advance(days=days)
            billing.issue_due_bills(clock.now())

        @rule(
            amount=st.integers(1, 40_000),
            days_ago=st.integers(0, 30),
            intent=st.sampled_from(list(Intent)),
        )
        def pay(self, amount: int, days_ago: int, intent: Intent) -> None:
            since = self.served.loan().disbursed_on
            assert since is not None
            on = max(since, clock.today() - timedelta(days=days_ago))
            self.kept.append(self.served.pay(amount, on=on, intent=intent))

        @rule()
        def pay_what_is_due(self) -> None:
            if (due := self.served.position().due()).is_positive:
                self.kept.append(self.served.pay(due.minor))

        @rule()
        def pay_off(self) -> None:
            if (whole := self.served.position().payoff.amount).is_positive:
                self.kept.append(self.served.pay(whole.minor, intent=Intent.PAYOFF))

        @precondition(lambda self: self.kept)
        @rule(which=st.integers(0, 20))
        def take_back(self, which: int) -> None:
            receipt = self.kept.pop(which % len(self.kept))
            self.served.take_back(receipt)
            self.leaving += receipt.amount_minor

        @rule()
        def share(self) -> None:
            self.served.share()
            self.leaving = 0
            owing.recover_all(clock.now())

        @invariant()
        def what_came_in_is_with_somebody(self) -> None:
            served = self.served
            came = sum(receipt.amount_minor for receipt in self.kept)
            people = [*served.lenders, served.borrower]
            fees = total("fees:platform") - self.before[0]
            stood_in = total("loss:credit") - self.before[1]
            had = sum(in_wallet(person) for person in people) - stood_in
            gone = ledger.balance(served.escrow).posted_minor
            db.session.rollback()
            assert had + fees + gone == came + self.leaving
            assert stood_in == sum(owed_by(person) for person in people)

        def teardown(self) -> None:
            if not hasattr(self, "served"):
                return
            self.served.share()
            assert broken() == []
            position = self.served.position()
            written = [row for row in self.served.instalments() if row[0] or row[1]]
            assert [paid for _p, _i, paid in written] == [
                (row.principal_paid + row.interest_paid).minor
                for row in position.rows
                if row.total.is_positive
            ]
            assert (self.served.loan().state == "paid_off") == position.is_settled

    run_state_machine_as_test(
        OneLoan,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def total(kind: str) -> int:
    """What all accounts of a kind hold."""
    found = ledger.total(kind, "EUR")
    db.session.rollback()
    return found


def test_a_refusal_leaves_no_receipt(app: Flask, hand: clock.Hand) -> None:
    served = a_served_loan(hand)
    with pytest.raises(Refusal, match="payment_before_disbursement"):
        served.pay(100, on=clock.today() - timedelta(days=1))
    db.session.rollback()
    assert served.position().principal.is_zero
    assert broken() == []
