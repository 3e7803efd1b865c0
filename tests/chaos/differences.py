"""Bar 11: what happens at the provider behind our back is found within one run, and named.

Each difference is made at the bank alone, with its notice lost. One reconciliation must either
name the thing by its id, or have put it right by reading it back. And in a random life in which
nobody meddles, no run raises an alarm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from marketplace.escrow.queries import Instruction
from marketplace.escrow.reconcile import Reconciliation, reconcile
from marketplace.escrow.services import dispatching, mirroring
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from marketplace.simulator import refunds
from marketplace.simulator.store import Work
from tests.builders.escrow import (
    World,
    a_checkout,
    a_payee,
    a_payout,
    a_refund,
    a_top_up,
    a_transfer,
    known,
)
from tests.chaos.acts import ACTS
from tests.chaos.life import begin
from tests.chaos.outcome import Outcome, say
from tests.chaos.place import Ground, a_still_world
from tests.chaos.scales import Scale

AMOUNT: Final = Money.of("40.00", "EUR")
LOOK_EVERY: Final = 25  # operations between two reconciliations of the clean life


@dataclass(frozen=True, slots=True)
class Meddling:
    """What was done at the bank: the ids by which it may be named, or what it must have become."""

    names: frozenset[str]
    instruction: UUID | None = None
    becomes: str = ""


Meddle = Callable[[World, clock.Hand], Meddling]


def run(ground: Ground, scale: Scale) -> Outcome:
    """Meddle in every way, each on a world of its own; then live a clean life."""
    named, healed, troubles = 0, 0, list[str]()
    for what, meddle in MEDDLINGS.items():
        with (
            ground.place() as place,
            a_still_world(place, ground.dice("differences", what), listens=False) as (world, hand),
        ):
            said = _found(world, hand, meddle)
        named, healed = named + (said == "named"), healed + (said == "healed")
        if said not in {"named", "healed"}:
            troubles.append(f"{what}: {said}")
    alarms = _clean(ground, scale.clean_operations)
    return Outcome(
        "differences",
        f"{len(MEDDLINGS)} kinds of meddling at the bank; a life of {scale.clean_operations:,}"
        f" operations, reconciled every {LOOK_EVERY}",
        f"{named} named by id and {healed} healed within one run; {len(alarms)} false alarms",
        "all within one run, 0 false alarms",
        ground.seed,
        [*troubles, *alarms],
    )


def _found(world: World, hand: clock.Hand, meddle: Meddle) -> str:
    a_top_up(Money.of("1000.00", "EUR"))
    world.deliver()
    before = reconcile()
    if before.differences:
        return f"differences before anybody meddled: {before.differences}"
    done = meddle(world, hand)
    _lose_all_notices(world)
    hand.advance(hours=1)
    return _judged(reconcile(), done)


def _judged(result: Reconciliation, done: Meddling) -> str:
    if done.instruction is not None and known(done.instruction).state == done.becomes:
        return f"healed, and yet {result.differences}" if result.differences else "healed"
    told = {each.provider_ref for each in result.differences}
    told |= {str(each.instruction_id) for each in result.differences}
    return "named" if told & done.names else f"not named: {[str(e) for e in result.differences]}"


def _lose_all_notices(world: World) -> None:
    world.teller.deliver_pending(lambda _body, _headers: 200)


def _extra_refund(world: World, hand: clock.Hand) -> Meddling:
    """Somebody refunds a payment in the provider's own dashboard."""
    paid = world.paid(AMOUNT)
    assert paid.payment_ref is not None
    with world.bank.work() as work:
        made = refunds.refund(
            work, paid.payment_ref, amount_minor=1_234, operation_id="", reason="by hand"
        )
        return Meddling(frozenset({str(made["id"]), _last_line(work)}))


def _missing_transfer(world: World, hand: clock.Hand) -> Meddling:
    """The bank answered that a transfer was made; its books know nothing of it."""
    person = a_payee(world)
    paid = world.paid(AMOUNT)
    sent = a_transfer(person, AMOUNT, paid.account_id)
    dispatching.dispatch(sent)
    ref = known(sent).provider_ref
    with world.bank.work() as work:
        work.run("DELETE FROM simulator.movement WHERE source_id = %(ref)s", ref=ref)
        work.run(
            "UPDATE simulator.balance SET available_minor = available_minor + %(minor)s"
            " WHERE currency = 'EUR'",
            minor=AMOUNT.minor,
        )
    return Meddling(frozenset({str(sent), str(ref)}))


