"""Applications in four groups: the applicant, collateral, documents, messages."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# A request that was returned for more is with its borrower again, and still the only one.
RETURNED = """
ALTER TABLE loan DROP CONSTRAINT loan_asked_check;
ALTER TABLE loan ADD CONSTRAINT loan_asked_check CHECK (
    state IN ('draft', 'returned', 'withdrawn') OR (amount_minor > 0 AND term_months > 0));
ALTER TABLE loan DROP CONSTRAINT loan_instalments_check;
ALTER TABLE loan ADD CONSTRAINT loan_instalments_check CHECK (
    instalments BETWEEN 0 AND 600
    AND (state IN ('draft', 'returned', 'withdrawn') OR instalments > 0));
ALTER TABLE loan DROP CONSTRAINT loan_terms_check;
ALTER TABLE loan ADD CONSTRAINT loan_terms_check CHECK (
    state IN ('draft', 'submitted', 'returned', 'first_passed', 'declined', 'withdrawn')
    OR (grade IS NOT NULL AND annual_rate IS NOT NULL AND loss_rate IS NOT NULL
        AND first_reviewer_id IS NOT NULL AND second_reviewer_id IS NOT NULL));
DROP INDEX loan_one_request_idx;
CREATE UNIQUE INDEX loan_one_request_idx ON loan (borrower_id)
    WHERE state IN ('submitted', 'returned', 'first_passed', 'offered', 'listed');
"""

# What reviewers may read of a borrower and lenders never do before the contract.
APPLICANTS = """
CREATE TABLE loan_applicant (
    loan_id uuid PRIMARY KEY REFERENCES loan (id),
    legal_name text NOT NULL DEFAULT '',
    born_on date,
    phone text NOT NULL DEFAULT '',
    street text NOT NULL DEFAULT '',
    postal_code text NOT NULL DEFAULT '',
    city text NOT NULL DEFAULT '',
    country text NOT NULL DEFAULT '' CHECK (country ~ '^([A-Z]{2})?$'),
    dependants int NOT NULL DEFAULT 0 CHECK (dependants BETWEEN 0 AND 99),
    employer text NOT NULL DEFAULT '',
    -- The part of the loan's obligations that pays for the home; the rest goes to others.
    housing_cost_minor bigint NOT NULL DEFAULT 0 CHECK (housing_cost_minor >= 0),
    -- What is still owed to others in all.
    debts_minor bigint NOT NULL DEFAULT 0 CHECK (debts_minor >= 0),
    -- Answers as typed that could not be read: field -> text. Nothing typed is lost.
    unread jsonb NOT NULL DEFAULT '{}',
    saved_at timestamptz NOT NULL
);

CREATE TABLE loan_collateral (
    loan_id uuid PRIMARY KEY REFERENCES loan (id),
    kind text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    value_minor bigint NOT NULL DEFAULT 0 CHECK (value_minor >= 0),
    owner text NOT NULL DEFAULT '',
    office text NOT NULL DEFAULT '',
    number text NOT NULL DEFAULT '',
    saved_at timestamptz NOT NULL
);
"""

DOCUMENTS = """
CREATE TABLE loan_document (
    id uuid PRIMARY KEY,
    loan_id uuid NOT NULL REFERENCES loan (id),
    kind text NOT NULL,
    -- As the borrower's own machine calls it.
    name text NOT NULL,
    content_type text NOT NULL CHECK (content_type IN ('application/pdf', 'image/jpeg')),
    bytes int NOT NULL CHECK (bytes > 0),
    key text NOT NULL,
    sha256 char(64) NOT NULL,
    uploaded_at timestamptz NOT NULL,
    marked_by uuid REFERENCES person (id),
    marked_at timestamptz,
    mark_reason text,
    removed_at timestamptz,
    CONSTRAINT loan_document_mark_check CHECK (
        (marked_at IS NULL) = (marked_by IS NULL) AND (marked_at IS NULL) = (mark_reason IS NULL))
);
CREATE INDEX loan_document_loan_idx ON loan_document (loan_id, id);
CREATE UNIQUE INDEX loan_document_once_key ON loan_document (loan_id, kind, sha256)
    WHERE removed_at IS NULL;
"""

MESSAGES = """
CREATE TABLE loan_message (
    id uuid PRIMARY KEY,
    loan_id uuid NOT NULL REFERENCES loan (id),
    form_key text NOT NULL,
    author_id uuid NOT NULL REFERENCES person (id),
    side text NOT NULL CHECK (side IN ('borrower', 'reviewer')),
    kind text NOT NULL CHECK (kind IN ('message', 'question', 'second_look')),
    body text NOT NULL CHECK (body <> ''),
    at timestamptz NOT NULL,
    read_at timestamptz,
    UNIQUE (author_id, form_key)
);
CREATE INDEX loan_message_loan_idx ON loan_message (loan_id, id);
CREATE INDEX loan_message_unread_idx ON loan_message (side, loan_id) WHERE read_at IS NULL;
"""

# Who has accepted an offer may still think better of it until the money is on its way.
CALLED_OFF = """
ALTER TABLE loan ADD COLUMN withdrawn_at timestamptz;
CREATE INDEX loan_withdrawn_idx ON loan (id)
    WHERE withdrawn_at IS NOT NULL AND state IN ('listed', 'funded');
"""

# The loan for nearly everything asks for what any first reviewer has to see.
PAPERS = """
UPDATE loan_product SET documents = '{identity,income,bank_statement}' WHERE code = 'personal';
"""


def upgrade() -> None:
    """Create everything."""
    connection = op.get_bind().connection.driver_connection
    for script in (RETURNED, APPLICANTS, DOCUMENTS, MESSAGES, CALLED_OFF, PAPERS):
        connection.execute(script)
