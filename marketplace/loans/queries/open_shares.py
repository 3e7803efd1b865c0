"""What of an instalment is still to come to one note: parts of statements over `i`, `n` and `l`.

`i` is an instalment, `n` a note, `l` their loan. Shares are planned with the schedule
(`plan_shares`), by the split of the distribution. What of an instalment is paid already, interest
before principal, came back in proportion.
"""

from __future__ import annotations

from typing import Final

OUTSTANDING: Final = """
    (n.principal_minor - n.principal_back_minor - n.written_off_minor + n.recovered_minor)
"""
"""What a lender still counts on: what was written off is no part of it."""
PRINCIPAL: Final = """
    greatest(0, coalesce(i.principal_shares[n.position],
        round(i.principal_minor * n.principal_minor::numeric / l.amount_minor)::int)
        - CASE WHEN i.paid_minor > i.interest_minor THEN
            (i.paid_minor - i.interest_minor) * n.principal_minor / l.amount_minor
            ELSE 0 END)
"""
INTEREST: Final = """
    greatest(0, coalesce(i.interest_shares[n.position],
        round(i.interest_minor * n.principal_minor::numeric / l.amount_minor)::int)
        - least(i.paid_minor, i.interest_minor) * n.principal_minor / l.amount_minor)
"""
FEE: Final = f"""
    round({INTEREST} * l.lender_fee_bps / 10000.0)
"""
"""Our fee on that interest. It is rounded on the whole loan: of a note it is about right."""
NEXT_FEE: Final = """
    greatest(0, (
        SELECT split.share - n.fee_minor FROM (
            SELECT p.id, charged.minor * p.principal_minor / l.amount_minor
                + CASE WHEN row_number() OVER (
                        ORDER BY mod(charged.minor * p.principal_minor, l.amount_minor) DESC,
                            p.position)
                    <= charged.minor
                        - sum(charged.minor * p.principal_minor / l.amount_minor) OVER ()
                    THEN 1 ELSE 0 END AS share
            FROM note p, LATERAL (SELECT ((l.interest_repaid_minor + l.penalty_repaid_minor
                + i.interest_minor - least(i.paid_minor, i.interest_minor))
                * l.lender_fee_bps + 5000) / 10000 AS minor) charged
            WHERE p.loan_id = l.id
        ) split WHERE split.id = n.id))::bigint
"""
"""Our fee on what is open of the first open instalment, by the split of the distribution."""
