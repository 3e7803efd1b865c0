"""Invariants of loans, tried by `flask ledger check` beside the ledger's own.

Each is one statement that returns a row for every violation: what borrowers and lenders are
shown must be what was allocated, and what was allocated must be what the memo book holds.
"""

from __future__ import annotations

from typing import Final

from marketplace.ledger.checks import Invariant

_NOTES: Final = """
    SELECT l.id AS loan_id, l.amount_minor, l.principal_repaid_minor, l.interest_repaid_minor,
        l.penalty_repaid_minor, l.lender_fee_minor, n.principal, n.principal_back,
        n.interest_back, n.penalty_back, n.fee
    FROM loan l
    JOIN (
        SELECT loan_id, sum(principal_minor) AS principal,
            sum(principal_back_minor) AS principal_back, sum(interest_back_minor) AS interest_back,
            sum(penalty_back_minor) AS penalty_back, sum(fee_minor) AS fee
        FROM note GROUP BY loan_id
    ) n ON n.loan_id = l.id
    WHERE (l.amount_minor, l.principal_repaid_minor, l.interest_repaid_minor,
            l.penalty_repaid_minor, l.lender_fee_minor)
        <> (n.principal, n.principal_back, n.interest_back, n.penalty_back, n.fee)
"""

_NO_NOTES: Final = """
    SELECT l.id AS loan_id, l.state FROM loan l
    WHERE l.state IN ('active', 'paid_off')
      AND NOT EXISTS (SELECT FROM note n WHERE n.loan_id = l.id)
"""

# Receipts that were shared as one have their shares under the last one's number.
_SHARES: Final = """
    SELECT r.loan_id, r.shared_as, r.principal, r.interest, r.penalty,
        s.principal AS shared_principal, s.interest AS shared_interest,
        s.penalty AS shared_penalty
    FROM (
        SELECT loan_id, shared_as, sum(principal_minor) AS principal,
            sum(interest_minor) AS interest, sum(penalty_minor) AS penalty
        FROM receipt WHERE shared_as IS NOT NULL GROUP BY loan_id, shared_as
    ) r
    LEFT JOIN (
        SELECT n.loan_id, s.sequence, sum(s.principal_minor) AS principal,
            sum(s.interest_minor) AS interest, sum(s.penalty_minor) AS penalty
        FROM repayment_share s JOIN note n ON n.id = s.note_id GROUP BY n.loan_id, s.sequence
    ) s ON s.loan_id = r.loan_id AND s.sequence = r.shared_as
    WHERE (r.principal, r.interest, r.penalty)
        <> (coalesce(s.principal, 0), coalesce(s.interest, 0), coalesce(s.penalty, 0))
"""

# What is not shared waits, and nothing else does: what stood in neither place would never be.
_WAITING: Final = """
    SELECT loan_id, sequence, r.distributed_at FROM receipt_waiting w
    FULL JOIN (SELECT loan_id, sequence, distributed_at FROM receipt) r USING (loan_id, sequence)
    WHERE (w.sequence IS NULL) = (r.distributed_at IS NULL)
"""

_RECEIVED: Final = """
    SELECT l.id AS loan_id, l.principal_repaid_minor, l.interest_repaid_minor,
        l.penalty_repaid_minor, r.principal, r.interest, r.penalty
    FROM loan l
    LEFT JOIN (
        SELECT loan_id, sum(principal_minor) AS principal, sum(interest_minor) AS interest,
            sum(penalty_minor) AS penalty
        FROM receipt WHERE distributed_at IS NOT NULL GROUP BY loan_id
    ) r ON r.loan_id = l.id
    WHERE (l.principal_repaid_minor, l.interest_repaid_minor, l.penalty_repaid_minor)
        <> (coalesce(r.principal, 0), coalesce(r.interest, 0), coalesce(r.penalty, 0))
"""

_BACK: Final = """
    SELECT n.id AS note_id, n.principal_back_minor, n.interest_back_minor, n.penalty_back_minor,
        n.fee_minor, s.principal AS shared_principal, s.interest AS shared_interest,
        s.penalty AS shared_penalty, s.fee AS shared_fee
    FROM note n
    LEFT JOIN (
        SELECT note_id, sum(principal_minor) AS principal, sum(interest_minor) AS interest,
            sum(penalty_minor) AS penalty, sum(fee_minor) AS fee
        FROM repayment_share GROUP BY note_id
    ) s ON s.note_id = n.id
    WHERE (n.principal_back_minor, n.interest_back_minor, n.penalty_back_minor, n.fee_minor)
        <> (coalesce(s.principal, 0), coalesce(s.interest, 0), coalesce(s.penalty, 0),
            coalesce(s.fee, 0))
"""

_CLAIMS: Final = """
    SELECT n.id AS note_id, n.principal_minor - n.principal_back_minor AS outstanding_minor,
        k.credits_posted - k.debits_posted AS claimed
    FROM note n CROSS JOIN LATERAL ledger_counters(n.claim_account) k
    WHERE k.credits_posted - k.debits_posted <> n.principal_minor - n.principal_back_minor
"""

