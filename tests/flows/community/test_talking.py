"""Saying something, replying, hiding it; following."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
import pytest

from marketplace.community.queries import comments, following
from marketplace.community.rules import Kind
from marketplace.community.services import commenting
from marketplace.community.services import following as follows
from marketplace.community.services.commenting import Subject
from marketplace.infra.database import db, execute
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotAllowed, NotFound, Refusal
from tests.builders.campaigns import form_key
from tests.builders.identity import an_actor

pytestmark = pytest.mark.usefixtures("app")

LAMP = Subject("campaign", UUID(int=7))


def say(
    who: Actor,
    body: str = "When does it ship?",
    *,
    about: Subject = LAMP,
    kind: Kind = Kind.QUESTION,
    to: UUID | None = None,
    key: str = "",
) -> UUID:
    return commenting.post(
        who, about, kind, body=body, parent_id=to, form_key=key or form_key(), now=clock.now()
    )


def threads(kind: str = "question") -> list[comments.Thread]:
    found, _after = comments.threads("campaign", LAMP.id, kind)
    db.session.rollback()
    return found


class TestSaying:
    def test_an_answer_of_the_maker_marks_the_question_answered(self) -> None:
        asker, maker = an_actor("Asker Asa"), an_actor("Maker Mia")
        question = say(asker)
        say(an_actor("Other"), "I wonder too", to=question)
        assert threads()[0].first.answered_at is None

        say(maker, "In May.", about=Subject("campaign", LAMP.id, by_owner=True), to=question)

        [thread] = threads()
        assert thread.first.answered_at is not None
        assert [(r.body, r.by_owner) for r in thread.replies] == [
            ("I wonder too", False),
            ("In May.", True),
        ]

    def test_the_same_form_says_it_once(self) -> None:
        who = an_actor()

        assert say(who, key="k") == say(who, key="k")
        assert len(threads()) == 1

    def test_floods_and_repetitions_are_refused_until_time_has_passed(
        self, hand: clock.Hand
    ) -> None:
        who = an_actor()
        for number in range(5):
            say(who, f"Question {number}?")
        with pytest.raises(Refusal, match="comments_too_fast"):
            say(who, "One more?")

        hand.advance(minutes=1)
        with pytest.raises(Refusal, match="comment_again"):
            say(who, "question 0 ?")
        say(who, "One more?")
        say(an_actor("Somebody else"), "Question 0?")

    def test_who_makes_it_may_answer_several_with_the_same_words(self) -> None:
        maker, asked = an_actor(), [say(an_actor(), f"Question {number}?") for number in range(2)]
        for question in asked:
            say(maker, "It is in the box.", to=question, about=replace(LAMP, by_owner=True))

        assert [len(thread.replies) for thread in threads()] == [1, 1]

    def test_a_reply_stands_under_the_same_thing_and_only_one_deep(self) -> None:
        who = an_actor()
        question = say(who)
        reply = say(who, "I mean to Mars.", to=question)

        with pytest.raises(NotFound):
            say(who, "a", to=reply)
        with pytest.raises(NotFound):
            say(who, "b", to=question, kind=Kind.COMMENT)
        with pytest.raises(NotFound):
            say(who, "c", to=question, about=Subject("campaign", UUID(int=8)))
        with pytest.raises(NotFound):
            say(who, "d", to=uuid4())

    def test_nobody_edits_what_was_said_not_even_by_sql(self) -> None:
        said = say(an_actor())

        for sql in (
            "UPDATE comment SET body = 'No.' WHERE id = %s",
            "DELETE FROM comment WHERE id = %s",
        ):
            with pytest.raises(psycopg.errors.RestrictViolation):
                execute(sql, (said,))
            db.session.rollback()


class TestHiding:
    def test_a_moderator_takes_words_off_the_page_and_nobody_else(self) -> None:
        author, moderator = an_actor(), an_actor("Mo", role="moderator")
        said = say(author, "Buy my coin")

        with pytest.raises(NotAllowed):
            commenting.hide(author, said, code="spam", now=clock.now())
        with pytest.raises(Refusal, match="hide_code_missing"):
            commenting.hide(moderator, said, code="", now=clock.now())
        for _ in range(2):
            commenting.hide(moderator, said, code="spam", now=clock.now())

        [thread] = threads()
        assert (thread.first.body, thread.first.hidden_code) == ("", "spam")
        assert comments.words_of(said) == "Buy my coin"
        with pytest.raises(NotFound):
            say(author, "Do buy it", to=said)

    def test_a_moderator_does_not_decide_on_own_words(self) -> None:
        moderator = an_actor("Mo", role="moderator")
        said = say(moderator)

        with pytest.raises(Refusal, match="own_comment"):
            commenting.hide(moderator, said, code="spam", now=clock.now())


def test_following_twice_is_following_once_and_ends_at_once() -> None:
    who, lamp = an_actor(), LAMP.id
    for _ in range(2):
        follows.follow(who, "campaign", lamp, clock.now())
    assert following.followers("campaign", lamp, after=None, limit=9) == [who.known()]

    follows.unfollow(who, "campaign", lamp)

    assert following.count("campaign", lamp) == 0
