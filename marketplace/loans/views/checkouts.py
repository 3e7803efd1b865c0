"""From our page to the provider's and back. Never inside a transaction."""

from __future__ import annotations

from uuid import UUID

from flask import Response, redirect

from marketplace.escrow.services import dispatching
from marketplace.escrow.states import State
from marketplace.kernel.errors import ProviderTrouble
from marketplace.web.locale import _
from marketplace.web.rendering import done


def to_checkout(instruction_id: UUID, *, otherwise: str) -> Response:
    """Open the checkout and go to the provider's page; without an answer, go to `otherwise`."""
    try:
        instruction = dispatching.dispatch(instruction_id)
    except ProviderTrouble:
        return done(otherwise, _later())
    if instruction.url is None or State(instruction.state) is not State.SENT:
        return done(otherwise, None if instruction.is_finished else _later())
    answer: Response = redirect(instruction.url, 303)  # type: ignore[assignment]
    answer.headers["Cache-Control"] = "no-store"
    return answer


def is_paid(instruction_id: UUID) -> bool:
    """Ask the provider whether the checkout was paid; without an answer, what we know."""
    try:
        instruction = dispatching.refresh(instruction_id)
    except ProviderTrouble:
        return False
    return State(instruction.state) is State.SUCCEEDED


def _later() -> str:
    return _(
        "The provider does not answer yet. You have not been charged. What you chose is kept:"
        " continue to the payment from here in a minute."
    )
