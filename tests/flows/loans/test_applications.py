"""Answers saved group by group, papers, messages: what is kept, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from marketplace.infra import files
from marketplace.infra.commands import command
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import IllegalMove, NotAllowed, NotFound, Refusal, Refused
from marketplace.kernel.money import Money
from marketplace.loans.answers import DOCUMENTS_MAX, Person
from marketplace.loans.models import Loan
from marketplace.loans.queries import documents as papers
from marketplace.loans.queries import messages as threads
from marketplace.loans.queries.documents import Document
from marketplace.loans.queries.messages import Message
from marketplace.loans.services import answering, applying, documents, messages
from tests.builders import loans as build
from tests.builders.applications import (
    a_collateral,
    a_pdf,
    a_person,
    a_photograph,
    application,
    asks_for,
    given,
)
from tests.builders.escrow import World
from tests.builders.identity import an_actor


def codes(trouble: Refusal) -> list[str]:
    """What was refused, by code."""
    return (
        [one.code for one in trouble.refusals] if isinstance(trouble, Refused) else [trouble.code]
    )


def an_empty_draft(borrower: Actor, product: str = "personal") -> UUID:
    """A request of which nothing was answered yet."""
    asked = replace(
        build.a_request(Money.zero("EUR")),
        product=product,
        instalments=0,
        purpose="",
        title="",
        story="",
        employment="",
        employed_years=0,
        housing="",
        income=Money.zero("EUR"),
        obligations=Money.zero("EUR"),
    )
    return applying.draft(borrower, asked, form_key=uuid4().hex, now=clock.now())


def in_file(loan_id: UUID) -> list[Document]:
    """The papers of a request."""
    found = papers.documents(loan_id)
    db.session.rollback()
    return found


def thread(loan_id: UUID) -> list[Message]:
    """The messages about a request."""
    found = threads.thread(loan_id)
    db.session.rollback()
    return found


@command
def demand(loan_id: UUID, *kinds: str) -> None:
    """Let a loan ask for papers, as its product would."""
    db.session.get_one(Loan, loan_id).documents = list(kinds)


class TestAnswers:
    def test_groups_saved_in_two_windows_do_not_disturb_each_other(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = an_empty_draft(cast.borrower)
        one, other = application(loan_id), application(loan_id)

        answering.answer(cast.borrower, loan_id, a_person(), now=clock.now())
        credit = replace(other.credit, employment="retired", income=Money.of("1800", "EUR"))
        answering.answer(cast.borrower, loan_id, credit, now=clock.now())

        told = application(loan_id)
        assert one.person == Person(legal_name="Bea Borrower")
        assert told.person == a_person()
        assert told.credit.income == Money.of("1800", "EUR")

    def test_of_the_same_group_the_last_save_counts(self, world: World, cast: build.Cast) -> None:
        loan_id = an_empty_draft(cast.borrower)

        for city in ("Bonn", "Köln"):
            answering.answer(cast.borrower, loan_id, a_person(city=city), now=clock.now())

        assert application(loan_id).city == "Köln"

    def test_what_cannot_be_read_is_kept_as_typed_until_it_is_mended(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_draft(cast.borrower)
        odd = {"born_on": "31.3.85", "street": None, "city": None}

        answering.answer(
            cast.borrower, loan_id, a_person(born_on=None), unread=odd, now=clock.now()
        )
        assert application(loan_id).unread == {"born_on": "31.3.85"}
        with pytest.raises(Refusal) as refused:
            applying.submit(cast.borrower, loan_id, now=clock.now())
        assert codes(refused.value) == ["loan_answer_unread"]

        mended = {"born_on": None, "street": None, "city": None}
        answering.answer(cast.borrower, loan_id, a_person(), unread=mended, now=clock.now())
        assert application(loan_id).unread == {}
        applying.submit(cast.borrower, loan_id, now=clock.now())

    def test_obligations_are_the_home_and_the_rest(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_draft(cast.borrower)
        credit = replace(
            application(loan_id).credit,
            housing_cost=Money.of("650", "EUR"),
            debt_payments=Money.of("120.50", "EUR"),
        )

        answering.answer(cast.borrower, loan_id, credit, now=clock.now())

        assert build.loan(loan_id).obligations == Money.of("770.50", "EUR")
        assert application(loan_id).credit.debt_payments == Money.of("120.50", "EUR")

    def test_who_asks_again_finds_the_person_filled_in(
        self, world: World, cast: build.Cast
    ) -> None:
        first = build.a_submitted(cast.borrower)
        applying.withdraw(cast.borrower, first, now=clock.now())

        told = application(an_empty_draft(cast.borrower))

        assert told.person == a_person(housing="", legal_name="Bea Borrower")
        assert told.employer == "Clay & Sons"

    def test_a_product_can_be_changed_and_brings_its_own_questions(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_draft(cast.borrower)
        assert application(loan_id).groups == ("person", "credit", "loan")

        wanted = replace(build.a_request("5000", months=24), product="vehicle")
        asks_for(cast.borrower, loan_id, wanted)

        told = application(loan_id)
        assert told.groups == ("person", "credit", "collateral", "loan")
        assert "collateral_title" in told.missing_documents
        with pytest.raises(Refusal) as refused:
            applying.submit(cast.borrower, loan_id, now=clock.now())
        assert codes(refused.value)[0] == "collateral_kind_missing"
        assert codes(refused.value)[-1] == "documents_missing"

        answering.answer(cast.borrower, loan_id, a_collateral(told), now=clock.now())
        for kind in told.missing_documents:
            given(cast.borrower, loan_id, kind)
        applying.submit(cast.borrower, loan_id, now=clock.now())
        assert build.loan(loan_id).state == "submitted"

    def test_everything_that_is_missing_is_named_at_once(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = an_empty_draft(cast.borrower)

        with pytest.raises(Refusal) as refused:
            applying.submit(cast.borrower, loan_id, now=clock.now())

        found = codes(refused.value)
        assert len(found) == len(set(found)) >= 12
        assert {"loan_amount_outside", "loan_birth_missing", "loan_income_missing"} <= set(found)
        assert build.loan(loan_id).state == "draft"

    def test_words_that_look_like_markup_are_kept_as_words(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_draft(cast.borrower)
        script = "<script>alert('x')</script>"

        answering.answer(cast.borrower, loan_id, a_person(legal_name=script), now=clock.now())

        assert application(loan_id).legal_name == script

    def test_a_child_cannot_borrow(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_draft(cast.borrower)
        answering.answer(
            cast.borrower, loan_id, a_person(born_on=date(2010, 1, 1)), now=clock.now()
        )

        with pytest.raises(Refusal) as refused:
            applying.submit(cast.borrower, loan_id, now=clock.now())

        assert codes(refused.value) == ["loan_too_young"]


class TestDocuments:
    def test_what_is_given_is_kept_where_pictures_are_not_served(
        self, world: World, cast: build.Cast, data_dir: Path
    ) -> None:
        loan_id = build.a_draft(cast.borrower)

        given(cast.borrower, loan_id, "other", a_photograph())

        (paper,) = [one for one in in_file(loan_id) if one.kind == "other"]
        assert (data_dir / "private" / paper.key[:2] / paper.key).is_file()
        with pytest.raises(NotFound):
            files.path(paper.key)
        assert paper.key.startswith(paper.sha256)
        assert paper.bytes == len(files.load(paper.key, shelf=files.PRIVATE))

    def test_a_request_is_not_sent_without_the_papers_its_product_asks_for(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_draft(cast.borrower)
        demand(loan_id, "identity", "accounts")

        with pytest.raises(Refusal) as refused:
            applying.submit(cast.borrower, loan_id, now=clock.now())
        assert codes(refused.value) == ["documents_missing"]

        for kind in ("identity", "accounts"):
            if kind in application(loan_id).missing_documents:  # the builder gave some
                given(cast.borrower, loan_id, kind)
        applying.submit(cast.borrower, loan_id, now=clock.now())

    def test_the_same_file_twice_under_one_heading_is_refused(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = an_empty_draft(cast.borrower)
        given(cast.borrower, loan_id, "income", a_pdf("March"))

        with pytest.raises(Refusal) as refused:
            given(cast.borrower, loan_id, "income", a_pdf("March"))
        given(cast.borrower, loan_id, "other", a_pdf("March"))

        assert codes(refused.value) == ["document_twice"]
        assert [one.kind for one in in_file(loan_id)] == ["income", "other"]

    def test_a_paper_can_be_replaced_and_removed_while_it_is_a_draft(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = an_empty_draft(cast.borrower)
        old = given(cast.borrower, loan_id, "income", a_pdf("old"))

        new = documents.give(
            cast.borrower,
            loan_id,
            documents.prepare(a_pdf("new")),
            kind="income",
            name="new.pdf",
            replaces=old,
            now=clock.now(),
        )
        assert [one.id for one in in_file(loan_id)] == [new]
        documents.remove(cast.borrower, loan_id, new, now=clock.now())

        assert in_file(loan_id) == []
        with pytest.raises(NotFound):
            documents.remove(cast.borrower, loan_id, new, now=clock.now())

    def test_once_sent_a_paper_is_replaced_but_not_removed(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_draft(cast.borrower)
        paper = given(cast.borrower, loan_id, "other", a_pdf("old"))
        applying.submit(cast.borrower, loan_id, now=clock.now())

        with pytest.raises(Refusal) as refused:
            documents.remove(cast.borrower, loan_id, paper, now=clock.now())
        documents.give(
            cast.borrower,
            loan_id,
            documents.prepare(a_pdf("new")),
            kind="other",
            name="new.pdf",
            replaces=paper,
            now=clock.now(),
        )

        assert codes(refused.value) == ["document_sent"]
        build.passed(loan_id, cast.first)
        with pytest.raises(Refusal) as closed:
            given(cast.borrower, loan_id, "other", a_pdf("late"))
        assert codes(closed.value) == ["documents_closed"]

    def test_a_marked_paper_is_missing_again_and_its_borrower_is_told_why(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_draft(cast.borrower)
        demand(loan_id, "accounts")
        paper = given(cast.borrower, loan_id, "accounts")
        applying.submit(cast.borrower, loan_id, now=clock.now())

        documents.mark(cast.first, paper, reason="Page 2 is cut off.", now=clock.now())

        assert application(loan_id).missing_documents == ["accounts"]
        world.deliver()
        assert "We cannot use one of your papers: Accounts of the business" in build.letters_to(
            cast.borrower
        )
        sql = "SELECT count(*) FROM audit_entry WHERE action = 'document.marked'"
        assert scalar(sql) == 1

    def test_only_a_reviewer_with_a_reason_marks_and_never_an_own_paper(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_draft(cast.first)
        own = given(cast.first, loan_id, "other", a_pdf("mine"))
        other_loan = build.a_draft(cast.borrower)
        paper = given(cast.borrower, other_loan, "other", a_pdf("hers"))

        with pytest.raises(NotAllowed):
            documents.mark(cast.borrower, paper, reason="No.", now=clock.now())
        with pytest.raises(Refusal) as refused:
            documents.mark(cast.first, paper, reason="  ", now=clock.now())
        with pytest.raises(Refusal) as mine:
            documents.mark(cast.first, own, reason="No.", now=clock.now())

        assert codes(refused.value) == ["document_reason_missing"]
        assert codes(mine.value) == ["review_own_case"]

    def test_a_kind_nobody_asks_for_and_one_file_too_many_are_refused(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = an_empty_draft(cast.borrower)
        with pytest.raises(Refusal) as refused:
            given(cast.borrower, loan_id, "yacht")
        for number in range(DOCUMENTS_MAX):
            given(cast.borrower, loan_id, "other", a_pdf(f"sheet {number}"))

        with pytest.raises(Refusal) as full:
            given(cast.borrower, loan_id, "other", a_pdf("one more"))

        assert codes(refused.value) == ["document_kind_missing"]
        assert codes(full.value) == ["documents_too_many"]

    def test_another_persons_file_is_not_found(self, world: World, cast: build.Cast) -> None:
        loan_id = an_empty_draft(cast.borrower)
        paper = given(cast.borrower, loan_id)
        eve = an_actor("Eve")
        hers = an_empty_draft(eve)

        with pytest.raises(NotFound):
            given(eve, loan_id)
        with pytest.raises(NotFound):
            documents.remove(eve, hers, paper, now=clock.now())
        with pytest.raises(NotFound):
            papers.own_document(paper, eve.known())


class TestMessages:
    def test_go_back_and_forth_with_a_letter_each_and_are_read_once(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)

        messages.write(cast.borrower, loan_id, "I moved.", form_key="m1", now=clock.now())
        messages.reply(cast.first, loan_id, "Thank you.", form_key="m2", now=clock.now())

        assert [(one.side, one.body) for one in thread(loan_id)] == [
            ("borrower", "I moved."),
            ("reviewer", "Thank you."),
        ]
        world.deliver()
        assert "A borrower wrote: A kiln for the pottery" in build.letters_to(cast.first)
        assert "A message about your request: A kiln for the pottery" in build.letters_to(
            cast.borrower
        )
        assert threads.unread(loan_id, "reviewer") == 1
        messages.mark_read(loan_id, side="reviewer", now=clock.now())
        assert threads.unread(loan_id, "reviewer") == 0
        assert threads.unread(loan_id, "borrower") == 1

    def test_the_same_form_twice_is_one_message(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)

        for _again in range(2):
            messages.write(cast.borrower, loan_id, "I moved.", form_key="m1", now=clock.now())

        assert len(thread(loan_id)) == 1

    def test_nothing_is_no_message_and_a_draft_has_no_reader(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        draft = build.a_draft(cast.borrower)

        with pytest.raises(Refusal) as empty:
            messages.write(cast.borrower, loan_id, " \n ", form_key="m1", now=clock.now())
        with pytest.raises(Refusal) as closed:
            messages.write(cast.borrower, draft, "Hello?", form_key="m2", now=clock.now())

        assert codes(empty.value) == ["message_missing"]
        assert codes(closed.value) == ["thread_closed"]

    def test_nobody_floods_the_reviewers(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)
        for number in range(50):
            messages.write(cast.borrower, loan_id, "Hello?", form_key=str(number), now=clock.now())

        with pytest.raises(Refusal) as refused:
            messages.write(cast.borrower, loan_id, "Hello?", form_key="50", now=clock.now())

        assert codes(refused.value) == ["messages_too_many"]

    def test_a_declined_request_may_ask_for_a_second_look(
        self, world: World, cast: build.Cast
    ) -> None:
        loan_id = build.a_submitted(cast.borrower)
        with pytest.raises(IllegalMove):
            messages.ask_again(cast.borrower, loan_id, "Look.", form_key="m", now=clock.now())
        build.reported()
        build.declined(loan_id, cast.first)

        messages.ask_again(
            cast.borrower, loan_id, "The offer was attached.", form_key="m1", now=clock.now()
        )

        (waiting,) = threads.waiting()
        assert (waiting.loan_id, waiting.second_look, waiting.count) == (loan_id, True, 1)
        world.deliver()
        assert "A borrower wrote: A kiln for the pottery" in build.letters_to(cast.first)

    def test_strangers_neither_write_nor_reply(self, world: World, cast: build.Cast) -> None:
        loan_id = build.a_submitted(cast.borrower)
        eve = an_actor("Eve")
        reviewing_own = build.a_submitted(cast.second)

        with pytest.raises(NotFound):
            messages.write(eve, loan_id, "Hello", form_key="m1", now=clock.now())
        with pytest.raises(NotAllowed):
            messages.reply(eve, loan_id, "Hello", form_key="m2", now=clock.now())
        with pytest.raises(Refusal) as refused:
            messages.reply(cast.second, reviewing_own, "Hello", form_key="m3", now=clock.now())

        assert codes(refused.value) == ["review_own_case"]
