"""A bank as the escrow provider: what is to be paid in and out, statements, payment files."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = """
-- Where people are paid: told on our own page, checked by its check digits.
CREATE TABLE bank_payee (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operation_id text NOT NULL UNIQUE,
    person_name text NOT NULL,
    return_url text NOT NULL,
    holder text,
    iban text,
    ready_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT bank_payee_ready_check CHECK ((ready_at IS NULL) = (iban IS NULL))
);

-- A file of payment orders, as it was given to an officer for upload at the bank.
CREATE TABLE bank_file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_by uuid NOT NULL REFERENCES person (id),
    made_at timestamptz NOT NULL,
    execute_on date NOT NULL,
    body text NOT NULL
);

-- A statement file, and who brought it.
CREATE TABLE bank_statement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    digest text NOT NULL,
    account text NOT NULL,
    ref text NOT NULL,
    currency char(3) NOT NULL,
    closing_minor bigint,
    last_day date,
    imported_by uuid REFERENCES person (id),
    imported_at timestamptz NOT NULL,
    UNIQUE (digest, account, ref)
);

CREATE TABLE bank_order (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operation_id text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('checkout', 'top_up', 'refund', 'transfer', 'payout')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    state text NOT NULL
        CHECK (state IN ('open', 'exported', 'done', 'failed', 'closed', 'returned')),
    description text NOT NULL,
    -- What a payer writes into the transfer; the bank's end-to-end id for what goes out.
    reference text UNIQUE,
    return_url text,
    cancel_url text,
    valid_until timestamptz,
    -- Who is paid, and to which account.
    name text,
    iban text,
    -- The booking a refund gives back.
    payment_line_id bigint,
    file_id bigint REFERENCES bank_file (id),
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    reason text
);
CREATE INDEX bank_order_open_idx ON bank_order (id) WHERE state IN ('open', 'exported');

-- Numbered in commit order (imports run one at a time), so that "everything after 41" is whole.
CREATE TABLE bank_line (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    statement_id bigint NOT NULL REFERENCES bank_statement (id),
    account text NOT NULL,
    bank_ref text NOT NULL,
    booked_on date NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    currency char(3) NOT NULL,
    name text NOT NULL,
    iban text NOT NULL,
    remittance text NOT NULL,
    end_to_end_id text NOT NULL,
    returned text NOT NULL,
    -- Our reference, where the payer wrote one that is right.
    reference text,
    order_id bigint REFERENCES bank_order (id),
    created_at timestamptz NOT NULL,
    UNIQUE (account, bank_ref)
);
ALTER TABLE bank_order ADD CONSTRAINT bank_order_payment_line_id_fkey
    FOREIGN KEY (payment_line_id) REFERENCES bank_line (id);
CREATE INDEX bank_order_payment_line_id_idx ON bank_order (payment_line_id)
    WHERE payment_line_id IS NOT NULL;
CREATE INDEX bank_line_order_id_idx ON bank_line (order_id);
CREATE INDEX bank_line_unmatched_idx ON bank_line (id) WHERE order_id IS NULL;
"""


def upgrade() -> None:
    op.get_bind().connection.driver_connection.execute(TABLES)
