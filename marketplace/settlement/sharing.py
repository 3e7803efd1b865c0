"""Splitting what a receipt brought over the notes of its loan, to the cent, in sets.

Each kind (principal, interest, penalty interest, the service fee on both) is split by largest
remainder over everything to date; what a note had before is taken off. `repaying` holds the
receipts of a round, `sharing` a line for each of their notes.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from marketplace.infra.commands import step
from marketplace.infra.database import column, execute, lay_out, rows
from marketplace.kernel.errors import Broken

KINDS: Final = ("principal", "interest", "penalty", "fee")

_TABLES: Final = {
    "repaying": """
        receipt_id uuid NOT NULL, loan_id uuid PRIMARY KEY, borrower_id uuid NOT NULL,
        sequence int NOT NULL, amount bigint NOT NULL, principal bigint NOT NULL,
        interest bigint NOT NULL, penalty bigint NOT NULL, fee bigint NOT NULL,
        principal_to_date bigint NOT NULL, interest_to_date bigint NOT NULL,
        penalty_to_date bigint NOT NULL, fee_to_date bigint NOT NULL,
        charged bigint NOT NULL, overpaid bigint NOT NULL, corrects boolean NOT NULL,
        whole bigint NOT NULL, currency char(3) NOT NULL, escrow_account bigint NOT NULL,
        debt_account bigint NOT NULL, operation text NOT NULL, cause text NOT NULL
    """,
    "sharing": """
        loan_id uuid NOT NULL, note_id uuid NOT NULL, position int NOT NULL,
        weight bigint NOT NULL, lender_id uuid NOT NULL, wallet_account bigint NOT NULL,
        claim_account bigint NOT NULL,
        principal_before bigint NOT NULL, interest_before bigint NOT NULL,
        penalty_before bigint NOT NULL, fee_before bigint NOT NULL,
        principal bigint NOT NULL, interest bigint NOT NULL,
        penalty bigint NOT NULL DEFAULT 0, fee bigint NOT NULL DEFAULT 0
    """,
}


@step
def lay_out_tables() -> None:
    """Make ready for a round: both tables are there, and empty."""
    execute("SET LOCAL work_mem = '64MB'")  # a night is sorted in memory, not on disk
    lay_out(_TABLES)


@step
def share() -> None:
    """Fill `sharing` from `repaying`: every cent of every receipt has exactly one owner."""
    execute(_share(_kinds_at_hand()))
    if column(_TROUBLED):
        for kind in KINDS:
            execute(_WAIT.format(kind=kind))
        execute(_CAP)
    if uneven := column(_TROUBLED):
        raise Broken(f"repayments do not add up: {uneven}")


_AT_HAND: Final = """
    SELECT coalesce(bool_or(penalty <> 0), false) AS penalty,
        coalesce(bool_or(fee <> 0), false) AS fee
    FROM repaying
"""


def _kinds_at_hand() -> Collection[str]:
    """Return what there is to split: most rounds bring no penalty interest."""
    found = rows(_AT_HAND, into=dict)[0]
    return ["principal", "interest", *(kind for kind in ("penalty", "fee") if found[kind])]


def _share(kinds: Collection[str]) -> str:
    """Return the statement that splits `kinds`; of the others nothing has come."""
    parts = {
        "kinds": ", ".join(kinds),
        "shares": ", ".join(_SHARE_OF.format(kind=kind) for kind in kinds),
        "ranks": ", ".join(_RANK_OF.format(kind=kind) for kind in kinds),
        "to_dates": ", ".join(_TO_DATE_OF.format(kind=kind) for kind in kinds),
    }
    return _SHARE.format(**parts)


_SHARE: Final = """
    INSERT INTO sharing (loan_id, note_id, position, weight, lender_id, wallet_account,
        claim_account, principal_before, interest_before, penalty_before, fee_before, {kinds})
    SELECT loan_id, note_id, position, weight, lender_id, wallet_account, claim_account,
        principal_before, interest_before, penalty_before, fee_before, {shares}
    FROM (
        SELECT *, {ranks}
        FROM (
            SELECT r.loan_id, n.id AS note_id, n.position, n.principal_minor AS weight,
                n.lender_id, n.wallet_account, n.claim_account, r.whole,
                n.principal_back_minor AS principal_before,
                n.interest_back_minor AS interest_before,
                n.penalty_back_minor AS penalty_before, n.fee_minor AS fee_before, {to_dates}
            FROM repaying r JOIN note n ON n.loan_id = r.loan_id
        ) floors WINDOW loan AS (PARTITION BY loan_id)
    ) ranked
