"""Autopay collects all that a bill asks for: as much as was told, and as the mandate allows."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TOLD = """
ALTER TABLE bill ADD COLUMN charge_told_minor bigint;
UPDATE bill SET charge_told_minor = principal_minor + interest_minor
    WHERE charge_told_at IS NOT NULL;
ALTER TABLE bill ADD CONSTRAINT bill_charge_told_check CHECK (
    charge_told_minor >= 0 AND (charge_told_at IS NULL) = (charge_told_minor IS NULL));
-- Null: a mandate of before there was a limit.
ALTER TABLE loan_mandate ADD COLUMN most_minor bigint,
    ADD CONSTRAINT loan_mandate_most_check CHECK (most_minor > 0);
"""


def upgrade() -> None:
    """Add both columns."""
    op.get_bind().connection.driver_connection.execute(TOLD)
