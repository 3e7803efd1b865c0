"""Closing days: what sets of statements write is what replaying each loan gives, once."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.infra.commands import command
from marketplace.infra.database import execute
from marketplace.kernel import clock
from marketplace.ledger import checks
from marketplace.loans.replay import Intent
from marketplace.loans.schedule import Method
from marketplace.settlement import close_of_business
from marketplace.settlement.close_of_business import accrual, proofs
from tests.builders import loans as build
from tests.builders.calculators import terms
from tests.builders.closing import (
    a_copy,
    bounces,
    charge_rows,
    closed_days,
    lateness_replayed,
    lateness_written,
    noon,
    pays,
)
from tests.builders.crashing import Stage
from tests.builders.escrow import World
from tests.builders.servicing import served

START = date(2026, 1, 31)
LONG_AGO = date(2020, 1, 31)  # other processes go by the clock on the wall


@pytest.fixture
def model(world: World, hand: clock.Hand) -> UUID:
    return build.a_listed_loan()


def some_loans(
    model: UUID, count: int, chance: random.Random, *, start: date = START
) -> list[UUID]:
    made = []
    for _ in range(count):
        schedule = terms(
            str(chance.choice([100, 1_000, 9_999.99])),
            str(chance.choice([0, 7.5, 24])),
            chance.choice([1, 3, 6]),
            start=(start + timedelta(days=chance.randrange(20))).isoformat(),
            method=chance.choice(list(Method)),
        )
        loan = served(
            schedule,
            late_fee=str(chance.choice([0, 15])),
            grace_days=chance.choice([0, 3, 10]),
            penalty_bps=chance.choice([0, 900, 1825]),
        )
        made.append(a_copy(model, loan))
    return made


@pytest.mark.parametrize("seed", range(2))
def test_what_is_closed_in_sets_is_what_replaying_each_loan_gives(model: UUID, seed: int) -> None:
    """A hundred days of payments on time, late, early, backdated, taken back; days missed."""
    chance = random.Random(seed)
    made = some_loans(model, 12, chance)
    paid: list[UUID] = []
    day = START + timedelta(days=25)
    for _ in range(40):
        day += timedelta(days=chance.choice([1, 1, 1, 2, 7]))
        close_of_business.close(day, noon(day), limit=5)
        for loan_id in made:
            assert lateness_written(loan_id) == lateness_replayed(loan_id, day)
        for loan_id in chance.sample(made, 3):
            from_ = day - timedelta(days=chance.choice([0, 0, 0, 1, 5]))
            intent = chance.choice([Intent.REGULAR, Intent.REGULAR, *Intent])
            minor = chance.randrange(1, 60_000)
            paid.append(pays(loan_id, day, minor, from_=from_, intent=intent))
        if paid and chance.random() < 0.2:
            bounces(paid.pop(chance.randrange(len(paid))), day)
        for loan_id in made:
            assert lateness_written(loan_id) == lateness_replayed(loan_id, day)


def test_closing_a_day_twice_writes_nothing(model: UUID) -> None:
    some_loans(model, 8, random.Random(1))
    day = START + timedelta(days=60)
    first = close_of_business.close(day, noon(day))
    assert first.loans == 8
    assert first.charges > 0
    before = charge_rows()
    again = close_of_business.close(day, noon(day))
    assert (again.loans, again.charges, again.alerts) == (0, 0, 0)
    assert again.proof == first.proof
    assert charge_rows() == before
    assert not close_of_business.missing_days(day)
    assert accrual.close_chunk(day, noon(day), after=None, wait=False, limit=100).loans == 0


def test_missed_days_are_closed_in_their_order_and_charge_the_same(model: UUID) -> None:
    loan = served(terms("1000", start=START.isoformat()))
    steadily, at_once = a_copy(model, loan), a_copy(model, loan)
    first, last = START + timedelta(days=30), START + timedelta(days=45)
    close_of_business.close(first, noon(first))
    _leave_out(at_once, steadily, first, last)
    assert lateness_written(at_once) == lateness_written(steadily)
    assert closed_days() == 16


def _leave_out(loan_id: UUID, other: UUID, first: date, last: date) -> None:
    """Close days one by one while nobody reaches `loan_id`, then let it catch up."""

    @command
    def hide(state: str) -> None:
        execute("UPDATE loan SET state = %s WHERE id = %s", (state, loan_id))

    hide("paid_off")
    assert other != loan_id
    while first < last - timedelta(days=1):
        first += timedelta(days=1)
        close_of_business.close(first, noon(first))
    hide("active")
    close_of_business.close(last, noon(last))


def test_a_payment_told_after_its_day_was_closed_corrects_what_was_charged_since(
    model: UUID,
) -> None:
    loan_id = a_copy(model, served(terms("1000", start=START.isoformat())))
    day = START + timedelta(days=60)
    close_of_business.close(day, noon(day))
    charged = len(charge_rows())
    told = day - timedelta(days=3)
    pays(loan_id, told, 20_000, from_=told, intent=Intent.REGULAR)
    assert lateness_written(loan_id) == lateness_replayed(loan_id, day)
    assert len(charge_rows()) > charged


def close(world: World, *args: str) -> Any:
    return world.app.test_cli_runner().invoke(args=["loans", "close-of-business", *args])


def test_the_command_closes_names_missing_days_and_catches_up(
    world: World, hand: clock.Hand, model: UUID
) -> None:
    a_copy(model, served(terms("1000", start=START.isoformat())))
    today = clock.today()
    assert close(world).exit_code == 0
    hand.advance(days=3)
    refused = close(world)
    assert refused.exit_code == 1
    assert f"{today + timedelta(days=1)} to {today + timedelta(days=2)}" in refused.output
    caught_up = close(world, "--catch-up", "--json")
    assert [one["day"] for one in json.loads(caught_up.output)] == [
        (today + timedelta(days=n)).isoformat() for n in (1, 2, 3)
    ]
    assert "nothing was done" in close(world).output
    future = close(world, "--on", (today + timedelta(days=9)).isoformat())
    assert future.exit_code == 1
    assert "has not come" in future.output
    assert close(world, "--on", "2026-02-31").exit_code == 2


def test_each_day_has_a_proof_that_names_the_day_before(
    world: World, hand: clock.Hand, model: UUID
) -> None:
    a_copy(model, served(terms("1000", start=START.isoformat())))
    today = clock.today()
    close(world)
    hand.advance(days=1)
    close(world)
    one, other = proofs.proof_of(today), proofs.proof_of(clock.today())
    assert one is not None
    assert other is not None
    assert other.figures["previous"] == one.sha256
    assert one.holds
    place = proofs.write_file(other)
    written = json.loads(place.read_text())
    assert written == {"figures": other.figures, "sha256": other.sha256}
    assert other.figures["loans"]["EUR"]["active"] == 1
    shown = close(world, "--diff", today.isoformat(), clock.today().isoformat())
    assert shown.exit_code == 0
    assert "previous" in shown.output
    assert close(world, "--diff", today.isoformat(), "2031-01-01").exit_code == 1


def test_a_settlement_run_closes_the_day(world: World, hand: clock.Hand, model: UUID) -> None:
    a_copy(model, served(terms("1000", start=START.isoformat())))
    build.pass_days(world, hand, 1)
    hand.advance(days=2)
    build.pass_days(world, hand, 1)
    assert closed_days() == 4


@pytest.mark.race
@pytest.mark.slow
def test_killed_at_twenty_moments_it_ends_as_if_it_never_was(model: UUID, stage: Stage) -> None:
    """Processes die right before and right after commits; nothing is charged twice or left out."""
    chance = random.Random(20)
    made = some_loans(model, 10, chance, start=LONG_AGO)
    first, last = LONG_AGO + timedelta(days=30), LONG_AGO + timedelta(days=75)
    close_of_business.close(first, noon(first))
    order = ("loans", "close-of-business", "--on", last.isoformat(), "--catch-up")
    died = 0
    while died < 20:
        status = stage.run(*order, dies_at=chance.randrange(1, 25))
        assert status in {0, -9}
        if status == 0:
            break
        died += 1
    assert died == 20
    assert stage.run(*order) == 0
    for loan_id in made:
        assert lateness_written(loan_id) == lateness_replayed(loan_id, last)
    assert len(set(charge_rows())) == len(charge_rows()) > 100
    assert closed_days() == 46
    assert stage.run(*order) == 0
    assert closed_days() == 46
    broken = {found.name for found in checks.run(clock.now()) if not found.holds}
    assert not broken & {"loan-charges", "loan-lateness", "closing-days"}


@pytest.mark.race
def test_two_at_once_share_the_work(model: UUID, stage: Stage) -> None:
    made = some_loans(model, 10, random.Random(2), start=LONG_AGO)
    first, last = LONG_AGO + timedelta(days=30), LONG_AGO + timedelta(days=40)
    close_of_business.close(first, noon(first))
    order = ("loans", "close-of-business", "--on", last.isoformat(), "--catch-up")
    assert stage.run_together([order, order]) == [0, 0]
    for loan_id in made:
        assert lateness_written(loan_id) == lateness_replayed(loan_id, last)
    assert closed_days() == 11
