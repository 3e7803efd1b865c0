"""Things that will not come to their end by themselves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marketplace.escrow.queries import dead_letters
from marketplace.escrow.services import applying, claiming, dispatching
from marketplace.infra.commands import command
from marketplace.infra.database import db, execute, scalar
from marketplace.kernel import clock
from marketplace.kernel.ids import InstructionId
from marketplace.kernel.money import Money
from tests.builders.escrow import World, plan_top_up

AMOUNT = Money.of("50.00", "EUR")


def letters() -> dict[str, str]:
    """Every dead letter's id and why it is one."""
    found = {each.ref: each.why for each in dead_letters.dead_letters(clock.now())}
    db.session.rollback()
    return found


def an_unknown(world: World, hand: clock.Hand, *, happened: bool = False) -> InstructionId:
    """Nobody could say for hours what came of it."""
    planned = plan_top_up(AMOUNT)
    world.wire.trouble = ["answer_lost" if happened else "lost"]
    dispatching.dispatch(planned)
    hand.advance(hours=2)
    return planned


def refused_for_ever(planned: InstructionId) -> InstructionId:
    """The provider said that it will never do it."""
    claiming.claim(planned)
    applying.give_up(planned, "amount_too_large", clock.now())
    return planned


def refused_again_and_again(planned: InstructionId, times: int = 11) -> InstructionId:
    """The provider said so many times that it will not do it now."""
    _refuse(planned, times, clock.now())
    return planned


@command
def _refuse(planned: UUID, times: int, now: datetime) -> None:
    execute(
        "UPDATE escrow_instruction SET refusals = %(n)s, attempts = %(n)s, sent_at = %(now)s,"
        " last_error = 'payee_not_ready', not_before = %(now)s + interval '1 hour'"
        " WHERE id = %(id)s",
        {"n": times, "now": now, "id": planned},
    )


@command
def a_failed_delivery() -> UUID:
    """A notice that was given up; returns its id."""
    execute(
        """
        UPDATE escrow_delivery SET state = 'failed', attempts = 10, last_error = 'Broken()',
            finished_at = verified_at
        WHERE id = (SELECT max(id::text)::uuid FROM escrow_delivery)
        """
    )
    found: UUID = scalar("SELECT id FROM escrow_delivery WHERE state = 'failed'")
    return found
