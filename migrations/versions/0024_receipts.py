"""What came in for a loan, and what it settled: receipts, schedule versions, quotes, waivers."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# Every payment of a loan, and every correction of one. `amount` is the sum of the five portions,
# and a correction's are differences: what all receipts of a loan come to is what replaying its
# events gives.
RECEIPTS = """
CREATE TABLE receipt (
    id uuid NOT NULL,
    loan_id uuid NOT NULL,
    sequence int NOT NULL,
    source text NOT NULL,
    -- What it is about: the payment's instruction, the voucher, the wallet payment, the receipt
    -- that is reversed. One receipt of one source for each.
    source_id uuid NOT NULL,
    instruction_id uuid,
    -- The bill that was paid, where it was one; the receipt that is taken back.
    bill_id uuid,
    of_id uuid,
    intent text NOT NULL DEFAULT 'regular',
    effective_on date NOT NULL,
    received_at timestamptz NOT NULL,
    -- By when money that came from a wallet must have left it; null where the instruction tells.
    leave_by date,
    -- Where the money of a payment that is taken back goes when the difference is shared; null
    -- where it has left the escrow before.
    counter_account bigint,
    amount_minor bigint NOT NULL,
    principal_minor bigint NOT NULL,
    interest_minor bigint NOT NULL,
    penalty_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    overpaid_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    -- The first and the last instalment it settled something of.
    first_n int,
    last_n int,
    -- The sequence number its shares carry: its own, or the last of those shared together.
    shared_as int,
    distributed_at timestamptz,
    CONSTRAINT receipt_pkey PRIMARY KEY (id),
    CONSTRAINT receipt_loan_id_sequence_key UNIQUE (loan_id, sequence),
    CONSTRAINT receipt_source_source_id_key UNIQUE (source, source_id),
    CONSTRAINT receipt_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT receipt_of_id_fkey FOREIGN KEY (of_id) REFERENCES receipt (id),
    CONSTRAINT receipt_sequence_check CHECK (sequence > 0),
    CONSTRAINT receipt_source_check CHECK (source IN ('online', 'autopay', 'wallet', 'voucher',
        'payoff', 'reversal', 'replay')),
    CONSTRAINT receipt_intent_check
        CHECK (intent IN ('regular', 'payoff', 'shorter_term', 'lower_instalment')),
    CONSTRAINT receipt_of_check CHECK ((source = 'reversal') = (of_id IS NOT NULL)),
    CONSTRAINT receipt_amount_check CHECK (
        amount_minor = principal_minor + interest_minor + penalty_minor + fee_minor
            + overpaid_minor
        AND CASE source WHEN 'reversal' THEN amount_minor < 0 WHEN 'replay' THEN amount_minor = 0
            ELSE amount_minor > 0 END),
    CONSTRAINT receipt_shared_check CHECK ((distributed_at IS NULL) = (shared_as IS NULL))
);
CREATE UNIQUE INDEX receipt_of_id_key ON receipt (of_id) WHERE of_id IS NOT NULL;
CREATE INDEX receipt_undistributed_idx ON receipt (loan_id, sequence)
    WHERE distributed_at IS NULL;
CREATE INDEX receipt_instruction_id_idx ON receipt (instruction_id);
CREATE INDEX receipt_received_at_idx ON receipt (received_at, id);

-- What was is kept: only when and as what it was shared is written down later, once.
CREATE TRIGGER receipt_stays BEFORE DELETE OR TRUNCATE OR UPDATE OF id, loan_id, sequence, source,
    source_id, instruction_id, bill_id, of_id, intent, effective_on, received_at, leave_by,
    counter_account, amount_minor, principal_minor, interest_minor, penalty_minor, fee_minor,
    overpaid_minor, currency, first_n, last_n ON receipt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE loan
    ADD COLUMN penalty_repaid_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN lender_fee_minor bigint NOT NULL DEFAULT 0,
    -- The day on which nothing was left to pay, by everything received.
    ADD COLUMN settled_on date,
    ADD CONSTRAINT loan_shared_check CHECK (penalty_repaid_minor >= 0 AND lender_fee_minor >= 0);
COMMENT ON COLUMN loan.repayments IS 'how many instalments are paid, from the first on';
ALTER TABLE note
    ADD COLUMN penalty_back_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN fee_minor bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT note_shared_check CHECK (penalty_back_minor >= 0 AND fee_minor >= 0);
ALTER TABLE repayment_share
    ADD COLUMN penalty_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN fee_minor bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT repayment_share_principal_minor_check,
    DROP CONSTRAINT repayment_share_interest_minor_check;

