"""Tables of loans: products and grades, loans, reviews, commitments, notes, bills, repayments."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PRODUCTS = """
CREATE TABLE loan_product (
    id uuid PRIMARY KEY,
    code text NOT NULL,
    version int NOT NULL CHECK (version > 0),
    currency char(3) NOT NULL,
    name text NOT NULL,
    amount_min_minor bigint NOT NULL CHECK (amount_min_minor > 0),
    -- the split multiplies two amounts: their product must stay a bigint
    amount_max_minor bigint NOT NULL CHECK (amount_max_minor <= 1000000000),
    term_min_months int NOT NULL CHECK (term_min_months > 0),
    term_max_months int NOT NULL,
    origination_fee_bps int NOT NULL CHECK (origination_fee_bps BETWEEN 0 AND 2000),
    lender_fee_bps int NOT NULL CHECK (lender_fee_bps = 0), -- charged from issue 4 on
    fraction_min_minor bigint NOT NULL CHECK (fraction_min_minor > 0),
    funding_days int NOT NULL CHECK (funding_days > 0),
    offer_days int NOT NULL CHECK (offer_days > 0),
    bill_lead_days int NOT NULL CHECK (bill_lead_days BETWEEN 0 AND 31),
    method text NOT NULL,
    day_count text NOT NULL,
    rounding_mode text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    UNIQUE (code, currency, version),
    CHECK (amount_min_minor <= amount_max_minor),
    CHECK (term_min_months <= term_max_months)
);

-- Rates are shares of a principal a year: 0.12 is 12 %. loss_rate is the published expectation.
CREATE TABLE loan_grade (
    product_id uuid NOT NULL REFERENCES loan_product (id),
    grade char(1) NOT NULL CHECK (grade BETWEEN 'A' AND 'G'),
    rate_from numeric(9, 6) NOT NULL CHECK (rate_from >= 0),
    rate_to numeric(9, 6) NOT NULL CHECK (rate_to <= 1),
    loss_rate numeric(9, 6) NOT NULL CHECK (loss_rate BETWEEN 0 AND 1),
    PRIMARY KEY (product_id, grade),
    CHECK (rate_from <= rate_to)
);

INSERT INTO loan_product
    (id, code, version, currency, name, amount_min_minor, amount_max_minor, term_min_months,
     term_max_months, origination_fee_bps, lender_fee_bps, fraction_min_minor, funding_days,
     offer_days, bill_lead_days, method, day_count, rounding_mode)
SELECT id::uuid, 'personal', 1, currency, 'Personal loan', 50000, 5000000, 3, 60, 200, 0, 1000,
       14, 14, 7, 'equal_instalment', 'EQUAL_PERIOD', 'HALF_UP'
FROM (VALUES
    ('01900000-0000-7000-8000-000000000001', 'EUR'),
    ('01900000-0000-7000-8000-000000000002', 'USD'),
    ('01900000-0000-7000-8000-000000000003', 'GBP')
) AS seed (id, currency);

