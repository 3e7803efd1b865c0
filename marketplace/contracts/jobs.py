"""What contracts do by the clock."""

from __future__ import annotations

from marketplace.contracts.services import signing
from marketplace.infra.jobs import job


@job("contracts.sweep")
def sweep_job() -> None:
    """Each minute: seals nobody asked for yet, answers that got lost, and what is still at work."""
    signing.sweep()
