"""Reads of what ledger and provider disagree on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.escrow import entries
from marketplace.escrow.entries import Proposal
from marketplace.infra.database import row, rows
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money

COLUMNS: Final = """
    d.id, d.provider, d.type, d.currency, d.here_minor, d.there_minor, d.provider_ref,
    d.instruction_id, d.since, d.first_seen_at, d.last_seen_at, d.gone_at, d.owner_id, d.note,
    d.proposed_by, d.proposed_at, d.explained_by, d.explained_at
"""
SELECT: Final = f"SELECT {COLUMNS} FROM escrow_difference d"  # noqa: S608 - our own constant


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One disagreement, from its first sight to its end."""

    id: UUID
    provider: str
    type: str
    currency: str
    here_minor: int
    there_minor: int
    provider_ref: str | None
    instruction_id: UUID | None
    since: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None
    owner_id: UUID | None
    note: str | None
    proposed_by: UUID | None
    proposed_at: datetime | None
    explained_by: UUID | None
    explained_at: datetime | None

    @property
    def here(self) -> Money:
        """What the ledger has booked."""
        return Money(self.here_minor, self.currency)

    @property
    def there(self) -> Money:
        """What the provider's statement says."""
        return Money(self.there_minor, self.currency)

    @property
    def began_at(self) -> datetime:
        """When it happened, or where that is not known, when it was first seen."""
        return min(self.since or self.first_seen_at, self.first_seen_at)

    @property
    def proposal_mark(self) -> str:
        """What tells one proposal about it from the next."""
        return self.proposed_at.isoformat() if self.proposed_at else ""

    def proposal(self, now: datetime) -> Proposal:
        """Return what it calls for at `now`."""
        age = now - self.first_seen_at
        return entries.propose(
            self.type,
            here_minor=self.here_minor,
            there_minor=self.there_minor,
            age_hours=int(age.total_seconds() // 3600),
        )


def standing(provider: str, *, limit: int = 200) -> list[DifferenceRow]:
    """Return the open differences, the oldest first; explained ones last."""
    return rows(
        f"{SELECT} WHERE d.provider = %(provider)s AND d.gone_at IS NULL"
        " ORDER BY d.explained_at IS NOT NULL, d.first_seen_at, d.id LIMIT %(limit)s",
        {"provider": provider, "limit": limit},
        into=DifferenceRow,
    )


def explained(provider: str) -> list[DifferenceRow]:
    """Return all open differences that an entry in suspense explains."""
    return rows(
        f"{SELECT} WHERE d.provider = %(provider)s AND d.gone_at IS NULL"
        " AND d.explained_at IS NOT NULL ORDER BY d.id",
        {"provider": provider},
        into=DifferenceRow,
    )


def over(provider: str, *, limit: int = 20) -> list[DifferenceRow]:
    """Return the differences that ended last."""
    return rows(
        f"{SELECT} WHERE d.provider = %(provider)s AND d.gone_at IS NOT NULL"
        " ORDER BY d.gone_at DESC, d.id LIMIT %(limit)s",
        {"provider": provider, "limit": limit},
        into=DifferenceRow,
    )


def difference(difference_id: UUID) -> DifferenceRow:
    """Return one difference; `NotFound` if there is none."""
    found = row(
        f"{SELECT} WHERE d.id = %(id)s",
        {"id": difference_id},
        into=DifferenceRow,
    )
    if found is None:
        raise NotFound(str(difference_id))
    return found


def available_at(provider: str, provider_ref: str) -> datetime | None:
    """Return when the money of a line of the statement is available; None for no line."""
    found = row(
        "SELECT available_at AS at FROM escrow_movement"
        " WHERE provider = %(provider)s AND provider_ref = %(ref)s",
        {"provider": provider, "ref": provider_ref},
        into=_Moment,
    )
    return found.at if found else None


@dataclass(frozen=True, slots=True)
class _Moment:
    at: datetime