-- What of an instalment, and of its bill, is paid: what replaying the loan's events gives.
ALTER TABLE instalment ADD COLUMN paid_minor bigint NOT NULL DEFAULT 0;
ALTER TABLE bill ADD COLUMN paid_minor bigint NOT NULL DEFAULT 0;
"""

# What was shared before, and what was paid and waited to be shared.
KEPT = """
INSERT INTO receipt (id, loan_id, sequence, source, source_id, instruction_id, bill_id,
    effective_on, received_at, amount_minor, principal_minor, interest_minor, penalty_minor,
    fee_minor, overpaid_minor, currency, first_n, last_n, shared_as, distributed_at)
SELECT r.id, r.loan_id, r.sequence,
    CASE WHEN b.charge_id = b.instruction_id THEN 'autopay' ELSE 'online' END,
    coalesce(b.instruction_id, b.id), b.instruction_id, b.id,
    (r.paid_at AT TIME ZONE 'UTC')::date, r.paid_at, r.principal_minor + r.interest_minor,
    r.principal_minor, r.interest_minor, 0, 0, 0, r.currency, b.n, b.n, r.sequence,
    r.distributed_at
FROM repayment r JOIN bill b ON b.id = r.bill_id
WHERE r.principal_minor + r.interest_minor > 0;
INSERT INTO receipt (id, loan_id, sequence, source, source_id, instruction_id, bill_id,
    effective_on, received_at, amount_minor, principal_minor, interest_minor, penalty_minor,
    fee_minor, overpaid_minor, currency, first_n, last_n)
SELECT dated_uuid(b.paid_at, 'receipt:' || b.id), b.loan_id,
    l.repayments + row_number() OVER (PARTITION BY b.loan_id ORDER BY b.n),
    CASE WHEN b.charge_id = b.instruction_id THEN 'autopay' ELSE 'online' END,
    coalesce(b.instruction_id, b.id), b.instruction_id, b.id,
    (b.paid_at AT TIME ZONE 'UTC')::date, b.paid_at, b.principal_minor + b.interest_minor,
    b.principal_minor, b.interest_minor, 0, 0, 0, b.currency, b.n, b.n
FROM bill b JOIN loan l ON l.id = b.loan_id
WHERE b.paid_at IS NOT NULL AND b.distributed_at IS NULL
    AND b.principal_minor + b.interest_minor > 0;
UPDATE bill SET paid_minor = principal_minor + interest_minor WHERE paid_at IS NOT NULL;
UPDATE instalment i SET paid_minor = b.paid_minor FROM bill b
WHERE b.loan_id = i.loan_id AND b.n = i.n AND b.paid_minor > 0;
UPDATE loan l SET repayments = (SELECT count(*) FROM bill b
    WHERE b.loan_id = l.id AND b.paid_at IS NOT NULL)
WHERE l.disbursed_on IS NOT NULL;
UPDATE loan SET settled_on = (closed_at AT TIME ZONE 'UTC')::date WHERE state = 'paid_off';
DROP TABLE repayment;
DROP INDEX bill_undistributed_idx;
ALTER TABLE bill DROP COLUMN distributed_at;
ALTER TABLE bill ADD CONSTRAINT bill_paid_check CHECK (
    paid_minor BETWEEN 0 AND principal_minor + interest_minor);
ALTER TABLE instalment ADD CONSTRAINT instalment_paid_check CHECK (
    paid_minor BETWEEN 0 AND principal_minor + interest_minor);
