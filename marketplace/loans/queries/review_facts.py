"""What a case is judged by: the borrower's record here, and the case as it can be read now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marketplace.infra.database import flush, row, scalar
from marketplace.kernel.errors import NotFound
from marketplace.loans.queries import valuations


@dataclass(frozen=True, slots=True)
class Record:
    """Who a borrower is, and how earlier loans here went."""

    name: str
    loans_repaid: int
    bills_late: int


def record(borrower_id: UUID) -> Record:
    """Return a borrower's name and record here."""
    found = row(
        """
        SELECT p.name,
            (SELECT count(*) FROM loan o WHERE o.borrower_id = p.id
                AND o.state = 'paid_off')::int AS loans_repaid,
            (SELECT count(*) FROM bill b WHERE b.borrower_id = p.id
                AND b.late_told_at IS NOT NULL)::int AS bills_late
        FROM person p WHERE p.id = %s
        """,
        (borrower_id,),
        into=Record,
    )
    if found is None:
        raise NotFound(str(borrower_id))
    return found


def snapshot(loan_id: UUID) -> dict[str, Any]:
    """Return a case as it can be read now, for telling later what has changed since."""
    flush()
    found: dict[str, Any] = scalar(
        f"""
        SELECT jsonb_build_object(
                'amount_minor', l.amount_minor, 'currency', l.currency,
                'instalments', l.instalments, 'purpose', l.purpose, 'title', l.title,
                'story', l.story, 'employment', l.employment,
                'employed_years', l.employed_years, 'housing', l.housing,
                'income_minor', l.income_minor, 'obligations_minor', l.obligations_minor)
            || coalesce((SELECT to_jsonb(a) - 'loan_id' - 'unread' - 'saved_at'
                         FROM loan_applicant a WHERE a.loan_id = l.id), '{{}}')
            || coalesce((SELECT jsonb_object_agg('collateral_' || c.key, c.value)
                         FROM loan_collateral t,
                              jsonb_each(to_jsonb(t) - 'loan_id' - 'saved_at') c
                         WHERE t.loan_id = l.id), '{{}}')
            || coalesce((SELECT jsonb_build_object(
                    'valuation_value_minor', v.value_minor, 'valuation_haircut_bps', v.haircut_bps,
                    'valuation_valued_on', v.valued_on, 'valuation_valid_until', v.valid_until,
                    'valuation_appraiser', v.appraiser)
                FROM {valuations.COUNTING} v), '{{}}')
            || coalesce((SELECT jsonb_object_agg('document_' || d.kind, d.names)
                         FROM (SELECT kind, jsonb_agg(name || ' ' || left(sha256, 8) ORDER BY id)
                                   AS names
                               FROM loan_document
                               WHERE loan_id = l.id AND removed_at IS NULL GROUP BY kind) d),
                '{{}}')
        FROM loan l WHERE l.id = %s
        """,  # noqa: S608 - our own constant
        (loan_id,),
    )
    return found
