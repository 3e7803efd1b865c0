"""What anybody sees of lending: the list, a loan, and what borrowing costs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.loans.queries import listing
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.page_client import Page, PageClient
from tests.statements import PAGE_MAX, listening


def titles(page: Page) -> list[str]:
    """The loans of a list, in the order they stand in."""
    return [words for words, href in page.links.items() if href.startswith("/loans/ln_")]


def several(cast: build.Cast) -> None:
    """Three listed loans that differ in everything one can sort and filter by."""
    for number, (title, amount, months, grade, rate, purpose) in enumerate(
        [
            ("A kiln", "1000", 12, "C", "9.0", "equipment"),
            ("A van", "8000", 36, "A", "5.0", "vehicle"),
            ("A roof", "4000", 60, "E", "15.0", "home"),
        ]
    ):
        asked = build.a_request(amount, months=months, title=title, purpose=purpose)
        other = build.Cast(an_actor(f"Borrower {number}"), cast.first, cast.second)
        build.a_listed_loan(other, asked, grade=grade, rate_pct=rate)


class TestTheList:
    def test_says_so_while_there_is_nothing(self, world: World, visitor: PageClient) -> None:
        page = visitor.get("/loans")

        assert page.h1 == "Loans"
        assert "0 loans" in page.text
        assert page.links["Show running loans"] == "/loans?show=running"

    def test_shows_figures_grade_word_and_time_left(
        self, world: World, cast: build.Cast, visitor: PageClient
    ) -> None:
        build.a_listed_loan(cast)

        page = visitor.get("/loans")
        assert "1 loan" in page.text
        for words in ("EUR 1,000.00", "9.00 %", "12 months", "moderate risk", "14 days left"):
            assert words in page.text

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("rate", ["A roof", "A kiln", "A van"]),
            ("-rate", ["A van", "A kiln", "A roof"]),
            ("amount", ["A van", "A roof", "A kiln"]),
            ("term", ["A kiln", "A van", "A roof"]),
            ("grade", ["A van", "A kiln", "A roof"]),
            ("-grade", ["A roof", "A kiln", "A van"]),
        ],
    )
    def test_is_sorted_by_any_column(
        self, world: World, cast: build.Cast, visitor: PageClient, sort: str, order: list[str]
    ) -> None:
        several(cast)

        page = visitor.get(f"/loans?sort={sort}")

        assert titles(page) == order
        assert page.form("/loans", method="get").fields["sort"] == sort

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("grade=A", {"A van"}),
            ("grade=A&grade=E", {"A van", "A roof"}),
            ("purpose=home", {"A roof"}),
            ("term=36", {"A kiln", "A van"}),
            ("currency=USD", set()),
            ("show=running", set()),
            ("grade=Z&purpose=yacht&term=soon&show=nothing", {"A kiln", "A van", "A roof"}),
        ],
    )
    def test_is_narrowed_by_the_address(
        self, world: World, cast: build.Cast, visitor: PageClient, query: str, found: set[str]
    ) -> None:
        several(cast)

        assert set(titles(visitor.get(f"/loans?{query}"))) == found

    def test_goes_on_page_by_page_without_gap_or_repetition(
        self,
        world: World,
        cast: build.Cast,
        visitor: PageClient,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        several(cast)
        monkeypatch.setattr(listing, "PAGE_SIZE", 1)

        seen: list[str] = []
        page = visitor.get("/loans?sort=rate&grade=A&grade=C&grade=E")
        seen += titles(page)
        while "More loans" in page.links:
            page = visitor.get(page.links["More loans"])
            seen += titles(page)

        assert seen == ["A roof", "A kiln", "A van"]
        assert page.links["From the start"].startswith("/loans?")

    @pytest.mark.parametrize(
        "after", ["nonsense", "1~ln_0", "NaN~ln_00000000000000000000000000", "~", "1" * 500]
    )
    def test_begins_anew_at_a_mark_nobody_gave_out(
        self, world: World, cast: build.Cast, visitor: PageClient, after: str
    ) -> None:
        several(cast)

        assert len(titles(visitor.get(f"/loans?sort=rate&after={after}"))) == 3

    @pytest.mark.parametrize(
        "asked",
        [
            "sort=rate&after=1e999999",
            "sort=rate&after=0.０5",
            "sort=amount&after=1_0_0",
            f"sort=amount&after={9 * 10**39}",
            "sort=ending&after=2026-W01-1T00:00:00%2B00:00",
            "sort=grade&after=%00",
        ],
    )
    def test_a_mark_is_read_once_and_not_again_by_the_database(
        self, world: World, visitor: PageClient, asked: str
    ) -> None:
        assert visitor.get(f"/loans?{asked}~ln_00000000000000000000000000").h1 == "Loans"

    @pytest.mark.parametrize("asked", ["endpoint=1", "_anchor=x", "_scheme=x", "_method=POST"])
    def test_wishes_it_does_not_know_are_not_carried_into_its_links(
        self, world: World, cast: build.Cast, visitor: PageClient, asked: str
    ) -> None:
        several(cast)

        page = visitor.get(f"/loans?{asked}")

        assert not [href for href in page.links.values() if asked in href]


class TestALoan:
    def test_shows_what_may_become_of_the_money_and_why(
        self, world: World, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.a_listed_loan(cast)

        page = visitor.get(f"/loans/{public_id('ln', loan_id)}")

        text = page.text
        assert page.h1 == "A kiln for the pottery"
        for words in (
            "EUR 87.45",  # the instalment of 1,000 at 9 % over 12 months
            "EUR 104.94",  # 100.00 with all interest
            "EUR 0.00",  # and if nobody ever pays
            "Steady income for years",
            "Identity verified",
            "If the loan is not funded by",
        ):
            assert words in text
        assert "Bea" not in page.text  # nobody learns who it is
        assert page.form("/invest", method="get").fields["amount"] == ""

    def test_shows_the_part_that_is_being_paid(
        self, world: World, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.a_listed_loan(cast)
        build.lent(world, loan_id, "250")
        build.commit(loan_id, "50")

        text = visitor.get(f"/loans/{public_id('ln', loan_id)}").text

        assert "EUR 250 of 1,000, 25 %, 14 days left" in text
        assert "Taken, being paid EUR 50.00" in text
        assert "Firm EUR 250.00" in text
        assert "Open EUR 700.00" in text
        assert "EUR 700.00 is left" in text

    def test_says_when_one_that_is_repaid_at_once_is_repaid(
        self, world: World, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.a_listed_loan(cast, replace(build.a_request(months=9), product="harvest"))

        text = visitor.get(f"/loans/{public_id('ln', loan_id)}").text

        assert "Paid once, 9 months after the loan is paid out." in text

    def test_shows_how_far_a_running_one_is(
        self, world: World, hand: clock.Hand, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.a_running_loan(world, hand, cast)
        first = build.schedule(loan_id)[0]
        build.until_day(world, hand, first.due_on)
        build.pay_next_bill(world, cast, loan_id)
        build.pass_days(world, hand, 40)

        text = visitor.get(f"/loans/{public_id('ln', loan_id)}").text

        assert "1 of 12" in text
        assert "days late" in text
        assert f"EUR {Decimal(100_000 - first.principal_minor) / 100}" in text
        assert "still owed of EUR 1,000.00" in text

    def test_is_not_found_before_it_is_listed(
        self, world: World, cast: build.Cast, visitor: PageClient
    ) -> None:
        loan_id = build.an_offered(cast)

        visitor.get(f"/loans/{public_id('ln', loan_id)}", status=404)
        visitor.get("/loans/ln_00000000000000000000000000", status=404)
        visitor.get("/loans/1", status=404)
        visitor.get(f"/loans/{public_id('cmp', loan_id)}", status=404)


class TestWhatBorrowingCosts:
    def test_an_example_can_be_changed(self, world: World, visitor: PageClient) -> None:
        page = visitor.get("/borrow?amount=1000&months=12&currency=EUR")

        text = page.text
        assert "EUR 980.00" in text  # paid out after the fee of 2 %
        assert "Paid out to you" in text
        assert "3.9 % to 25.9 %" in text
        assert "moderate risk" in text

    @pytest.mark.parametrize(
        "query",
        ["amount=-1", "amount=１０００", "amount=1e309", "months=0", "months=999", "currency=XXX"],
    )
    def test_nonsense_falls_back_to_what_the_product_allows(
        self, world: World, visitor: PageClient, query: str
    ) -> None:
        assert visitor.get(f"/borrow?{query}").h1 == "Borrow from people"


@pytest.mark.parametrize("path", ["/loans", "/loans?sort=rate&grade=C", "/borrow", "{loan}"])
def test_no_public_page_asks_more_than_a_dozen_questions(
    world: World, cast: build.Cast, visitor: PageClient, path: str
) -> None:
    loan_id = build.a_listed_loan(cast)
    build.lent(world, loan_id, "250")

    with listening() as heard:
        visitor.get(path.format(loan=f"/loans/{public_id('ln', loan_id)}"))

    assert len(heard) <= PAGE_MAX, heard
