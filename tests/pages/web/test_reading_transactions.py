"""Pages that are only asked for open no transaction; what is sent is still whole or nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from psycopg.pq import TransactionStatus

from marketplace.infra import database
from marketplace.infra.commands import command, rehearsal
from marketplace.infra.database import db, driver, execute, scalar

IDLE, OPEN = TransactionStatus.IDLE, TransactionStatus.INTRANS


def status() -> TransactionStatus:
    scalar("SELECT 1")
    return driver().info.transaction_status


@pytest.fixture
def reading(app: Flask) -> Iterator[Flask]:
    token = database.stand_alone()
    yield app
    database.stand_together(token)
    db.session.remove()


@command
def written_and_refused() -> None:
    execute("UPDATE business_clock SET offset_seconds = offset_seconds + 5")
    assert driver().info.transaction_status is OPEN
    raise LookupError


def test_a_question_of_a_page_leaves_no_transaction_open(reading: Flask) -> None:
    assert status() is IDLE


def test_a_command_on_such_a_page_is_whole_or_nothing(reading: Flask) -> None:
    before = scalar("SELECT offset_seconds FROM business_clock")

    with pytest.raises(LookupError):
        written_and_refused()

    assert scalar("SELECT offset_seconds FROM business_clock") == before
    assert status() is IDLE


def test_a_rehearsal_on_such_a_page_is_rolled_back(reading: Flask) -> None:
    before = scalar("SELECT offset_seconds FROM business_clock")

    with rehearsal():
        execute("UPDATE business_clock SET offset_seconds = offset_seconds + 5")
        assert status() is OPEN

    assert scalar("SELECT offset_seconds FROM business_clock") == before


def test_outside_a_page_statements_stand_together(app: Flask) -> None:
    assert status() is OPEN
    db.session.rollback()


def test_only_what_is_asked_for_stands_alone(app: Flask) -> None:
    seen: dict[str, bool] = {}
    for method in ("GET", "HEAD", "POST"):
        with app.test_request_context("/healthz", method=method):
            app.preprocess_request()
            seen[method] = database.standing_alone()
        assert not database.standing_alone()
    assert seen == {"GET": True, "HEAD": True, "POST": False}
