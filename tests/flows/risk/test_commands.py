"""What operators type: what waits, a fault, and a back-test that changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from flask import Flask

from marketplace.infra import jobs
from marketplace.infra.database import column, db
from marketplace.infra.settings import current_settings
from marketplace.kernel import clock
from marketplace.risk import faults
from tests.flows.risk.test_asking import asked, facts, standing


@pytest.fixture(autouse=True)
def _no_fault_stays() -> Iterator[None]:
    yield
    faults.choose(current_settings().data_dir, "")


def run(app: Flask, *words: str) -> tuple[int, str]:
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=["risk", *words])
    return result.exit_code, result.output


def kept() -> list[str]:
    found = column("SELECT r::text FROM risk_report r ORDER BY id")
    db.session.rollback()
    return found


class TestBacktest:
    def test_prints_what_another_version_says_and_changes_nothing(self, app: Flask) -> None:
        asked(facts())
        asked(facts(instalment_minor=75_000))
        jobs.run_due()
        before = kept()

        code, said = run(app, "backtest", "--version", "2")

        assert code == 0
        assert "2 reports scored with version 2 (version 1 decides)" in said
        assert "D refer" not in said
        assert "decline" in said
        assert "burden_too_high" in said
        assert kept() == before

    def test_with_the_version_that_decided_finds_no_difference(self, app: Flask) -> None:
        for name in ("Bea Borrower", "Theo Thin", "Anna Arrears", "Dora Disagree"):
            asked(facts(name=name))
        jobs.run_due()

        code, said = run(app, "backtest", "--version", "1")

        assert (code, said) == (
            0,
            "4 reports scored with version 1 (version 1 decides): 0 differ. Nothing was changed.\n",
        )

    def test_is_for_machines_too(self, app: Flask) -> None:
        subject_id = asked(facts(instalment_minor=75_000))
        jobs.run_due()
        grade = standing(subject_id).grade

        _code, said = run(app, "backtest", "--version", "2", "--json")

        (one,) = json.loads(said)
        assert one["version"] == 1
        assert one["before"] == {"grade": grade, "outcome": "approve"}
        assert one["after"]["outcome"] == "decline"

    def test_takes_only_what_was_made_since_a_day(self, app: Flask, hand: clock.Hand) -> None:
        asked(facts())
        jobs.run_due()
        hand.advance(days=10)
        asked(facts(name="Ann Other"))
        jobs.run_due()

        _code, said = run(app, "backtest", "--version", "1", "--since", "2026-03-10")

        assert said.startswith("1 reports scored")

    def test_refuses_a_version_nobody_wrote(self, app: Flask) -> None:
        code, _said = run(app, "backtest", "--version", "7")

        assert code == 2


def test_a_fault_breaks_the_sources_until_it_ends(app: Flask, hand: clock.Hand) -> None:
    assert run(app, "fault", "down") == (0, "The sources are now: down.\n")
    subject_id = asked(facts())
    jobs.run_due()
    code, said = run(app, "waiting")
    assert code == 1
    assert "tried 1" in said
    assert "down" in said

    assert run(app, "fault", "none") == (0, "The sources answer.\n")
    hand.advance(minutes=5)
    assert run(app, "fetch") == (0, "1 reports arrived.\n")

    assert run(app, "waiting") == (0, "No question waits.\n")
    assert not standing(subject_id).is_waiting