INSERT INTO loan_grade (product_id, grade, rate_from, rate_to, loss_rate)
SELECT product.id, seed.grade, seed.rate_from, seed.rate_to, seed.loss_rate
FROM loan_product product CROSS JOIN (VALUES
    ('A', 0.039, 0.059, 0.004),
    ('B', 0.059, 0.079, 0.009),
    ('C', 0.079, 0.104, 0.018),
    ('D', 0.104, 0.134, 0.032),
    ('E', 0.134, 0.169, 0.050),
    ('F', 0.169, 0.209, 0.075),
    ('G', 0.209, 0.259, 0.110)
) AS seed (grade, rate_from, rate_to, loss_rate);
"""

LOANS = """
CREATE TABLE loan (
    id uuid PRIMARY KEY,
    borrower_id uuid NOT NULL REFERENCES person (id),
    product_id uuid NOT NULL REFERENCES loan_product (id),
    form_key text NOT NULL,
    state text NOT NULL,
    -- what was asked for
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    currency char(3) NOT NULL,
    term_months int NOT NULL CHECK (term_months >= 0),
    purpose text NOT NULL,
    title text NOT NULL,
    story text NOT NULL,
    employment text NOT NULL,
    employed_years int NOT NULL CHECK (employed_years >= 0),
    housing text NOT NULL,
    income_minor bigint NOT NULL CHECK (income_minor >= 0),
    obligations_minor bigint NOT NULL CHECK (obligations_minor >= 0),
    -- the terms, copied at the offer and never read from the product again
    grade char(1),
    annual_rate numeric(9, 6) CHECK (annual_rate BETWEEN 0 AND 1),
    method text NOT NULL,
    day_count text NOT NULL,
    rounding_mode text NOT NULL,
    origination_fee_bps int NOT NULL,
    lender_fee_bps int NOT NULL,
    fraction_min_minor bigint NOT NULL CHECK (fraction_min_minor > 0),
    bill_lead_days int NOT NULL,
    loss_rate numeric(9, 6),
    -- the four eyes
    first_reviewer_id uuid REFERENCES person (id),
    second_reviewer_id uuid REFERENCES person (id),
    decline_code text,
    -- funding: committed is what nobody else can take, reserved is what has been paid in
    committed_minor bigint NOT NULL DEFAULT 0,
    reserved_minor bigint NOT NULL DEFAULT 0,
    lenders int NOT NULL DEFAULT 0 CHECK (lenders >= 0),
    -- servicing
    principal_repaid_minor bigint NOT NULL DEFAULT 0,
    interest_repaid_minor bigint NOT NULL DEFAULT 0,
    repayments int NOT NULL DEFAULT 0,
    disbursed_on date,
    disburse_attempts int NOT NULL DEFAULT 0,
    escrow_account bigint,
    payable_account bigint,
    debt_account bigint,
    -- times
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    submitted_at timestamptz,
    offered_at timestamptz,
    offer_until timestamptz,
    listed_at timestamptz,
    funding_until timestamptz,
    funded_at timestamptz,
    closed_at timestamptz,
    UNIQUE (borrower_id, form_key),
    CONSTRAINT loan_asked_check CHECK (
        state IN ('draft', 'withdrawn') OR (amount_minor > 0 AND term_months > 0)),
    CONSTRAINT loan_four_eyes_check CHECK (first_reviewer_id <> second_reviewer_id),
    CONSTRAINT loan_own_first_check CHECK (first_reviewer_id <> borrower_id),
    CONSTRAINT loan_own_second_check CHECK (second_reviewer_id <> borrower_id),
    CONSTRAINT loan_terms_check CHECK (
        state IN ('draft', 'submitted', 'first_passed', 'declined', 'withdrawn')
        OR (grade IS NOT NULL AND annual_rate IS NOT NULL AND loss_rate IS NOT NULL
            AND first_reviewer_id IS NOT NULL AND second_reviewer_id IS NOT NULL)),
    CONSTRAINT loan_oversubscribed_check CHECK (
        0 <= reserved_minor AND reserved_minor <= committed_minor
        AND committed_minor <= amount_minor),
    CONSTRAINT loan_overpaid_check CHECK (
        principal_repaid_minor BETWEEN 0 AND amount_minor AND interest_repaid_minor >= 0)
) WITH (fillfactor = 60);  -- each repayment is counted here; room in the page spares the indexes
CREATE INDEX loan_borrower_idx ON loan (borrower_id, id DESC);
CREATE UNIQUE INDEX loan_one_request_idx ON loan (borrower_id)
    WHERE state IN ('submitted', 'first_passed', 'offered', 'listed');
CREATE INDEX loan_listed_idx ON loan (funding_until, id) WHERE state = 'listed';
CREATE INDEX loan_state_idx ON loan (state, id);
CREATE INDEX loan_queue_idx ON loan (state, submitted_at)
    WHERE state IN ('submitted', 'first_passed');

CREATE TABLE loan_review (
    loan_id uuid NOT NULL REFERENCES loan (id),
    stage text NOT NULL CHECK (stage IN ('first', 'second')),
    reviewer_id uuid NOT NULL REFERENCES person (id),
    decision text NOT NULL CHECK (decision IN ('passed', 'offered', 'declined')),
    reason_code text,
    checked text[] NOT NULL DEFAULT '{}',
    reasons text[] NOT NULL DEFAULT '{}',
    notes text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (loan_id, stage)
);
"""

LENDING = """
CREATE TABLE commitment (
    id uuid PRIMARY KEY,
    loan_id uuid NOT NULL REFERENCES loan (id),
    lender_id uuid NOT NULL REFERENCES person (id),
    form_key text NOT NULL,
    source text NOT NULL CHECK (source IN ('provider', 'wallet')),
    state text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    instruction_id uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    reserved_at timestamptz,
    closed_at timestamptz,
    UNIQUE (lender_id, form_key)
);
CREATE INDEX commitment_loan_idx ON commitment (loan_id, id);
CREATE INDEX commitment_lender_idx ON commitment (lender_id, id DESC);

