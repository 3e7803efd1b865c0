"""Proving the books: the invariants of every package, and ledger against provider."""

from __future__ import annotations

from marketplace.escrow.reconcile import reconcile
from marketplace.infra.database import db
from marketplace.kernel import clock
from marketplace.ledger import checks
from tests.builders.escrow import World


def prove(world: World) -> None:
    """Insist that everything adds up, line by line and to the cent."""
    world.deliver()
    broken = [found for found in checks.run(clock.now()) if not found.holds]
    db.session.rollback()
    assert not broken, broken
    result = reconcile()
    assert result.differences == (), [str(found) for found in result.differences]
