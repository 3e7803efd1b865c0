"""What a borrower owes here and has under way, and how much of all loans that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from marketplace.infra.database import row
from marketplace.kernel.money import Money
from marketplace.loans.exposure import Exposure, SingleName
from marketplace.loans.queries.credit_lines import USE


@dataclass(frozen=True, slots=True)
class _Sums:
    used: int
    book: int
    share_bps: int | None
    book_from_minor: int | None


_SUMS: Final = f"""
    WITH line AS (
        SELECT c.id, c.limit_minor FROM credit_line c
        WHERE c.borrower_id = %(borrower)s AND c.currency = %(currency)s
          AND c.state <> 'closed'
    ), renewed AS (
        SELECT line.id FROM line, loan l JOIN loan_product p ON p.id = l.product_id
        WHERE l.id = %(besides)s AND p.draw_months IS NOT NULL
    )
    SELECT
        (coalesce((SELECT sum(amount_minor - principal_repaid_minor) FROM loan
            WHERE borrower_id = %(borrower)s AND currency = %(currency)s
              AND id IS DISTINCT FROM %(besides)s
              AND (line_id IS NULL OR line_id NOT IN (SELECT id FROM renewed))
              AND state IN ('submitted', 'returned', 'first_passed', 'offered', 'listed',
                            'funded', 'disbursing', 'active')), 0)
        + coalesce((SELECT sum(greatest(0, c.limit_minor - use.used_minor
                - use.under_way_minor))
            FROM line c CROSS JOIN LATERAL ({USE}) use
            WHERE c.id NOT IN (SELECT id FROM renewed)), 0))::bigint AS used,
        CASE WHEN s.currency IS NULL THEN 0 ELSE
            coalesce((SELECT sum(amount_minor - principal_repaid_minor) FROM loan
                WHERE currency = %(currency)s
                  AND state IN ('listed', 'funded', 'disbursing', 'active')), 0)::bigint
        END AS book,
        s.share_bps, s.book_from_minor
    FROM (SELECT) AS one LEFT JOIN single_name_limit s ON s.currency = %(currency)s
"""  # noqa: S608 - a constant


def exposure(borrower_id: UUID, product_cap: Money, *, besides: UUID | None = None) -> Exposure:
    """Return what a borrower owes in the currency of the cap, the loan `besides` left out.

    Applications count in full, running loans with what is still owed, and of a credit line what
    may still be drawn. An application for a line is for all of it: the line it renews is left out.
    """
    currency = product_cap.currency
    found = row(
        _SUMS,
        {"borrower": borrower_id, "currency": currency, "besides": besides},
        into=_Sums,
    )
    if found is None:
        raise AssertionError("sums are always one row")
    return Exposure(Money(found.used, currency), product_cap, _single_name(found, currency))


def _single_name(found: _Sums, currency: str) -> SingleName | None:
    if found.share_bps is None or found.book_from_minor is None:
        return None
    book, book_from = Money(found.book, currency), Money(found.book_from_minor, currency)
    return SingleName(found.share_bps, book, book_from)
