"""Vouchers of payments made at a bank, and the lines of statements they are matched to."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLES = """
-- Up to so much one officer is enough to confirm a voucher.
ALTER TABLE loan_product ADD COLUMN voucher_single_max_minor bigint NOT NULL DEFAULT 100000
    CHECK (voucher_single_max_minor >= 0);

-- What came in on the account that borrowers without a card pay to. Brought in by officers; the
-- bank's own reference makes a line one line, however often its statement is brought.
CREATE TABLE collection_line (
    id uuid PRIMARY KEY,
    account text NOT NULL,
    bank_ref text NOT NULL,
    booked_on date NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    name text NOT NULL,
    iban text NOT NULL,
    remittance text NOT NULL,
    imported_by uuid NOT NULL REFERENCES person (id),
    imported_at timestamptz NOT NULL,
    -- Who finds out whose it is; and why it is nobody's voucher, once that is known.
    owner_id uuid REFERENCES person (id),
    set_aside_at timestamptz,
    set_aside_note text,
    UNIQUE (account, bank_ref),
    CHECK ((set_aside_at IS NULL) = (set_aside_note IS NULL))
);
CREATE INDEX collection_line_amount_idx ON collection_line (currency, amount_minor, booked_on);

CREATE TABLE voucher (
    id uuid PRIMARY KEY,
    loan_id uuid NOT NULL REFERENCES loan (id),
    borrower_id uuid NOT NULL REFERENCES person (id),
    form_key text NOT NULL,
    state text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency char(3) NOT NULL,
    paid_on date NOT NULL,
    bank_ref text NOT NULL CHECK (bank_ref <> ''),
    content_type text NOT NULL CHECK (content_type IN ('application/pdf', 'image/jpeg')),
    key text NOT NULL,
    sha256 char(64) NOT NULL,
    -- How a picture looks: near ones differ in few bits. Null for a PDF.
    look bigint,
    uploaded_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    line_id uuid REFERENCES collection_line (id),
    matched_by uuid REFERENCES person (id),
    matched_at timestamptz,
    first_by uuid REFERENCES person (id),
    first_at timestamptz,
    second_by uuid REFERENCES person (id),
    second_at timestamptz,
    rejected_by uuid REFERENCES person (id),
    reject_reason text,
    instruction_id uuid,
    receipt_id uuid REFERENCES receipt (id),
    -- A payment that turned out to be none is taken back by two.
    undo_by uuid REFERENCES person (id),
    undo_at timestamptz,
    undo_reason text,
    undone_by uuid REFERENCES person (id),
    CONSTRAINT voucher_undo_check CHECK (undo_by <> undone_by),
    UNIQUE (borrower_id, form_key),
    CONSTRAINT voucher_four_eyes_check CHECK (first_by <> second_by),
    CONSTRAINT voucher_own_check CHECK (
        coalesce(matched_by <> borrower_id, true) AND coalesce(first_by <> borrower_id, true)
        AND coalesce(second_by <> borrower_id, true)),
    -- Money is brought in only for a line of a statement that an officer has seen beside it.
    CONSTRAINT voucher_paid_check CHECK (
        state NOT IN ('final', 'credited') OR (line_id IS NOT NULL AND first_by IS NOT NULL
            AND instruction_id IS NOT NULL)),
    CONSTRAINT voucher_credited_check CHECK (
        state NOT IN ('credited', 'reversed') OR receipt_id IS NOT NULL)
);
CREATE INDEX voucher_loan_idx ON voucher (loan_id, id DESC);
CREATE INDEX voucher_open_idx ON voucher (uploaded_at, id)
    WHERE state IN ('uploaded', 'matched', 'confirmed', 'final');
-- The same transfer, and the same image of it, once; what was refused or withdrawn does not count.
CREATE UNIQUE INDEX voucher_reference_key ON voucher (currency, bank_ref)
    WHERE state NOT IN ('rejected', 'withdrawn');
CREATE UNIQUE INDEX voucher_image_key ON voucher (sha256)
    WHERE state NOT IN ('rejected', 'withdrawn');
CREATE UNIQUE INDEX voucher_line_key ON voucher (line_id)
    WHERE state NOT IN ('rejected', 'withdrawn');
"""


def upgrade() -> None:
    """Create both."""
    op.get_bind().connection.driver_connection.execute(TABLES)
