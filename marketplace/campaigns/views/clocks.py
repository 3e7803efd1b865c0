"""Moments as the clocks of a campaign's own place show them."""

from __future__ import annotations

from datetime import datetime

from marketplace.campaigns.rules import deadlines
from marketplace.web.locale import _
from marketplace.web.rendering import day_text, moment_text


def placed(moment: datetime, zone: str) -> str:
    """Return a moment by the clocks of a zone, and in UTC beside it."""
    if zone == deadlines.UTC_ZONE:
        return moment_text(moment)
    wall = deadlines.on_the_wall(moment, zone)
    return _(
        "%(day)s, %(time)s in %(zone)s (%(utc)s)",
        day=day_text(wall),
        time=f"{wall:%H:%M}",
        zone=zone,
        utc=moment_text(moment),
    )
