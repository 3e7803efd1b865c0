"""Lending in a browser: choose, check, pay, come back; notes and what came of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.infra.database import db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from marketplace.loans.queries import calendar, cash_flow, lender
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.builders.scenes import Scenes
from tests.page_client import Page, PageClient
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening

# What is ticked on the second step; the risk is asked for before the first order only.
TICKED: dict[str, Any] = {"agreed": "y", "understood": "y"}
BAD_MONEY = ["-1", "0", "0.001", "1e309", "NaN", "9223372036854775808", "USD 50", "", "fifty"]


def path(loan_id: UUID) -> str:
    return f"/loans/{public_id('ln', loan_id)}"


def checked(browser: PageClient, loan_id: UUID, amount: str, source: str = "provider") -> Page:
    """The check page of an investment."""
    return browser.get(f"{path(loan_id)}/invest?amount={amount}&source={source}")


def a_loan_with_fee_and_penalty(
    world: World, hand: clock.Hand, cast: build.Cast, parts: list[tuple[Actor, str]]
) -> UUID:
    """A running loan that costs its lenders a fee and its borrower penalty interest."""
    execute("UPDATE loan_product SET lender_fee_bps = 500, penalty_bps_per_year = 1825")
    db.session.commit()
    return build.a_running_loan(world, hand, cast, parts=parts)


def moved_to_wallet(person: Actor) -> int:
    """What repayments moved into a wallet, less what corrections took out: the ledger's lines."""
    moved = scalar(
        """
        SELECT coalesce(sum(CASE WHEN t.credit_account = a.id THEN t.amount ELSE -t.amount END), 0)
        FROM ledger_account a JOIN ledger_transfer t ON a.id IN (t.credit_account, t.debit_account)
        JOIN ledger_journal j ON j.id = t.journal_id
        WHERE a.kind = 'person:wallet' AND a.owner_id = %s
          AND j.operation_id LIKE 'settlement.repayment:%%'
        """,
        (person.known(),),
    )
    db.session.rollback()
    return int(moved)


