"""Disbursements proposed by one officer and approved by another."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# As the provider knows whom it pays; null where it has not said since this was asked.
PAYEES = """
ALTER TABLE escrow_payee ADD COLUMN holder text, ADD COLUMN account_ending text;
"""

TABLES = """
-- Where a product has collateral: one officer writes the registration down, another looks it up.
CREATE TABLE collateral_registration (
    id uuid NOT NULL,
    loan_id uuid NOT NULL,
    office text NOT NULL,
    number text NOT NULL,
    registered_on date NOT NULL,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    checked_by uuid,
    checked_at timestamptz,
    struck_at timestamptz,
    CONSTRAINT collateral_registration_pkey PRIMARY KEY (id),
    CONSTRAINT collateral_registration_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT collateral_registration_recorded_by_fkey
        FOREIGN KEY (recorded_by) REFERENCES person (id),
    CONSTRAINT collateral_registration_checked_by_fkey
        FOREIGN KEY (checked_by) REFERENCES person (id),
    CONSTRAINT collateral_registration_words_check CHECK (office <> '' AND number <> ''),
    CONSTRAINT collateral_registration_checked_check
        CHECK ((checked_by IS NULL) = (checked_at IS NULL)),
    CONSTRAINT collateral_registration_four_eyes_check CHECK (checked_by <> recorded_by)
);
CREATE UNIQUE INDEX collateral_registration_loan_key ON collateral_registration (loan_id)
    WHERE struck_at IS NULL;

-- Bound to what was on the table: exactly this amount, to exactly this payee.
CREATE TABLE disbursement_proposal (
    id uuid NOT NULL,
    loan_id uuid NOT NULL,
    state text NOT NULL,
    amount_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    payee_ref text NOT NULL,
    payee_name text NOT NULL,
    account_ending text NOT NULL,
    contract_id uuid NOT NULL,
    bound_hash char(64) NOT NULL,
    note text NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    reason text,
    CONSTRAINT disbursement_proposal_pkey PRIMARY KEY (id),
    CONSTRAINT disbursement_proposal_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT disbursement_proposal_contract_id_fkey
        FOREIGN KEY (contract_id) REFERENCES contract (id),
    CONSTRAINT disbursement_proposal_proposed_by_fkey
        FOREIGN KEY (proposed_by) REFERENCES person (id),
    CONSTRAINT disbursement_proposal_decided_by_fkey
        FOREIGN KEY (decided_by) REFERENCES person (id),
    CONSTRAINT disbursement_proposal_state_check
        CHECK (state IN ('proposed', 'approved', 'refused', 'void', 'expired')),
    CONSTRAINT disbursement_proposal_amount_check CHECK (amount_minor > 0),
    CONSTRAINT disbursement_proposal_approved_check CHECK (
        state <> 'approved' OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
    CONSTRAINT disbursement_proposal_four_eyes_check
        CHECK (state <> 'approved' OR decided_by <> proposed_by),
    CONSTRAINT disbursement_proposal_in_time_check
        CHECK (state <> 'approved' OR decided_at < expires_at)
);
-- One at a time: two officers at once are one who wins.
CREATE UNIQUE INDEX disbursement_proposal_open_key ON disbursement_proposal (loan_id)
    WHERE state IN ('proposed', 'approved');
CREATE INDEX disbursement_proposal_loan_idx ON disbursement_proposal (loan_id, id);
CREATE INDEX loan_funded_idx ON loan (funded_at, id) WHERE state IN ('funded', 'disbursing');
"""

# Whatever the code does: nothing is paid out without a signed contract and two officers.
GATE = """
CREATE FUNCTION loan_may_be_paid_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM contract WHERE subject_id = NEW.id AND state = 'signed') THEN
        RAISE EXCEPTION 'loan % has no signed contract', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'loan_paid_out_signed';
    END IF;
    IF NOT EXISTS (SELECT FROM disbursement_proposal p
                   WHERE p.loan_id = NEW.id AND p.state = 'approved'
                     AND NEW.borrower_id NOT IN (p.proposed_by, p.decided_by)) THEN
        RAISE EXCEPTION 'loan % is not approved by two officers', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'loan_paid_out_approved';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER loan_paid_out BEFORE UPDATE OF state ON loan FOR EACH ROW
    WHEN (OLD.state = 'funded' AND NEW.state = 'disbursing')
    EXECUTE FUNCTION loan_may_be_paid_out();

CREATE FUNCTION disbursement_as_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM disbursement_proposal p JOIN escrow_payee e
                       ON e.person_id = NEW.person_id AND e.provider = NEW.provider
                   WHERE p.loan_id = NEW.subject_id AND p.state = 'approved'
                     AND p.amount_minor = NEW.amount_minor AND p.currency = NEW.currency
                     AND p.payee_ref = e.provider_ref) THEN
        RAISE EXCEPTION 'instruction % is not what two officers approved', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'disbursement_as_approved';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER escrow_instruction_as_approved BEFORE INSERT ON escrow_instruction FOR EACH ROW
    WHEN (NEW.purpose = 'disbursement') EXECUTE FUNCTION disbursement_as_approved();
"""


def upgrade() -> None:
    """Make the tables of the disbursement desk, and the gate that nothing passes around."""
    connection = op.get_bind().connection.driver_connection
    for script in (PAYEES, TABLES, GATE):
        connection.execute(script)
