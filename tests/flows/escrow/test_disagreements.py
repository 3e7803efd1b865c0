"""Where the provider's thing is not what we asked for: named, and nothing else waits for it."""

from __future__ import annotations

import pytest

from marketplace.escrow.jobs import sweep
from marketplace.escrow.reconcile import reconcile
from marketplace.escrow.services import dispatching
from marketplace.kernel.errors import Broken
from marketplace.kernel.ids import InstructionId
from marketplace.kernel.money import Money
from tests.builders.escrow import World, a_checkout, known

AMOUNT = Money.of("50.00", "EUR")


def tampered(world: World, instruction_id: InstructionId) -> None:
    """At the bank it becomes another amount."""
    with world.bank.work() as work:
        work.run(
            "UPDATE simulator.checkout SET amount_minor = 3000 WHERE operation_id = %(op)s",
            op=known(instruction_id).operation_id,
        )


def test_a_payment_of_another_amount_is_a_difference_and_not_booked(world: World) -> None:
    bent, straight = a_checkout(AMOUNT), a_checkout(AMOUNT)
    for planned in (bent, straight):
        dispatching.dispatch(planned)
    tampered(world, bent)
    for planned in (bent, straight):
        world.pay(planned)  # and both notices are lost

    result = reconcile()

    line, total = result.differences
    assert (line.type, line.instruction_id, line.there_minor) == (
        "missing_here",
        bent,
        2_933,
    )  # its fee was booked nowhere
    assert total.type == "total"
    assert (known(bent).state, known(straight).state) == ("sent", "succeeded")


def test_one_that_breaks_does_not_keep_the_others_from_being_read_back(world: World) -> None:
    bent, straight = a_checkout(AMOUNT), a_checkout(AMOUNT)
    for planned in (bent, straight):
        world.wire.trouble = ["answer_lost"]
        dispatching.dispatch(planned)
    tampered(world, bent)

    with pytest.raises(Broken, match="another thing at the provider"):
        sweep()

    assert (known(bent).state, known(straight).state) == ("unknown", "sent")