"""
_TO_DATE_OF: Final = """
    r.{kind}_to_date, r.{kind}_to_date * n.principal_minor / r.whole AS {kind}_floor
"""
_RANK_OF: Final = """
    sum_minor({kind}_floor) OVER loan AS {kind}_floors,
    row_number() OVER (PARTITION BY loan_id
        ORDER BY mod({kind}_to_date * weight, whole) DESC, position) AS {kind}_rank
"""
_SHARE_OF: Final = """
    {kind}_floor + CASE WHEN {kind}_rank <= {kind}_to_date - {kind}_floors
        THEN 1 ELSE 0 END - {kind}_before
"""

# Loans whose shares do not add up, or of which somebody would have to pay in: a cent that shifts
# between notes, or a fee that is more than what it is taken from. Only a correction takes back.
_TROUBLED: Final = """
    SELECT r.loan_id FROM repaying r LEFT JOIN sharing s ON s.loan_id = r.loan_id
    GROUP BY r.loan_id
    HAVING (sum_minor(s.principal), sum_minor(s.interest), sum_minor(s.penalty), sum_minor(s.fee))
            IS DISTINCT FROM (r.principal, r.interest, r.penalty, r.fee)
        OR NOT r.corrects AND (min(least(s.principal, s.interest, s.penalty, s.fee)) < 0
            OR max(s.fee - s.interest - s.penalty) > 0)
"""

# Where shares shift (the Alabama paradox) somebody would have to give a cent back. Instead, who is
# ahead keeps it, everybody gets what is whole, and the cents left over go to the largest
# remainders among the others. A payment of fewer cents than are whole goes to who is furthest
# behind. So sums stay exact, and nobody ever pays in.
_WAIT: Final = """
    WITH owed AS (
        SELECT s.loan_id, s.note_id, s.position, r.{kind} AS pay,
            greatest(s.{kind}_before, r.{kind}_to_date * s.weight / r.whole) - s.{kind}_before
                AS whole_cents,
            s.{kind}_before <= r.{kind}_to_date * s.weight / r.whole
                AND mod(r.{kind}_to_date * s.weight, r.whole) > 0 AS open,
            mod(r.{kind}_to_date * s.weight, r.whole) AS remainder,
            r.{kind}_to_date * s.weight - s.{kind}_before * r.whole AS behind
        FROM sharing s JOIN repaying r ON r.loan_id = s.loan_id
        WHERE NOT r.corrects AND s.loan_id IN (SELECT loan_id FROM sharing WHERE {kind} < 0)
    ), ranked AS (
        SELECT *, pay - sum(whole_cents) OVER (PARTITION BY loan_id) AS left_over,
            row_number() OVER (PARTITION BY loan_id
                ORDER BY open DESC, remainder DESC, position) AS rank,
            coalesce(sum(whole_cents) OVER (PARTITION BY loan_id
                ORDER BY behind DESC, position
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS served
        FROM owed
    ), fair AS (
        SELECT note_id, CASE
            WHEN left_over < 0 THEN greatest(0, least(whole_cents, pay - served))
            WHEN open AND rank <= left_over THEN whole_cents + 1
            ELSE whole_cents END AS share
        FROM ranked
    )
    UPDATE sharing SET {kind} = fair.share FROM fair WHERE sharing.note_id = fair.note_id
"""

# A fee is taken from what came: where a note's is more than that, others with room bear the cent.
_CAP: Final = """
    WITH capped AS (
        SELECT s.loan_id, s.note_id, s.position, r.fee AS pay,
            least(s.fee, s.interest + s.penalty) AS given,
            s.interest + s.penalty - least(s.fee, s.interest + s.penalty) AS room
        FROM sharing s JOIN repaying r ON r.loan_id = s.loan_id
        WHERE NOT r.corrects
            AND s.loan_id IN (SELECT loan_id FROM sharing WHERE fee > interest + penalty)
    ), ranked AS (
        SELECT *, pay - sum(given) OVER (PARTITION BY loan_id) AS left_over,
            coalesce(sum(room) OVER (PARTITION BY loan_id ORDER BY room DESC, position
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS served
        FROM capped
    )
    UPDATE sharing SET fee = given + greatest(0, least(room, left_over - served))
    FROM ranked WHERE sharing.note_id = ranked.note_id
"""
