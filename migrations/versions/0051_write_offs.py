"""Claims that are given up: who proposed it and who agreed, and what each lender lost by it."""

from __future__ import annotations

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

WRITE_OFFS = """
-- From when on lenders do not count on a loan any more. Its borrower owes it all the same.
ALTER TABLE loan ADD COLUMN written_off_at timestamptz;

CREATE TABLE loan_write_off (
    id uuid NOT NULL,
    loan_id uuid NOT NULL,
    reason text NOT NULL,
    note text NOT NULL,
    amount_minor bigint NOT NULL,
    currency char(3) NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    agreed boolean,
    CONSTRAINT loan_write_off_pkey PRIMARY KEY (id),
    CONSTRAINT loan_write_off_loan_id_fkey FOREIGN KEY (loan_id) REFERENCES loan (id),
    CONSTRAINT loan_write_off_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES person (id),
    CONSTRAINT loan_write_off_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES person (id),
    CONSTRAINT loan_write_off_reason_check
        CHECK (reason IN ('not_paid', 'insolvent', 'died', 'fraud')),
    CONSTRAINT loan_write_off_note_check CHECK (btrim(note) <> ''),
    CONSTRAINT loan_write_off_amount_check CHECK (amount_minor > 0),
    CONSTRAINT loan_write_off_decided_check CHECK (
        (decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (agreed IS NULL)),
    CONSTRAINT loan_write_off_four_eyes_check CHECK (decided_by <> proposed_by OR NOT agreed)
);
-- One proposal at a time, and a loan is written off once.
CREATE UNIQUE INDEX loan_write_off_loan_id_key ON loan_write_off (loan_id)
    WHERE decided_at IS NULL OR agreed;
CREATE INDEX loan_write_off_loan_id_idx ON loan_write_off (loan_id, id);

-- What comes back of what was written off is principal that came back, too. Of a payment that is
-- taken back again, first what it had recovered is lost once more, then what it had repaid before.
ALTER TABLE note
    DROP CONSTRAINT note_written_off_check,
    ADD CONSTRAINT note_written_off_check CHECK (
        written_off_minor BETWEEN 0 AND principal_minor
        AND recovered_minor BETWEEN 0 AND written_off_minor);
ALTER TABLE note_loss
    DROP CONSTRAINT note_loss_amounts_check,
    ADD CONSTRAINT note_loss_amounts_check CHECK (
        written_off_minor >= 0 AND (written_off_minor, recovered_minor) <> (0, 0));
"""


def upgrade() -> None:
    """Create the table and the column, and let losses be recovered."""
    op.get_bind().connection.driver_connection.execute(WRITE_OFFS)
