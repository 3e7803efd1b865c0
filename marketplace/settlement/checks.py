"""Invariants of settlement, tried by `flask ledger check` beside the ledger's own."""

from __future__ import annotations

from typing import Final

from marketplace.ledger.checks import Invariant

_CHAIN: Final = """
    SELECT day.on_date, day.figures ->> 'previous' AS named, day.before AS previous
    FROM (
        SELECT on_date, figures, lag(sha256) OVER (ORDER BY on_date) AS before FROM closing_day
    ) AS day
    WHERE (day.figures ->> 'previous') IS DISTINCT FROM day.before
"""

INVARIANTS: Final = (
    Invariant("closing-days", "Each closed day's proof names the one before it.", _CHAIN),
)
