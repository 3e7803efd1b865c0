"""A world in which much is due at once: every stage of settlement has something to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask

from marketplace import wiring
from marketplace.infra.events import Event, Handler, subscribe
from marketplace.kernel import clock
from tests.builders import campaigns, loans
from tests.builders.crashing import Stage, a_stage
from tests.builders.escrow import World, a_top_up
from tests.builders.identity import an_actor
from tests.builders.scenes import Scenes


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with campaigns.a_market(app, database_url) as world:
        yield world


@pytest.fixture
def reserve(world: World) -> None:
    """Money of the house: the provider keeps its fees of what goes back or a bank takes."""
    a_top_up(campaigns.euros(500))


@pytest.fixture(scope="session")
def stage(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Processes on this test's database, which may be killed."""
    environ = {
        "DATABASE_URL": database_url,
        "DATA_DIR": str(tmp_path_factory.mktemp("stage")),
        "SIMULATOR_URL": "http://127.0.0.1:9",
    }
    with a_stage(environ) as stage:
        yield stage


@pytest.fixture
def due(world: World, hand: clock.Hand, scenes: Scenes) -> datetime:
    """Campaigns with and without their goal, loans full and not full, bills paid and to issue."""
    now = scenes.play("due", hand, lambda: _much_is_due(world, hand))
    subscribe(_without_settlement(), unhurried=wiring.LETTERS)  # it is left to the test
    return now


def _much_is_due(world: World, hand: clock.Hand) -> datetime:
    a_top_up(campaigns.euros(500))
    running = [_running(world, hand, rate) for rate in ("8.0", "10.4")]
    loans.until_day(world, hand, loans.schedule(running[0][1])[0].due_on - timedelta(days=1))
    subscribe(_without_settlement(), unhurried=wiring.LETTERS)
    for cast, loan_id in running:
        loans.pay_next_bill(world, cast, loan_id)
    _campaigns(world)
    _fundings(world)
    return hand.advance(days=40)


def _without_settlement() -> dict[type[Event], list[Handler]]:
    return {
        kind: [one for one in handlers if ".settlement" not in one.__module__]
        for kind, handlers in wiring.EVENTS.items()
    }


def _running(world: World, hand: clock.Hand, rate: str) -> tuple[loans.Cast, UUID]:
    cast = loans.Cast()
    parts = [(an_actor(f"Lender {n}"), amount) for n, amount in enumerate(("333", "333", "334"))]
    return cast, loans.a_running_loan(world, hand, cast, parts=parts, rate_pct=rate)


def _campaigns(world: World) -> None:
    for goal in ("100", "116.67", "5000"):
        made = campaigns.a_live_campaign(goal=campaigns.euros(goal), days=10, title=f"Goal {goal}")
        for amount in ("33.33", "33.34", "50.00"):
            campaigns.pledged(world, made, amount)
    for goal in ("100", "5000"):
        made = campaigns.a_live_campaign(
            goal=campaigns.euros(goal), days=10, title=f"Later, {goal}", collection="deadline"
        )
        for amount in ("33.33", "33.34", "50.00"):
            campaigns.promised(world, made, amount)


def _fundings(world: World) -> None:
    cast = loans.Cast()
    loans.onboard(world, cast.borrower)
    full = loans.a_listed_loan(cast, loans.a_request(title="A full one"))
    half = loans.a_listed_loan(asked=loans.a_request(title="Half a one"))
    for loan_id, amount in ((full, "400"), (full, "600"), (half, "500"), (half, "25")):
        loans.lent(world, loan_id, amount)
