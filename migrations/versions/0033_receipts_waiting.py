"""Receipts that wait to be shared stand in a table of their own, not in an index of all receipts.

An index over `distributed_at IS NULL` made every receipt a new row in each of its seven indexes
when it was shared: a tenth of a night's work.
"""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

WAITING = """
CREATE TABLE receipt_waiting (
    loan_id uuid NOT NULL,
    sequence int NOT NULL,
    CONSTRAINT receipt_waiting_pkey PRIMARY KEY (loan_id, sequence)
);
COMMENT ON TABLE receipt_waiting IS
    'Receipts that are not shared yet: a row comes with the receipt and goes when it is shared.';
INSERT INTO receipt_waiting SELECT loan_id, sequence FROM receipt WHERE distributed_at IS NULL;

CREATE FUNCTION receipt_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO receipt_waiting
        SELECT loan_id, sequence FROM fresh WHERE distributed_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER receipt_waits AFTER INSERT ON receipt
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION receipt_waits();

DROP INDEX receipt_undistributed_idx;
ALTER TABLE receipt SET (fillfactor = 70);  -- room to write once when it was shared
"""


def upgrade() -> None:
    """Move what waits into its own table; receipts keep room for one change."""
    op.execute(WAITING)
