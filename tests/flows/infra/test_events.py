"""Who is told of what happened, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask

from marketplace import wiring
from marketplace.infra import jobs
from marketplace.infra.commands import command
from marketplace.infra.events import Event, announce, only, subscribe

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


@pytest.fixture(autouse=True)
def subscribed(app: Flask) -> Iterator[None]:
    del app
    told.clear()
    subscribe({Paid: [write, hold, count]})
    yield
    wiring.tell_everybody()


@command
def pay(purpose: str) -> None:
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
