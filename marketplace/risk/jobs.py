"""What risk does by the clock."""

from __future__ import annotations

from marketplace.infra.jobs import job
from marketplace.risk.services import answering


@job("risk.sweep")
def sweep_job() -> None:
    """Each minute: the questions that are due again."""
    answering.fetch_due()
