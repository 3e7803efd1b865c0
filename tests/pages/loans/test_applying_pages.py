"""Asking for a loan in a browser: groups, papers, check, send; what is typed is never lost."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import pytest

from marketplace.infra.database import db, scalar
from marketplace.kernel.ids import parse_public_id, public_id
from marketplace.loans.queries.applications import Application
from tests.builders import loans as build
from tests.builders.applications import a_pdf, application, given
from tests.builders.escrow import World
from tests.page_client import Page, PageClient
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening

PERSON: dict[str, Any] = {
    "legal_name": "Beatrice Borrower",
    "born_on": "1985-03-31",
    "street": "Mill Lane 7",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
    "housing": "rent",
}
CREDIT: dict[str, Any] = {
    "employment": "employed",
    "employer": "Clay & Sons",
    "employed_years": "6",
    "income": "2400",
    "housing_cost": "650",
    "debt_payments": "150",
    "debts": "3000",
}
WISH: dict[str, Any] = {
    "amount": "1000",
    "instalments": "12",
    "purpose": "equipment",
    "title": "A kiln for the pottery",
    "story": "The old one cracked.\n\nOrders wait.",
}
TOLD: dict[str, Any] = {
    "offer": "personal.EUR",
    "amount": "10000",
    "instalments": "24",
    "income": "2400",
    "obligations": "800",
    "employed_years": "6",
}
NEXT, LATER = ("act", "next"), ("act", "later")


def at(loan_id: UUID, part: str = "") -> str:
    """The address of an application, or of a part of it."""
    return f"/borrow/apply/{public_id('ln', loan_id)}" + (f"/{part}" if part else "")


def begun(browser: PageClient) -> Page:
    """The first group of a request that was just begun."""
    return browser.follow(browser.send(browser.get("/borrow/apply"), "/apply"))


def paper(name: str = "paper.pdf", data: bytes | None = None) -> tuple[io.BytesIO, str]:
    """A file as a browser sends it."""
    return io.BytesIO(a_pdf() if data is None else data), name


def application_of(browser: PageClient) -> Application:
    """The application of the newest request of whoever is signed in."""
    ref = browser.get("/my/loans").links["A kiln for the pottery"].rpartition("/")[2]
    return application(parse_public_id("ln", ref))


class TestAsking:
    def test_goes_group_by_group_over_the_check_page_to_the_reviewers(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser = browse(cast.borrower)

        person = begun(browser)
        assert person.h1 == "About you"
        assert person.form("/person").fields["legal_name"] == "Bea Borrower"
        credit = browser.follow(browser.send(person, "/person", press=NEXT, **PERSON))
        assert credit.h1 == "Income and obligations"
        loan = browser.follow(browser.send(credit, "/credit", press=NEXT, **CREDIT))
        assert loan.h1 == "The loan"
        papers = browser.follow(browser.send(loan, "/loan", press=NEXT, **WISH))
        assert papers.h1 == "Papers"
        for kind in application_of(browser).missing_documents:
            given(cast.borrower, application_of(browser).id, kind)
        check = browser.get(papers.path.replace("/documents", "/check"))
        for words in ("Clay & Sons", "31 Mar 1985", "EUR 650.00", "Germany", "A, at 4.90 %"):
            assert words in check.text
        mine = browser.follow(browser.send(check, "/check"))

        assert "Your request is with the first reviewer." in mine.text
        assert "In first review" in mine.text
        for words in ("Risk report", "Second review by another person", "Promised by then."):
            assert words in mine.text

    def test_what_is_missing_is_named_beside_its_field_and_is_saved_all_the_same(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser = browse(cast.borrower)
        person = begun(browser)

        page = browser.send(person, "/person", status=422, press=NEXT, city="Bonn")

        assert "Saved as it is" in page.text
        assert page.errors == [
            "Enter the day you were born.",
            "Enter the street and number you live at.",
            "Enter your postal code.",
            "Choose the country you live in.",
            "Choose how you live.",
        ]
        again = browser.get(person.path)
        assert again.form("/person").fields["city"] == "Bonn"

    def test_can_be_left_at_any_time_and_found_again(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser = browse(cast.borrower)
        person = begun(browser)

        groups = browser.follow(browser.send(person, "/person", press=LATER, city="Bonn"))

        assert "Your answers are saved." in groups.text
        assert "5 answers open" in groups.text
        desk = browser.get("/my/loans")
        draft = browser.get(desk.links["Draft"])
        found = browser.get(draft.links["Go on with the request"])
        assert found.links["About you"] == person.path

    @pytest.mark.parametrize(
        ("where", "typed"),
        [
            ("person.born_on", "31.3.1985"),
            ("person.born_on", "1985-02-31"),
            ("person.born_on", "１９８５-03-31"),
            ("person.dependants", "two"),
            ("person.legal_name", "n" * 121),
            ("credit.income", "-5"),
            ("credit.housing_cost", "NaN"),
            ("credit.debt_payments", "1e309"),
            ("credit.debts", "99999999999999"),
            ("credit.employed_years", "99999"),
            ("loan.amount", "0.001"),
            ("loan.amount", "１００"),
            ("loan.amount", "9223372036854775808"),
            ("loan.instalments", "12.5"),
            ("loan.instalments", "601"),
            ("loan.title", "t" * 81),
            ("loan.story", "s" * 2001),
        ],
    )
    def test_nonsense_is_said_to_be_so_and_stands_there_again_the_next_day(
        self, world: World, cast: build.Cast, browse: Browse, where: str, typed: str
    ) -> None:
        group, _dot, field = where.partition(".")
        browser, loan_id = browse(cast.borrower), build.a_draft(cast.borrower)
        path = at(loan_id, group)

        page = browser.send(
            browser.get(path), f"/{group}", status=422, press=LATER, **{field: typed}
        )

        assert len(page.errors) == 1
        again = browse(cast.borrower).get(path)
        assert again.form(f"/{group}").fields[field] == typed
        assert page.errors[0] in again.text
        assert "This answer stands as you typed it" in browser.get(at(loan_id, "check")).text
        assert browser.get("/my/loans").status == 200

    def test_words_of_a_script_are_words(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser, loan_id = browse(cast.borrower), build.a_draft(cast.borrower)
        script = "<script>alert(1)</script>"

        for group, field in (("person", "city"), ("loan", "title"), ("loan", "story")):
            page = browser.get(at(loan_id, group))
            typed: dict[str, Any] = {field: script}
            browser.send(page, f"/{group}", press=LATER, **typed)

        check = browser.get(at(loan_id, "check"))
        assert check.text.count(script) == 3

    def test_a_choice_that_is_none_is_not_kept(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser, loan_id = browse(cast.borrower), build.a_draft(cast.borrower)

        page = browser.get(at(loan_id, "loan"))
        browser.send(page, "/loan", press=LATER, purpose="yacht", product="gold")

        told = application(loan_id)
        assert (told.purpose, told.product_code) == ("", "personal")

    def test_two_windows_on_two_groups_keep_both(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser, loan_id = browse(cast.borrower), build.a_draft(cast.borrower)
        one, other = browser.get(at(loan_id, "person")), browser.get(at(loan_id, "loan"))

        browser.send(one, "/person", press=LATER, city="Bonn")
        browser.send(other, "/loan", press=LATER, title="A larger kiln")

        told = application(loan_id)
        assert (told.city, told.title) == ("Bonn", "A larger kiln")

    def test_the_same_form_twice_begins_one_request(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser = browse(cast.borrower)
        page = browser.get("/borrow/apply")

        first, second = browser.send(page, "/apply"), browser.send(page, "/apply")

        assert first.location == second.location

    def test_a_loan_that_is_not_offered_is_refused(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser = browse(cast.borrower)

        page = browser.send(
            browser.get("/borrow/apply"), "/apply", status=422, offer="personal.XAU"
        )

        assert page.errors == ["Choose one of the loans."]

    def test_only_a_loan_with_collateral_asks_for_it(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser, loan_id = browse(cast.borrower), build.a_draft(cast.borrower)
        browser.get(at(loan_id, "collateral"), status=404)

        page = browser.get(at(loan_id, "loan"))
        browser.send(page, "/loan", press=LATER, product="vehicle", amount="5000")

        groups = browser.get(at(loan_id))
        assert "6 answers open" in groups.text
        asked = browser.get(groups.links["What stands behind the loan"])
        assert asked.h1 == "What stands behind the loan"

    def test_a_second_request_waits_for_the_first(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        build.a_submitted(cast.borrower)
        second = build.a_draft(cast.borrower, build.a_request(title="Another"))
        browser = browse(cast.borrower)

        page = browser.send(browser.get(at(second, "check")), "/check", status=422)

        assert page.errors[0].startswith("You have another request under way.")

    def test_what_one_may_owe_is_said_with_what_is_used_of_it(
        self, world: World, hand: Any, cast: build.Cast, browse: Browse
    ) -> None:
        build.a_running_loan(world, hand, cast)
        draft = build.a_draft(cast.borrower)

        page = browse(cast.borrower).get(at(draft, "loan"))

        assert "You owe EUR 1,000.00 through other loans here" in page.text

    def test_what_was_sent_can_no_longer_be_changed(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser, loan_id = browse(cast.borrower), build.a_draft(cast.borrower)
        stale = browser.get(at(loan_id, "loan"))
        browser.send(browser.get(at(loan_id, "check")), "/check")

        page = browser.send(stale, "/loan", status=422, press=LATER, amount="2000")

        assert page.errors[0].startswith("This is no longer possible")
        assert build.loan(loan_id).amount_minor == 100_000
        for part in ("", "check"):
            assert "This request was sent" in browser.get(at(loan_id, part)).text


class TestPapers:
    def test_are_uploaded_shown_handed_back_and_removed(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser, loan_id = browse(cast.borrower), build.a_draft(cast.borrower)
        path = at(loan_id, "documents")

        page = browser.get(path)
        shown = browser.follow(
            browser.send(page, "/documents", kind="other", document=paper("my letter.pdf"))
        )
        back = browser.client.get(shown.links["my letter.pdf"])

        assert "The paper is in your file." in shown.text
        assert back.data == a_pdf()
        assert back.headers["Content-Type"] == "application/pdf"
        assert back.headers["Content-Disposition"].startswith("attachment; filename=other-doc_")
        assert back.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert back.headers["X-Content-Type-Options"] == "nosniff"
        assert back.headers["Cache-Control"] == "no-store"
        back.close()
        remove = [form for form in shown.forms if form.action.endswith("/remove")][-1]
        gone = browser.follow(browser.post(remove.action, dict(remove.fields)))
        assert "my letter.pdf" not in gone.text

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"", "Choose a file to upload."),
            (b"<svg onload='alert(1)'/>", "This file is not a PDF, JPEG or PNG"),
            (b"%PDF-1.7 nothing", "This PDF is damaged"),
        ],
    )
    def test_what_is_no_document_is_refused_beside_the_field(
        self, world: World, cast: build.Cast, browse: Browse, data: bytes, sentence: str
    ) -> None:
        browser, loan_id = browse(cast.borrower), build.a_draft(cast.borrower)
        page = browser.get(at(loan_id, "documents"))

        refused = browser.send(
            page, "/documents", status=422, kind="other", document=paper("x.pdf", data)
        )

        assert refused.errors[0].startswith(sentence)

    def test_a_form_without_a_file_says_so(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser, loan_id = browse(cast.borrower), build.a_draft(cast.borrower)

        page = browser.send(
            browser.get(at(loan_id, "documents")), "/documents", status=422, kind="other"
        )

        assert page.errors == ["Choose a file to upload."]

    def test_a_name_that_is_a_script_is_a_name(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        browser, loan_id = browse(cast.borrower), build.a_draft(cast.borrower)
        page = browser.get(at(loan_id, "documents"))

        shown = browser.follow(
            browser.send(page, "/documents", kind="other", document=paper("<img src=x>.pdf"))
        )

        assert "<img src=x>.pdf" in shown.text


class TestSelfCheck:
    def test_says_where_one_stands_and_stores_nothing(
        self, world: World, visitor: PageClient
    ) -> None:
        page = visitor.get("/borrow/self-check")

        seen = visitor.send(page, "/self-check", status=200, **TOLD)

        assert "Nothing here speaks against it" in seen.text
        assert "B to D" in seen.text
        assert seen.response.headers["Cache-Control"] == "no-store"
        assert (
            scalar("SELECT (SELECT count(*) FROM loan) + (SELECT count(*) FROM risk_request)") == 0
        )
        db.session.rollback()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"income": "1500"}, "An instalment of EUR 250.00 a month would fit."),
            ({"income": "1000"}, "Your obligations alone leave no room"),
            ({"amount": "60000", "income": "90000"}, "Ask for an amount from"),
            ({"instalments": ""}, "Choose from 3 to 60 instalments."),
            ({"income": "0"}, "Enter your monthly income after tax."),
        ],
    )
    def test_says_what_would_keep_it_from_passing(
        self, world: World, visitor: PageClient, changes: dict[str, str], words: str
    ) -> None:
        page = visitor.get("/borrow/self-check")

        seen = visitor.send(page, "/self-check", status=200, **TOLD | changes)

        assert "As it stands this would not pass" in seen.text
        assert words in seen.text

    def test_nonsense_is_refused(self, world: World, visitor: PageClient) -> None:
        page = visitor.get("/borrow/self-check")

        refused = visitor.send(
            page, "/self-check", status=422, **TOLD | {"amount": "ten", "income": "-1"}
        )

        assert len(refused.errors) == 2


def test_what_can_be_borrowed_is_listed_with_what_an_example_costs(
    world: World, visitor: PageClient
) -> None:
    page = visitor.get("/borrow")

    for words in ("Personal loan", "Secured vehicle loan", "Weekly micro loan", "52 weeks"):
        assert words in page.text
    harvest = visitor.get(page.links["Harvest loan"])
    assert "From seed to sale" in harvest.text
    assert visitor.get("/borrow?product=gold&currency=XAU&amount=x&months=x").status == 200


@pytest.mark.parametrize(
    "part", ["", "person", "credit", "loan", "documents", "check", "start", "messages"]
)
def test_no_page_of_an_application_asks_more_than_a_dozen_questions(
    world: World, cast: build.Cast, browse: Browse, part: str
) -> None:
    loan_id = build.a_draft(cast.borrower)
    given(cast.borrower, loan_id, "other", a_pdf("one more"))
    paths = {
        "start": "/borrow/apply",
        "messages": f"/my/loans/{public_id('ln', loan_id)}/messages",
    }
    path, browser = paths.get(part, at(loan_id, part)), browse(cast.borrower)

    with listening() as heard:
        browser.get(path)

    assert len(heard) <= PAGE_MAX, heard
