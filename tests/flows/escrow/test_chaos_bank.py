"""The platform at a bank that fails on purpose: every order is carried out once, none is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from flask import Flask

from marketplace.escrow import gateway
from marketplace.escrow.gateway import Never, NoAnswer, NotNow, Seen, Standing
from marketplace.escrow.orders import TopUpOrder
from marketplace.escrow.queries import Instruction
from marketplace.escrow.services import dispatching
from marketplace.escrow.states import Kind, State
from marketplace.kernel import clock
from marketplace.kernel.errors import ProviderTrouble
from marketplace.kernel.money import Money
from marketplace.simulator.faults import Chance, Fault
from tests.builders.escrow import (
    World,
    a_checkout,
    a_refund,
    a_world,
    an_account,
    known,
    provider_total,
)

FIFTY = Money.of("50.00", "EUR")


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    with a_world(app, database_url, bad_days=True) as world:
        yield world


def top_up() -> Seen:
    return gateway.current().top_up(TopUpOrder("ins_topup", "topup", FIFTY))


UNDONE = [
    Fault.OUTAGE,
    Fault.BUSY,
    Fault.BROKEN,
    Fault.CONFLICT,
    Fault.DROP_BEFORE,
    Fault.CRASH_BEFORE,
]
DONE = [Fault.STICKY, Fault.LOST_ANSWER, Fault.DROP_AFTER, Fault.CRASH_AFTER]


@pytest.mark.parametrize("fault", UNDONE + DONE)
def test_the_adapter_never_takes_a_fault_for_a_refusal(world: World, fault: Fault) -> None:
    world.faults.choose(fault, Chance(times=1))

    with pytest.raises(NotNow if fault is Fault.BUSY else NoAnswer):
        top_up()

    found = gateway.current().find(Kind.TOP_UP, "ins_topup")
    assert (found is not None) is (fault in DONE)
    world.faults.good_day()
    assert top_up().standing is Standing.SUCCEEDED
    assert gateway.current().balances()[0].available == FIFTY


@pytest.mark.parametrize("fault", [Fault.OUTAGE, Fault.BUSY, Fault.BROKEN, Fault.DROP_BEFORE])
def test_what_could_not_be_read_may_be_read_later(world: World, fault: Fault) -> None:
    world.faults.choose(fault, Chance(times=1))

    with pytest.raises(ProviderTrouble) as trouble:
        gateway.current().balances()

    assert not isinstance(trouble.value, Never)
    assert gateway.current().balances() == []


@pytest.mark.parametrize("fault", [Fault.FORGED, Fault.STALE])
def test_the_site_refuses_what_is_not_genuine_and_takes_what_is(world: World, fault: Fault) -> None:
    planned = a_checkout(FIFTY)
    dispatching.dispatch(planned)
    world.pay(planned)
    world.faults.choose(fault, Chance(times=1))

    world.deliver()

    done = world.faults.done()
    assert done[0]["what"] == "checkout.paid: the platform answered 400"
    assert known(planned).state == State.SUCCEEDED
    assert provider_total("pending") == 5_000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everybody_pays_and_is_refunded_once_though_everything_fails(
    world: World, hand: clock.Hand, seed: int
) -> None:
    gateway.current().top_up(TopUpOrder("ins_reserve", "reserve", FIFTY))
    account = an_account()
    planned = [a_checkout(FIFTY, account) for _ in range(8)]
    world.faults.choose_all(_everything(), seed=seed)

    for instruction_id in planned:
        _until(world, hand, instruction_id, _has_page)
        world.pay(instruction_id)
    for instruction_id in planned:
        _until(world, hand, instruction_id, lambda one: one.state == State.SUCCEEDED)
    refunds = [a_refund(known(instruction_id)) for instruction_id in planned]
    hand.advance(days=2)
    for instruction_id in refunds:
        _until(world, hand, instruction_id, lambda one: one.state == State.SUCCEEDED)
    world.faults.good_day()

    lines = list(gateway.current().movements("").movements)
    assert [line.kind for line in lines].count("charge") == 8
    assert [line.kind for line in lines].count("refund") == 8
    assert len(world.faults.done(limit=1_000)) > 20


def _everything() -> dict[Fault, Chance]:
    calm = {Fault.SLOW, Fault.OUTAGE}  # they would only take time
    return {fault: Chance(percent=12, size=2) for fault in Fault if fault not in calm}


def _has_page(instruction: Instruction) -> bool:
    return instruction.url is not None


def _until(
    world: World, hand: clock.Hand, instruction_id: UUID, is_so: Callable[[Instruction], bool]
) -> None:
    """Let time go by, and let everything be tried again, until it is as it should be."""
    for _ in range(60):
        if is_so(known(instruction_id)):
            return
        dispatching.dispatch(instruction_id)
        world.deliver()
        dispatching.refresh(instruction_id)
        hand.advance(minutes=1)
    raise AssertionError(known(instruction_id))
