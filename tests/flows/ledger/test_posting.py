"""Posting, holding, settling, voiding, reversing: what comes out, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.kernel import clock
from marketplace.kernel.errors import Broken, NotFound, Refusal, Stale
from marketplace.kernel.money import Money
from marketplace.ledger import queries
from marketplace.ledger import services as ledger
from tests.builders.ledger import (
    WORLD,
    eur,
    filled,
    held,
    opened,
    posted,
    reversed_,
    settled,
    staged,
    voided,
)


@pytest.mark.usefixtures("app")
class TestPosting:
    def test_a_posting_moves_money_from_one_account_to_another(self) -> None:
        wallet = filled("person:wallet", eur("50.00"))
        loan = opened("escrow:loan")

        posted("test.invest:1", (wallet, loan, eur("20.00")))

        assert queries.balance(wallet).available == eur("30.00")
        assert queries.balance(loan).available == eur("20.00")

    def test_the_same_operation_with_the_same_content_is_done_once(self) -> None:
        wallet, loan = filled("person:wallet", eur("50.00")), opened("escrow:loan")

        first = posted("test.invest:1", (wallet, loan, eur("20.00")))
        again = posted("test.invest:1", (wallet, loan, eur("20.00")), at=clock.now() + timedelta(1))

        assert again == first
        assert queries.balance(wallet).available == eur("30.00")

    @pytest.mark.parametrize("change", ["amount", "account", "cause", "lines", "verb"])
    def test_the_same_operation_with_other_content_is_broken(self, change: str) -> None:
        wallet, loan = filled("person:wallet", eur("50.00")), opened("escrow:loan")
        other = opened("escrow:loan")
        posted("test.invest:1", (wallet, loan, eur("20.00")))

        one, half = eur("20.00"), eur("10.00")
        changed: dict[str, Callable[[], object]] = {
            "amount": lambda: posted("test.invest:1", (wallet, loan, eur("20.01"))),
            "account": lambda: posted("test.invest:1", (wallet, other, one)),
            "cause": lambda: posted("test.invest:1", (wallet, loan, one), cause="test:2"),
            "lines": lambda: posted("test.invest:1", *[(wallet, loan, half)] * 2),
            "verb": lambda: held("test.invest:1", (wallet, loan, one)),
        }

        with pytest.raises(Broken, match="other content"):
            changed[change]()

        assert queries.balance(wallet).available == eur("30.00")

    @pytest.mark.parametrize("kind", ["person:wallet", "escrow:campaign", "escrow:loan"])
    def test_nobody_takes_more_than_is_there(self, kind: str) -> None:
        account, world = filled(kind, eur("50.00")), opened(WORLD)

        with pytest.raises(Refusal) as refused:
            posted("test.take:1", (account, world, eur("50.01")))

        assert refused.value == Refusal("overdraft", account=account)
        posted("test.take:1", (account, world, eur("50.00")))
        assert queries.balance(account).posted.is_zero

    def test_a_journal_is_netted_before_it_is_judged(self) -> None:
        wallet, world = opened("person:wallet"), opened(WORLD)

        posted("test.through:1", (wallet, world, eur("9.00")), (world, wallet, eur("9.00")))

        assert queries.balance(wallet).posted.is_zero

    def test_a_refused_journal_leaves_nothing_behind(self) -> None:
        wallet, loan = filled("person:wallet", eur("5.00")), opened("escrow:loan")

        with pytest.raises(Refusal):
            posted("test.invest:1", (wallet, loan, eur("5.00")), (wallet, loan, eur("0.01")))

        with pytest.raises(NotFound):
            queries.journal("test.invest:1")
        assert queries.balance(wallet).available == eur("5.00")

    def test_two_currencies_never_meet_in_a_move(self) -> None:
        euros, dollars = opened("person:wallet"), opened("person:wallet", "USD")

        with pytest.raises(Broken, match="currencies"):
            posted("test.mix:1", (euros, dollars, eur("1.00")))
        with pytest.raises(Broken, match="currencies"):
            posted("test.mix:1", (euros, opened(WORLD), Money.of("1.00", "USD")))

    def test_a_journal_has_one_currency(self) -> None:
        euros, dollars = opened("person:wallet"), opened("person:wallet", "USD")
        one_of_each = [
            (opened(WORLD), euros, eur("1.00")),
            (opened(WORLD, "USD"), dollars, Money.of("2.00", "USD")),
        ]

        with pytest.raises(Broken, match="one currency"):
            posted("test.both:1", *one_of_each)
        with pytest.raises(Broken, match="one currency"):
            staged([("test.both:1", *move) for move in one_of_each])

    @pytest.mark.parametrize("minor", [0, -1])
    def test_an_amount_is_more_than_nothing(self, minor: int) -> None:
        wallet = opened("person:wallet")

        with pytest.raises(Broken, match="moves nothing"):
            posted("test.nothing:1", (opened(WORLD), wallet, Money(minor, "EUR")))

    def test_an_account_cannot_pay_itself(self) -> None:
        wallet = filled("person:wallet", eur("5.00"))

        with pytest.raises(Broken, match="two_accounts"):
            posted("test.self:1", (wallet, wallet, eur("1.00")))

    def test_an_account_that_does_not_exist_is_named(self) -> None:
        with pytest.raises(Broken, match="no account 999999978"):
            posted("test.nowhere:1", (opened(WORLD), 999_999_978, eur("1.00")))

    def test_a_journal_without_moves_is_broken(self) -> None:
        with pytest.raises(Broken, match="one to 500000"):
            posted("test.empty:1")

    def test_writing_needs_an_open_command(self) -> None:
        with pytest.raises(Broken, match="outside a command"):
            ledger.post("test.x:1", [], cause="test:1", actor="test", happened_at=clock.now())


@pytest.mark.usefixtures("app")
class TestAccounts:
    def test_an_account_is_opened_once(self) -> None:
        owner = uuid4()

        assert opened("person:wallet", owner=owner) == opened("person:wallet", owner=owner)
        assert opened("fees:platform") == opened("fees:platform")

    def test_each_currency_has_its_own_account_and_number(self) -> None:
        owner = uuid4()

        euros, yen = (opened("person:wallet", code, owner) for code in ("EUR", "JPY"))

        assert (euros % 1000, yen % 1000) == (978, 392)

    def test_a_kind_the_chart_does_not_know_is_broken(self) -> None:
        with pytest.raises(Broken, match="chart of accounts"):
            opened("person:purse")

    def test_an_owner_is_given_exactly_where_the_chart_wants_one(self) -> None:
        with pytest.raises(Broken, match="belong to nobody"):
            opened("fees:platform", owner=uuid4())
        with pytest.raises(Broken, match="belong to note"):
            opened("note:claim")


@pytest.mark.usefixtures("app")
class TestHolds:
    def test_held_money_is_no_longer_available_and_not_yet_moved(self) -> None:
        wallet, loan = filled("person:wallet", eur("50.00")), opened("escrow:loan")

        held("test.hold:1", (wallet, loan, eur("20.00")))

        found = queries.balance(wallet)
        assert (found.posted, found.available) == (eur("50.00"), eur("30.00"))
        assert queries.balance(loan).pending_in_minor == 20_00
        assert queries.balance(loan).available.is_zero

    @pytest.mark.parametrize("kind", ["person:wallet", "escrow:campaign"])
    def test_what_is_held_cannot_be_spent_or_held_again(self, kind: str) -> None:
        account, world = filled(kind, eur("50.00")), opened(WORLD)
        held("test.hold:1", (account, world, eur("20.00")))

        for spend in (posted, held):
            with pytest.raises(Refusal, match="overdraft"):
                spend("test.spend:1", (account, world, eur("30.01")))
        posted("test.spend:1", (account, world, eur("30.00")))

    def test_what_is_on_its_way_in_cannot_be_spent(self) -> None:
        wallet, world = opened("person:wallet"), opened(WORLD)
        held("test.hold:1", (world, wallet, eur("20.00")))

        with pytest.raises(Refusal, match="overdraft"):
            posted("test.spend:1", (wallet, world, eur("0.01")))

    def test_settling_moves_what_was_held(self) -> None:
        wallet, loan = filled("person:wallet", eur("50.00")), opened("escrow:loan")
        held("test.hold:1", (wallet, loan, eur("20.00")), (wallet, loan, eur("1.00")))

        settled("test.settle:1", "test.hold:1")

        assert queries.balance(wallet).posted == eur("29.00")
        assert queries.balance(wallet).available == eur("29.00")
        assert queries.balance(loan).available == eur("21.00")

    def test_voiding_frees_what_was_held(self) -> None:
        wallet, loan = filled("person:wallet", eur("50.00")), opened("escrow:loan")
        held("test.hold:1", (wallet, loan, eur("20.00")))

        voided("test.void:1", "test.hold:1")

        assert queries.balance(wallet).available == eur("50.00")
        assert queries.balance(loan).pending_in_minor == 0

    def test_a_part_of_a_hold_can_be_settled_and_the_rest_is_free(self) -> None:
        campaign, world = filled("escrow:campaign", eur("50.00")), opened(WORLD)
        held("test.hold:1", (campaign, world, eur("20.00")))

        settled("test.settle:1", "test.hold:1", eur("15.00"))

        found = queries.balance(campaign)
        assert (found.posted, found.available) == (eur("35.00"), eur("35.00"))

    def test_no_more_than_the_hold_and_no_part_of_several_moves_is_settled(self) -> None:
        wallet, loan = filled("person:wallet", eur("50.00")), opened("escrow:loan")
        held("test.hold:1", (wallet, loan, eur("20.00")))
        held("test.hold:2", (wallet, loan, eur("1.00")), (wallet, loan, eur("2.00")))

        for hold, amount in (("test.hold:1", "20.01"), ("test.hold:2", "1.00")):
            with pytest.raises(Broken, match="a part"):
                settled("test.settle:1", hold, eur(amount))

    @pytest.mark.parametrize(("first", "second"), [(settled, voided), (voided, settled)])
    def test_a_hold_is_resolved_once(self, first: object, second: object) -> None:
        wallet, loan = filled("person:wallet", eur("50.00")), opened("escrow:loan")
        held("test.hold:1", (wallet, loan, eur("20.00")))
        assert callable(first)
        assert callable(second)

        done = first("test.one:1", "test.hold:1")

        assert first("test.one:1", "test.hold:1") == done
        for again in (first, second):
            with pytest.raises(Stale):
                again("test.two:1", "test.hold:1")

    def test_only_a_hold_can_be_settled_or_voided(self) -> None:
        wallet, loan = filled("person:wallet", eur("50.00")), opened("escrow:loan")
        posted("test.post:1", (wallet, loan, eur("20.00")))

        for resolve in (settled, voided):
            for target in ("test.post:1", "test.unknown:1"):
                with pytest.raises(Broken, match="nothing to"):
                    resolve("test.resolve:1", target)

    def test_expired_holds_are_voided_when_their_time_is_over(self) -> None:
        wallet, loan = filled("person:wallet", eur("50.00")), opened("escrow:loan")
        later = clock.now() + timedelta(hours=1)
        for number in (1, 2, 3):
            held(f"test.hold:{number}", (wallet, loan, eur("10.00")), expires_at=later)
        settled("test.settle:1", "test.hold:1")

        sweep = command(ledger.void_expired)
        assert sweep(clock.now()) == 0
        assert sweep(later) == 2
        assert sweep(later) == 0
        assert queries.balance(wallet).available == eur("40.00")


@pytest.mark.usefixtures("app")
class TestReversing:
    def test_a_reversed_posting_leaves_the_balances_as_before(self) -> None:
        wallet, loan = filled("person:wallet", eur("50.00")), opened("escrow:loan")
        posted("test.invest:1", (wallet, loan, eur("20.00")), (wallet, loan, eur("0.50")))

        reversed_("test.reverse:1", "test.invest:1")

        assert queries.balance(wallet).available == eur("50.00")
        assert queries.balance(loan).posted.is_zero

    def test_an_operation_is_reversed_once(self) -> None:
        wallet, loan = filled("person:wallet", eur("50.00")), opened("escrow:loan")
        posted("test.invest:1", (wallet, loan, eur("20.00")))

        done = reversed_("test.reverse:1", "test.invest:1")

        assert reversed_("test.reverse:1", "test.invest:1") == done
        with pytest.raises(Stale):
            reversed_("test.reverse:2", "test.invest:1")
        with pytest.raises(Broken):
            reversed_("test.reverse:3", "test.reverse:1")

    def test_money_that_is_gone_cannot_be_taken_back(self) -> None:
        wallet, loan, world = (
            filled("person:wallet", eur("50.00")),
            opened("escrow:loan"),
            opened(WORLD),
        )
        posted("test.invest:1", (wallet, loan, eur("20.00")))
        posted("test.disburse:1", (loan, world, eur("20.00")))

        with pytest.raises(Refusal, match="overdraft"):
            reversed_("test.reverse:1", "test.invest:1")


@pytest.mark.usefixtures("app")
class TestStaged:
    def test_each_operation_becomes_a_journal_and_balances_are_netted(self) -> None:
        loan = filled("escrow:loan", eur("30.00"))
        wallets = [opened("person:wallet") for _ in range(3)]

        count = staged(
            [
                (f"test.share:{n % 2}", loan, wallet, eur("10.00"))
                for n, wallet in enumerate(wallets)
            ]
        )

        assert count == 2
        assert queries.balance(loan).posted.is_zero
        assert [queries.balance(wallet).available for wallet in wallets] == [eur("10.00")] * 3
        assert len(queries.journal("test.share:0").moves) == 2

    def test_what_was_posted_before_is_skipped(self) -> None:
        loan, wallet = filled("escrow:loan", eur("30.00")), opened("person:wallet")
        lines = [(f"test.share:{n}", loan, wallet, eur("10.00")) for n in range(3)]
        assert staged(lines[:2]) == 2

        assert staged(lines) == 1
        assert staged(lines) == 0

        assert queries.balance(wallet).available == eur("30.00")

    def test_single_and_staged_postings_of_an_operation_are_the_same_thing(self) -> None:
        loan, wallet = filled("escrow:loan", eur("30.00")), opened("person:wallet")
        posted("test.share:1", (loan, wallet, eur("10.00")))

        assert staged([("test.share:1", loan, wallet, eur("10.00"))]) == 0
        with pytest.raises(Broken, match="other content"):
            staged([("test.share:1", loan, wallet, eur("10.01"))])

    def test_an_overdraft_in_one_operation_refuses_them_all(self) -> None:
        loans = [filled("escrow:loan", eur("10.00")), filled("escrow:loan", eur("9.99"))]
        wallet = opened("person:wallet")

        with pytest.raises(Refusal) as refused:
            staged([(f"test.share:{loan}", loan, wallet, eur("10.00")) for loan in loans])

        assert refused.value == Refusal("overdraft", account=loans[1])
        assert queries.balance(wallet).posted.is_zero

    def test_guarded_append_accounts_are_guarded_in_sets_too(self) -> None:
        campaign, world = filled("escrow:campaign", eur("10.00")), opened(WORLD)

        with pytest.raises(Refusal, match="overdraft"):
            staged([(f"test.refund:{n}", campaign, world, eur("5.01")) for n in range(2)])
        assert staged([(f"test.refund:{n}", campaign, world, eur("5.00")) for n in range(2)]) == 2

    def test_many_holds_are_made_at_once(self) -> None:
        campaign, world = filled("escrow:campaign", eur("10.00")), opened(WORLD)
        lines = [(f"test.refund:{n}", campaign, world, eur("5.00")) for n in range(2)]

        assert staged(lines, hold=True) == 2

        assert queries.balance(campaign).available.is_zero
        settled("test.settle:0", "test.refund:0")
        voided("test.void:1", "test.refund:1")
        assert queries.balance(campaign).available == eur("5.00")

    def test_nothing_staged_posts_nothing(self) -> None:
        assert staged([]) == 0

    def test_a_row_of_another_currency_is_refused(self) -> None:
        loan, wallet = filled("escrow:loan", eur("30.00")), opened("person:wallet", "USD")

        with pytest.raises(Broken, match="one_currency"):
            staged([("test.share:1", loan, wallet, eur("10.00"))])

    def test_an_account_that_does_not_exist_is_named(self) -> None:
        loan = filled("escrow:loan", eur("30.00"))

        with pytest.raises(Broken, match="no account 999999978"):
            staged([("test.share:1", loan, 999_999_978, eur("10.00"))])

    def test_what_is_staged_names_the_currency_of_its_accounts(self) -> None:
        loan, wallet = filled("escrow:loan", eur("30.00")), opened("person:wallet")

        with pytest.raises(Broken, match=r"test\.share:1 is staged in another currency"):
            staged([("test.share:1", loan, wallet, Money(1000, "USD"))])

    def test_an_operation_has_one_cause(self) -> None:
        loan, wallet = filled("escrow:loan", eur("30.00")), opened("person:wallet")

        @command
        def mixed() -> None:
            ledger.stage()
            execute(
                """
                INSERT INTO ledger_stage
                    (operation_id, debit, credit, currency, amount, code, cause)
                SELECT 'test.mixed:1', %s, %s, 'EUR', 1, 'x', 'loan:' || n
                FROM generate_series(1, 2) n
                """,
                (loan, wallet),
            )
            ledger.post_staged(actor="test", happened_at=clock.now())

        with pytest.raises(Broken, match="one cause"):
            mixed()
