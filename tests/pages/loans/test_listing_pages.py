"""A listing in a browser: filters, both annual rates, reflection, limits, the risk, questions."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from uuid import UUID

import pytest

from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.settlement import runner
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.page_client import PageClient
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening


def path(loan_id: UUID) -> str:
    return f"/loans/{public_id('ln', loan_id)}"


@command
def set_limits(in_all: int, with_borrower: int) -> None:
    """Let the policy say how much one lender may lend, in cents."""
    execute(
        "UPDATE lending_limit SET lender_max_minor = %s, borrower_max_minor = %s"
        " WHERE currency = 'EUR'",
        (in_all, with_borrower),
    )


class TestTheList:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("rate_from=9", {"A kiln", "A roof"}),
            ("rate_from=9.01", {"A roof"}),
            ("rate_to=9", {"A kiln", "A van"}),
            ("rate_from=cheap&rate_to=1e99", {"A kiln", "A van", "A roof"}),
            ("method=equal_instalment", {"A kiln", "A van", "A roof"}),
            ("method=bullet", set()),
            ("product=personal", {"A kiln", "A van", "A roof"}),
            ("product=yacht", set()),
            ("almost=1", {"A van"}),
            ("ends=1", set()),
            ("ends=14", {"A kiln", "A van", "A roof"}),
        ],
    )
    def test_is_narrowed_ten_ways(
        self, world: World, cast: build.Cast, visitor: PageClient, query: str, found: set[str]
    ) -> None:
        self.fill(world, cast)

        page = visitor.get(f"/loans?{query}")

        shown = {words for words, href in page.links.items() if href.startswith("/loans/ln_")}
        assert shown == found

    def test_is_downloaded_as_it_is_narrowed(
        self, world: World, cast: build.Cast, visitor: PageClient
    ) -> None:
        self.fill(world, cast)
        page = visitor.get("/loans?rate_from=9&sort=rate")

        table = visitor.client.get(page.links["Download these loans (CSV)"])
        plain = visitor.client.get(page.links["The same for machines (JSON)"])

        rows = list(csv.DictReader(io.StringIO(table.get_data(as_text=True))))
        assert [row["title"] for row in rows] == ["A roof", "A kiln"]
        assert (rows[1]["amount"], rows[1]["ltv_percent"]) == ("1000.00", "")
        answer = json.loads(plain.get_data(as_text=True))
        assert answer["count"] == 2
        assert answer["next"] is None
        assert [one["title"] for one in answer["loans"]] == ["A roof", "A kiln"]
        assert answer["loans"][0]["amount_minor"] == 400_000

    def test_a_secured_loan_says_how_much_of_the_value_it_takes(
        self, world: World, cast: build.Cast, visitor: PageClient
    ) -> None:
        build.a_listed_loan(
            cast, replace(build.a_request("5000", income="5400"), product="vehicle")
        )

        page = visitor.get("/loans")

        assert "Secured, 62.50 % of the value" in page.text
        table = visitor.client.get(page.links["Download these loans (CSV)"])
        (row,) = csv.DictReader(io.StringIO(table.get_data(as_text=True)))
        assert row["ltv_percent"] == "62.5"

    def fill(self, world: World, cast: build.Cast) -> None:
        """Three loans that differ; four fifths of the van are lent."""
        for number, (title, amount, grade, rate) in enumerate(
            [
                ("A kiln", "1000", "C", "9.0"),
                ("A van", "800", "A", "5.0"),
                ("A roof", "4000", "E", "15.0"),
            ]
        ):
            other = build.Cast(an_actor(f"Borrower {number}"), cast.first, cast.second)
            asked = build.a_request(amount, title=title)
            loan_id = build.a_listed_loan(other, asked, grade=grade, rate_pct=rate)
            if title == "A van":
                build.lent(world, loan_id, "640")


class TestTheLoan:
    def test_shows_both_annual_rates_and_how_they_are_worked_out(
        self, world: World, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.a_listed_loan(cast)

        page = visitor.get(path(loan_id))
        working = visitor.get(f"{path(loan_id)}/apr")

        # 980.00 against eleven payments of 87.45 and one of 87.47: 1.06895 % a month.
        assert "APR, US 12.83 %" in page.text
        assert "APR, EU 13.61 %" in page.text
        assert working.h1 == "How the annual rates are worked out"
        assert "Worked out as if the loan were paid out on 2 Mar 2026" in working.text
        assert "EUR 980.00" in working.text

    def test_tells_three_cases_for_any_amount(
        self, world: World, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.a_listed_loan(cast)

        page = visitor.get(f"{path(loan_id)}?of=250")
        odd = visitor.get(f"{path(loan_id)}?of=everything")
        huge = visitor.get(f"{path(loan_id)}?of=99999999")

        assert "What may become of EUR 250.00 lent" in page.text
        assert "EUR 262.36" in page.text
        assert "What may become of EUR 100.00 lent" in odd.text
        assert "What may become of EUR 1,000.00 lent" in huge.text

    def test_names_nobody_and_says_what_was_checked(
        self, world: World, hand: clock.Hand, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.a_listed_loan(cast)

        text = visitor.get(path(loan_id)).text

        assert "B., verified identity, income checked on 2 Mar 2026" in text
        assert "Bea" not in text
        assert "Borrower" not in text.replace("The borrower", "").replace("borrower", "")
        assert "No earlier loan" in text
        assert "overruled" not in text  # what reviewers tick for each other

    def test_tells_the_record_of_earlier_loans(
        self, world: World, hand: clock.Hand, cast: build.Cast, visitor: PageClient
    ) -> None:
        first = build.a_running_loan(world, hand, cast)
        row = build.schedule(first)[0]
        build.until_day(world, hand, row.due_on)
        hand.advance(days=3)
        build.pay_next_bill(world, cast, first)
        second = build.a_listed_loan(cast)

        text = visitor.get(path(second)).text

        assert "1 earlier loan, 0 of them repaid, 1 instalment paid" in text
        assert "1 bill late, at most 3 days, 3 days in all" in text

    def test_tells_firm_reflecting_and_queued_money_apart_and_when_it_closes(
        self, world: World, hand: clock.Hand, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.a_listed_loan(cast, reflection_days=4)
        build.lent(world, loan_id, "300")
        hand.advance(days=5)
        runner.run(clock.now())
        build.lent(world, loan_id, "500", an_actor("Lou Lender"))
        build.commit(loan_id, "150", an_actor("Lee Lender"))

        text = visitor.get(path(loan_id)).text

        for words in (
            "Firm EUR 300.00",
            "In reflection: may still be withdrawn EUR 500.00 until 11 Mar 2026, 09:00 UTC",
            "Taken, being paid EUR 150.00",
            "Open EUR 50.00",
            "Decided by 16 Mar 2026, 09:00 UTC at the latest.",
            "You may withdraw for 4 days after you paid, without a reason.",
        ):
            assert words in text

    def test_that_is_full_says_when_it_closes_and_how_to_come_in_yet(
        self, world: World, hand: clock.Hand, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.a_listed_loan(cast, reflection_days=4)
        build.lent(world, loan_id, "1000")

        text = visitor.get(path(loan_id)).text

        assert "It closes when the last reflection ends, on 6 Mar 2026, 09:00 UTC" in text
        assert "EUR 1,000 may still be withdrawn until 6 Mar 2026, 09:00 UTC" in text

    def test_says_that_its_borrower_takes_less_and_that_less_was_lent(
        self, world: World, hand: clock.Hand, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.a_listed_loan(cast, take_least="800")
        assert "The borrower takes EUR 800 too" in visitor.get(path(loan_id)).text
        build.lent(world, loan_id, "850")

        hand.advance(days=14)
        runner.run(clock.now())

        text = visitor.get(path(loan_id)).text
        assert "EUR 1,000.00 was asked for" in text
        assert "Funded with less than was asked for, as the borrower had agreed" in text

    def test_warns_a_lender_of_one_borrower_who_weighs_much(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        lena = an_actor("Lena Lender")
        loan_id = build.a_listed_loan(cast)
        build.lent(world, loan_id, "500", lena)

        text = browse(lena).get(path(loan_id)).text

        assert "this borrower would be 100 % of all you lend in EUR" in text

    @pytest.mark.parametrize("who", ["visitor", "lender", "borrower", "moderator"])
    def test_asks_no_more_than_a_dozen_questions_of_the_database(
        self, world: World, cast: build.Cast, browse: Browse, visitor: PageClient, who: str
    ) -> None:
        loan_id = build.a_listed_loan(cast, reflection_days=4)
        build.lent(world, loan_id, "500")
        people = {
            "lender": an_actor("Lou Lender"),
            "borrower": cast.borrower,
            "moderator": an_actor("Mo Derator", role="moderator"),
        }
        browser = browse(people[who]) if who in people else visitor

        with listening() as heard:
            browser.get(path(loan_id))

        assert len(heard) <= PAGE_MAX, heard


class TestReflection:
    def test_is_ended_by_one_button_on_the_receipt(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast, reflection_days=4), an_actor("Lena Lender")
        build.topped_up(world, lena, "400")
        placed = build.commit(loan_id, "400", lena, source="wallet")
        browser, address = browse(lena), f"/commitments/{public_id('cmt', placed.commitment_id)}"

        receipt = browser.get(address)
        assert "Until 6 Mar 2026, 09:00 UTC you may withdraw this part" in receipt.text
        after = browser.follow(browser.send(receipt, "/withdraw"))

        assert after.h1 == "EUR 400.00 came back to you"
        assert build.in_wallet(lena) == 40_000

    def test_that_is_over_says_so_and_offers_the_button_no_more(
        self, world: World, hand: clock.Hand, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, lena = build.a_listed_loan(cast, reflection_days=4), an_actor("Lena Lender")
        build.topped_up(world, lena, "400")
        placed = build.commit(loan_id, "400", lena, source="wallet")
        browser, address = browse(lena), f"/commitments/{public_id('cmt', placed.commitment_id)}"
        receipt = browser.get(address)
        hand.advance(days=4)

        refused = browser.send(receipt, "/withdraw", status=422)

        assert refused.errors == [
            "The time to think it over has passed: the part is binding, and the money stays."
        ]
        assert "Withdraw EUR 400.00" not in refused.text


class TestTheFirstOrder:
    def test_asks_for_the_risk_once(self, world: World, cast: build.Cast, browse: Browse) -> None:
        loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
        browser = browse(lena)
        check = browser.get(f"{path(loan_id)}/invest?amount=100")
        assert "You may lose all of what you lend." in check.text

        refused = browser.send(check, "/invest", status=422, agreed="y")
        (error,) = refused.errors
        assert error.startswith("Before you lend for the first time, tick that you have read")
        away = browser.send(refused, "/invest", agreed="y", understood="y")
        assert away.location.startswith("http")

        again = browser.get(f"{path(loan_id)}/invest?amount=100")
        assert "Before you lend for the first time" not in again.text

    def test_shows_the_limits_and_refuses_the_cent_over(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        set_limits(50_000, 20_000)
        loan_id, browser = build.a_listed_loan(cast), browse(an_actor("Lena Lender"))

        check = browser.get(f"{path(loan_id)}/invest?amount=200")
        refused = browser.get(f"{path(loan_id)}/invest?amount=200.01", status=422)

        assert "EUR 200.00 of at most EUR 500.00" in check.text
        assert "EUR 200.00 of at most EUR 200.00" in check.text
        (error,) = refused.errors
        assert error.startswith("One lender may have at most EUR 200.00 with one borrower.")
        assert "You have EUR 0.00 with this one, so EUR 200.00 is left." in error


class TestQuestions:
    def test_go_from_lender_to_borrower_to_everybody(
        self, world: World, cast: build.Cast, browse: Browse, visitor: PageClient
    ) -> None:
        loan_id = build.a_listed_loan(cast)
        lender, borrower = browse(an_actor("Lena Lender")), browse(cast.borrower)

        lender.send(lender.get(path(loan_id)), "/questions", question="Why <b>new</b>?")
        mine = borrower.get(path(loan_id))
        one = borrower.get(mine.links["Answer this question"])
        borrower.send(one, "/answer", answer="The old one cracked.")

        page = visitor.get(path(loan_id))
        assert "Why <b>new</b>?" in page.text
        assert "The old one cracked." in page.text
        assert "Lena" not in page.text
        assert "Ask the borrower" not in page.text

    def test_that_are_empty_come_back_with_the_page(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, lender = build.a_listed_loan(cast), browse(an_actor("Lena Lender"))

        refused = lender.send(lender.get(path(loan_id)), "/questions", status=422, question=" ")

        assert refused.errors == ["Write your question."]
        assert refused.h1 == "A kiln for the pottery"

    def test_are_taken_off_by_a_moderator_and_say_why(
        self, world: World, cast: build.Cast, browse: Browse, visitor: PageClient
    ) -> None:
        loan_id = build.a_listed_loan(cast)
        lender = browse(an_actor("Lena Lender"))
        lender.send(lender.get(path(loan_id)), "/questions", question="Where do you live?")
        moderator = browse(an_actor("Mo Derator", role="moderator"))

        one = moderator.get(moderator.get(path(loan_id)).links["Take this question off the page"])
        moderator.send(one, "/hide", status=422, reason="")
        moderator.send(one, "/hide", reason="identity")

        page = visitor.get(path(loan_id))
        assert "Where do you live?" not in page.text
        assert "It says, or asks, who a person is." in page.text

    def test_of_others_are_nobodys_to_answer_or_to_see_alone(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_listed_loan(cast)
        lender = browse(an_actor("Lena Lender"))
        lender.send(lender.get(path(loan_id)), "/questions", question="Why?")
        address = browse(cast.borrower).get(path(loan_id)).links["Answer this question"]

        lender.get(address, status=404)


def test_a_borrower_says_with_the_offer_that_less_is_enough(
    world: World, cast: build.Cast, browse: Browse
) -> None:
    loan_id = build.an_offered(cast)
    browser, address = browse(cast.borrower), f"/my/loans/{public_id('ln', loan_id)}"
    offer = browser.get(address)
    assert "From EUR 800.00." in offer.text
    assert "you would be paid out EUR 784.00" in offer.text

    refused = browser.send(offer, "/accept", status=422, take_least="799.99")
    assert refused.errors == ["Enter an amount from EUR 800.00 to EUR 1,000.00."]
    browser.send(refused, "/accept", take_least="800")

    assert "The borrower takes EUR 800 too" in browser.get(path(loan_id)).text