class TestInvesting:
    def test_goes_from_the_loan_to_the_provider_and_back_to_a_receipt(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
        browser = browse(lena)

        form = browser.get(path(loan_id)).form("/invest", method="get")
        assert form.action == f"{path(loan_id)}/invest"
        check = checked(browser, loan_id, "250")
        assert "EUR 21.86" in check.text  # a quarter of each instalment of 87.45
        assert "Lend EUR 250.00" in check.text
        away = browser.send(check, "/invest", **TICKED)
        assert away.location.startswith("http")  # the provider's page
        (mine,) = build.open_commitments(lena)
        before = browser.get(f"/commitments/{mine.ref}")
        assert before.h1 == "Not paid yet: EUR 250.00"
        world.pay(mine.instruction_id or UUID(int=0))
        receipt = browser.follow(browser.get(f"/commitments/{mine.ref}/return", status=303))

        assert receipt.h1 == "EUR 250.00 is held for the loan"
        assert mine.ref in receipt.text
        assert "If it is not funded by then, all of it comes back to you" in receipt.text
        assert "escrow:loan" in receipt.text  # the ledger's own line

    def test_can_be_paid_later_from_the_receipt(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
        browser = browse(lena)
        world.wire.trouble = ["refused"]
        browser.follow(browser.send(checked(browser, loan_id, "250"), "/invest", **TICKED))
        (mine,) = build.open_commitments(lena)
        receipt = browser.get(f"/commitments/{mine.ref}")
        assert "you have not been charged" in receipt.text

        hand.advance(minutes=2)  # the provider is asked again after a while
        away = browser.send(receipt, "/pay")

        assert away.location.startswith("http")

    def test_from_the_wallet_needs_no_provider(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, lou = build.a_listed_loan(cast), an_actor("Lou Lender")
        build.topped_up(world, lou, "300")
        browser = browse(lou)

        check = checked(browser, loan_id, "250", "wallet")
        receipt = browser.follow(browser.send(check, "/invest", **TICKED))

        assert receipt.h1 == "EUR 250.00 is held for the loan"
        assert "Moved from your wallet, held for the loan" in receipt.text
        assert build.in_wallet(lou) == 5000

    def test_the_wallet_is_proposed_where_it_can_pay_and_the_provider_is_one_step_away(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, lou = build.a_listed_loan(cast), an_actor("Lou Lender")
        build.topped_up(world, lou, "100")
        browser = browse(lou)

        proposed = browser.get(f"{path(loan_id)}/invest?amount=40")
        assert "From your wallet" in proposed.text
        other = browser.get(proposed.links["Pay at the provider instead"])
        assert "You pay at the provider" in other.text
        back = browser.get(other.links["Pay from my wallet instead"])
        assert "From your wallet" in back.text

        too_much = browser.get(f"{path(loan_id)}/invest?amount=101")
        assert "You pay at the provider" in too_much.text
        assert "instead" not in too_much.text

    def test_money_that_must_leave_before_the_loan_needs_it_no_more_is_named_before_the_click(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        lou = an_actor("Lou Lender")
        build.topped_up(world, lou, "100")
        hand.advance(days=60)
        loan_id, browser = build.a_listed_loan(cast), browse(lou)

        for address in (
            path(loan_id),
            f"{path(loan_id)}/invest",
            f"{path(loan_id)}/invest?amount=40",
        ):
            page = browser.get(address)
            assert (
                "Your wallet cannot pay for this loan now EUR 100.00 of it must leave by"
                in page.text
            )
            assert "24 May 2026" in page.text  # the 83rd day after it was paid in
            assert "until 29 May 2026" in page.text  # 14 days to fund, 14 to sign
        refused = browser.get(f"{path(loan_id)}/invest?amount=40&source=wallet", status=422)

        href = browser.get(path(loan_id)).links["Withdraw EUR 100.00"]
        assert href == "/my/wallet/withdraw?currency=EUR&amount=100.00"
        (error,) = refused.errors
        assert error == (
            "EUR 100.00 of your wallet must leave it by 24 May 2026, and this loan may need it"
            " until 29 May 2026. What has been there longest is lent first: withdraw that much, or"
            " pay at the provider. You have not been charged."
        )

    def test_from_a_wallet_with_too_little_is_refused_before_and_at_the_act(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, lou = build.a_listed_loan(cast), an_actor("Lou Lender")
        build.topped_up(world, lou, "100")
        browser = browse(lou)
        check = checked(browser, loan_id, "100", "wallet")
        build.commit(loan_id, "50", lou, source="wallet")  # in another window

        refused = browser.send(check, "/invest", status=422, **TICKED)
        early = browser.get(f"{path(loan_id)}/invest?amount=51&source=wallet", status=422)

        short = "There is not enough in your wallet. Pay at the provider, or lend less."
        for page in (refused, early):
            assert page.errors == [f"{short} You have not been charged."]
        assert refused.form("/invest", method="get").fields["amount"] == "100.00"
        assert refused.form("/invest", method="get").fields["source"] == "wallet"

    def test_the_same_form_twice_takes_one_part(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, lou = build.a_listed_loan(cast), an_actor("Lou Lender")
        build.topped_up(world, lou, "300")
        browser = browse(lou)
        check = checked(browser, loan_id, "100", "wallet")

        first = browser.send(check, "/invest", **TICKED)
        second = browser.send(check, "/invest", **TICKED)

        assert first.location == second.location
        assert build.in_wallet(lou) == 20000

    @pytest.mark.parametrize("typed", BAD_MONEY)
    def test_an_amount_that_is_none_is_refused_and_kept(
        self, world: World, cast: build.Cast, browse: Browse, typed: str
    ) -> None:
        loan_id, browser = build.a_listed_loan(cast), browse(an_actor("Lena Lender"))
        check = checked(browser, loan_id, "100")

        refused = browser.send(check, "/invest", status=422, amount=typed, **TICKED)

        assert len(refused.errors) == 1
        assert refused.form("/invest", method="get").fields["amount"] == typed
        assert build.loan(loan_id).lenders == 0

    def test_full_width_digits_are_read_or_refused_never_misread(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, browser = build.a_listed_loan(cast), browse(an_actor("Lena Lender"))

        page = browser.get(f"{path(loan_id)}/invest?amount=１００", status=422)

        assert len(page.errors) == 1
        assert page.form("/invest", method="get").fields["amount"] == "１００"

    def test_the_last_ten_for_two_lenders_leaves_the_second_with_form_and_reason(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_listed_loan(cast)
        build.lent(world, loan_id, "990")
        first, second = browse(an_actor("Ann First")), browse(an_actor("Ben Second"))
        pages = [checked(one, loan_id, "10") for one in (first, second)]

        won = first.send(pages[0], "/invest", **TICKED)
        lost = second.send(pages[1], "/invest", status=422, **TICKED)

        assert won.location.startswith("http")
        assert lost.errors == ["Others have just lent all of it. You have not been charged."]
        assert lost.links["Find another loan"] == "/loans"

    @pytest.mark.parametrize(
        ("amount", "sentence"),
        [
            ("1000.01", "EUR 1,000.00 is left to lend."),
            ("9.99", "The smallest part is EUR 10.00."),
            ("995", "Lend all of it, or at most EUR 990.00"),
        ],
    )
    def test_an_amount_that_does_not_fit_is_refused_with_one_that_does(
        self, world: World, cast: build.Cast, browse: Browse, amount: str, sentence: str
    ) -> None:
        loan_id, browser = build.a_listed_loan(cast), browse(an_actor("Lena Lender"))

        page = browser.get(f"{path(loan_id)}/invest?amount={amount}", status=422)

        assert sentence in page.errors[0]
        assert page.form("/invest", method="get").fields["amount"] == amount

    def test_a_borrower_cannot_lend_to_the_own_loan(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, browser = build.a_listed_loan(cast), browse(cast.borrower)

        assert "This is your own loan" in browser.get(path(loan_id)).text
        page = browser.get(f"{path(loan_id)}/invest?amount=100", status=422)

        assert page.errors == ["This is your own loan. You cannot lend to yourself."]
        assert "This is your own loan" in browser.get(f"{path(loan_id)}/invest").text

    def test_a_loan_that_is_closed_meanwhile_says_so_and_takes_nothing(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, browser = build.a_listed_loan(cast), browse(an_actor("Lena Lender"))
        check = checked(browser, loan_id, "100")
        hand.advance(days=14, seconds=1)

        page = browser.send(check, "/invest", status=422, **TICKED)

        assert page.errors == ["This loan no longer takes money. You have not been charged."]

    def test_needs_somebody_signed_in_and_comes_back_there(
        self, world: World, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.a_listed_loan(cast)

        away = visitor.get(f"{path(loan_id)}/invest?amount=250", status=303)

        assert away.location.startswith("/sign-in?next=")
        assert "amount%3D250" in away.location


class TestNotes:
    def test_say_so_while_there_are_none(self, world: World, browse: Browse) -> None:
        page = browse(an_actor("Lena Lender")).get("/my/notes")

        assert "No note yet" in page.text
        assert page.links["See the open loans"] == "/loans"

    def test_show_what_is_lent_due_and_came_back(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        lena, lou = an_actor("Lena Lender"), an_actor("Lou Lender")
        parts = [(lena, "250"), (lou, "750")]
        loan_id = build.a_running_loan(world, hand, cast, parts=parts)
        row = build.schedule(loan_id)[0]
        build.until_day(world, hand, row.due_on)
        build.pay_next_bill(world, cast, loan_id)
        other = build.a_listed_loan(build.Cast(an_actor("Bo"), cast.first, cast.second))
        build.lent(world, other, "100", lena)

        browser = browse(lena)
        page = browser.get("/my/notes")
        text = page.text
        assert "EUR 21.86" in text  # a quarter of 87.45
        assert "Realised return a year" in text
        assert "Confirmed: held for the loan" in text
        assert "What came back and what is to come" in text
        note = browser.get(page.links["A kiln for the pottery"])
        assert browser.get(f"/my/notes/{build.notes(lena)[0].ref}").h1.endswith("for the pottery")
        assert note.status == 200

    def test_a_note_tells_where_its_money_is(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        lena = an_actor("Lena Lender")
        loan_id = build.a_running_loan(world, hand, cast, parts=[(lena, "1000")])
        build.until_day(world, hand, build.schedule(loan_id)[0].due_on)
        build.pay_next_bill(world, cast, loan_id)

        (held,) = build.notes(lena)
        page = browse(lena).get(f"/my/notes/{held.ref}")
        text = page.text

        for words in (
            "Paid: the provider holds it for the loan",
            "your part became a note",
            "Paid out to the borrower",
            "Instalment 1 came back to your wallet EUR 87.45",
            "Your share of the next instalment EUR 87.45",
            "EUR 920.05",
        ):
            assert words in text

    def test_what_came_back_is_what_the_ledger_moved_to_the_wallet_late_interest_and_fee_counted(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        lena, lou = an_actor("Lena Lender"), an_actor("Lou Lender")
        loan_id = a_loan_with_fee_and_penalty(world, hand, cast, [(lena, "250"), (lou, "750")])
        build.until_day(world, hand, build.schedule(loan_id)[0].due_on)
        told = [build.notes(person)[0].next_due for person in (lena, lou)]
        months = calendar.months(lena.known(), "EUR", today=clock.today())
        due = next(one for one in months if one.notes)
        build.pay_next_bill(world, cast, loan_id)
        came = [build.notes(person)[0].came_back for person in (lena, lou)]
        build.until_day(world, hand, build.schedule(loan_id)[1].due_on + timedelta(days=20))
        build.pay_next_bill(world, cast, loan_id)
        build.pass_days(world, hand, 1)

        (held,) = build.notes(lena)
        assert told == came
        assert due.fee.is_positive
        assert abs((due.total - came[0]).minor) <= 1  # a month's fee is rounded part by part
        ahead = calendar.months(lena.known(), "EUR", today=clock.today(), count=13)
        year = timedelta(days=366)
        whole = cash_flow.months(
            *(lena.known(), "EUR"),
            first=(clock.today() - year).replace(day=1),
            last=(clock.today() + year).replace(day=1),
            today=clock.today(),
        )
        db.session.rollback()
        assert sum(one.principal_minor + one.interest_minor for one in whole) == (
            held.came_back.minor + sum(one.total.minor for one in ahead)
        )
        assert held.penalty_back.is_positive
        assert held.fee.is_positive
        for person in (lena, lou):
            (theirs,) = build.notes(person)
            assert theirs.came_back.minor == moved_to_wallet(person)
        browser = browse(lena)
        back, fee = (f"EUR {amount.decimal():.2f}" for amount in (held.came_back, held.fee))
        assert f"Came back {back} interest EUR" in browser.get("/my/notes").text
        assert f"our fee of {fee} taken off" in browser.get("/my/notes").text
        last = lender.shares(held.id)[-1].total
        db.session.rollback()
        assert f"Repayment from 1 loan EUR {last.decimal():.2f}" in browser.get("/my/money").text
        note = browser.get(f"/my/notes/{held.ref}")
        assert f"Came back {back} principal EUR" in note.text
        assert f"penalty interest EUR {held.penalty_back.decimal():.2f}, less our fee {fee}" in (
            note.text
        )
        since = f"Since {build.loan(loan_id).disbursed_on:%-d %b %Y} What happens next"
        assert since in note.text  # a day: nobody knows the minute of it

    def test_go_on_page_by_page(
        self, world: World, cast: build.Cast, browse: Browse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("marketplace.loans.queries.lender.PAGE_SIZE", 1)
        lena = an_actor("Lena Lender")
        for name in ("One", "Two"):
            asked = build.a_request("500", title=f"Loan {name}")
            other = build.Cast(an_actor(f"Borrower {name}"), cast.first, cast.second)
            build.lent(world, build.a_listed_loan(other, asked), "500", lena)
        browser = browse(lena)

        first = browser.get("/my/notes")
        second = browser.get(first.links["Older"])

        shown = {"Loan One", "Loan Two"}
        assert len(shown & set(first.links)) == len(shown & set(second.links)) == 1
        assert shown <= set(first.links) | set(second.links)
        assert browser.get("/my/notes?before=nonsense").h1 == "My notes"


@pytest.mark.parametrize("where", ["invest", "check", "commitment", "notes", "note"])
def test_no_page_of_a_lender_asks_more_than_a_dozen_questions(
    world: World, hand: clock.Hand, scenes: Scenes, browse: Browse, where: str
) -> None:
    lena, other, commitment_id = scenes.play("twice lent", hand, lambda: _twice_lent(world, hand))
    (note,) = build.notes(lena)
    paths = {
        "invest": f"{path(other)}/invest",
        "check": f"{path(other)}/invest?amount=100",
        "commitment": f"/commitments/{public_id('cmt', commitment_id)}",
        "notes": "/my/notes",
        "note": f"/my/notes/{note.ref}",
    }
    browser = browse(lena)

    with listening() as heard:
        browser.get(paths[where])

    assert len(heard) <= PAGE_MAX, heard


def _twice_lent(world: World, hand: clock.Hand) -> tuple[Actor, UUID, UUID]:
    """A lender with a note of a running loan, and with a part of another one that is open."""
    cast, lena = build.Cast(), an_actor("Lena Lender")
    build.a_running_loan(world, hand, cast, parts=[(lena, "1000")])
    other = build.a_listed_loan(build.Cast(an_actor("Bo"), cast.first, cast.second))
    return lena, other, build.lent(world, other, "100", lena)
