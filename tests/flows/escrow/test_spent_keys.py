"""What the provider may have forgotten, or answers with a fault for ever, is looked for first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from marketplace.escrow import gateway
from marketplace.escrow.gateway import TOO_MANY, NotNow, Seen
from marketplace.escrow.orders import TopUpOrder
from marketplace.escrow.services import claiming, dispatching
from marketplace.escrow.states import Kind
from marketplace.infra import transitions
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.kernel.ids import InstructionId
from marketplace.kernel.money import Money
from tests.builders.escrow import World, known, plan_top_up, provider_total

AMOUNT = Money.of("50.00", "EUR")
TOP_UP = ("POST", "/v1/topups")


def lost_once(world: World) -> InstructionId:
    """An order of which nobody knew for a while, and which the provider has never heard of."""
    planned = plan_top_up(AMOUNT)
    world.wire.trouble = ["lost"]
    dispatching.dispatch(planned)
    dispatching.recover()
    world.wire.calls.clear()
    return planned


def asked(world: World) -> list[str]:
    """What the provider was asked, in order."""
    return ["order" if call == TOP_UP else "look" for call in world.wire.calls]


class TestAnOldKey:
    def test_is_used_again_while_the_provider_remembers_it(
        self, world: World, hand: clock.Hand
    ) -> None:
        planned = lost_once(world)
        hand.advance(hours=22)

        dispatching.dispatch(planned)

        assert asked(world) == ["order"]
        assert len(set(world.wire.keys)) == 1
        assert known(planned).state == "succeeded"

    def test_is_not_used_again_afterwards(self, world: World, hand: clock.Hand) -> None:
        planned = lost_once(world)
        hand.advance(hours=25)

        dispatching.dispatch(planned)

        assert asked(world) == ["look", "order"]
        assert world.wire.keys == [known(planned).operation_id, f"{known(planned).operation_id}.1"]
        assert known(planned).state == "succeeded"

    def test_what_was_done_under_it_meanwhile_is_found_and_not_done_again(
        self, world: World, hand: clock.Hand
    ) -> None:
        planned = lost_once(world)
        name = known(planned).operation_id
        gateway.current().top_up(TopUpOrder(name, name, AMOUNT))  # the lost order, arriving late
        world.wire.calls.clear()
        hand.advance(hours=25)

        dispatching.dispatch(planned)

        assert asked(world) == ["look"]
        assert known(planned).state == "succeeded"
        assert provider_total("available") == AMOUNT.minor

    def test_of_an_order_that_was_refused_is_none(self, world: World, hand: clock.Hand) -> None:
        planned = plan_top_up(AMOUNT)
        world.wire.trouble = ["busy"]
        dispatching.dispatch(planned)
        world.wire.calls.clear()
        hand.advance(days=3)

        dispatching.dispatch(planned)

        assert asked(world) == ["order"], "nothing can have happened under a key never used"


class TestWhereNobodyCanLook:
    @pytest.fixture
    def crowded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The provider holds too much to look through."""

        def too_many(_kind: Kind, operation_id: str, _hint: str | None = None) -> Seen | None:
            raise NotNow(f"{operation_id} is not among so many.", code=TOO_MANY)

        monkeypatch.setattr(gateway.current(), "find", too_many)

    def test_it_is_unknown_and_waits_for_a_person(
        self, world: World, hand: clock.Hand, crowded: None
    ) -> None:
        planned = lost_once_and_absent(world, hand)

        dispatching.dispatch(planned)
        for _ in range(50):
            hand.advance(hours=1)
            dispatching.recover()
            dispatching.dispatch_due()

        assert (known(planned).state, known(planned).last_error) == ("unknown", TOO_MANY)
        assert "order" not in asked(world)

    def test_a_provider_that_is_away_is_asked_again_by_reading(
        self, world: World, hand: clock.Hand
    ) -> None:
        planned = lost_once(world)
        hand.advance(hours=25)
        world.wire.trouble = ["refused"]

        dispatching.dispatch(planned)
        while_away = known(planned).state
        dispatching.recover()
        hand.advance(minutes=1)
        dispatching.dispatch(planned)

        assert while_away == "unknown"
        assert asked(world) == ["look", "look", "look", "order"]
        assert known(planned).state == "succeeded"


def lost_once_and_absent(world: World, hand: clock.Hand) -> InstructionId:
    """A planned order with an old key, made while one could still look."""
    planned = plan_top_up(AMOUNT)
    world.wire.trouble = ["lost"]
    dispatching.dispatch(planned)
    claiming.put_back(planned, clock.now(), dispatching.dispatch_job)
    world.wire.calls.clear()
    hand.advance(hours=25)
    return planned


class TestAFaultThatStays:
    def until_looked_for(self, world: World, hand: clock.Hand) -> InstructionId:
        planned = plan_top_up(AMOUNT)
        for _ in range(claiming.FAULTS_MAX):
            world.wire.trouble = ["broken"]
            dispatching.dispatch(planned)
            dispatching.recover()
            hand.advance(hours=1)
        world.wire.calls.clear()
        return planned

    def test_is_not_asked_for_ever_under_the_same_key(self, world: World, hand: clock.Hand) -> None:
        planned = self.until_looked_for(world, hand)

        dispatching.dispatch(planned)

        keys = [name.partition(".")[2] for name in world.wire.keys]
        assert keys == ["", "", "", "1"]
        assert asked(world) == ["look", "order"]
        assert known(planned).state == "succeeded"
        assert provider_total("available") == AMOUNT.minor

    def test_that_hid_an_effect_is_not_repeated(self, world: World, hand: clock.Hand) -> None:
        planned = self.until_looked_for(world, hand)
        name = known(planned).operation_id
        gateway.current().top_up(TopUpOrder(name, name, AMOUNT))
        world.wire.calls.clear()

        dispatching.dispatch(planned)

        assert asked(world) == ["look"]
        assert provider_total("available") == AMOUNT.minor

    def test_silence_is_no_fault_and_keeps_its_key(self, world: World, hand: clock.Hand) -> None:
        planned = plan_top_up(AMOUNT)
        for _ in range(claiming.FAULTS_MAX + 2):
            world.wire.trouble = ["lost"]
            dispatching.dispatch(planned)
            dispatching.recover()
            hand.advance(hours=1)

        dispatching.dispatch(planned)

        assert len(set(world.wire.keys)) == 1
        assert known(planned).state == "succeeded"


def test_each_try_is_on_the_trail(world: World, hand: clock.Hand) -> None:
    planned = lost_once(world)
    hand.advance(hours=25)

    dispatching.dispatch(planned)

    moves = [step.move for step in transitions.history("instruction", planned)]
    db.session.rollback()
    assert moves == ["send", "lose", "absent", "send", "succeed"]


@pytest.mark.parametrize("act", [claiming.claim, dispatching.dispatch_due])
def test_the_lease_of_one_call_is_longer_than_the_call(
    world: World, act: Callable[[], object]
) -> None:
    first, second = plan_top_up(AMOUNT), plan_top_up(AMOUNT)
    world.wire.trouble = ["lost", "lost"]
    before = clock.wall()

    act()

    leased = [one.lease_until for one in (known(first), known(second)) if one.lease_until]
    assert all(lease > before + timedelta(seconds=20) for lease in leased)
    assert len(leased) <= 1, "what is not being called is not leased"
