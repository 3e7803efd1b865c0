"""Who is told of what happened, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from flask import Flask

from marketplace import wiring
from marketplace.infra import jobs
from marketplace.infra.commands import command
from marketplace.infra.events import (
    TOGETHER_MAX,
    Event,
    announce,
    at_once,
    deliver,
    only,
    subscribe,
)

told: list[str] = []


@dataclass(frozen=True)
class Paid(Event):
    """Somebody paid for something."""

    purpose: str


@only(purpose={"pledge"})
def hold(event: Paid) -> None:
    told.append(f"hold {event.purpose}")


def write(event: Paid) -> None:
    told.append(f"write about {event.purpose}")


def count(event: Paid) -> None:
    told.append(f"count {event.purpose}")


@at_once
def gather(events: Sequence[Paid]) -> None:
    told.append("gather " + " ".join(event.purpose for event in events))


def shy(event: Paid) -> None:
    if event.purpose == "bill":
        raise ZeroDivisionError
    told.append(f"shy {event.purpose}")


@pytest.fixture(autouse=True)
def subscribed(app: Flask) -> Iterator[None]:
    del app
    told.clear()
    subscribe({Paid: [write, hold, count]})
    yield
    wiring.tell_everybody()


@command
def pay(*purposes: str) -> None:
    for purpose in purposes:
        announce(Paid(purpose))


def test_whom_an_event_does_not_concern_is_not_told_of_it() -> None:
    pay("bill")

    assert jobs.waiting() == 2
    jobs.run_due()
    assert told == ["write about bill", "count bill"]


def test_who_is_in_no_hurry_is_told_when_nobody_else_waits() -> None:
    subscribe({Paid: [write, hold]}, unhurried={__name__})
    pay("pledge")
    subscribe({Paid: [write, hold, count]})
    pay("bill")

    jobs.run_due()

    assert told == ["write about bill", "count bill", "write about pledge", "hold pledge"]


def test_what_one_command_announces_is_one_job_for_each_who_is_told(app: Flask) -> None:
    subscribe({Paid: [gather, count]})
    pay("pledge", "bill", "pledge")

    assert jobs.waiting() == 2
    jobs.run_due()
    assert told == ["gather pledge bill pledge", "count pledge", "count bill", "count pledge"]


def test_very_many_are_told_in_parts(app: Flask) -> None:
    subscribe({Paid: [gather]})
    pay(*["pledge"] * (TOGETHER_MAX + 1))

    assert jobs.waiting() == 2


def test_one_that_cannot_be_dealt_with_does_not_hold_up_the_others(app: Flask) -> None:
    subscribe({Paid: [shy]})
    pay("bill", "pledge", "loan")

    with pytest.raises(ZeroDivisionError):
        jobs.run_due()
    jobs.run_due()

    assert told == ["shy pledge", "shy loan"]
    assert [each.arguments["facts"] for each in jobs.gave_up()] == [[{"purpose": "bill"}]]


def test_one_that_was_queued_before_events_went_together_is_told(app: Flask) -> None:
    one = {"handler": f"{__name__}.count", "event": f"{__name__}.Paid"}
    command(lambda: jobs.defer_many(deliver, [one | {"facts": {"purpose": "bill"}}]))()

    jobs.run_due()

    assert told == ["count bill"]
