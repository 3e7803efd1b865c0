"""Sending news whose time has come."""

from __future__ import annotations

from marketplace.campaigns.services import telling
from marketplace.infra.jobs import job
from marketplace.kernel import clock


@job("campaigns.updates")
def send_updates() -> None:
    """Announce the news that is due, so that letters about it are written."""
    while telling.send_due(clock.now()):
        pass
