"""What one person proposed and another has to decide, wherever in the house it was proposed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from marketplace.infra.database import rows
from marketplace.kernel.money import Money


class Decision(StrEnum):
    """What kind of thing is to be decided."""

    DISBURSEMENT = "disbursement"
    COLLATERAL = "collateral"
    VOUCHER = "voucher"
    VOUCHER_UNDO = "voucher_undo"
    WAIVER = "waiver"
    WRITE_OFF = "write_off"
    HOLDING = "holding"
    DIFFERENCE = "difference"
    HOUSE = "house"
    REMEDY = "remedy"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Approval:
    """One proposal that waits. `subject_id` is what it is about, `detail` what kind of that."""

    kind: str
    id: UUID
    subject_id: UUID
    detail: str
    title: str
    amount_minor: int | None
    currency: str | None
    proposed_by: UUID
    proposer: str
    since: datetime

    @property
    def amount(self) -> Money | None:
        """How much it is about, where it is about an amount."""
        if self.amount_minor is None or self.currency is None:
            return None
        return Money(self.amount_minor, self.currency)


# What somebody proposed, or owes or lends, is for others to decide: `own` says whose it is.
_PROPOSED: Final = """
    SELECT 'disbursement' AS kind, d.id, d.loan_id AS subject_id, '' AS detail, l.title,
        d.amount_minor, d.currency, d.proposed_by, d.proposed_at AS since,
        l.borrower_id = %(me)s OR EXISTS (SELECT FROM commitment c
            WHERE c.loan_id = l.id AND c.lender_id = %(me)s) AS own
    FROM disbursement_proposal d JOIN loan l ON l.id = d.loan_id
    WHERE d.state = 'proposed' AND d.expires_at > %(now)s
    UNION ALL
    SELECT 'collateral', r.id, r.loan_id, r.number, l.title, NULL, l.currency, r.recorded_by,
        r.recorded_at, l.borrower_id = %(me)s
    FROM collateral_registration r JOIN loan l ON l.id = r.loan_id
    WHERE r.checked_by IS NULL AND r.struck_at IS NULL AND l.state = 'funded'
    UNION ALL
    SELECT CASE v.state WHEN 'confirmed' THEN 'voucher' ELSE 'voucher_undo' END, v.id, v.loan_id,
        v.bank_ref, l.title, v.amount_minor, v.currency,
        CASE v.state WHEN 'confirmed' THEN v.first_by ELSE v.undo_by END,
        CASE v.state WHEN 'confirmed' THEN v.first_at ELSE v.undo_at END, v.borrower_id = %(me)s
    FROM voucher v JOIN loan l ON l.id = v.loan_id
    WHERE v.state = 'confirmed' OR (v.state = 'credited' AND v.undo_by IS NOT NULL)
    UNION ALL
    SELECT 'waiver', w.id, w.loan_id, w.charge_kind, l.title, w.amount_minor, w.currency,
        w.proposed_by, w.proposed_at, l.borrower_id = %(me)s
    FROM charge_waiver w JOIN loan l ON l.id = w.loan_id WHERE w.decided_at IS NULL
    UNION ALL
    SELECT 'write_off', w.id, w.loan_id, w.reason, l.title, w.amount_minor, w.currency,
        w.proposed_by, w.proposed_at, l.borrower_id = %(me)s OR EXISTS (SELECT FROM note n
            WHERE n.loan_id = l.id AND n.lender_id = %(me)s)
    FROM loan_write_off w JOIN loan l ON l.id = w.loan_id WHERE w.decided_at IS NULL
    UNION ALL
    SELECT 'holding', h.id, h.subject_id, h.kind, h.choice, NULL, h.currency, h.proposed_by,
        h.proposed_at, false
    FROM holding_decision h WHERE h.state = 'proposed'
    UNION ALL
    SELECT 'difference', d.id, d.id, d.type, coalesce(d.note, ''),
        abs(d.there_minor - d.here_minor), d.currency, d.proposed_by, d.proposed_at, false
    FROM escrow_difference d
    WHERE d.proposed_at IS NOT NULL AND d.explained_at IS NULL AND d.gone_at IS NULL
    UNION ALL
    SELECT 'house', o.id, o.id, o.kind, '', o.amount_minor, o.currency, o.proposed_by,
        o.proposed_at, false
    FROM escrow_house_order o WHERE o.state = 'proposed'
    UNION ALL
    SELECT 'remedy', m.id, coalesce(m.instruction_id, m.delivery_id), m.kind, m.reason,
        i.amount_minor, i.currency, m.proposed_by, m.proposed_at, false
    FROM escrow_remedy m LEFT JOIN escrow_instruction i ON i.id = m.instruction_id
    WHERE m.state = 'proposed'
    UNION ALL
    SELECT 'product', o.id, o.base_id, b.code, o.code, NULL, o.currency, o.proposed_by,
        o.proposed_at, false
    FROM loan_product_proposal o JOIN loan_product b ON b.id = o.base_id
    WHERE o.state = 'proposed'
"""
_WAITING: Final = f"""
    SELECT w.kind, w.id, w.subject_id, w.detail, w.title, w.amount_minor, w.currency,
        w.proposed_by, p.name AS proposer, w.since
    FROM ({_PROPOSED}) w JOIN person p ON p.id = w.proposed_by
    WHERE w.kind = ANY(%(kinds)s) AND w.proposed_by <> %(me)s AND NOT w.own
        AND (%(seen_at)s::timestamptz IS NULL OR (w.since, w.id) > (%(seen_at)s, %(seen_id)s))
    ORDER BY w.since, w.id LIMIT %(limit)s
"""  # noqa: S608 - our own constants


def waiting_for(
    me: UUID,
    kinds: Collection[Decision],
    now: datetime,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Approval]:
    """Return what others proposed and `me` may decide, the longest waiting first.

    `kinds` are those that the roles of `me` decide; `after` is moment and id of the last one seen.
    """
    seen_at, seen_id = after or (None, None)
    params = {
        "me": me,
        "kinds": [kind.value for kind in kinds],
        "now": now,
        "seen_at": seen_at,
        "seen_id": seen_id,
        "limit": limit,
    }
    return rows(_WAITING, params, into=Approval)
