"""Listings: reflection, the least a borrower takes, questions and answers, lenders' limits."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# A part that was paid is binding once its reflection is over.
REFLECTION = """
ALTER TABLE commitment ADD COLUMN reflect_until timestamptz;
CREATE INDEX commitment_reflecting_idx ON commitment (reflect_until, loan_id)
    WHERE state = 'in_reflection';
"""

# A loan that did not fill may be made with what there is, if its borrower said so beforehand.
LEAST = """
ALTER TABLE loan
    ADD COLUMN take_min_minor bigint,  -- the borrower takes so little too; null: all or nothing
    ADD COLUMN asked_minor bigint,  -- what was asked for, where less was lent
    ADD CONSTRAINT loan_least_check CHECK (
        (take_min_minor IS NULL OR take_min_minor > 0)
        AND (asked_minor IS NULL OR asked_minor > amount_minor));
UPDATE loan_product SET funding_min_bps = 8000 WHERE code = 'personal';
"""

QUESTIONS = """
CREATE TABLE loan_question (
    id uuid PRIMARY KEY,
    loan_id uuid NOT NULL REFERENCES loan (id),
    asker_id uuid NOT NULL REFERENCES person (id),
    form_key text NOT NULL,
    question text NOT NULL CHECK (question <> ''),
    asked_at timestamptz NOT NULL,
    answer text,
    answered_at timestamptz,
    hidden_at timestamptz,
    hidden_by uuid REFERENCES person (id),
    hidden_reason text,
    UNIQUE (asker_id, form_key),
    CONSTRAINT loan_question_answer_check CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CONSTRAINT loan_question_hidden_check CHECK (
        (hidden_at IS NULL) = (hidden_by IS NULL) AND (hidden_at IS NULL) = (hidden_reason IS NULL))
);
CREATE INDEX loan_question_loan_idx ON loan_question (loan_id, id);
"""

# What one lender may have at work, in all and with one borrower; null is no limit.
LIMITS = """
CREATE TABLE lending_limit (
    currency char(3) PRIMARY KEY,
    lender_max_minor bigint CHECK (lender_max_minor > 0),
    borrower_max_minor bigint CHECK (borrower_max_minor > 0)
);
INSERT INTO lending_limit (currency, lender_max_minor, borrower_max_minor) VALUES
    ('EUR', 100000000, 25000000), ('USD', 100000000, 25000000), ('GBP', 100000000, 25000000);

CREATE TABLE risk_consent (
    person_id uuid NOT NULL REFERENCES person (id),
    version int NOT NULL CHECK (version > 0),
    given_at timestamptz NOT NULL,
    PRIMARY KEY (person_id, version)
);
CREATE TRIGGER risk_consent_append_only BEFORE UPDATE OR DELETE ON risk_consent
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

# Each order of the list of open loans walks an index; the rest of a page is a few rows.
ORDERS = """
CREATE INDEX loan_open_newest_idx ON loan (listed_at DESC, id DESC) WHERE state = 'listed';
CREATE INDEX loan_open_rate_idx ON loan (annual_rate, id) WHERE state = 'listed';
CREATE INDEX loan_open_amount_idx ON loan (amount_minor, id) WHERE state = 'listed';
CREATE INDEX loan_open_grade_idx ON loan (grade, id) WHERE state = 'listed';
"""


def upgrade() -> None:
    """Add what funding and listing need."""
    connection = op.get_bind().connection.driver_connection
    for script in (REFLECTION, LEAST, QUESTIONS, LIMITS, ORDERS):
        connection.execute(script)
