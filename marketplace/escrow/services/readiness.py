"""Whether somebody can be paid, asked right before they are: the provider may withdraw it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from marketplace.escrow.events import PayeeWithdrawn
from marketplace.escrow.gateway import Gateway, Unasked
from marketplace.infra.commands import command, step
from marketplace.infra.database import execute
from marketplace.infra.events import announce
from marketplace.kernel import clock
from marketplace.kernel.errors import ProviderTrouble

LOOK_AGAIN_S: Final = 60.0


def insist(gateway: Gateway, person_id: UUID | None, payee_ref: str) -> None:
    """Read a payee back; `Unasked` where they cannot be paid or cannot be read just now.

    Outside any transaction. Who may no longer be paid is told so; what waits for them goes on by
    itself when they are ready again.
    """
    try:
        seen = gateway.payee(payee_ref)
    except ProviderTrouble as trouble:
        raise Unasked(f"payee {payee_ref} not read: {trouble}", LOOK_AGAIN_S) from trouble
    if not seen.ready:
        if person_id is not None:
            _withdraw(person_id, gateway.name)
        raise Unasked(f"payee {payee_ref} cannot be paid", 0)


@step
def withdraw(person_id: UUID, provider: str) -> bool:
    """Note that a person can no longer be paid, and tell; False if that was known."""
    fresh = execute(
        "UPDATE escrow_payee SET state = 'pending', ready_at = NULL"
        " WHERE person_id = %(person)s AND provider = %(provider)s AND state = 'ready'",
        {"person": person_id, "provider": provider},
    )
    if fresh:
        announce(PayeeWithdrawn(person_id, clock.now()))
    return bool(fresh)


@command
def _withdraw(person_id: UUID, provider: str) -> None:
    withdraw(person_id, provider)
