"""What lenders lose on a loan that is written off, and what comes back of it after all.

A claim that is given up is still a claim: the ledger goes on saying what the borrower owes. A note
says besides how much of that nobody counts on any more. Whatever is repaid later is recovered:
`principal - principal back = written off - recovered`, for every note of a loan written off.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from marketplace.infra.commands import step
from marketplace.infra.database import execute, scalar


@step
def write(loan_id: UUID, now: datetime) -> None:
    """Book as lost what is outstanding of each note of a loan."""
    execute(_LOST, {"loan": loan_id, "now": now})


_LOST: Final = """
    WITH lost AS (
        SELECT id, principal_minor - principal_back_minor AS minor FROM note
        WHERE loan_id = %(loan)s AND principal_back_minor < principal_minor
    ), told AS (
        INSERT INTO note_loss (id, note_id, at, written_off_minor, recovered_minor)
        SELECT gen_random_uuid(), id, %(now)s, minor, 0 FROM lost
    )
    UPDATE note SET written_off_minor = lost.minor FROM lost WHERE note.id = lost.id
"""


@step
def recover(now: datetime) -> None:
    """Book what the round in `sharing` brought to notes written off, or took back from them.

    Of what is taken back, first what had been recovered is lost once more.
    """
    if scalar(_ANY):
        execute(_RECOVERED, {"now": now})


# Asked of the few that are written off, since every night asks it of all that is repaid.
_ANY: Final = """
    SELECT EXISTS (SELECT FROM loan_write_off w JOIN repaying r ON r.loan_id = w.loan_id
        WHERE w.agreed AND r.principal <> 0)
"""
_RECOVERED: Final = """
    WITH changed AS (
        SELECT n.id, greatest(s.principal, -n.recovered_minor) AS recovered,
            greatest(s.principal, -n.recovered_minor) - s.principal AS lost
        FROM sharing s JOIN loan l ON l.id = s.loan_id AND l.written_off_at IS NOT NULL
        JOIN note n ON n.id = s.note_id
        WHERE s.principal <> 0
    ), told AS (
        INSERT INTO note_loss (id, note_id, at, written_off_minor, recovered_minor)
        SELECT gen_random_uuid(), id, %(now)s, lost, recovered FROM changed
    )
    UPDATE note SET written_off_minor = written_off_minor + changed.lost,
                    recovered_minor = recovered_minor + changed.recovered
    FROM changed WHERE note.id = changed.id
"""
