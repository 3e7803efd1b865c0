"""Borrower and reviewers in a browser: letters back and forth, papers opened and marked."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from marketplace.infra import files
from marketplace.infra.database import column, db
from marketplace.kernel import clock
from marketplace.kernel.ids import public_id
from marketplace.loans.services import applying
from tests.builders import loans as build
from tests.builders.applications import a_pdf, application, asks_for, given
from tests.builders.escrow import World
from tests.builders.identity import an_actor
from tests.pages.loans.conftest import Browse
from tests.statements import PAGE_MAX, listening


def ref(loan_id: UUID) -> str:
    return public_id("ln", loan_id)


def a_case_with_a_paper(cast: build.Cast) -> tuple[UUID, str]:
    """A request under first review, and the address of a paper of it for staff."""
    loan_id = build.a_draft(cast.borrower)
    paper = given(cast.borrower, loan_id, "other", a_pdf("a letter"))
    applying.submit(cast.borrower, loan_id, now=clock.now())
    return loan_id, f"/staff/documents/{public_id('doc', paper)}"


class TestLetters:
    def test_are_written_answered_and_counted_until_they_are_opened(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        borrower, reviewer = browse(cast.borrower), browse(cast.first)
        mine, theirs = f"/my/loans/{ref(loan_id)}/messages", "/staff/reviews/messages"

        empty = borrower.get(mine)
        assert "No message yet" in empty.text
        borrower.send(empty, "/messages", body="I moved to Bonn.\n\n<b>Soon</b>.")
        waiting = reviewer.get(theirs)
        case = reviewer.get(waiting.links["A kiln for the pottery"])
        assert "I moved to Bonn. <b>Soon</b>." in case.text
        assert "Nobody waits for an answer" in reviewer.get(theirs).text
        reviewer.send(case, f"/messages/{ref(loan_id)}", body="Thank you, noted.")

        assert "1 new" in borrower.get(f"/my/loans/{ref(loan_id)}").text
        thread = borrower.get(mine)
        assert "A reviewer" in thread.text
        assert cast.first.label not in thread.text
        assert "1 new" not in borrower.get(f"/my/loans/{ref(loan_id)}").text

    def test_an_empty_or_endless_letter_is_refused_and_kept(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        browser, path = browse(cast.borrower), f"/my/loans/{ref(loan_id)}/messages"

        empty = browser.send(browser.get(path), "/messages", status=422, body="  ")
        endless = browser.send(browser.get(path), "/messages", status=422, body="x" * 2001)

        assert empty.errors == ["Write something first."]
        assert endless.form("/messages").fields["body"] == "x" * 2001

    def test_a_declined_request_says_why_in_figures_and_takes_a_second_look(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        asked = build.a_request("5000", months=12, income="1200", obligations="600")
        loan_id = build.a_submitted(cast.borrower, asked)
        build.reported()
        build.declined(loan_id, cast.first, "income_too_low")
        browser = browse(cast.borrower)

        page = browser.get(f"/my/loans/{ref(loan_id)}")
        # 600.00 and 444.01 (at 11.9 %) of 1,200.00; 240.00 would fit: 2,702.64 over the same term.
        for words in ("EUR 600.00", "EUR 444.01", "87 %", "70 %", "about EUR 2,700.00 would fit"):
            assert words in page.text
        form = browser.get(page.links["Ask for a second look"])
        thread = browser.follow(browser.send(form, "/messages", body="My rent has halved."))

        assert "Asks for a second look" in thread.text
        assert "Second look" in browse(cast.first).get("/staff/reviews/messages").text

    def test_a_request_sent_back_is_changed_and_sent_again(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        build.reported()
        build.returned(loan_id, cast.first, "Which kiln exactly?")
        browser = browse(cast.borrower)

        desk = browser.get(f"/my/loans/{ref(loan_id)}")
        assert "Which kiln exactly?" in desk.text
        groups = browser.get(desk.links["Change the request"])
        assert "Which kiln exactly?" in groups.text
        asks_for(cast.borrower, loan_id, build.a_request("900"))
        check = browser.get(groups.links["Check and send"])
        mine = browser.follow(browser.send(check, "/check"))

        assert "In first review" in mine.text
        assert application(loan_id).wish.amount == build.euros("900")
        assert "The reviewer asked you for more" in mine.text


class TestPapers:
    @pytest.mark.parametrize("role", ["first_reviewer", "second_reviewer", "finance_officer"])
    def test_are_opened_by_who_decides_or_pays_and_each_time_is_written_down(
        self, world: World, cast: build.Cast, browse: Browse, role: str
    ) -> None:
        _loan_id, path = a_case_with_a_paper(cast)
        reader = an_actor("Rae Reader", role=role)

        answer = browse(reader).client.get(path)

        assert answer.data == a_pdf("a letter")
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        answer.close()
        readers = column("SELECT actor_id FROM audit_entry WHERE action = 'document.read'")
        db.session.rollback()
        assert readers == [reader.known()]

    def test_are_not_handed_out_once_somebody_touched_them_on_the_disk(
        self, world: World, cast: build.Cast, browse: Browse, data_dir: Path
    ) -> None:
        _loan_id, path = a_case_with_a_paper(cast)
        key = column("SELECT key FROM loan_document WHERE kind = 'other'")[0]
        db.session.rollback()
        lies = data_dir / files.PRIVATE / key[:2] / key
        whole = lies.read_bytes()
        lies.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))

        page = browse(cast.first).get(path, status=500)
        lies.write_bytes(whole)

        assert b"%PDF" not in whole
        assert page.h1 == "This file is not handed out"
        assert "it was changed, or its key is missing" in page.text

    @pytest.mark.parametrize("role", ["moderator", "admin", None])
    def test_are_closed_to_everybody_else(
        self, world: World, cast: build.Cast, browse: Browse, role: str | None
    ) -> None:
        _loan_id, path = a_case_with_a_paper(cast)

        browse(an_actor("Nosy", role=role)).get(path, status=403)

    def test_nobody_opens_an_own_paper_as_staff_or_one_of_a_draft(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        draft = build.a_draft(cast.borrower)
        paper = given(cast.borrower, draft, "other", a_pdf("not sent"))
        own = build.a_draft(cast.first)
        mine = given(cast.first, own, "other", a_pdf("mine"))

        for document in (paper, mine):
            browse(cast.first).get(f"/staff/documents/{public_id('doc', document)}", status=403)

    def test_are_marked_with_a_reason_the_borrower_reads_and_answers_with_another(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        loan_id, path = a_case_with_a_paper(cast)
        reviewer, borrower = browse(cast.first), browse(cast.borrower)

        case = reviewer.get(f"/staff/reviews/first/{ref(loan_id)}")
        assert case.links["other.pdf"] == path
        form = reviewer.get(f"{path}/mark")
        refused = reviewer.send(form, "/mark", status=422, reason=" ")
        assert refused.errors == ["Say what is wrong with it: the borrower reads that."]
        reviewer.send(form, "/mark", reason="Page 2 is cut off.")

        papers = borrower.get(f"/borrow/apply/{ref(loan_id)}/documents")
        assert "Page 2 is cut off." in papers.text
        replaceable = {one.fields["kind"] for one in papers.forms if one.fields.get("replaces")}
        assert "other" in replaceable

    def test_a_paper_by_nobodys_number_is_not_found(
        self, world: World, cast: build.Cast, browse: Browse
    ) -> None:
        for path in ("/staff/documents/doc_1", "/staff/documents/doc_1/mark"):
            browse(cast.first).get(path, status=404)


@pytest.mark.parametrize("where", ["waiting", "thread", "mark"])
def test_no_page_of_the_reviewers_letters_asks_more_than_a_dozen_questions(
    world: World, cast: build.Cast, browse: Browse, where: str
) -> None:
    loan_id, path = a_case_with_a_paper(cast)
    paths = {
        "waiting": "/staff/reviews/messages",
        "thread": f"/staff/reviews/messages/{ref(loan_id)}",
        "mark": f"{path}/mark",
    }
    browser = browse(cast.first)

    with listening() as heard:
        browser.get(paths[where])

    assert len(heard) <= PAGE_MAX, heard