CREATE TABLE note (
    id uuid PRIMARY KEY,
    loan_id uuid NOT NULL REFERENCES loan (id),
    lender_id uuid NOT NULL REFERENCES person (id),
    commitment_id uuid NOT NULL UNIQUE REFERENCES commitment (id),
    position int NOT NULL CHECK (position > 0),
    principal_minor bigint NOT NULL CHECK (principal_minor > 0),
    currency char(3) NOT NULL,
    principal_back_minor bigint NOT NULL DEFAULT 0,
    interest_back_minor bigint NOT NULL DEFAULT 0 CHECK (interest_back_minor >= 0),
    wallet_account bigint NOT NULL,
    claim_account bigint NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (loan_id, position),
    CHECK (principal_back_minor BETWEEN 0 AND principal_minor)
) WITH (fillfactor = 50);  -- each repayment counts on each note: in its own page, no index touched
CREATE INDEX note_lender_idx ON note (lender_id, id DESC);

CREATE TABLE instalment (
    loan_id uuid NOT NULL REFERENCES loan (id),
    n int NOT NULL CHECK (n > 0),
    due_on date NOT NULL,
    principal_minor bigint NOT NULL CHECK (principal_minor >= 0),
    interest_minor bigint NOT NULL CHECK (interest_minor >= 0),
    outstanding_minor bigint NOT NULL CHECK (outstanding_minor >= 0),
    billed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (loan_id, n)
);
CREATE INDEX instalment_unbilled_idx ON instalment (due_on, loan_id) WHERE NOT billed;

CREATE TABLE bill (
    id uuid PRIMARY KEY,
    loan_id uuid NOT NULL REFERENCES loan (id),
    n int NOT NULL,
    borrower_id uuid NOT NULL REFERENCES person (id),
    due_on date NOT NULL,
    principal_minor bigint NOT NULL CHECK (principal_minor >= 0),
    interest_minor bigint NOT NULL CHECK (interest_minor >= 0),
    currency char(3) NOT NULL,
    issued_at timestamptz NOT NULL,
    instruction_id uuid,
    paid_at timestamptz,
    distributed_at timestamptz,
    late_told_at timestamptz,
    UNIQUE (loan_id, n),
    FOREIGN KEY (loan_id, n) REFERENCES instalment (loan_id, n)
);
CREATE INDEX bill_borrower_idx ON bill (borrower_id, due_on) WHERE paid_at IS NULL;
CREATE INDEX bill_unpaid_idx ON bill (due_on, id) WHERE paid_at IS NULL;
CREATE INDEX bill_undistributed_idx ON bill (loan_id, n)
    WHERE paid_at IS NOT NULL AND distributed_at IS NULL;

-- Allocation is stored, never recomputed for display.
CREATE TABLE repayment (
    id uuid PRIMARY KEY,
    loan_id uuid NOT NULL REFERENCES loan (id),
    sequence int NOT NULL CHECK (sequence > 0),
    bill_id uuid NOT NULL UNIQUE REFERENCES bill (id),
    principal_minor bigint NOT NULL CHECK (principal_minor >= 0),
    interest_minor bigint NOT NULL CHECK (interest_minor >= 0),
    currency char(3) NOT NULL,
    paid_at timestamptz NOT NULL,
    distributed_at timestamptz NOT NULL,
    UNIQUE (loan_id, sequence)
);

CREATE TABLE repayment_share (
    note_id uuid NOT NULL,  -- a note's: see SHARES
    sequence int NOT NULL,
    principal_minor bigint NOT NULL CHECK (principal_minor >= 0),
    interest_minor bigint NOT NULL CHECK (interest_minor >= 0),
    distributed_at timestamptz NOT NULL,
    PRIMARY KEY (note_id, sequence)
);

CREATE TABLE wallet_order (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person (id),
    form_key text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('top_up', 'withdrawal')),
    state text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    instruction_id uuid,
    reason text,
    created_at timestamptz NOT NULL,
    closed_at timestamptz,
    UNIQUE (person_id, form_key)
);
CREATE INDEX wallet_order_person_idx ON wallet_order (person_id, id DESC);
"""

# A foreign key asks for each row by itself, and locks each note: more work than all the rest of a
# night. Here a statement's rows are looked up together; and as notes stay for good, what was once
# found needs no lock.
SHARES = """
CREATE FUNCTION repayment_share_has_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh f
               WHERE NOT EXISTS (SELECT FROM note n WHERE n.id = f.note_id)) THEN
        RAISE EXCEPTION 'a share belongs to a note' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER repayment_share_note AFTER INSERT ON repayment_share
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION repayment_share_has_note();
CREATE TRIGGER note_stays BEFORE DELETE OR TRUNCATE OR UPDATE OF id ON note
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

APPEND_ONLY = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    """Create everything; reviews and allocations are append-only."""
    connection = op.get_bind().connection.driver_connection
    for script in (PRODUCTS, LOANS, LENDING, SHARES):
        connection.execute(script)
    for table in ("loan_review", "repayment", "repayment_share"):
        connection.execute(APPEND_ONLY.format(table=table))
