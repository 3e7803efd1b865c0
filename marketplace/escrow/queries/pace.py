"""What is not called just now, because the provider is asked too much or does not answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.infra.database import rows


@dataclass(frozen=True, slots=True)
class Closed:
    """One endpoint, or with an empty name the provider, until when, and after what.

    `until` is of the machine's clock; `troubles` came in a row.
    """

    endpoint: str
    troubles: int
    until: datetime


def closed(provider: str) -> list[Closed]:
    """Return what nobody calls just now, the provider itself first."""
    return rows(
        """
        SELECT CASE endpoint WHEN %(provider)s THEN ''
                ELSE substr(endpoint, length(%(provider)s) + 2) END AS endpoint,
            troubles, closed_until AS until
        FROM escrow_pace
        WHERE closed_until > clock_timestamp()
            AND (endpoint = %(provider)s OR starts_with(endpoint, %(provider)s || '.'))
        ORDER BY endpoint
        """,
        {"provider": provider},
        into=Closed,
    )
