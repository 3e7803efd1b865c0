"""A question to two sources: what is kept, what waits, what never passes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from marketplace import wiring
from marketplace.infra import jobs
from marketplace.infra.commands import command, rehearsal
from marketplace.infra.database import column, db, execute, scalar
from marketplace.infra.events import subscribe
from marketplace.kernel import clock
from marketplace.kernel.actors import CLOCK
from marketplace.kernel.ids import new_id
from marketplace.risk import gateway, queries
from marketplace.risk.adapters.simulated import SimulatedGateway
from marketplace.risk.events import RiskReported
from marketplace.risk.facts import Facts, Source
from marketplace.risk.gateway import Inquiry, Report
from marketplace.risk.queries import Standing
from marketplace.risk.scorecard import CARDS, score
from marketplace.risk.services import answering, asking, reading
from marketplace.risk.services.asking import Question
from tests.builders.identity import a_person, an_actor
from tests.unit.risk.test_scorecard import FACTS

ask = command(asking.ask)


class Told(SimulatedGateway):
    """The simulated sources, and what they were asked."""

    def __init__(self) -> None:
        self.fault = ""
        self.of: set[Source] = set(Source)
        self.asked: list[Inquiry] = []
        super().__init__(lambda: self.fault)

    def fetch(self, inquiry: Inquiry) -> Report:
        self.asked.append(inquiry)
        if inquiry.source not in self.of:
            kept, self.fault = self.fault, "down"
            try:
                return super().fetch(inquiry)
            finally:
                self.fault = kept
        return super().fetch(inquiry)


@pytest.fixture
def sources() -> Iterator[Told]:
    before, told = gateway.current(), Told()
    gateway.install(told)
    yield told
    gateway.install(before)


@contextmanager
def heard() -> Iterator[list[Any]]:
    """What is announced about reports while the block runs."""
    found: list[Any] = []

    def note(event: RiskReported) -> None:
        found.append(event)

    subscribe({**wiring.EVENTS, RiskReported: [note]})
    try:
        yield found
    finally:
        wiring.tell_everybody()


def facts(**changes: Any) -> Facts:
    return replace(FACTS, **{"person_id": a_person("Bea Borrower").id} | changes)


def asked(of: Facts, subject_id: UUID | None = None, **kwargs: Any) -> UUID:
    question = Question(subject_id or new_id(), "credit_decision", of)
    ask(CLOCK, question, now=clock.now(), **kwargs)
    return question.subject_id


def standing(subject_id: UUID) -> Standing:
    found = queries.standing(subject_id)
    db.session.rollback()
    assert found is not None
    return found


def archived(subject_id: UUID) -> list[tuple[str, bool]]:
    return sorted((one.source, one.readable) for one in standing(subject_id).answers)


def test_a_question_is_answered_by_the_worker_and_scored(app: Flask, sources: Told) -> None:
    with heard() as events:
        subject_id = asked(facts())
        assert standing(subject_id).is_waiting
        jobs.run_due()

    found = standing(subject_id)
    assert found.report_id is not None
    assert (found.version, found.outcome) == (1, "approve")
    assert found.points == sum(line.points for line in found.lines)
    assert found.is_fresh(clock.now())
    assert [(one.subject_id, one.report_id) for one in events] == [(subject_id, found.report_id)]
    assert [one.source for one in sources.asked] == [Source.BUREAU, Source.BIG_DATA]


def test_the_record_says_what_for_and_which_kinds_of_facts_were_told(
    app: Flask, sources: Told
) -> None:
    asked(facts())

    kept = column("SELECT purpose || ':' || array_to_string(kinds, ',') FROM risk_request")
    assert kept == ["credit_decision:identity,request,income,obligations"]


def test_raw_answers_are_archived_with_a_hash_of_their_bytes(app: Flask, sources: Told) -> None:
    asked(facts())
    jobs.run_due()

    raws, hashes = column("SELECT raw FROM risk_answer"), column("SELECT raw_hash FROM risk_answer")
    assert [hashlib.sha256(raw).hexdigest() for raw in raws] == hashes
    assert len(hashes) == 2


@pytest.mark.parametrize("table", ["risk_answer", "risk_report"])
@pytest.mark.parametrize("act", ["UPDATE {} SET request_id = request_id", "DELETE FROM {}"])
def test_what_was_answered_and_made_of_it_stays(
    app: Flask, sources: Told, table: str, act: str
) -> None:
    asked(facts())
    jobs.run_due()

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        command(execute)(act.format(table))


def test_a_stored_report_is_made_again_from_its_input(app: Flask, sources: Told) -> None:
    subject_id = asked(facts())
    jobs.run_due()

    (stored,) = list(queries.reports_since(None))
    again = score(CARDS[stored.version], stored.input)

    found = standing(subject_id)
    assert (again.points, again.grade, again.outcome) == (found.points, found.grade, found.outcome)
    assert list(again.lines) == found.lines


class TestASourceThatIsDown:
    def test_makes_the_question_wait_and_is_asked_again_ever_later(
        self, app: Flask, sources: Told, hand: clock.Hand
    ) -> None:
        sources.fault = "down"
        subject_id = asked(facts())
        jobs.run_due()
        pauses = []
        for _ in range(4):
            found = standing(subject_id)
            assert found.is_waiting
            assert found.trouble == "down"
            pauses.append(found.not_before - clock.now())
            assert answering.fetch_due() == 0  # nobody is asked before it is due
            hand.set(found.not_before)
            answering.fetch_due()

        assert pauses == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
        assert len(sources.asked) == 2 * 5

    def test_is_waited_for_for_days_and_never_passed(
        self, app: Flask, sources: Told, hand: clock.Hand
    ) -> None:
        sources.fault = "down"
        subject_id = asked(facts())
        for _ in range(20):
            hand.advance(hours=6)
            answering.fetch_due()

        assert standing(subject_id).is_waiting
        sources.fault = ""
        hand.advance(hours=6)
        assert answering.fetch_due() == 1
        assert not standing(subject_id).is_waiting

    def test_does_not_make_the_other_be_asked_twice(
        self, app: Flask, sources: Told, hand: clock.Hand
    ) -> None:
        sources.of = {Source.BUREAU}
        subject_id = asked(facts())
        jobs.run_due()
        assert archived(subject_id) == [("bureau", True)]

        sources.of = set(Source)
        hand.advance(minutes=2)
        answering.fetch_due()

        assert [one.source for one in sources.asked] == ["bureau", "big_data", "big_data"]
        assert not standing(subject_id).is_waiting


def test_a_slow_source_is_waited_for(app: Flask, sources: Told, hand: clock.Hand) -> None:
    subject_id = asked(facts(name="Sam Slow"))
    jobs.run_due()
    assert standing(subject_id).trouble == "slow"

    for _ in range(2):
        hand.advance(minutes=5)
        answering.fetch_due()

    assert not standing(subject_id).is_waiting


def test_nonsense_is_archived_and_asked_again(app: Flask, sources: Told, hand: clock.Hand) -> None:
    sources.fault = "nonsense"
    subject_id = asked(facts())
    jobs.run_due()
    assert standing(subject_id).trouble == "unreadable"

    sources.fault = ""
    hand.advance(minutes=1)
    answering.fetch_due()

    assert archived(subject_id) == [
        ("big_data", False),
        ("big_data", True),
        ("bureau", False),
        ("bureau", True),
    ]
    assert standing(subject_id).outcome == "approve"


@pytest.mark.parametrize(
    ("changes", "outcome", "code"),
    [
        ({"name": "Theo Thin"}, "refer", "thin_file"),
        ({"name": "Anna Arrears"}, "decline", "arrears_now"),
        ({"name": "Dora Disagree"}, "refer", "sources_disagree"),
        ({"name": "Fred Fraud"}, "decline", "fraud_signals"),
        ({"amount_minor": 100_003}, "refer", "sources_disagree"),
        ({"employed_years": None}, "refer", "not_collected"),
    ],
)
def test_a_case_can_be_provoked(
    app: Flask, sources: Told, changes: dict[str, Any], outcome: str, code: str
) -> None:
    subject_id = asked(facts(**changes))
    jobs.run_due()

    found = standing(subject_id)
    assert found.outcome == outcome
    assert code in found.codes


class TestAskingTwice:
    def test_while_it_waits_is_one_question(self, app: Flask, sources: Told) -> None:
        sources.fault = "down"
        one = facts()
        subject_id = asked(one)
        jobs.run_due()

        asked(one, subject_id)

        assert scalar("SELECT count(*) FROM risk_request") == 1

    def test_with_the_same_facts_is_answered_by_the_fresh_report(
        self, app: Flask, sources: Told, hand: clock.Hand
    ) -> None:
        one = facts()
        subject_id = asked(one)
        jobs.run_due()
        first = standing(subject_id)
        hand.advance(days=90)
        assert standing(subject_id).is_fresh(clock.now())

        asked(one, subject_id)

        assert standing(subject_id).report_id == first.report_id

    def test_with_a_stale_report_asks_anew(
        self, app: Flask, sources: Told, hand: clock.Hand
    ) -> None:
        one = facts()
        subject_id = asked(one)
        jobs.run_due()
        first = standing(subject_id)
        hand.advance(days=90, seconds=1)
        assert not first.is_fresh(clock.now())

        asked(one, subject_id)

        assert standing(subject_id).is_waiting
        jobs.run_due()
        assert standing(subject_id).report_id != first.report_id
        assert standing(subject_id).is_fresh(clock.now())

    def test_with_other_facts_is_another_question_even_while_the_first_waits(
        self, app: Flask, sources: Told, hand: clock.Hand
    ) -> None:
        sources.fault = "down"
        one = facts()
        subject_id = asked(one)
        jobs.run_due()
        first = standing(subject_id).request_id

        asked(replace(one, amount_minor=200_000), subject_id)
        sources.fault = ""
        jobs.run_due()
        hand.advance(hours=1)
        answering.fetch_due()

        assert standing(subject_id).request_id != first
        assert not standing(subject_id).is_waiting
        assert scalar("SELECT count(*) FROM risk_report") == 1

    def test_anew_asks_whatever_is_known(self, app: Flask, sources: Told) -> None:
        one = facts()
        subject_id = asked(one)
        jobs.run_due()

        asked(one, subject_id, anew=True)

        assert standing(subject_id).is_waiting


def test_a_fetch_that_died_is_taken_up_after_its_lease(
    app: Flask, sources: Told, hand: clock.Hand
) -> None:
    subject_id = asked(facts())
    request_id = standing(subject_id).request_id
    assert answering._claim(request_id, clock.now()) is not None
    jobs.run_due()  # somebody is asking just now
    assert sources.asked == []

    hand.advance(minutes=2)
    assert answering.fetch_due() == 1


def test_a_rehearsal_asks_nobody(app: Flask, sources: Told) -> None:
    subject_id = asked(facts())

    with rehearsal():
        answering.fetch(standing(subject_id).request_id)

    assert sources.asked == []


def test_whoever_reads_a_report_is_written_down_with_what_for(app: Flask, sources: Told) -> None:
    subject_id = asked(facts())
    reviewer = an_actor("Fiona First", role="first_reviewer")
    reading.read(reviewer, subject_id, purpose="first_review", now=clock.now())
    read = "SELECT count(*) FROM audit_entry WHERE action = 'risk.report_read'"
    assert scalar(read) == 0  # there was nothing to read yet

    jobs.run_due()
    reading.read(reviewer, subject_id, purpose="first_review", now=clock.now())

    assert scalar(read + " AND actor_id = %s", (reviewer.known(),)) == 1
    purpose = scalar("SELECT facts ->> 'purpose' FROM audit_entry WHERE action LIKE 'risk%%'")
    assert purpose == "first_review"
