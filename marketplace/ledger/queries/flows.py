"""What went between the accounts of one owner and all others, summed: where the money is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from marketplace.infra.database import rows


@dataclass(frozen=True, slots=True)
class Flow:
    """All that went from accounts of one kind to those of another by one code.

    `pending_minor` is set aside to go, and has not gone.
    """

    from_kind: str
    to_kind: str
    code: str
    currency: str
    minor: int
    pending_minor: int


_FLOWS: Final = """
    WITH own AS (SELECT id FROM ledger_account WHERE owner_id = %(owner)s),
    touching AS (
        SELECT t.* FROM own JOIN ledger_transfer t ON t.debit_account = own.id
        UNION ALL
        SELECT t.* FROM own JOIN ledger_transfer t ON t.credit_account = own.id
        WHERE t.debit_account NOT IN (SELECT id FROM own)
    ), summed AS (
        SELECT debit_account, credit_account, code,
            coalesce(sum(amount) FILTER (WHERE phase IN ('single', 'post')), 0) AS minor,
            sum(CASE phase WHEN 'pending' THEN amount ELSE -coalesce(pending_amount, 0) END)
                AS pending_minor
        FROM touching GROUP BY debit_account, credit_account, code
    )
    SELECT d.kind AS from_kind, c.kind AS to_kind, s.code, d.currency,
        sum(s.minor)::bigint AS minor, sum(s.pending_minor)::bigint AS pending_minor
    FROM summed s
    JOIN ledger_account d ON d.id = s.debit_account
    JOIN ledger_account c ON c.id = s.credit_account
    GROUP BY d.kind, c.kind, s.code, d.currency ORDER BY d.kind, c.kind, s.code
"""


def flows(owner: UUID) -> list[Flow]:
    """Return all that ever entered, left or moved between the accounts of one owner."""
    return rows(_FLOWS, {"owner": owner}, into=Flow)


_PASSED: Final = """
    WITH own AS (SELECT id, owner_id FROM ledger_account WHERE owner_id = ANY(%(owners)s)),
    moved AS (
        SELECT own.owner_id, t.credit_account AS other, t.amount AS minor
        FROM own JOIN ledger_transfer t ON t.debit_account = own.id
            AND t.phase IN ('single', 'post')
        UNION ALL
        SELECT own.owner_id, t.debit_account, -t.amount
        FROM own JOIN ledger_transfer t ON t.credit_account = own.id
            AND t.phase IN ('single', 'post')
    )
    SELECT m.owner_id AS owner, sum(m.minor)::bigint AS minor
    FROM moved m JOIN ledger_account a ON a.id = m.other AND a.kind = %(kind)s
    GROUP BY m.owner_id
"""


@dataclass(frozen=True, slots=True)
class _Passed:
    owner: UUID
    minor: int


def passed(owners: Sequence[UUID], kind: str) -> dict[UUID, int]:
    """Return what each owner's accounts gave to those of a kind, less what came back from there.

    An owner with nothing of it is left out; the accounts of one owner are in one currency.
    """
    found = rows(_PASSED, {"owners": list(owners), "kind": kind}, into=_Passed)
    return {each.owner: each.minor for each in found}
