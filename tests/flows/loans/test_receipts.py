"""Receipts: whatever comes in, and whenever it counts from, every cent has one owner."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from psycopg.errors import RestrictViolation

from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, rows, scalar
from marketplace.kernel import clock
from marketplace.kernel.errors import Refusal
from marketplace.kernel.money import Money
from marketplace.ledger import queries as ledger_queries
from marketplace.loans.replay.events import ChargeKind, Intent
from marketplace.loans.services import waiving, wallet
from marketplace.settlement import billing, owing
from tests.builders.identity import an_actor
from tests.builders.served import (
    Rules,
    Served,
    a_served_loan,
    broken,
    cents,
    go_to,
    in_wallet,
    owed_by,
    portions,
)

pytestmark = pytest.mark.usefixtures("app")

LATE = Rules(late_fee_minor=500, penalty_bps_per_year=1_000)
INSTALMENT = 88_849  # 10,000.00 at 12 % over 12 months (the table of policy 5.9)


def later(served: Served, months: int, days: int = 0) -> date:
    """Go to the due day of instalment `months`, and some days on."""
    due = served.position().rows[months - 1].due
    go_to(served.hand, due + timedelta(days=days))
    return due


class TestPlain:
    def test_one_instalment_on_its_day_settles_it_and_is_split_to_the_cent(
        self, hand: clock.Hand
    ) -> None:
        served = a_served_loan(hand)
        later(served, 1)
        billing.issue_due_bills(clock.now())
        made = served.pay(INSTALMENT)
        served.share()
        assert portions(made) == (78_849, 10_000, 0, 0, 0)
        assert (made.sequence, made.first_n, made.last_n) == (1, 1, 1)
        assert served.wallets() == [39_424 + 5_000, 23_655 + 3_000, 15_770 + 2_000]
        assert served.instalments()[0] == (78_849, 10_000, INSTALMENT)
        assert served.loan().repayments == 1
        assert broken() == []

    def test_a_part_pays_interest_first_and_the_rest_later(self, hand: clock.Hand) -> None:
        served = a_served_loan(hand)
        later(served, 1)
        billing.issue_due_bills(clock.now())
        first = served.pay("300.00")
        assert portions(first) == (20_000, 10_000, 0, 0, 0)
        assert rows("SELECT paid_minor, paid_at FROM bill WHERE n = 1", into=dict)[0] == {
            "paid_minor": 30_000,
            "paid_at": None,
        }
        db.session.rollback()
        second = served.pay(INSTALMENT - 30_000)
        served.share()
        assert portions(second) == (58_849, 0, 0, 0, 0)
        assert served.loan().repayments == 1
        assert broken() == []

    def test_what_is_paid_ahead_settles_the_next_and_its_bill_asks_for_nothing(
        self, hand: clock.Hand
    ) -> None:
        served = a_served_loan(hand)
        later(served, 1)
        served.pay(2 * INSTALMENT)
        served.share()
        assert [row[2] for row in served.instalments()[:3]] == [INSTALMENT, INSTALMENT, 0]
        later(served, 2)
        billing.issue_due_bills(clock.now())
        paid = rows("SELECT n FROM bill WHERE paid_at IS NOT NULL ORDER BY n", into=dict)
        db.session.rollback()
        assert [one["n"] for one in paid] == [1, 2]
        assert broken() == []

    @pytest.mark.parametrize("rules", [Rules(rate="0"), Rules(instalments=1)])
    def test_without_interest_and_in_one_instalment_it_ends_as_well(
        self, hand: clock.Hand, rules: Rules
    ) -> None:
        served = a_served_loan(hand, (101, 100, 99), rules)
        for n in range(1, rules.instalments + 1):
            later(served, n)
            row = served.position().rows[n - 1]
            if row.total.is_positive:
                served.pay(row.total.minor)
                served.share()
        assert served.loan().state == "paid_off"
        assert sum(served.wallets()) == sum(
            r.principal_minor + r.interest_minor for r in served.paid
        )
        assert broken() == []

    def test_the_same_payment_told_twice_is_one_receipt(self, hand: clock.Hand) -> None:
        served = a_served_loan(hand)
        later(served, 1)
        made = served.pay(INSTALMENT)
        with pytest.raises(RestrictViolation):
            _rewrite()
        db.session.rollback()
        assert counted("receipt") == 1
        assert made.distributed_at is None


class TestLate:
    def test_charges_are_settled_first_and_each_goes_where_it_belongs(
        self, hand: clock.Hand
    ) -> None:
        served = a_served_loan(hand, rules=LATE)
        later(served, 1, days=10)
        due = served.position().due()
        made = served.pay(due.minor)
        served.share()
        penalty = round(INSTALMENT * 0.1 * 10 / 365)
        assert portions(made) == (78_849, 10_000, penalty, 500, 0)
        assert sum(served.wallets()) == INSTALMENT + penalty
        assert ledger_total("fees:platform") == 500
        assert broken() == []

    def test_the_service_fee_is_taken_from_interest_and_penalty_once_a_receipt(
        self, hand: clock.Hand
    ) -> None:
        served = a_served_loan(hand, (5, 3, 2), Rules(lender_fee_bps=100, rate="0.9"))
        for n in range(1, 13):
            later(served, n)
            row = served.position().rows[n - 1]
            if row.total.is_positive:
                served.pay(row.total.minor)
                served.share()
        interest = sum(receipt.interest_minor for receipt in served.paid)
        fee = (interest * 100 + 5_000) // 10_000
        assert served.loan().lender_fee_minor == fee == ledger_total("fees:platform")
        assert sum(served.wallets()) == 10 + interest - fee
        assert served.loan().state == "paid_off"
        assert broken() == []

    def test_two_officers_let_a_charge_off_and_the_loan_can_end(self, hand: clock.Hand) -> None:
        served = a_served_loan(hand, (60_000, 40_000), Rules(instalments=1, late_fee_minor=500))
        due = later(served, 1, days=3)
        served.pay(101_000, on=due + timedelta(days=3))
        served.share()
        fee = next(c for c in served.position().charges if c.key.kind is ChargeKind.LATE_FEE)
        assert served.loan().state == "active"
        maker, checker = (an_actor(name, role="finance_officer") for name in ("Mia", "Cho"))
        open_fee = served.position().due()
        told = {"amount": open_fee, "reason": "The bank was shut.", "now": clock.now()}
        made = waiving.propose(maker, served.id, fee.key, **told)  # type: ignore[arg-type]
        with pytest.raises(Refusal, match="waiver_own"):
            waiving.agree(maker, made, now=clock.now())
        waiving.agree(checker, made, now=clock.now())
        served.share()
        assert served.loan().state == "paid_off"
        assert broken() == []


class TestEarly:
    def test_everything_ten_days_after_the_third_is_the_policys_figure(
        self, hand: clock.Hand
    ) -> None:
        served = a_served_loan(hand, rules=Rules(prepayment_fee_bps=50))
        for n in (1, 2, 3):
            later(served, n)
            served.pay(INSTALMENT)
            served.share()
        later(served, 3, days=10)
        payoff = served.position().payoff
        assert payoff.amount == cents("7673.87")
        made = served.pay(payoff.amount.minor, intent=Intent.PAYOFF)
        served.share()
        assert portions(made) == (761_080, 2_502, 0, 3_805, 0)
        assert served.loan().state == "paid_off"
        assert ledger_total("fees:platform") == 3_805
        assert counted("schedule_version") == 2
        assert broken() == []

    @pytest.mark.parametrize("intent", [Intent.SHORTER_TERM, Intent.LOWER_INSTALMENT])
    def test_a_part_makes_a_new_schedule_and_keeps_the_old_one(
        self, hand: clock.Hand, intent: Intent
    ) -> None:
        served = a_served_loan(hand)
        later(served, 1)
        served.pay(INSTALMENT)
        before = served.position()
        later(served, 1, days=5)
        served.pay("2000.00", intent=intent)
        served.share()
        after = served.position()
        asking = [row for row in after.rows if row.open.is_positive]
        if intent is Intent.SHORTER_TERM:
            assert len(asking) < 11
        else:
            assert len(asking) == 11
            assert asking[1].total < before.rows[2].total
        assert [(p, i) for p, i, _paid in served.instalments() if p or i] == [
            (row.principal.minor, row.interest.minor) for row in after.rows if row.total.is_positive
        ]
        assert counted("schedule_version") == 2
        for n in range(2, len(after.rows) + 1):
            if (row := served.position().rows[n - 1]).open.is_positive:
                later(served, n)
                served.pay(row.open.minor)
                served.share()
        assert served.loan().state == "paid_off"
        assert broken() == []

    def test_what_is_too_much_is_in_the_borrowers_wallet(self, hand: clock.Hand) -> None:
        served = a_served_loan(hand, (60_000, 40_000), Rules(instalments=1))
        later(served, 1)
        made = served.pay(101_000 + 777)
        served.share()
        assert portions(made)[4] == 777
        assert in_wallet(served.borrower) == 777
        assert served.loan().state == "paid_off"
        late = served.pay(50)
        served.share()
        assert portions(late) == (0, 0, 0, 0, 50)
        assert in_wallet(served.borrower) == 827
        assert broken() == []


class TestCorrected:
    def test_a_payment_told_late_counts_from_its_day_and_undoes_the_charges(
        self, hand: clock.Hand
    ) -> None:
        served = a_served_loan(hand, rules=LATE)
        due = later(served, 1, days=20)
        charged = served.pay(served.position().due().minor)
        served.share()
        assert portions(charged)[2:4] == (487, 500)
        told_late = served.pay(INSTALMENT, on=due)
        served.share()
        assert portions(told_late)[2:4] == (-487, -500)
        assert sum(portions(told_late)) == INSTALMENT
        assert [row[2] for row in served.instalments()[:3]] == [INSTALMENT, INSTALMENT, 987]
        assert ledger_total("fees:platform") == 0
        assert served.loan().penalty_repaid_minor == 0
        assert broken() == []

    def test_taken_back_before_it_is_shared_nobody_had_it(self, hand: clock.Hand) -> None:
        served = a_served_loan(hand)
        later(served, 1)
        billing.issue_due_bills(clock.now())
        made = served.pay(INSTALMENT)
        served.take_back(made)
        served.share()
        assert sum(served.wallets()) == 0
        assert served.instalments()[0][2] == 0
        assert rows("SELECT paid_at FROM bill WHERE n = 1", into=dict)[0]["paid_at"] is None
        db.session.rollback()
        assert held_for(served) == 0
        assert broken() == []

    def test_taken_back_after_it_is_taken_from_the_lenders(self, hand: clock.Hand) -> None:
        served = a_served_loan(hand)
        later(served, 1)
        made = served.pay(INSTALMENT)
        served.share()
        assert sum(served.wallets()) == INSTALMENT
        taken = served.take_back(made)
        served.share()
        assert portions(taken) == (-78_849, -10_000, 0, 0, 0)
        assert served.wallets() == [0, 0, 0]
        assert held_for(served) == 0
        assert served.loan().repayments == 0
        assert broken() == []

    def test_what_a_lender_no_longer_has_is_owed_and_taken_as_money_comes(
        self, hand: clock.Hand
    ) -> None:
        served = a_served_loan(hand)
        later(served, 1)
        made = served.pay(INSTALMENT)
        served.share()
        spend(served, 0, 40_000)
        served.take_back(made)
        served.share()
        spender = served.lenders[0]
        assert served.wallets() == [0, 0, 0]
        assert owed_by(spender) == 40_000
        assert ledger_total("loss:credit") == 40_000
        with pytest.raises(Refusal, match="wallet_owes"):
            wallet.withdraw(spender, amount=cents(1), form_key="w", now=clock.now())
        served.pay(INSTALMENT)
        served.share()
        owing.recover_all(clock.now())
        assert owed_by(spender) == 0
        assert in_wallet(spender) == 44_424 - 40_000
        assert ledger_total("loss:credit") == 0
        assert broken() == []

    def test_the_last_payment_taken_back_makes_the_loan_active_again(
        self, hand: clock.Hand
    ) -> None:
        served = a_served_loan(hand, (60_000, 40_000), Rules(instalments=1))
        later(served, 1)
        made = served.pay(101_000)
        served.share()
        assert served.loan().state == "paid_off"
        served.take_back(made)
        served.share()
        assert served.loan().state == "active"
        served.pay(101_000)
        served.share()
        assert served.loan().state == "paid_off"
        assert broken() == []

    def test_a_payment_is_taken_back_once_and_a_correction_never(self, hand: clock.Hand) -> None:
        served = a_served_loan(hand)
        later(served, 1)
        made = served.pay(INSTALMENT)
        taken = served.take_back(made)
        for wrong, code in ((made, "receipt_reversed"), (taken, "receipt_not_payment")):
            with pytest.raises(Refusal, match=code):
                served.take_back(wrong)
        db.session.rollback()

    def test_days_that_cannot_be_are_refused(self, hand: clock.Hand) -> None:
        served = a_served_loan(hand)
        paid_out = clock.today()
        later(served, 1)
        for day, code in (
            (paid_out - timedelta(days=1), "payment_before_disbursement"),
            (clock.today() + timedelta(days=1), "payment_in_future"),
        ):
            with pytest.raises(Refusal, match=code):
                served.pay(INSTALMENT, on=day)
            db.session.rollback()
        assert counted("receipt") == 0


@command
def _rewrite() -> None:
    execute("UPDATE receipt SET amount_minor = 1")


@command
def spend(served: Served, who: int, minor: int) -> None:
    """Let a lender spend wallet money."""
    from marketplace.ledger import services as ledger
    from marketplace.ledger.services import Move

    source = ledger.account("person:wallet", "EUR", served.lenders[who].known())
    world = ledger.account("external:world", "EUR")
    ledger.post(
        f"test.spent:{served.id}",
        [Move(source, world, Money(minor, "EUR"), "test")],
        cause="test:1",
        actor="test",
        happened_at=clock.now(),
    )


def counted(table: str) -> int:
    """Return how many rows a table has."""
    found = int(scalar(f"SELECT count(*) FROM {table}"))
    db.session.rollback()
    return found


def ledger_total(kind: str) -> int:
    """Return what all accounts of a kind hold."""
    found = ledger_queries.total(kind, "EUR")
    db.session.rollback()
    return found


def held_for(served: Served) -> int:
    """Return what the loan's escrow holds."""
    found = ledger_queries.balance(served.escrow).posted_minor
    db.session.rollback()
    return found
