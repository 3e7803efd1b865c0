"""The reviewers' desks: two queues, the case, and who may decide what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from marketplace.infra.database import scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.ids import public_id
from marketplace.loans.rules import CHECKLIST
from marketplace.loans.services import offering
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening

CHECKED = list(CHECKLIST)


def case_path(stage: str, loan_id: object) -> str:
    return f"/staff/reviews/{stage}/{public_id('ln', loan_id)}"  # type: ignore[arg-type]


def test_a_request_goes_from_the_first_queue_over_the_second_to_the_borrower(
    world: World, cast: build.Cast, browse: Browse
) -> None:
    build.a_submitted(cast.borrower)
    build.reported()
    first, second = browse(cast.first), browse(cast.second)

    queue = first.follow(first.get("/staff/reviews", status=303))
    assert queue.h1 == "First review"
    assert "Grade B" in queue.text
    case = first.get(queue.links["A kiln for the pottery"])
    assert "Bea Borrower" in case.text
    assert "EUR 87" in case.text  # the instalment at the middle of each grade
    passed = first.follow(first.send(case, "/pass", checked=CHECKED, notes="Seen."))
    assert "Passed on to the second reviewer." in passed.text
    assert "Nothing waits for you" in passed.text

    queue = second.follow(second.get("/staff/reviews", status=303))
    assert queue.h1 == "Second review"
    case = second.get(queue.links["A kiln for the pottery"])
    assert "Fiona First" in case.text
    assert "Seen." in case.text
    form = case.form("/offer")
    assert form.fields["grade"] == "B"  # as the score says
    offered = second.follow(second.send(case, "/offer", reasons=["income_steady"], notes=""))
    assert "The offer is with the borrower." in offered.text
    assert "Offer waits for you" in browse(cast.borrower).get("/my/loans").text


class TestTheFirstReview:
    def test_insists_on_the_whole_checklist_and_on_notes_and_keeps_what_was_typed(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        build.reported()
        browser = browse(cast.first)
        case = browser.get(case_path("first", loan_id))

        page = browser.send(case, "/pass", status=422, checked=["identity"], notes="")

        assert page.errors == [
            "Tick everything on the checklist, or decline with a reason.",
            "Write down what you saw: the second reviewer reads it.",
        ]
        assert page.form("/pass").fields.getlist("checked") == ["identity"]
        assert build.loan(loan_id).state == "submitted"

    def test_declines_with_a_reason_of_the_list(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        browser = browse(cast.first)
        case = browser.get(case_path("first", loan_id))

        empty = browser.send(case, "/decline", status=422)
        assert empty.errors == ["Choose the reason the borrower will read."]
        typed = {"reason_code": "income_too_low", "decline_notes": "Payslips do not fit."}
        done = browser.follow(browser.send(case, "/decline", **typed))  # type: ignore[arg-type]

        assert "Declined. The borrower reads the reason." in done.text
        assert build.loan(loan_id).decline_code == "income_too_low"

    def test_is_not_for_the_borrower_of_the_request(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_submitted(cast.first)
        browser = browse(cast.first)

        assert "A colleague's" in browser.get("/staff/reviews/first").text
        case = browser.get(case_path("first", loan_id))

        assert "You cannot decide on your own request. A colleague has to." in case.text
        assert [form for form in case.forms if "/pass" in form.action] == []

    def test_says_so_when_a_colleague_was_faster(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        browser = browse(cast.first)
        case = browser.get(case_path("first", loan_id))
        build.passed(loan_id, an_actor("Frank First", role="first_reviewer"))

        page = browser.send(case, "/pass", status=422, checked=CHECKED, notes="Seen.")

        assert page.errors[0].startswith("This is no longer possible")
        assert "There is nothing to decide at this stage." in page.text


class TestTheSecondReview:
    @pytest.mark.parametrize(
        ("typed", "sentences"),
        [
            ({"grade": ""}, ["Choose a grade."]),
            ({"rate": ""}, ["Enter a rate, such as 7.5."]),
            ({"rate": "-1"}, ["The rate must not be below zero."]),
            ({"rate": "NaN"}, ["“NaN” is not a rate. Enter percent a year, such as 7.5."]),
            ({"rate": "12"}, ["The rate of this grade is from 7.9 to 10.4 percent a year."]),
            ({"reasons": []}, ["Tick at least one reason for the grade: lenders read them."]),
            ({"deviation": " "}, ["The score says grade B. Write down why yours differs."]),
            (
                {"amount": "1000.01"},
                ["Offer from EUR 500.00 to EUR 1,000.00, which was asked for."],
            ),
            ({"amount": "499.99"}, ["Offer from EUR 500.00 to EUR 1,000.00, which was asked for."]),
            ({"amount": "800"}, ["Choose why the offer is another: the borrower reads it."]),
            ({"instalments": "ten"}, ["Enter a whole number, such as 24."]),
            ({"instalments": "61"}, ["Offer from 3 to 60 instalments."]),
        ],
    )
    def test_refuses_an_offer_outside_the_table_and_keeps_it(
        self,
        world: World,
        cast: build.Cast,
        browse: Browse,
        typed: dict[str, object],
        sentences: list[str],
    ) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)
        browser = browse(cast.second)
        case = browser.get(case_path("second", loan_id))
        whole = {"grade": "C", "rate": "9.0", "reasons": ["income_steady"], "notes": "Kept."}
        whole |= {"deviation": "Papers."}
        outside = "1000.01", "499.99"
        if "instalments" in typed or typed.get("amount") in outside:
            whole |= {"counter_code": "burden"}

        page = browser.send(case, "/offer", status=422, **{**whole, **typed})  # type: ignore[arg-type]

        assert page.errors == sentences
        assert page.form("/offer").fields["notes"] == "Kept."
        assert build.loan(loan_id).state == "first_passed"

    def test_is_not_for_who_made_the_first(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)
        both = build.changed_role(cast.first, "second_reviewer")

        case = browse(both).get(case_path("second", loan_id))

        assert "You made the first review of this request." in case.text
        assert [form for form in case.forms if "/offer" in form.action] == []


def test_reviewers_see_their_own_stage_only(world: World, cast: build.Cast, browse: Browse) -> None:
    loan_id = build.a_submitted(cast.borrower)

    browse(cast.first).get("/staff/reviews/second", status=403)
    browse(cast.second).get(case_path("first", loan_id), status=403)
    browse(cast.borrower).get("/staff/reviews", status=403)
    browse(cast.borrower).get(case_path("first", loan_id), status=403)


def test_a_draft_is_nobodys_case(world: World, cast: build.Cast, browse: Browse) -> None:
    loan_id = build.a_draft(cast.borrower)

    browse(cast.first).get(case_path("first", loan_id), status=404)
    browse(cast.first).get("/staff/reviews/first/ln_1", status=404)


@pytest.mark.parametrize("stage", ["first", "second"])
def test_no_page_of_a_reviewer_asks_more_than_a_dozen_questions(
    world: World, cast: build.Cast, browse: Browse, stage: str
) -> None:
    loan_id = build.a_submitted(cast.borrower)
    who: Actor = cast.first
    if stage == "second":
        build.passed(loan_id, cast.first)
        who = cast.second
    browser = browse(who)

    for path in (f"/staff/reviews/{stage}", case_path(stage, loan_id)):
        with listening() as heard:
            browser.get(path)
        assert len(heard) <= PAGE_MAX, heard


class TestCollateral:
    @pytest.fixture
    def secured(self, world: World, cast: build.Cast) -> UUID:
        asked = replace(build.a_request("5000", income="5400"), product="vehicle")
        loan_id = build.a_submitted(cast.borrower, asked)
        build.reported()
        return loan_id

    def test_goes_from_the_appraisers_paper_through_both_reviews_to_the_listing(
        self, secured: UUID, cast: build.Cast, browse: Browse
    ) -> None:
        first, second = browse(cast.first), browse(cast.second)
        case = first.get(case_path("first", secured))
        assert "The collateral is not valued yet" in case.text
        kept = first.send(case, "/pass", status=422, checked=CHECKED, notes="Seen.")
        assert kept.errors == [
            "The collateral is not valued yet. Write down what the appraiser’s paper says first."
        ]
        paper: dict[str, Any] = {
            "appraiser": "Ada Appraiser",
            "licence": "IHK 4711",
            "method": "price_guide",
            "value": "10000",
            "valued_on": "2026-03-01",
            "valid_until": "2026-09-01",
        }
        short = first.send(case, "/valuation", status=422, **paper | {"haircut": "10"})
        assert short.errors == ["Take off from 20 to 90 percent."]
        first.send(short, "/valuation", haircut="20")

        case = first.get(case_path("first", secured))
        assert "÷ (EUR 10,000.00 × (100 % − 20 %)) = EUR 5,000.00 ÷ EUR 8,000.00 = 62.50 %" in (
            case.plain
        )
        first.send(case, "/pass", checked=CHECKED, notes="Seen.")
        seen = second.get(case_path("second", secured))
        assert "Ada Appraiser, IHK 4711" in seen.text
        assert [form for form in seen.forms if "/valuation" in form.action] == []
        second.send(seen, "/offer", reasons=["income_steady"], notes="")
        offering.accept(cast.borrower, secured, take_least=None, now=clock.now())

        public = browse(an_actor("Lena Lender")).get(f"/loans/{public_id('ln', secured)}").text
        assert "62.50 %, at most 80 %" in public.replace("\u00a0", " ")
        assert "1 Mar 2026" in public
        for hidden in ("Ada Appraiser", "IHK 4711", "B-KI 1234", "one owner", "10,000"):
            assert hidden not in public

    def test_is_valued_by_nobody_whose_own_loan_it_is(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        asked = replace(build.a_request("5000", income="5400"), product="vehicle")
        other = build.a_submitted(cast.borrower, asked)
        own = build.a_submitted(cast.first, asked)
        build.reported()
        browser = browse(cast.first)
        page, others = (browser.get(case_path("first", one)) for one in (own, other))
        fields = others.form("/valuation").fields

        acts = ("/pass", "/valuation", "/decline", "/ask")
        assert [form for form in page.forms if form.action.endswith(acts)] == []
        for act in acts:
            browser.post(f"{case_path('first', own)}{act}", fields, status=422)
        assert build.loan(own).state == "submitted"
        assert scalar("SELECT count(*) FROM loan_valuation") == 0
