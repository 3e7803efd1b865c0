"""Answers and timeline once everybody can see a campaign: dated, kept, told."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from marketplace.campaigns.queries import since
from marketplace.campaigns.queries.told import Told, told
from marketplace.campaigns.rules.drafting import ROWS_MAX, Entry, Step
from marketplace.campaigns.rules.rights import Right
from marketplace.campaigns.rules.since import MOVES_A_DAY, Mark
from marketplace.campaigns.rules.versions import mark
from marketplace.campaigns.services import answering, cloning, explaining, timekeeping
from marketplace.community.rules import Kind
from marketplace.community.services import commenting
from marketplace.community.services.commenting import Subject
from marketplace.infra.database import db, scalar
from marketplace.kernel import clock
from marketplace.kernel.actors import Actor
from marketplace.kernel.errors import NotFound, Refusal
from tests.builders import campaigns as build
from tests.builders.escrow import World
from tests.builders.identity import a_person, an_actor
from tests.builders.teams import on_the_team

HOT = Entry("Is it hot?", "As a candle.")
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


def told_of(made: UUID) -> Told:
    found = told(made)
    db.session.rollback()
    return found


def acts(made: UUID) -> list[str]:
    found = [row.act for row in since.changes(made)]
    db.session.rollback()
    return found


def said(who: Actor, made: UUID, body: str, to: UUID | None = None) -> UUID:
    about = Subject("campaign", made, by_owner=to is not None)
    key = build.form_key()
    return commenting.post(
        who, about, Kind.QUESTION, body=body, parent_id=to, form_key=key, now=clock.now()
    )


def a_told_campaign(sponsor: Actor) -> UUID:
    """A live campaign with an answer and a step in May."""
    made, now = build.a_draft(sponsor), clock.now()
    explaining.write_faq(sponsor, made, [HOT], now=now)
    explaining.write_timeline(sponsor, made, [Step("Kiln", MAY)], now=now)
    return build.approved(made, sponsor)


def copied(sponsor: Actor, made: UUID) -> UUID:
    return cloning.copy_campaign(
        sponsor, made, title="Another", form_key=build.form_key(), now=clock.now()
    )


def move(sponsor: Actor, made: UUID, month: date, *, is_done: bool = False) -> None:
    wanted = {1: Mark(month, is_done)}
    timekeeping.mark_steps(sponsor, made, wanted, reason="The clay is wet.", now=clock.now())


@pytest.mark.usefixtures("app")
class TestAnswers:
    def test_one_is_added_and_reworded_at_once_each_with_its_day_and_nothing_is_lost(self) -> None:
        sponsor = an_actor("Sponsor Sol")
        made, today = a_told_campaign(sponsor), clock.now().date()
        for _again in range(2):
            answering.add_answer(sponsor, made, Entry(" Is it\nred? ", "Brown.\r\n"), clock.now())
        answering.reword_answer(
            sponsor,
            made,
            1,
            Entry(HOT.question, "As a hand."),
            seen=mark(list(HOT)),
            now=clock.now(),
        )

        hot, red = told_of(made).faq
        assert (hot.answer, hot.added_on, hot.changed_on) == ("As a hand.", None, today)
        assert (red.question, red.answer, red.added_on) == ("Is it red?", "Brown.", today)
        assert [(row.act, row.before) for row in since.changes(made)] == [
            ("reworded", list(HOT)),
            ("answered", []),
        ]
        assert build.campaign(made).terms_at is None

    def test_an_answer_of_several_lines_sent_as_it_stands_has_not_changed(self) -> None:
        sponsor, lines = an_actor("Sponsor Sol"), Entry("Is it hot?", "No.\r\nAs a candle.")
        made = build.a_draft(sponsor)
        explaining.write_faq(sponsor, made, [lines], now=clock.now())
        build.approved(made, sponsor)

        answering.reword_answer(sponsor, made, 1, lines, seen=mark(list(lines)), now=clock.now())

        assert acts(made) == []

    def test_two_windows_do_not_replace_each_others_words(self) -> None:
        sponsor = an_actor("Sponsor Sol")
        made, seen = a_told_campaign(sponsor), mark(list(HOT))
        first, second = Entry(HOT.question, "As a hand."), Entry(HOT.question, "As a stove.")
        for words in (first, first):
            answering.reword_answer(sponsor, made, 1, words, seen=seen, now=clock.now())
        with pytest.raises(Refusal, match="answer_changed_elsewhere"):
            answering.reword_answer(sponsor, made, 1, second, seen=seen, now=clock.now())
        assert acts(made) == ["reworded"]

    def test_only_who_makes_it_or_talks_for_it_answers_and_only_once_it_is_public(self) -> None:
        sponsor, helper = an_actor("Sponsor Sol"), a_person("Helper Hel")
        draft, made = build.a_draft(sponsor), a_told_campaign(sponsor)
        with pytest.raises(Refusal, match="told_before_live"):
            answering.add_answer(sponsor, draft, HOT, clock.now())
        on_the_team(sponsor, made, helper, Right.STORY)
        red = Entry("Is it red?", "Brown.")
        with pytest.raises(NotFound):
            answering.add_answer(helper.as_actor(), made, red, clock.now())
        with pytest.raises(NotFound):
            move(an_actor("Eve"), made, JUNE)
        talker = a_person("Talker Tal")
        on_the_team(sponsor, made, talker, Right.TALK)
        answering.add_answer(talker.as_actor(), made, red, clock.now())
        assert acts(made) == ["answered"]

    def test_a_question_that_was_answered_is_taken_over_once_and_goes_with_its_words(self) -> None:
        sponsor, asker = an_actor("Sponsor Sol"), an_actor("Asker Asa")
        made = a_told_campaign(sponsor)
        asked = said(asker, made, "Why\nclay?")
        with pytest.raises(Refusal, match="question_not_answered"):
            answering.take_over(sponsor, made, asked, clock.now())
        given = said(sponsor, made, "It keeps the heat.", asked)
        for _again in range(2):
            answering.take_over(sponsor, made, asked, clock.now())

        assert [row[:2] for row in told_of(made).faq] == [HOT, ("Why clay?", "It keeps the heat.")]
        moderator = an_actor("Mo Derator", role="moderator")
        commenting.hide(moderator, given, code="off_topic", now=clock.now())
        assert [row[:2] for row in told_of(made).faq] == [HOT]
        assert acts(made) == []
        assert [row[:2] for row in told_of(copied(sponsor, made)).faq] == [HOT]
        commenting.show(moderator, given)
        assert acts(made) == ["answered"]
        with pytest.raises(NotFound):
            answering.take_over(sponsor, build.a_live_campaign(sponsor), asked, clock.now())

    def test_a_campaign_begun_like_it_takes_as_many_as_a_draft_can_hold(self) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = a_told_campaign(sponsor)
        for number in range(ROWS_MAX):
            answering.add_answer(sponsor, made, Entry(f"Question {number}?", "Yes."), clock.now())

        assert told_of(copied(sponsor, made)).faq[0][:2] == HOT
        assert len(told_of(copied(sponsor, made)).faq) == ROWS_MAX


class TestTimeline:
    def test_a_step_that_moves_says_from_where_and_every_backer_reads_why(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor, backer, gone = an_actor("Sponsor Sol"), a_person("Backer Bo"), a_person("Gone Gil")
        made = a_told_campaign(sponsor)
        build.pledged(world, made, backer=backer.as_actor())
        build.place(made, backer=gone.as_actor())
        hand.advance(days=1)

        move(sponsor, made, JUNE)
        world.work()

        (step,) = told_of(made).timeline
        assert (step.month, step.promised, step.moved_on) == (JUNE, MAY, clock.now().date())
        letter = build.last_letter(backer.email)
        assert build.subjects(backer.email)[-1].startswith("The timeline of “A lamp")
        assert "Kiln: June 2026, not May 2026." in letter
        assert "The clay is wet." in letter
        assert not any("has moved" in subject for subject in build.subjects(gone.email))
        delivery = "SELECT count(*) FROM reconfirmation WHERE campaign_id = %s"
        assert scalar(delivery, (made,)) == 0

    def test_done_is_said_and_can_be_taken_back_and_nobody_is_written_to(
        self, world: World
    ) -> None:
        sponsor, backer = an_actor("Sponsor Sol"), a_person("Backer Bo")
        made = a_told_campaign(sponsor)
        build.pledged(world, made, backer=backer.as_actor())
        move(sponsor, made, MAY, is_done=True)
        assert told_of(made).timeline[0].done_on == clock.now().date()
        move(sponsor, made, MAY)
        assert told_of(made).timeline[0].done_on is None
        world.work()
        assert acts(made) == ["reopened", "done"]
        assert not any("has moved" in subject for subject in build.subjects(backer.email))

    def test_months_move_a_few_times_a_day_so_that_nobody_is_flooded(
        self, world: World, hand: clock.Hand
    ) -> None:
        sponsor = an_actor("Sponsor Sol")
        made = a_told_campaign(sponsor)
        for number in range(MOVES_A_DAY):
            hand.advance(minutes=1)
            move(sponsor, made, date(2026, 6 + number, 1))
        with pytest.raises(Refusal, match="moves_too_many"):
            move(sponsor, made, date(2026, 12, 1))
        hand.advance(days=1)
        move(sponsor, made, date(2026, 12, 1))
        assert told_of(made).timeline[0].promised == MAY
