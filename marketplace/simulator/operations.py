"""Finds what was made for one operation of the platform: the read-back after a lost answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from marketplace.simulator import (
    charges,
    checkouts,
    disputes,
    funds,
    payees,
    payouts,
    refunds,
    transfers,
    verifications,
)
from marketplace.simulator.refusals import missing
from marketplace.simulator.store import Work

_FIND = """
    SELECT 'checkout' AS kind, id, created_at FROM simulator.checkout WHERE operation_id = %(op)s
    UNION ALL SELECT 'refund', id, created_at FROM simulator.refund WHERE operation_id = %(op)s
    UNION ALL SELECT 'payee', id, created_at FROM simulator.payee WHERE operation_id = %(op)s
    UNION ALL SELECT 'transfer', id, created_at FROM simulator.transfer WHERE operation_id = %(op)s
    UNION ALL SELECT 'reversal', id, created_at FROM simulator.reversal WHERE operation_id = %(op)s
    UNION ALL SELECT 'topup', id, created_at FROM simulator.topup WHERE operation_id = %(op)s
    UNION ALL SELECT 'charge', id, created_at FROM simulator.charge
        WHERE operation_id = %(op)s AND means_id IS NOT NULL
    UNION ALL SELECT 'payout', id, created_at FROM simulator.payout WHERE operation_id = %(op)s
    UNION ALL SELECT 'dispute', id, created_at FROM simulator.dispute WHERE operation_id = %(op)s
    UNION ALL SELECT 'verification', id, created_at FROM simulator.verification
        WHERE operation_id = %(op)s
    ORDER BY created_at, id
"""
_READERS: Final[dict[str, Callable[[Work, str, str], dict[str, object]]]] = {
    "checkout": checkouts.read,
    "refund": lambda work, ref, _site: refunds.read(work, ref),
    "payee": lambda work, ref, _site: payees.read(work, ref),
    "transfer": lambda work, ref, _site: transfers.read(work, ref),
    "reversal": lambda work, ref, _site: transfers.read_reversal(work, ref),
    "topup": lambda work, ref, _site: funds.topup(work, ref),
    "setup": checkouts.read,
    "charge": lambda work, ref, _site: charges.read(work, ref),
    "payout": lambda work, ref, _site: payouts.read(work, ref),
    "dispute": lambda work, ref, _site: disputes.read(work, ref),
    "verification": verifications.read,
}


def find(work: Work, operation_id: str, site: str) -> dict[str, object]:
    """Return everything made for `operation_id`, oldest first; normally one thing or none."""
    found = work.rows(_FIND, op=operation_id)
    return {
        "object": "found",
        "things": [read(work, row["kind"], row["id"], site) for row in found],
    }


def read(work: Work, kind: str, ref: str, site: str) -> dict[str, object]:
    """Return the thing `ref` of `kind`; 404 for an unknown one of either."""
    reader = _READERS.get(kind)
    if reader is None:
        raise missing("kind", kind)
    try:
        return reader(work, ref, site)
    except LookupError as nothing:
        raise missing(kind, ref) from nothing
