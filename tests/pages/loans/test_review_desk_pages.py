"""A reviewer's desk: the risk report, who has a case, what goes back, what has changed since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.loans.queries import applications
from marketplace.loans.rules import CHECKLIST
from marketplace.loans.services import answering, applying
from marketplace.risk import gateway
from marketplace.risk.adapters.simulated import SimulatedGateway
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.page_client import Page, words
from tests.pages.loans.conftest import Browse
from tests.pages.loans.test_reviewer_pages import case_path

QUEUE = "/staff/reviews/first"


class Switched(SimulatedGateway):
    """The simulated sources, with a fault to choose."""

    def __init__(self) -> None:
        self.fault = ""
        super().__init__(lambda: self.fault)


@pytest.fixture
def sources() -> Iterator[Switched]:
    before, switched = gateway.current(), Switched()
    gateway.install(switched)
    yield switched
    gateway.install(before)


def can_press(page: Page, action: str) -> bool:
    """Whether the button of the form sent to `action` can be pressed."""
    button = page.tree.find(f".//form[@action='{page.form(action).action}']//button")
    assert button is not None
    return button.get("disabled") is None


def tones(page: Page) -> list[str]:
    """The tags of the first case in a queue, each with its tone."""
    row = page.tree.find(".//tbody/tr")
    assert row is not None
    tags = row.iter("span")
    return [f"{tag.get('class')} {words(tag)}" for tag in tags if "tag" in (tag.get("class") or "")]


class TestWithoutAReport:
    def test_nothing_passes_while_the_provider_is_down_and_all_can_be_declined(
        self, world: World, cast: build.Cast, browse: Browse, sources: Switched
    ) -> None:
        sources.fault = "down"
        loan_id = build.a_submitted(cast.borrower)
        build.reported()
        browser = browse(cast.first)

        case = browser.get(case_path("first", loan_id))
        assert "Waiting for risk report" in case.text
        assert "The source cannot be reached" in case.text
        assert (can_press(case, "/pass"), can_press(case, "/decline")) == (False, True)
        assert "Waiting for risk report" in browser.get("/staff/reviews/first").text
        page = browser.send(case, "/pass", status=422, checked=list(CHECKLIST), notes="Seen.")

        assert page.errors == [
            "Waiting for the risk report. The case can be passed once both sources have answered."
        ]
        assert build.loan(loan_id).state == "submitted"

    def test_the_case_can_be_passed_as_soon_as_it_is_there(
        self,
        world: World,
        cast: build.Cast,
        browse: Browse,
        sources: Switched,
        hand: clock.Hand,
    ) -> None:
        sources.fault = "down"
        loan_id = build.a_submitted(cast.borrower)
        build.reported()
        sources.fault = ""
        hand.advance(minutes=2)
        build.reported()

        case = browse(cast.first).get(case_path("first", loan_id))

        assert can_press(case, "/pass")
        assert "The credit bureau sees a" in case.text
        assert " of 100" in case.text

    def test_a_stale_one_is_warned_of_and_can_be_asked_anew(
        self, world: World, cast: build.Cast, browse: Browse, hand: clock.Hand
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        build.reported()
        hand.advance(days=91)
        browser = browse(cast.first)

        case = browser.get(case_path("first", loan_id))
        assert "This report is older than 90 days" in case.text
        page = browser.send(case, "/pass", status=422, checked=list(CHECKLIST), notes="Seen.")
        assert page.errors == ["The risk report is older than 90 days. Ask for a new one first."]
        asked = browser.follow(browser.send(case, "/report"))
        assert "Waiting for risk report" in asked.text
        world.work()
        case = browser.get(case_path("first", loan_id))
        browser.follow(browser.send(case, "/pass", checked=list(CHECKLIST), notes="Seen."))

        assert build.loan(loan_id).state == "first_passed"


def test_each_reading_of_a_report_is_written_down(
    world: World, cast: build.Cast, browse: Browse
) -> None:
    loan_id = build.a_submitted(cast.borrower)
    build.reported()

    browse(cast.first).get(case_path("first", loan_id))

    sql = "SELECT count(*) FROM audit_entry WHERE action = 'risk.report_read' AND actor_id = %s"
    assert scalar(sql, (cast.first.known(),)) == 1
    db.session.rollback()


def test_a_referred_case_asks_for_a_tick_more(
    world: World, browse: Browse, cast: build.Cast
) -> None:
    theo = an_actor("Theo Thin")
    loan_id = build.a_submitted(theo)
    build.reported()
    browser = browse(cast.first)
    case = browser.get(case_path("first", loan_id))
    assert "A person must look closely" in case.text
    assert "Nothing is known of this" in case.text

    page = browser.send(case, "/pass", status=422, checked=list(CHECKLIST), notes="Seen.")
    assert page.errors == [
        "The score refers this case. Tick that you have looked at each point, or decline."
    ]
    browser.follow(browser.send(page, "/pass", checked=[*CHECKLIST, "referred"], notes="Seen."))

    assert build.loan(loan_id).state == "first_passed"


class TestTheQueue:
    def test_turns_amber_once_the_promise_is_broken(
        self, world: World, cast: build.Cast, browse: Browse, hand: clock.Hand
    ) -> None:
        build.a_submitted(cast.borrower)
        browser = browse(cast.first)
        hand.advance(days=2)
        assert any("neutral" in tag and "2 days" in tag for tag in tones(browser.get(QUEUE)))

        hand.advance(seconds=1)

        assert any("warn" in tag and "2 days" in tag for tag in tones(browser.get(QUEUE)))

    def test_goes_on_behind_its_last_case(
        self,
        world: World,
        cast: build.Cast,
        browse: Browse,
        hand: clock.Hand,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("marketplace.loans.views.reviews._PAGE", 2)
        for number in range(3):
            build.a_submitted(an_actor(f"Bo {number}"), build.a_request(title=f"Kiln {number}"))
            hand.advance(minutes=1)
        browser = browse(cast.first)

        page = browser.get("/staff/reviews/first")
        assert "Kiln 1" in page.text
        assert "Kiln 2" not in page.text
        rest = browser.get(page.links["More cases"])

        assert "Kiln 2" in rest.text
        assert "Kiln 0" not in rest.text


class TestAClaim:
    def test_keeps_colleagues_away_until_it_is_released(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        build.reported()
        mine, other = browse(cast.first), browse(an_actor("Frank First", role="first_reviewer"))
        path = case_path("first", loan_id)

        taken = mine.follow(mine.send(mine.get(path), "/claim"))
        assert "The case is yours for four hours." in taken.text
        blocked = other.get(path)
        assert "Fiona First is working on this case." in blocked.text
        assert [form for form in blocked.forms if "/pass" in form.action] == []
        assert "Fiona First" in other.get("/staff/reviews/first").text
        mine.follow(mine.send(taken, "/release"))

        assert [form.action for form in other.get(path).forms if "/pass" in form.action]

    def test_runs_out(
        self, world: World, cast: build.Cast, browse: Browse, hand: clock.Hand
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        build.reported()
        mine, other = browse(cast.first), browse(an_actor("Frank First", role="first_reviewer"))
        mine.send(mine.get(case_path("first", loan_id)), "/claim")
        hand.advance(hours=4)

        other.send(other.get(case_path("first", loan_id)), "/claim")

        assert "Frank First is working" in mine.get(case_path("first", loan_id)).text

    def test_is_for_the_stage_one_works_at(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        browser = browse(cast.first)
        case = browser.get(case_path("first", loan_id))

        browser.post(
            f"{case_path('second', loan_id)}/claim", dict(case.form("/claim").fields), status=403
        )


def test_the_second_reviewer_sees_what_has_changed_since_the_first(
    world: World, cast: build.Cast, browse: Browse, hand: clock.Hand
) -> None:
    loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)
    second = browse(cast.second)
    case = second.get(case_path("second", loan_id))
    assert "Nothing of the request has changed since." in case.text
    assert "Papers seen, all consistent." in case.text

    second.send(case, "/ask", missing="Where is the invoice?")
    hand.advance(days=1)
    told = applications.application(loan_id).credit
    db.session.rollback()
    more = replace(told, income=build.euros("2600"))
    answering.answer(cast.borrower, loan_id, more, now=clock.now())
    applying.submit(cast.borrower, loan_id, now=clock.now())
    build.passed(loan_id, cast.first)
    case = second.get(case_path("second", loan_id))

    assert "First review, round 2" in case.text
    assert "Where is the invoice?" in case.text
    assert "EUR 2,400.00" in case.text
    assert "EUR 2,600.00" in case.text


@pytest.mark.parametrize("stage", ["first", "second"])
def test_a_case_that_went_back_waits_for_its_borrower(
    world: World, cast: build.Cast, browse: Browse, stage: str
) -> None:
    loan_id = build.a_submitted(cast.borrower)
    who = cast.first
    if stage == "second":
        build.passed(loan_id, cast.first)
        who = cast.second
    browser = browse(who)
    case = browser.get(case_path(stage, loan_id))

    empty = browser.send(case, "/ask", status=422, missing=" ")
    assert empty.errors
    sent = browser.follow(browser.send(case, "/ask", missing="Which kiln?"))

    assert "Sent back. The borrower reads what is missing." in sent.text
    assert build.loan(loan_id).state == "returned"
    assert browse(cast.borrower).get(f"/my/loans/{public_id('ln', loan_id)}").status == 200


def test_a_borrower_reads_the_counter_offer_beside_what_was_asked_for(
    world: World, cast: build.Cast, browse: Browse
) -> None:
    loan_id = build.passed(build.a_submitted(cast.borrower), cast.first)
    second, borrower = browse(cast.second), browse(cast.borrower)
    case = second.get(case_path("second", loan_id))
    second.send(
        case,
        "/offer",
        amount="800",
        instalments="18",
        counter_code="burden",
        reasons=["income_steady"],
    )

    page = borrower.get(f"/my/loans/{public_id('ln', loan_id)}")
    assert "You asked for" in page.text
    assert "EUR 1,000.00" in page.text
    assert "EUR 800.00" in page.text
    assert "So that the instalment fits your income" in page.text
    borrower.send(page, "/accept")

    listed = build.loan(loan_id)
    assert (listed.state, listed.amount_minor, listed.instalments) == ("listed", 80_000, 18)
