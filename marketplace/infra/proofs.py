"""What came of every proof, kept for the people who answer for the money. Append-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from psycopg.types.json import Jsonb

from marketplace.infra.commands import step
from marketplace.infra.database import driver, rows

# How many differences are kept of one proof; the count is always whole.
SHOWN_MAX: Final = 200


class Subject(StrEnum):
    """What was proved."""

    LEDGER = "ledger"  # every invariant of the ledger and of the products
    PROVIDER = "provider"  # the ledger against the provider's statement and cash


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof. `examined` counts invariants, or lines of the provider's statement."""

    id: int
    subject: str
    at: datetime
    examined: int
    differences: int
    seconds: Decimal
    facts: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        """Whether everything agreed."""
        return self.differences == 0


@step
def record(
    subject: Subject,
    *,
    at: datetime,
    examined: int,
    differences: int,
    seconds: float,
    facts: Mapping[str, Any],
) -> None:
    """Append what came of a proof; `facts` are JSON values, short enough to be shown."""
    driver().execute(
        """
        INSERT INTO proof_run (subject, at, examined, differences, seconds, facts)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        (subject, at, examined, differences, seconds, Jsonb(dict(facts))),
    )


def latest() -> dict[Subject, Proof]:
    """Return the last proof of each subject; what was never proved is left out."""
    found = rows(
        """
        SELECT p.id, p.subject, p.at, p.examined, p.differences, p.seconds, p.facts
        FROM unnest(%s::text[]) AS wanted (subject), LATERAL (
            SELECT * FROM proof_run WHERE subject = wanted.subject ORDER BY id DESC LIMIT 1) p
        """,
        ([str(each) for each in Subject],),
        into=Proof,
    )
    return {Subject(each.subject): each for each in found}


def recent(subject: Subject, limit: int = 20) -> Sequence[Proof]:
    """Return the last proofs of one subject, newest first."""
    return rows(
        """
        SELECT id, subject, at, examined, differences, seconds, facts FROM proof_run
        WHERE subject = %s ORDER BY id DESC LIMIT %s
        """,
        (subject, limit),
        into=Proof,
    )
