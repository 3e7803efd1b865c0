"""Questions and answers in public: who may ask, answer and take off, and who hears of it."""

from __future__ import annotations

from uuid import UUID

import pytest

from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal
from marketplace.loans.queries import questions
from marketplace.loans.services import questions as commands
from tests.builders import loans as build
from tests.builders.escrow import World
from tests.builders.identity import an_actor

TEXT = "Why does the kiln have to be new?"


def asked(loan_id: UUID, asker: Actor, text: str = TEXT, key: str | None = None) -> UUID:
    """A question on the page of a loan."""
    return commands.ask(asker, loan_id, text, form_key=key or build.form_key(), now=clock.now())


def shown(loan_id: UUID) -> list[questions.Question]:
    """What stands on the page."""
    found = questions.about(loan_id)
    db.session.rollback()
    return found


def test_a_question_and_its_answer_reach_the_page_and_both_people(
    world: World, cast: build.Cast
) -> None:
    loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")

    question_id = asked(loan_id, lena)
    commands.answer(cast.borrower, question_id, "The old one cracked.", now=clock.now())
    world.work()

    (one,) = shown(loan_id)
    assert (one.question, one.answer) == (TEXT, "The old one cracked.")
    assert "A lender asks about “A kiln for the pottery”" in build.letters_to(cast.borrower)
    assert "Your question about “A kiln for the pottery” was answered" in build.letters_to(lena)


def test_the_same_form_asks_once(world: World, cast: build.Cast) -> None:
    loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")

    assert asked(loan_id, lena, key="same") == asked(loan_id, lena, key="same")
    assert len(shown(loan_id)) == 1


def test_words_are_kept_plain_and_tidy(world: World, cast: build.Cast) -> None:
    loan_id = build.a_listed_loan(cast)

    asked(loan_id, an_actor("Lena Lender"), "  <b>Why</b>\x00\x1b[2J\r\n\r\n\r\n\r\nnow? \u202e ")

    assert shown(loan_id)[0].question == "<b>Why</b>[2J\n\nnow?"


@pytest.mark.parametrize(
    ("text", "code"),
    [("  \n ", "question_missing"), ("x" * 601, "question_too_long"), ("\x00", "question_missing")],
)
def test_an_empty_or_endless_question_is_refused(
    world: World, cast: build.Cast, text: str, code: str
) -> None:
    loan_id = build.a_listed_loan(cast)

    with pytest.raises(Refusal) as refused:
        asked(loan_id, an_actor("Lena Lender"), text)

    assert refused.value.code == code


def test_three_of_one_lender_may_wait_and_an_answer_makes_room(
    world: World, cast: build.Cast
) -> None:
    loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
    first, *_others = [asked(loan_id, lena, f"Question {n}?") for n in range(3)]

    with pytest.raises(Refusal) as refused:
        asked(loan_id, lena, "One more?")
    assert refused.value.code == "question_too_many"

    asked(loan_id, an_actor("Lou Lender"))
    commands.answer(cast.borrower, first, "Yes.", now=clock.now())
    asked(loan_id, lena, "One more?")


def test_a_borrower_does_not_ask_and_nobody_else_answers(world: World, cast: build.Cast) -> None:
    loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
    with pytest.raises(Refusal) as refused:
        asked(loan_id, cast.borrower)
    assert refused.value.code == "question_own_loan"

    question_id = asked(loan_id, lena)
    for other in (lena, an_actor("Eve Elsewhere")):
        with pytest.raises(NotFound):
            commands.answer(other, question_id, "Because.", now=clock.now())

    assert shown(loan_id)[0].answer is None


def test_an_answer_stays_as_it_is(world: World, cast: build.Cast) -> None:
    loan_id = build.a_listed_loan(cast)
    question_id = asked(loan_id, an_actor("Lena Lender"))
    with pytest.raises(Refusal) as empty:
        commands.answer(cast.borrower, question_id, " ", now=clock.now())
    commands.answer(cast.borrower, question_id, "Because.", now=clock.now())

    with pytest.raises(Refusal) as refused:
        commands.answer(cast.borrower, question_id, "No: because.", now=clock.now())

    assert (empty.value.code, refused.value.code) == ("answer_missing", "question_answered")
    assert shown(loan_id)[0].answer == "Because."


def test_a_loan_nobody_can_lend_to_takes_no_questions(
    world: World, hand: clock.Hand, cast: build.Cast
) -> None:
    offered = build.an_offered(cast)
    with pytest.raises(NotFound):
        asked(offered, an_actor("Lena Lender"))

    running = build.a_running_loan(world, hand, build.Cast(an_actor("Bob Borrower")))
    with pytest.raises(Refusal) as refused:
        asked(running, an_actor("Lena Lender"))
    assert refused.value.code == "question_closed"


def test_staff_take_a_question_off_with_a_reason_its_writer_reads(
    world: World, cast: build.Cast
) -> None:
    loan_id, lena = build.a_listed_loan(cast), an_actor("Lena Lender")
    question_id = asked(loan_id, lena, "Where do you live?")
    moderator = an_actor("Mo Derator", role="moderator")
    with pytest.raises(NotAllowed):
        commands.hide(lena, question_id, "identity", now=clock.now())
    with pytest.raises(Refusal):
        commands.hide(moderator, question_id, "because", now=clock.now())

    commands.hide(moderator, question_id, "identity", now=clock.now())
    commands.hide(moderator, question_id, "insult", now=clock.now())
    world.work()

    assert shown(loan_id)[0].hidden_reason == "identity"
    assert "Your question about “A kiln for the pottery” is no longer shown" in (
        build.letters_to(lena)
    )
    with pytest.raises(NotFound):
        commands.answer(cast.borrower, question_id, "In the mill.", now=clock.now())