def _wrong_amount(world: World, hand: clock.Hand) -> Meddling:
    """The bank's books show another amount than was asked for."""
    paid = world.paid(AMOUNT)
    with world.bank.work() as work:
        line = _last_line(work)
        work.run(
            "UPDATE simulator.movement SET amount_minor = amount_minor + 1 WHERE source_id ="
            " (SELECT id FROM simulator.charge WHERE operation_id = %(op)s)",
            op=paid.operation_id,
        )
        work.run("UPDATE simulator.balance SET pending_minor = pending_minor + 1")
    return Meddling(frozenset({line, str(paid.id)}))


def _line_twice(world: World, hand: clock.Hand) -> Meddling:
    """The bank's books show a payment twice."""
    paid = world.paid(AMOUNT)
    with world.bank.work() as work:
        work.run(
            """
            WITH place AS (
                UPDATE simulator.till SET movements = movements + 1 RETURNING movements)
            INSERT INTO simulator.movement (position, kind, source_id, operation_id, amount_minor,
                fee_minor, currency, available_at, matured, created_at)
            SELECT movements, kind, source_id, operation_id, amount_minor, fee_minor, currency,
                available_at, matured, created_at FROM simulator.movement m, place
            WHERE m.operation_id = %(op)s AND m.kind = 'charge'
            """,
            op=paid.operation_id,
        )
        return Meddling(frozenset({_last_line(work), str(paid.id)}))


def _failed_payout(world: World, hand: clock.Hand) -> Meddling:
    """A payout of the platform arrived and then came back."""
    account = world.paid(AMOUNT).account_id
    out = a_payout(AMOUNT, account)
    dispatching.dispatch(out)
    ref = known(out).provider_ref
    assert ref is not None
    _later(world, hand, timedelta(days=3))
    dispatching.refresh(out)
    with world.bank.work() as work:
        line = _last_line(work)
    world.teller.fail_payout(ref)
    return Meddling(frozenset({ref, line, str(out)}), out, "returned")


def _late_refund_failure(world: World, hand: clock.Hand) -> Meddling:
    """A refund succeeded, and then the card did not take it."""
    paid = _paid_with(world, "4000000000007726")
    back = a_refund(paid)
    dispatching.dispatch(back)
    _later(world, hand, timedelta(days=9))
    return Meddling(frozenset({str(back), str(known(back).provider_ref)}), back, "returned")


def _returned_transfer(world: World, hand: clock.Hand) -> Meddling:
    """A transfer was made, and then the payee's bank sent it back."""
    person = a_payee(world)
    sent = a_transfer(person, AMOUNT, world.paid(AMOUNT).account_id)
    dispatching.dispatch(sent)
    ref = known(sent).provider_ref
    assert ref is not None
    mirroring.mirror()
    world.teller.return_transfer(ref)
    return Meddling(frozenset({str(sent), ref}), sent, "returned")


def _paid_with(world: World, card: str) -> Instruction:
    planned = a_checkout(AMOUNT)
    dispatching.dispatch(planned)
    world.pay(planned, card)
    world.deliver()
    return known(planned)


def _later(world: World, hand: clock.Hand, wait: timedelta) -> None:
    """Time passes; nobody tells us what the bank did meanwhile."""
    hand.set(clock.now() + wait)
    world.bank.tick()
    _lose_all_notices(world)


def _last_line(work: Work) -> str:
    row = work.row("SELECT max(position) AS n FROM simulator.movement")
    assert row is not None
    return f"mv_{row['n']}"


MEDDLINGS: Final[dict[str, Meddle]] = {
    "a refund in the dashboard": _extra_refund,
    "a transfer that is missing": _missing_transfer,
    "another amount": _wrong_amount,
    "a line twice": _line_twice,
    "a payout that came back": _failed_payout,
    "a late refund failure": _late_refund_failure,
    "a transfer that came back": _returned_transfer,
}


def _clean(ground: Ground, operations: int) -> list[str]:
    alarms, dice = list[str](), ground.dice("differences", "clean")
    with ground.place() as place, a_still_world(place, dice) as (world, hand):
        life = begin(world, hand, dice)
        for number in range(1, operations + 1):
            life.live(ACTS)
            if number % LOOK_EVERY == 0:
                found = reconcile().differences
                alarms += [f"false alarm after {number} operations: {each}" for each in found]
            if number % 500 == 0:
                say(f"differences: {number:,} of {operations:,} clean operations")
        alarms += life.broken
    return alarms