# What was paid in stays counted when the loan expires: it says how far the funding came.
_PARTS: Final = """
    SELECT l.id AS loan_id, l.committed_minor, l.reserved_minor, c.paid, c.waiting
    FROM loan l
    LEFT JOIN (
        SELECT loan_id,
            coalesce(sum(amount_minor) FILTER (WHERE reserved_at IS NOT NULL), 0) AS paid,
            coalesce(sum(amount_minor) FILTER (WHERE state = 'awaiting_payment'), 0) AS waiting
        FROM commitment GROUP BY loan_id
    ) c ON c.loan_id = l.id
    WHERE (l.reserved_minor, l.committed_minor)
        <> (coalesce(c.paid, 0), coalesce(c.paid + c.waiting, 0))
"""

# What was waived is taken off an instalment's charges, and never of the charge itself.
_CHARGES: Final = """
    SELECT i.loan_id, i.n, i.penalty_minor, i.fee_minor, c.charged
    FROM instalment i LEFT JOIN (
        SELECT loan_id, n, sum(amount_minor) AS charged FROM loan_charge
        WHERE kind IN ('penalty', 'late_fee') GROUP BY loan_id, n
    ) c ON c.loan_id = i.loan_id AND c.n = i.n
    WHERE i.penalty_minor + i.fee_minor > coalesce(c.charged, 0)
       OR (i.penalty_minor + i.fee_minor < coalesce(c.charged, 0) AND NOT EXISTS (
           SELECT FROM charge_waiver w WHERE w.loan_id = i.loan_id AND w.agreed))
"""

# Whoever writes a payment counts the lateness anew; a day's end counts it for all.
_LATENESS: Final = """
    SELECT l.id AS loan_id, l.last_closed_on, l.days_past_due, late.since
    FROM loan l CROSS JOIN LATERAL (
        SELECT min(i.due_on) AS since FROM instalment i
        WHERE i.loan_id = l.id AND i.due_on < l.last_closed_on
          AND i.paid_minor < i.principal_minor + i.interest_minor
    ) late
    WHERE l.state = 'active'
      AND l.days_past_due <> coalesce(l.last_closed_on - late.since, 0)
"""

# Each note's part of each instalment is worked out when a schedule is written, for every note.
_PLANNED: Final = """
    SELECT i.loan_id, i.n, i.principal_minor, i.interest_minor, planned.principal, planned.interest
    FROM loan l JOIN instalment i ON i.loan_id = l.id
    JOIN (SELECT loan_id, count(*) AS count FROM note GROUP BY loan_id) notes
        ON notes.loan_id = l.id
    CROSS JOIN LATERAL (
        SELECT (SELECT sum(part) FROM unnest(i.principal_shares) part) AS principal,
            (SELECT sum(part) FROM unnest(i.interest_shares) part) AS interest
    ) planned
    WHERE l.state = 'active'
      AND (cardinality(i.principal_shares), cardinality(i.interest_shares), planned.principal,
            planned.interest)
        IS DISTINCT FROM (notes.count, notes.count, i.principal_minor, i.interest_minor)
"""

# A claim that is given up is still a claim: what is lost of it is all that is not recovered.
_LOSSES: Final = """
    SELECT n.id AS note_id, l.written_off_at, n.principal_minor, n.principal_back_minor,
        n.written_off_minor, n.recovered_minor, s.written_off, s.recovered
    FROM note n JOIN loan l ON l.id = n.loan_id LEFT JOIN (
        SELECT note_id, sum(written_off_minor) AS written_off, sum(recovered_minor) AS recovered
        FROM note_loss GROUP BY note_id
    ) s ON s.note_id = n.id
    WHERE (l.written_off_at IS NOT NULL OR s.note_id IS NOT NULL
            OR (n.written_off_minor, n.recovered_minor) <> (0, 0))
        AND (l.written_off_at IS NULL
            OR (n.written_off_minor, n.recovered_minor)
                <> (coalesce(s.written_off, 0), coalesce(s.recovered, 0))
            OR n.written_off_minor - n.recovered_minor
                <> n.principal_minor - n.principal_back_minor)
"""

INVARIANTS: Final = (
    Invariant("loan-parts", "A loan's funding is the sum of the parts taken and paid.", _PARTS),
    Invariant("loan-notes", "A loan is the sum of its notes, and so is what came back.", _NOTES),
    Invariant("loan-has-notes", "Every loan that was paid out has its lenders.", _NO_NOTES),
    Invariant("loan-shares", "Every repayment was shared to the last cent.", _SHARES),
    Invariant("loan-received", "What came back of a loan is the sum of its receipts.", _RECEIVED),
    Invariant("loan-waiting", "What was not shared yet waits for it, nothing else does.", _WAITING),
    Invariant("note-back", "What came back to a note is the sum of its shares.", _BACK),
    Invariant("note-claims", "A note's claim is what its borrower still owes for it.", _CLAIMS),
    Invariant("note-losses", "What is lost of a note written off is what is still owed.", _LOSSES),
    Invariant("loan-planned", "What is planned for its notes is the instalment.", _PLANNED),
    Invariant("loan-charges", "What being late costs is the sum of its charges.", _CHARGES),
    Invariant("loan-lateness", "A loan is as late as its oldest open instalment.", _LATENESS),
)
