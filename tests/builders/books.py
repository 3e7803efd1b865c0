"""Proving the books: the invariants of every package, and ledger against provider."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from marketplace.campaigns.queries import one, standing
from marketplace.campaigns.queries.standing import Standing
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


def accounted(campaign_id: UUID) -> Standing:
    """Insist that every cent ever paid for a campaign is in one place; returns where it is."""
    found = standing.standing(one.campaign(campaign_id))
    db.session.rollback()
    parts = {name: minor for name, minor in asdict(found).items() if name != "paid_in"}
    assert all(minor >= 0 for minor in parts.values()), found
    assert (sum(parts.values()), found.elsewhere) == (found.paid_in, 0), found
    return found