"""

# A schedule that changes (a partial early repayment) is kept as it was, from version 1 on.
VERSIONS = """
CREATE TABLE schedule_version (
    loan_id uuid NOT NULL,
    version int NOT NULL,
    -- What made it; null for the first.
    receipt_id uuid,
    effective_on date NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT schedule_version_pkey PRIMARY KEY (loan_id, version),
    CONSTRAINT schedule_version_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT schedule_version_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES receipt (id),
    CONSTRAINT schedule_version_version_check CHECK (version > 0)
);
CREATE TABLE schedule_version_row (
    loan_id uuid NOT NULL,
    version int NOT NULL,
    n int NOT NULL,
    due_on date NOT NULL,
    principal_minor bigint NOT NULL,
    interest_minor bigint NOT NULL,
    outstanding_minor bigint NOT NULL,
    CONSTRAINT schedule_version_row_pkey PRIMARY KEY (loan_id, version, n),
    CONSTRAINT schedule_version_row_version_fkey
        FOREIGN KEY (loan_id, version) REFERENCES schedule_version (loan_id, version)
);
"""

# What a borrower asked to pay early, and the quote they saw; what came of it is a receipt.
PREPAYMENTS = """
CREATE TABLE prepayment (
    id uuid NOT NULL,
    loan_id uuid NOT NULL,
    borrower_id uuid NOT NULL,
    form_key text NOT NULL,
    intent text NOT NULL,
    paid_from text NOT NULL,
    amount_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    quoted_on date NOT NULL,
    valid_until date NOT NULL,
    instruction_id uuid,
    created_at timestamptz NOT NULL,
    CONSTRAINT prepayment_pkey PRIMARY KEY (id),
    CONSTRAINT prepayment_borrower_id_form_key_key UNIQUE (borrower_id, form_key),
    CONSTRAINT prepayment_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT prepayment_borrower_id_fkey FOREIGN KEY (borrower_id) REFERENCES person (id),
    CONSTRAINT prepayment_intent_check
        CHECK (intent IN ('payoff', 'shorter_term', 'lower_instalment')),
    CONSTRAINT prepayment_paid_from_check CHECK (paid_from IN ('provider', 'wallet')),
    CONSTRAINT prepayment_amount_check CHECK (amount_minor > 0),
    CONSTRAINT prepayment_valid_check CHECK (valid_until >= quoted_on)
);
CREATE INDEX prepayment_loan_id_idx ON prepayment (loan_id, id);
"""

# A charge forgiven: one officer proposes, another agrees, and the loan is replayed.
WAIVERS = """
CREATE TABLE charge_waiver (
    id uuid NOT NULL,
    loan_id uuid NOT NULL,
    charge_kind text NOT NULL,
    charge_n int NOT NULL,
    charge_on date NOT NULL,
    amount_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    effective_on date NOT NULL,
    reason text NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    agreed boolean,
    CONSTRAINT charge_waiver_pkey PRIMARY KEY (id),
    CONSTRAINT charge_waiver_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT charge_waiver_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES person (id),
    CONSTRAINT charge_waiver_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES person (id),
    CONSTRAINT charge_waiver_amount_check CHECK (amount_minor > 0),
    CONSTRAINT charge_waiver_reason_check CHECK (reason <> ''),
    CONSTRAINT charge_waiver_decided_check CHECK (
        (decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (agreed IS NULL)),
    CONSTRAINT charge_waiver_four_eyes_check CHECK (decided_by <> proposed_by OR NOT agreed)
);
CREATE INDEX charge_waiver_loan_id_idx ON charge_waiver (loan_id, id);
CREATE UNIQUE INDEX charge_waiver_open_key
    ON charge_waiver (loan_id, charge_kind, charge_n, charge_on) WHERE decided_at IS NULL;
"""

# What a correction should have taken back from a wallet and did not find there: the house stands
# in, and takes it as money comes.
OWED = """
CREATE TABLE share_owed (
    id uuid NOT NULL,
    receipt_id uuid NOT NULL,
    person_id uuid NOT NULL,
    currency char(3) NOT NULL,
    amount_minor bigint NOT NULL,
    recovered_minor bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    CONSTRAINT share_owed_pkey PRIMARY KEY (id),
    CONSTRAINT share_owed_receipt_id_person_id_key UNIQUE (receipt_id, person_id),
    CONSTRAINT share_owed_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES receipt (id),
    CONSTRAINT share_owed_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT share_owed_amount_check
        CHECK (amount_minor > 0 AND recovered_minor BETWEEN 0 AND amount_minor)
);
CREATE INDEX share_owed_open_idx ON share_owed (person_id, currency)
    WHERE recovered_minor < amount_minor;

-- From so much on a wallet is paid out by itself.
CREATE TABLE wallet_preference (
    person_id uuid NOT NULL,
    currency char(3) NOT NULL,
    withdraw_from_minor bigint,
    changed_at timestamptz NOT NULL,
    CONSTRAINT wallet_preference_pkey PRIMARY KEY (person_id, currency),
    CONSTRAINT wallet_preference_person_id_fkey FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT wallet_preference_withdraw_from_check CHECK (withdraw_from_minor > 0)
);
"""

APPEND_ONLY = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Create everything and carry over what was paid before."""
    connection = op.get_bind().connection.driver_connection
    for script in (RECEIPTS, KEPT, VERSIONS, PREPAYMENTS, WAIVERS, OWED):
        connection.execute(script)
    for table in ("schedule_version", "schedule_version_row"):
        connection.execute(APPEND_ONLY.format(table=table))
